"""What Python warns of in a worker: noted beside the training, and told at the end of a run."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from epochal.journal.store import Journal
from epochal.training import warned
from epochal_testing import sessions

CLAIMS = """
import warnings

warnings.warn("the case file is old", FutureWarning)


def outdated(seed, device, epochs):
    for _ in range(3):
        warnings.warn("the loop is\\n old", DeprecationWarning)
    return trained(seed, device, epochs)


def outdated_and_broken(seed, device, epochs):
    warnings.warn("the loop is old and broken", DeprecationWarning)
    raise RuntimeError("the net caught fire")


CLAIMS = [
    claim("fails", experiment=Training(train=outdated_and_broken, flops_an_epoch=1.0)),
    claim("warns", experiment=Training(train=outdated, flops_an_epoch=1.0)),
    claim("says-nothing"),
]
"""


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Warnings as a worker hears them, put back afterwards."""
    monkeypatch.setattr(warned, "_heard", {})
    with warnings.catch_warnings():
        warned.listen()
        yield


@pytest.mark.usefixtures("heard")
def test_each_place_is_heard_once_and_told_once() -> None:
    for _ in range(2):
        warnings.warn("in two\n lines", DeprecationWarning, stacklevel=1)
        warnings.simplefilter("default")  # as any change of filters, it makes Python forget
    [said] = warned.collected()
    assert said.startswith("DeprecationWarning: in two lines (training/test_warned.py:")
    assert warned.collected() == []


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/me/.venv/lib/python3.11/site-packages/torch/nn/it.py", "torch/nn/it.py"),
        ("/usr/lib/python3/dist-packages/numpy/it.py", "numpy/it.py"),
        ("/usr/lib/python3.12/json/it.py", "json/it.py"),
        (r"C:\Python\Lib\site-packages\torch\it.py", r"torch\it.py"),
        ("/home/me/project/cases/own.py", "cases/own.py"),
    ],
)
def test_a_place_is_told_without_where_it_is_installed(path: str, shown: str) -> None:
    warnings.warn_explicit("old", FutureWarning, path, 7)
    assert warned.collected() == [f"FutureWarning: old ({shown}:7)"]


def test_a_run_tells_what_its_workers_were_warned_of(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, CLAIMS)
    shown = sessions.run(tmp_path, "--workers", "1", "-W", "ignore").text
    told = [line.rpartition(" (")[0] for line in shown.splitlines() if line.startswith("warned: ")]
    assert sorted(told) == [
        "warned: DeprecationWarning: the loop is old",
        "warned: DeprecationWarning: the loop is old and broken",
        "warned: FutureWarning: the case file is old",
    ]
    journal = Journal(tmp_path / ".epochal" / "journal.sqlite")
    notes = journal.notes(kind="warned")
    assert len(notes) == len(told)
    failed = {note["experiment"] for note in journal.notes(kind="failed")}
    assert failed == {note["experiment"] for note in notes if "broken" in note["text"]}
    again = sessions.run(tmp_path, "-W", "ignore", "--claims", "warns,says-nothing").text
    assert "warned: " not in again  # nothing was trained
