"""The commands: what they print, what they refuse, and that they are quick to start."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

import epochal
from epochal.cli.parser import main
from epochal.journal.store import Journal
from epochal_testing import sessions


@pytest.fixture
def cases(tmp_path: Path) -> str:
    return str(sessions.prepare(tmp_path, sessions.EVERY_STANDING) / "cases")


def test_list_has_a_line_for_each_claim(cases: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--cases", cases]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["claim", "tier", "expected", "a", "seed", "source"]
    assert rows[2] == ["fits", "quick", "reproduced", "0", "s", "tiny"]
    new = [row for row in rows if row[:1] == ["new"]]
    assert new == [["new", "quick", "none", "yet", "0", "s", "tiny"]]
    assert len(rows) == 2 + 10 + 2
    assert " ".join(rows[-1]).startswith("10 claims in the tier full: about 0 s on one core")


def test_list_of_a_tier_has_what_runs_in_it(cases: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--tier", "quick", "--cases", cases]) == 0
    told = capsys.readouterr().out
    assert "later" not in told
    assert "9 claims in the tier quick" in told


def test_list_as_json_has_an_object_for_each_claim(
    cases: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "--json", "--cases", cases]) == 0
    found = {each["id"]: each for each in json.loads(capsys.readouterr().out)["claims"]}
    assert len(found) == 10
    later = found["later"]
    assert (later["source"], later["tier"], later["expected"]) == ("tiny", "standard", "refuted")
    assert found["new"]["expected"] is None
    assert found["fits"]["flops_a_seed"] == 6 * 16 * 20 * 20


def test_show_has_all_that_a_reader_may_ask_of_a_claim(
    cases: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "fits", "--cases", cases]) == 0
    text = capsys.readouterr().out
    for part in (
        "Tiny nets (A, 2024)",
        "here; u",
        "It is fits.",
        "Thus.",
        "MSE < 100 by epoch 20",
        "an error that none reaches",
        "20 points on [-1, 1], uniform",
        "SGD(lr=0.1)",
        "20 epochs",
    ):
        assert part in text


def test_show_as_json_is_one_object(cases: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "counted", "--json", "--cases", cases]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["id"] == "counted"
    assert found["expected"] == "reproduced"
    assert "the claim's own function counted" in found["setting"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["show", "fit"], "ERROR: CLAIM = 'fit': there is no such claim; did you mean 'fits'?\n"),
        (["report", "--baseline", "none"], "ERROR: --baseline = 'none': it holds no verdicts.json"),
        (["report", "--baseline", "none", "--cases", "no"], "ERROR: --cases = 'no': there is no"),
    ],
)
def test_wrong_input_gives_one_line_and_exit_code_4(
    cases: str, capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    given = words if "--cases" in words else [*words, "--cases", cases]
    assert main(given) == 4
    shown = capsys.readouterr()
    assert shown.err.startswith(line)
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"epochal {epochal.__version__}\n"


BASELINE = str(sessions.ROOT / "reports" / "baseline")


TRAINS_NOTHING = f"""
import sys

import pytest

from epochal.cli.parser import main

