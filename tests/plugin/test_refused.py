"""One bad case file, or one file that cannot be written, takes nothing else away."""

import os
import subprocess
import sys
from contextlib import suppress
from io import BytesIO, TextIOWrapper
from pathlib import Path
from xml.etree import ElementTree

import pytest

from epochal.cli.parser import main
from epochal_testing import sessions
from epochal_testing.sessions import HEADER, Session, run

BAD = {
    "exits": "import sys\n\nsys.exit(3)\n",
    "skips": 'import pytest\n\npytest.importorskip("no_such_module")\n',
    "raises": "\nclass Odd(BaseException):\n    pass\n\n\nraise Odd\n",
    "dtype": f"import torch\n{HEADER}\ntorch.set_default_dtype(torch.float64)\n"
    'CLAIMS = [claim("double")]\n',
    "patches": f"from torch import nn\n{HEADER}\nnn.Tanh.forward = lambda self, x: x\n"
    'CLAIMS = [claim("patches")]\n',
    "unsaid": "class Unsaid(Exception):\n    def __str__(self):\n        raise ValueError\n\n\n"
    "raise Unsaid\n",
    "trivial": f'{HEADER}\nCLAIMS = [claim("trivial", allow_trivial=False)]\n',
    "several": f'{HEADER}\nCLAIMS = [claim("One"), claim("beside"), claim("late", tier="never")]\n',
}
"""Case files that are refused, by their names."""

GOOD = """
CLAIMS = [
    claim("fits", expected="reproduced"),
    claim("typo", experiment=replace(TINY, optimizer=Optimizer("SDG", lr=1))),
]
"""

CARELESS = f"""{HEADER}
import os
import random
import warnings

import numpy
import torch

os.chdir("/")
os.environ["EPOCHAL_TEST"] = "1"
warnings.simplefilter("error")
random.seed(0), numpy.random.seed(0), torch.manual_seed(0)
CLAIMS = [claim("careless", experiment=replace(TINY, probe=23))]
"""

PLACES = {
    "exits": "exits.py:3': importing it fails (SystemExit: 3 (exits.py:3 in <module>))",
    "skips": "skips.py:3': importing it fails (Skipped: could not import 'no_such_module'",
    "raises": "raises.py:6': importing it fails (Odd (raises.py:6 in <module>))",
    "dtype": "importing it changes torch's default dtype, on which the claims of other files",
    "patches": "importing it changes torch.nn.modules.activation.Tanh.forward, on which the claims",
    "unsaid": "unsaid.py:6': importing it fails (Unsaid (unsaid.py:6 in <module>))",
    "trivial": "trivial.rule.mse_below = 100.0: the best straight line has MSE",
    "several": "One.id = 'One': an id has lower-case letters, digits and hyphens; rename it",
    "its other": "late.tier = 'never': not one of full, quick, standard",
    "typo": "typo.run.optimizer = 'SDG': torch.optim has no such class; did you mean 'SGD'?",
}
"""What is said of each."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = sessions.prepare(tmp_path_factory.mktemp("refused"), GOOD)
    for name, text in {**BAD, "careless": CARELESS}.items():
        (made / "cases" / f"{name}.py").write_text(text)
    return made


@pytest.fixture(scope="module")
def judged(folder: Path) -> Session:
    return run(folder, "--junit-xml", "$HERE/report.xml")


@pytest.fixture(autouse=True, scope="module")
def here(folder: Path) -> None:
    os.environ["HERE"] = str(folder)


@pytest.mark.parametrize("name", PLACES)
def test_every_refusal_is_told_at_once(judged: Session, name: str) -> None:
    [line] = [each for each in judged.text.splitlines() if PLACES[name] in each and " - " in each]
    assert line.startswith("ERROR ")


def test_the_claims_of_other_files_are_judged(judged: Session, folder: Path) -> None:
    assert judged.code == 7
    rows = judged.rows()
    assert rows["fits"][0] == "as expected: reproduced"
    assert rows["careless"][0] == rows["beside"][0] == "new: reproduced"
    assert "typo" not in rows
    assert (folder / "report" / "index.md").is_file()
    assert " 10 errors" in judged.text
    assert "Traceback" not in judged.text


def test_a_junit_file_has_each_refusal_as_an_error(judged: Session, folder: Path) -> None:
    suite = next(ElementTree.parse(folder / "report.xml").iter("testsuite"))
    assert (suite.get("errors"), suite.get("tests")) == ("10", "13")
    standings = [each.get("value") for each in suite.iter("property")]
    assert standings.count("as expected") == 1


def test_xdist_tells_each_refusal_once(judged: Session, folder: Path) -> None:
    ended = run(folder, "-n", "2")
    assert ended.code == 7
    assert " 10 errors" in ended.text


def test_list_and_show_tell_refusals_and_do_their_work(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, said in ((["list"], "4 claims in the tier full"), (["show", "fits"], "It is fits.")):
        assert main([*words, "--cases", str(folder / "cases")]) == 7
        shown = capsys.readouterr()
        assert said in shown.out
        assert shown.err.count("ERROR: ") == len(BAD) + 1


def test_where_nothing_can_be_read_every_file_is_told(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, "raise ValueError")
    (tmp_path / "cases" / "exits.py").write_text(BAD["exits"])
    ended = run(tmp_path)
    assert ended.code == 4
    assert ended.text.count("ERROR: --cases = ") == 2


def test_a_claim_that_is_named_and_refused_is_told_with_the_refusals(folder: Path) -> None:
    ended = run(folder, "--claims", "trivial")
    assert ended.code == 4
    assert "ERROR: --claims = 'trivial': it matches no claim" in ended.text
    assert PLACES["trivial"] in ended.text


# -------------------------------------------------------------------- files and surroundings

TAKES_THE_FOLDER = """
import shutil


