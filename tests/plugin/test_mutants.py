"""The gate on trial: real sessions with changed loops over a tiny sentinel."""

import json
from pathlib import Path

import pytest

from epochal.gate.noticed import Trial
from epochal_testing import sessions
from epochal_testing.sessions import ROOT, Session

TINY = """
CLAIMS = [
    claim(
        "sentinel-tiny", FitsBy(epoch=200, mse_below=0.05), expected="reproduced",
        bounds=Bounds(low=0.5, high=0.95),
    ),
    claim("fits", expected="reproduced"),
]
"""

PICKED = ("gradient-doubled", "shuffled", "rows-permuted", "backwards", "momentum-less")


def tried(folder: Path, *options: str) -> Session:
    """The gate tried on a few changes."""
    picked = " or ".join(f"[{name}]" for name in PICKED)
    return sessions.run(folder, "--mutants", "--baseline", "baseline", "-k", picked, *options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sentinel, the test of changes, and the benign spread."""
    made = sessions.prepare(tmp_path_factory.mktemp("tried"), TINY)
    (made / "bench" / "test_mutants.py").write_text(
        (ROOT / "bench" / "test_mutants.py").read_text()
    )
    words = ("spread", "--claims", "sentinel-*", "--baseline", "baseline", "--workers", "0")
    measured = sessions.epochal(made, *words)
    assert measured.code == 0, measured.text
    assert "smooth enough to tell drift by: baseline/spread.json" in measured.text
    return made


def test_faults_are_noticed_benign_changes_are_not_and_the_journal_is_untouched(
    folder: Path,
) -> None:
    ended = tried(folder, "--update-baseline", "--journal", "journal")
    assert ended.code == 1, ended.text  # momentum-less changes nothing here, and is declared to
    assert "momentum-less, momentum 0.9 → 0.88: noticed by nothing, declared drift" in ended.text
    rows = json.loads((folder / "baseline" / "mutants.json").read_text())
    found = {each.name: each for each in map(Trial.from_json, rows)}
    assert {name: each.noticed for name, each in found.items()} == {
        "gradient-doubled": "drift",
        "shuffled": "verdict",  # decided by two seeds, too few for an interval
        "rows-permuted": "nothing",
        "backwards": "nothing",
        "momentum-less": "nothing",
    }
    assert found["momentum-less"].claims == ()  # plain SGD has none
    assert found["shuffled"].claims == ("sentinel-tiny",)
    assert "Of 3 faults that were declared detectable 2 were noticed" in ended.text
    assert "of 2 benign changes 0 were flagged" in ended.text
    assert not (folder / "journal").exists()


def test_without_the_option_no_change_is_tried(folder: Path) -> None:
    ended = sessions.run(folder)
    assert ended.code == 0, ended.text
    assert "= 2 passed in" in ended.text
    assert "skipped" not in ended.text
    assert "deselected" not in ended.text


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--baseline", "nowhere"), "it holds no benign spread"),
        (("--baseline", "baseline", "--claims", "nobody"), "it matches no claim"),
    ],
)
def test_wrong_input_is_told_before_anything_trains(
    folder: Path, options: tuple[str, ...], told: str
) -> None:
    ended = sessions.run(folder, "--mutants", *options)
    assert ended.code == 4, ended.text
    assert told in ended.text
