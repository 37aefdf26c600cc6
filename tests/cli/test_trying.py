"""``epochal try``: options as torch and Keras users know them, and one line for each wrong one."""

from pathlib import Path

import numpy as np
import pytest

from epochal.cli.parser import main
from epochal.experiments.files import reading
from epochal.process import kept
from epochal_testing import sessions

SINE = ("--target", "sin(2*x)", "--range", "-2", "2", "--points", "60")
SHORT = ("--epochs", "200", "--repeat", "3x20,20,60+20", "--workers", "0", "--journal", "j.sqlite")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = "\n".join(f"{a},{b},{a - b / 2}" for a in range(8) for b in range(8))
    (tmp_path / "rows.csv").write_text(f"age,weight,height\n{rows}\n")
    return tmp_path


def test_the_answer_is_printed_saved_and_reported(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "cases").mkdir()
    words = ["try", *SINE, "--net", "16", "--optimizer", "SGD", "--lr", "2e-3", *SHORT[:2]]
    words += ["--repeat", "3x20,300,900+300", *SHORT[4:]]
    assert main([*words, "--save", "cases/mine.py", "--report", "out"]) == 0
    printed = capsys.readouterr().out
    for name in ("Your setting", "Before training", "What would fit", "The lines to change"):
        assert f"{name}\n" in printed
    assert "wrote cases/mine.py" in printed
    assert "wrote out/try.md" in printed
    assert "class" not in (here / "cases" / "mine.py").read_text("utf-8")


def test_a_csv_file_is_read_by_its_columns(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["try", "--data", "rows.csv", "--x", "age,weight", "--y", "height", "--lr", "1e-5"]
    assert main([*words, *SHORT]) == 0
    printed = capsys.readouterr().out
    assert "64 rows and 2 inputs" in printed
    assert "13 rows held out" in printed  # a fifth


def test_classes_are_told_by_the_loss(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "\n".join(
        f"{a / 9},{b / 9},{'in' if a < b else 'out'}" for a in range(9) for b in range(9)
    )
    (here / "classes.csv").write_text(f"a,b,side\n{rows}\n")
    words = ["try", "--data", "classes.csv", "--loss", "CrossEntropyLoss", "--lr", "1e-5", *SHORT]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "the share of wrong points is below 0.05" in printed
    assert "best error" in printed
    words = [
        "try",
        "--target",
        "x > 0",
        "--range",
        "-1",
        "1",
        "--loss",
        "BCEWithLogitsLoss",
        *SHORT,
    ]
    assert main(words) == 0


def test_the_lines_of_a_script_read_the_same_columns(here: Path) -> None:
    space: dict[str, np.ndarray] = {"np": np}  # type: ignore[dict-item]
    exec(reading(Path("rows.csv"), ["age", "weight"], "height"), space)
    assert space["x"].shape == (64, 2)
    assert space["y"].tolist() == (space["x"][:, 0] - space["x"][:, 1] / 2).tolist()
    (here / "plain.csv").write_text("1;2\n3;4\n")
    exec(reading(Path("plain.csv"), None, None), space)
    assert (space["x"].tolist(), space["y"].tolist()) == ([1.0, 3.0], [2.0, 4.0])


WRONG = {
    "net": ([*SINE, "--net", "200,,200"], "--net = '200,,200': it is a list of hidden widths"),
    "budget": ([*SINE, "--budget", "0"], "it must be a time above 0"),
    "infinite": (["--target", "1/x", "--range", "0", "1"], "at 0 it is inf"),
    "optimizer": ([*SINE, "--optimizer", "Adan"], "did you mean 'Adam'"),
    "activation": ([*SINE, "--activation", "Tahn"], "did you mean 'Tanh'"),
    "momentum": ([*SINE, "--optimizer", "Adam", "--momentum", "0.9"], "no such argument"),
    "loss": ([*SINE, "--loss", "MeanLoss"], "no such class"),
    "formula": (["--target", "sine(x)", "--range", "0", "1"], "did you mean 'sin'"),
    "no range": (["--target", "x"], "a formula needs a range"),
    "nothing": ([], "there is nothing to fit"),
    "file": (["--data", "none.csv"], "it cannot be read"),
    "column": (["--data", "rows.csv", "--y", "hight"], "did you mean 'height'"),
    "cell": (["--data", "nan.csv"], "line 3, column y: 'nan' is not a finite number"),
    "both": ([*SINE, "--data", "rows.csv"], "--target = 'sin(2*x)': the points and targets are in"),
    "no file": ([*SINE, "--held-out", "0.2"], "it is about the file of --data"),
    "claim": (["--claim", "fitz"], "there is no such claim"),
    "claim and net": (["--claim", "fits", "--net", "8"], "the setting is that of the claim"),
    "range": (["--target", "x", "--range", "1", "-1"], "it must lie above low"),
    "points": ([*SINE, "--points", "0"], "whole number of at least 1"),
    "epochs": ([*SINE, "--epochs", "0"], "whole number of at least 1"),
    "plan": ([*SINE, "--repeat", "soon"], "it is no plan"),
    "device": ([*SINE, "--device", "tpu"], "tpu"),
    "save": ([*SINE, "--save", "mine.txt"], "a case file ends in .py"),
    "init": ([*SINE, "--init", "glorot"], "glorot_uniform"),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_input_is_one_line_and_exit_code_4(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "nan.csv").write_text("x,y\n1,2\n2,nan\n")
    words, rule = WRONG[name]
    with kept():
        assert main(["try", *words]) == 4
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("ERROR: ")
    assert rule in line
    assert not (here / ".epochal").exists()


def test_a_claim_is_asked_about(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sessions.prepare(here, sessions.EVERY_STANDING)
    words = ["try", "--claim", "fits", "--repeat", "3x5,5+5", *SHORT[4:]]
    assert main(words) == 0
    assert "Your setting" in capsys.readouterr().out
    assert main(["try", "--claim", "fits:ran"]) == 4
    assert "did you mean 'run'" in capsys.readouterr().err


def test_it_is_run_as_a_command(tmp_path: Path) -> None:
    ended = sessions.epochal(tmp_path, "try", *SINE, "--net", "8", "--repeat", "3x5,5+5")
    assert ended.code == 0
    assert "Repeat with --repeat 3x5,5+5" in ended.text