assert main(["list"]) == 0
assert main(["compare", {BASELINE!r}, {BASELINE!r}]) == 0
assert pytest.main(["-p", "epochal.plugin", "--help"]) == 0
print("loaded:", sorted({{"torch", "matplotlib", "numpy"}} & set(sys.modules)))
"""


def test_what_trains_nothing_imports_neither_torch_nor_matplotlib(cases: str) -> None:
    done = sessions.python(Path(cases).parent, "-c", TRAINS_NOTHING)
    assert done.code == 0, done.text
    assert "--tier=TIER" in done.text
    assert "loaded: ['numpy']" in done.text


def test_each_seed_of_a_report_is_a_line_of_a_csv_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "--baseline", BASELINE, "--cases", str(sessions.ROOT / "cases")]
    # With the committed pictures in place none is drawn, which would take a minute.
    shutil.copytree(Path(BASELINE).parent / "figures", tmp_path / "r" / "figures")
    assert main([*words, "--report", str(tmp_path / "r"), "--csv", str(tmp_path / "c")]) == 0
    with (tmp_path / "c" / "seeds.csv").open() as file:
        rows = list(csv.DictReader(file))
    known = json.loads((Path(BASELINE) / "verdicts.json").read_text("utf-8"))["results"]
    assert len(rows) == sum(len(each["outcomes"]) for each in known)
    [row] = [
        each
        for each in rows
        if (each["claim"], each["kind"], each["seed"]) == ("thread-reply-800", "full", "44")
    ]
    assert (row["device"], row["holds"], row["epochs"]) == ("cpu", "True", "800")
    [result] = [r for r in known if (r["claim"], r["kind"]) == ("thread-reply-800", "full")]
    numbers = result["outcomes"][0]["numbers"]
    assert {name: float(row[name]) for name in numbers} == numbers
    assert row["environment"] == result["environment"]["key"]


def test_the_journal_tells_what_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions.prepare(tmp_path, 'CLAIMS = [claim("one"), claim("two"), claim("three", tier="full")]')
    ended = sessions.run(tmp_path, "--journal", "j.sqlite")
    assert ended.code == 0, ended.text
    words = ["journal", "--cases", str(tmp_path / "cases"), "--journal", str(tmp_path / "j.sqlite")]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["sessions"]) == (3, 1)
    assert found["bytes"] == (tmp_path / "j.sqlite").stat().st_size
    held = {row["claim"]: (row["rows"], row["epochs"]) for row in found["claims"]}
    assert held == dict.fromkeys(("one", "two", "three"), (3, 60))
    assert main(words) == 0
    assert re.search(r": \d+\.\d MB, 3 rows, 1 sessions", capsys.readouterr().out)


def test_a_smoke_run_trains_the_first_epochs_and_judges_nothing(
    cases: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "smoke.sqlite"
    words = ["smoke", "--cases", cases, "--claims", "fits", "--journal", str(journal)]
    assert main([*words, "--epochs", "7"]) == 0
    first = capsys.readouterr().out
    assert re.search(r"^fits +cpu +[\d.]+ +[0-9a-f]{16}$", first, re.MULTILINE)
    assert main([*words, "--epochs", "7"]) == 0
    assert capsys.readouterr().out == first
    known = Journal(journal)
    assert [(row["seed"], row["epochs_done"]) for row in known.contents()] == [(44, 7)]
    assert known.verdicts() == []
    assert main(["compare", "--matrix", "--cases", cases, "--journal", str(journal)]) == 4
    assert "under no torch alone; run tox -m matrix" in capsys.readouterr().err
    short = ["compare", "--matrix", "--epochs", "7", "--cases", cases, "--journal", str(journal)]
    assert main(short) == 4
    assert re.search(r"under \d+\.\d+\.\d+ alone; run tox", capsys.readouterr().err)


def test_former_names_of_commands_work(cases: str, capsys: pytest.CaptureFixture[str]) -> None:
    for former in ("glance", "spread"):
        assert main([former, "--cases", cases, "--claims", "nothing-*"]) == 4
        assert "it matches no claim" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--help"])
    assert not {"glance", "spread"} & set(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["compare"], "A B = None: two measurements are needed; give two, such as"),
        (["compare", "torch=2.13.0"], "A B = 'torch=2.13.0': two measurements are needed"),
        (["compare", "--matrix", "a", "b"], "--matrix = 'a': it takes no measurements"),
        (["compare", "--matrix", "--tier", "qick"], "--tier = 'qick': not one of"),
        (["smoke", "--claims", "nothing-*"], "--claims = 'nothing-*': it matches no claim"),
    ],
)
def test_a_wrong_smoke_run_or_matrix_is_one_line(
    words: list[str], told: str, cases: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--cases", cases]) == 4
    assert told in capsys.readouterr().err


FRAIL = """
import torch
from torch import nn
from epochal import ModuleNet

class Frail(nn.Linear):
    def forward(self, x):
        if x.dtype == torch.float64:
            raise RuntimeError("not in float64")
        return super().forward(x)

ARGUMENTS = {"in_features": 1, "out_features": 1}
OWN = replace(TINY, net=ModuleNet(Frail, arguments=ARGUMENTS, weights=1))
CLAIMS = [claim("frail", experiment=OWN), claim("fits")]
"""


def test_tolerances_of_a_claim_that_breaks_under_one_change_are_not_measured_by_the_others(
    tmp_path: Path,
) -> None:
    folder = sessions.prepare(tmp_path, FRAIL)
    words = ("tolerances", "--baseline", "baseline", "--seeds", "2", "--workers", "0")
    ended = sessions.epochal(folder, *words)
    assert ended.code == 7, ended.text
    assert re.search(r"^not measured: frail, .*float64: .*not in float64", ended.text, re.M)
    stored = json.loads((folder / "baseline" / "tolerances.json").read_text("utf-8"))
    assert [of for of in stored["seeds, epochs, largest change"] if "/" in of] == ["fits/full"]
