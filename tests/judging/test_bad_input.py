"""Wrong input ends in one line that says what to do instead, and before anything trains."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from epochal.claims.folder import load
from epochal.errors import SpecError
from epochal.gate import baseline
from epochal.judging.run_options import RunOptions
from epochal.judging.runner import Runner
from epochal.training.pool import Pool
from epochal_testing import sessions

LINE = re.compile(r"\S.* = .+: .+; .+")
"""field = value: rule; next step."""

GOOD = 'CLAIMS = [claim("fits"), claim("later", tier="standard")]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A prepared folder, in which no worker can be started."""

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("something trains")

    monkeypatch.setattr(Pool, "_start", refuse)
    return sessions.prepare(tmp_path, GOOD)


def refused(make: Callable[[], object]) -> SpecError:
    """The error that ``make`` raises, once its four parts are seen to be there."""
    with pytest.raises(SpecError) as caught:
        make()
    assert LINE.fullmatch(str(caught.value)), str(caught.value)
    return caught.value


@dataclass(frozen=True)
class Wrong:
    """Options that are wrong, and what the line must hold."""

    told: str
    options: dict[str, Any] = field(default_factory=dict)


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong("--tier = 'fast': not one of full, quick, standard", {"tier": "fast"}),
        Wrong("--device = 'gpu': no such device", {"devices": ("gpu",)}),
        Wrong("--claims = 'fit': it matches no claim; did you mean 'fits'?", {"claims": ("fit",)}),
        Wrong("--claims = 'no': it matches no claim; choose", {"claims": ("fits", "no")}),
        Wrong("no matching claim is in the tier quick; add --tier stand", {"claims": ("late*",)}),
        Wrong("--controls = 'fits': no matching claim", {"claims": ("fits",), "controls": True}),
        Wrong("--seeds = 0: a whole number of at least 1", {"seeds": 0}),
        Wrong("--workers = -1: a whole number of at least 0", {"workers": -1}),
        Wrong("--engine = 'stok': not one of auto, prefix_sum, reference; did", {"engine": "stok"}),
    ],
    ids=lambda wrong: "-".join(wrong.options),
)
def test_a_wrong_option_is_named_with_the_next_step(folder: Path, wrong: Wrong) -> None:
    options = {"cases": folder / "cases", "report": folder / "report", **wrong.options}
    assert wrong.told in str(refused(lambda: Runner(RunOptions(**options))))


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ("CLAIMS = [", "importing it fails (SyntaxError: "),
        ("import nothing_such", "(ModuleNotFoundError: No module named 'nothing_such' (tiny.py:"),
        ("", "it has no list CLAIMS"),
        ("CLAIMS = []", "its case files hold no claim; add one to CLAIMS"),
        (
            "CLAIMS = [claim('a', tier='standard')]",
            "--tier = 'quick': no matching claim is in the tier quick; add --tier standard",
        ),
        ("CLAIMS = [TINY]", "tiny.py: CLAIMS = Experiment("),
        (
            "CLAIMS = [claim('a'), claim('a')]",
            "claim.id = 'a': two claims have this id; the",
        ),
        (
            "CLAIMS = [claim('a', experiment=replace(TINY, optimizer=Optimizer('SDG', lr=1)))]",
            "a.run.optimizer = 'SDG': torch.optim has no such class; did you mean 'SGD'?",
        ),
        (
            "CLAIMS = [claim('a', experiment=replace(TINY, net=MLP(widths=(8,), activation='Relu')"
            "))]",
            "a.run.net.activation = 'Relu': torch.nn has no such class; did you mean 'ReLU'?",
        ),
        (
            "CLAIMS = [claim('a', experiment=replace(TINY, optimizer=Optimizer('SGD', lr=1,"
            " momentun=0.9)))]",
            "a.run.optimizer.momentun = 0.9: SGD has no such argument; did you mean 'momentum'?",
        ),
        (
            "CLAIMS = [claim('a', experiment=replace(TINY, optimizer=Optimizer('SGD', lr=-0.1)))]",
            "optimizer.lr = -0.1: it must be above 0",
        ),
        (
            "CLAIMS = [claim('a', FitsBy(epoch=9, mse_below=1.0, arm='wide'))]",
            "a.rule = 'wide': the claim's experiments are run",
        ),
    ],
)
def test_a_wrong_case_file_is_named_with_the_next_step(
    folder: Path, claims: str, told: str
) -> None:
    (folder / "cases" / "tiny.py").write_text(sessions.HEADER + claims)
    settings = RunOptions(cases=folder / "cases", report=folder / "report")
    assert told in str(refused(lambda: Runner(settings)))


