"""Sessions with mutants of the loop over a tiny sentinel."""

import json
from pathlib import Path

import pytest

from epochal_testing import sessions
from epochal_testing.sessions import Session
from lab.__main__ import main
from lab.mutant_run import MutantRun

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
    """The gate tried on a few mutants."""
    picked = " or ".join(f"[{name}]" for name in PICKED)
    words = ["mutants", "-p", "no:cacheprovider", "--cases", "cases", "--workers", "0"]
    return sessions.within(folder, lambda: main([*words, "-k", picked, *options]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sentinel, the test of changes, and its tolerances."""
    made = sessions.prepare(tmp_path_factory.mktemp("tried"), TINY)
    words = ("tolerances", "--claims", "sentinel-*", "--baseline", "baseline", "--workers", "0")
    measured = sessions.epochal(made, *words)
    assert measured.code == 0, measured.text
    assert "smooth enough to show drift: baseline/tolerances.json" in measured.text
    return made


def test_faults_are_killed_equivalent_mutants_survive_and_the_journal_is_untouched(
    folder: Path,
) -> None:
    ended = tried(folder, "--baseline", "baseline", "--keep=kept", "--journal", "journal")
    assert ended.code == 1, ended.text  # momentum-less changes nothing here, and is declared to
    assert "momentum-less, momentum 0.9 → 0.88: killed by nothing, declared drift" in ended.text
    rows = json.loads((folder / "kept" / "mutants.json").read_text("utf-8"))
    found = {each.name: each for each in map(MutantRun.from_json, rows)}
    assert {name: each.killed_by for name, each in found.items()} == {
        "gradient-doubled": "drift",
        "shuffled": "verdict",  # decided by two seeds, too few for an interval
        "rows-permuted": "nothing",
        "backwards": "nothing",
        "momentum-less": "nothing",
    }
    assert found["momentum-less"].claims == ()  # plain SGD has none
    assert found["shuffled"].claims == ("sentinel-tiny",)
    assert "killed 2 of 3 mutants that were declared detectable" in ended.text
    assert "flagged 0 of 2 equivalent mutants" in ended.text
    assert not (folder / "journal").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--baseline", "nowhere"), "it holds no tolerance"),
        (("--baseline", "baseline", "--claims", "nobody"), "it matches no claim"),
    ],
)
def test_wrong_input_is_told_before_anything_trains(
    folder: Path, options: tuple[str, ...], told: str
) -> None:
    ended = tried(folder, *options)
    assert ended.code == 4, ended.text
    assert told in ended.text