def spoils(seed, device, epochs):
    shutil.rmtree("report", ignore_errors=True)
    Path("report").write_text("a file in the way")
    return trained(seed, device, epochs)


CLAIMS = [
    claim("spoils", experiment=Training(train=spoils, flops_an_epoch=1.0), expected="refuted"),
]
"""


def test_a_report_that_cannot_be_written_costs_a_line_and_not_the_result(tmp_path: Path) -> None:
    ended = run(sessions.prepare(tmp_path, TAKES_THE_FOLDER))
    assert ended.code == 6
    assert ended.rows()["spoils"][0] == "changed: reproduced"
    assert "the report is not written (" in ended.text
    assert "Traceback" not in ended.text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk at hand")
def test_a_full_disk_costs_the_junit_file_and_not_the_result(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, 'CLAIMS = [claim("fits", expected="refuted")]')
    ended = run(tmp_path, "--junit-xml=/dev/full")
    assert ended.code == 6
    assert ended.rows()["fits"][0] == "changed: reproduced"
    assert "No space left on device" in ended.text
    assert "Traceback" not in ended.text


def test_paths_may_begin_with_home_and_hold_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions.prepare(tmp_path, 'CLAIMS = [claim("fits")]')
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("THERE", "there")
    options = ["--journal=~/$THERE/j.sqlite", "--report=~/report", "--cases=$HOME/../cases"]
    assert run(tmp_path, *options, "--junit-xml=~/j.xml").code == 0
    for name in ("there/j.sqlite", "report/index.md", "j.xml"):
        assert (tmp_path / "home" / name).is_file()
    assert 'name="standing" value="new"' in (tmp_path / "home" / "j.xml").read_text("utf-8")


def test_collecting_makes_no_file(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, 'CLAIMS = [claim("fits")]')
    before = list(tmp_path.rglob("*"))
    ended = run(tmp_path, "--collect-only", "-p", "no:cacheprovider", "--journal", "j.sqlite")
    assert ended.code == 0
    made = {str(each.relative_to(tmp_path)) for each in set(tmp_path.rglob("*")) - set(before)}
    assert {name for name in made if "__pycache__" not in name} <= {".benchmarks"}


WARNS = """
import warnings


class Loud(MLP):
    pass


warnings.warn("a driver is old", FutureWarning)
CLAIMS = [claim("fits", expected="reproduced")]
"""


def test_a_warning_ends_no_run_and_is_told(tmp_path: Path) -> None:
    ended = run(sessions.prepare(tmp_path, WARNS))
    assert ended.code == 0
    assert "FutureWarning: a driver is old" in ended.text


def test_claims_of_ones_own_are_judged_alone(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, 'CLAIMS = [claim("theirs")]')
    mine = 'CLAIMS = [claim("mine"), claim("later", tier="full")]'
    sessions.prepare(tmp_path / "own", mine)
    (tmp_path / "bench" / "test_speed.py").write_text("def test_slow(): raise SystemExit\n")
    ended = run(tmp_path, "--cases", "own/cases")
    assert ended.code == 0
    assert list(ended.rows()) == ["mine"]


# -------------------------------------------------------------------- terminals


def command(*words: str, **more: str) -> "subprocess.Popen[bytes]":
    """A command of epochal in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "epochal", *words],
        env={**sessions.environment(), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("words", [["list"], ["show", "fits"], ["--help"]])
def test_a_terminal_that_cannot_show_a_letter_shows_the_rest(
    folder: Path, encoding: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "cases" / "letters.py").write_text(
        f'{HEADER}\nCLAIMS = [replace(claim("letters"), says="θ → ∞ “so” ‖x‖")]\n'
    )
    cases = ["--cases", str(folder / "cases")]
    for each in (words if words == ["--help"] else [*words, *cases], ["show", "letters", *cases]):
        shown = TextIOWrapper(BytesIO(), encoding=encoding)
        monkeypatch.setattr("sys.stdout", shown)
        with suppress(SystemExit):  # after --help
            main(each)
        shown.flush()
        assert shown.buffer.getvalue()


def test_a_reader_who_has_enough_gets_no_traceback(folder: Path) -> None:
    started = command("list", "--cases", str(folder / "cases"))
    assert started.stdout is not None
    started.stdout.close()
    started.stdout = None
    assert b"BrokenPipe" not in started.communicate()[1]
    assert started.returncode == 7