@pytest.mark.parametrize("wrong", ["CLAIMS = [", "x = 1 / 0", "FitsBy(epoch=0, mse_below=0.1)"])
def test_a_source_may_be_a_package_and_errors_name_its_file_and_line(
    folder: Path, wrong: str
) -> None:
    package = folder / "cases" / "blog"
    package.mkdir()
    (package / "__init__.py").write_text("from .first import CLAIMS")
    (package / "first.py").write_text(sessions.HEADER + 'CLAIMS = [claim("packed")]\n')
    assert [each.id for each in load(folder / "cases")] == ["packed", "fits", "later"]
    package.rename(folder / "cases" / "spoilt")
    (folder / "cases" / "spoilt" / "first.py").write_text(f"{sessions.HEADER}\n{wrong}")
    last = sessions.HEADER.count("\n") + 2
    assert f"first.py:{last}" in str(refused(lambda: load(folder / "cases")))


def test_a_folder_of_cases_must_be_there_and_hold_some(tmp_path: Path) -> None:
    assert "there is no such folder" in str(refused(lambda: load(tmp_path / "none")))
    assert "it holds no case file" in str(refused(lambda: load(tmp_path)))


def test_an_exception_in_an_engine_breaks_the_claims_that_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("epochal.training.train.prepare", fails)
    sessions.prepare(tmp_path, 'CLAIMS = [claim("fits"), claim("own", experiment=COUNTED)]')
    settings = RunOptions(cases=tmp_path / "cases", report=tmp_path / "r", journal=tmp_path / "j")
    runner = Runner(settings)
    for case in runner.cases:
        found = runner.judge(case, "cpu").result
        assert found.status == "broken"
        assert found.why.startswith("OSError: No space left on device")
    runner.close()


def test_a_report_must_be_writable(folder: Path) -> None:
    (folder / "report").write_text("a file in the way")
    error = refused(lambda: Runner(RunOptions(cases=folder / "cases", report=folder / "report")))
    assert str(error).startswith("--report = ")
    assert (folder / "report").read_text("utf-8") == "a file in the way"


def test_a_baseline_that_is_none_is_refused_before_it_is_updated(folder: Path) -> None:
    (folder / "verdicts.json").write_text("[]")
    assert str(refused(lambda: baseline.check(folder))).startswith("--baseline = ")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ("-n", "2", "--claims", "fit"),
            "ERROR: --claims = 'fit': it matches no claim; did you mean 'fits'?",
        ),
        (
            ("--seeds", "0", "--device", "gpu"),
            "ERROR: --seeds = 0: a whole number of at least 1 is needed; give 1 or more",
        ),
        (
            ("--update-baseline", "--baseline", "foreign"),
            "ERROR: --baseline = 'foreign': schema 99 is not 2; use the epochal that wrote it",
        ),
    ],
    ids=["under xdist", "two at once", "foreign baseline"],
)
def test_a_session_ends_with_one_line_and_trains_nothing(
    tmp_path: Path, options: tuple[str, ...], line: str
) -> None:
    claims = GOOD.replace('"fits"', '"fits", experiment=COUNTED')
    sessions.prepare(tmp_path, claims)
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "verdicts.json").write_text('{"schema": 99}')
    ended = sessions.run(tmp_path, *options)
    assert ended.code == 4
    assert [each for each in ended.text.splitlines() if "ERROR" in each] == [line]
    assert "Traceback" not in ended.text
    assert ended.trained == ()
    assert not (tmp_path / "report" / "index.md").exists()
