"""A journal is made smaller, and nothing that a claim asks for is lost, whenever it is killed."""

import json
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from epochal.claims.folder import load
from epochal.cli.parser import main
from epochal.experiments.runs import POINTS
from epochal.journal.retention import prune
from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal.judging.rebuild import rebuild
from epochal.training import job
from epochal_testing import sessions

CLAIMS = """
CLAIMS = [
    claim("short", FitsBy(epoch=150, mse_below=100.0), replace(TINY, probe=801)),
    claim(
        "long", FitsBy(epoch=400, mse_below=100.0), replace(TINY, probe=901), tier="standard",
        reduced=Reduced(rule=FitsBy(epoch=200, mse_below=100.0), why="sooner"),
    ),
    claim("gone", FitsBy(epoch=150, mse_below=100.0), replace(TINY, probe=701)),
]
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose journal holds all that was measured, as older versions kept it."""
    first = "from epochal import Reduced\n"
    folder = sessions.prepare(tmp_path_factory.mktemp("large"), first + CLAIMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "thinned", lambda runs, wanted, points: runs)
        assert sessions.run(folder, "--journal", "j.sqlite").code == 0
    text = (folder / "cases" / "tiny.py").read_text("utf-8")
    kept = [line for line in text.splitlines() if "gone" not in line]
    (folder / "cases" / "tiny.py").write_text("\n".join(kept))
    return folder


@pytest.fixture
def folder(large: Path, tmp_path: Path) -> Path:
    return shutil.copytree(large, tmp_path / "copy")


def rows(journal: Journal) -> dict[tuple[str, int], tuple[int, bool, int, int]]:
    """Epochs, whether there is a state, snapshots and probe points of each row."""
    found = {}
    for row in journal.contents():
        unit = Unit(row["experiment"], row["seed"], row["environment"])
        runs = journal.runs(unit, with_state=True)
        facts = (runs.epochs_done, bool(runs.states), len(runs.snapshots), len(runs.probe))
        found[unit.experiment, unit.seed] = facts
    return found


def test_pruning_drops_what_no_claim_asks_for_and_tells_how_much(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal, claims = Journal(folder / "j.sqlite"), load(folder / "cases")
    before, verdicts = rows(journal), rebuild(journal, claims).to_json()["results"]
    words = ["journal", "--prune", "--journal", str(journal.path), "--cases", str(folder / "cases")]
    assert main(words) == 0
    assert "3 of 9 rows would lose what no claim of" in capsys.readouterr().out
    assert rows(journal) == before
    size = journal.path.stat().st_size
    assert main([*words, "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["thinned"], told["done"]) == (9, 3, True)
    assert told["after"] < told["before"]
    assert journal.path.stat().st_size == told["file bytes"] < size
    assert sum(row["bytes"] for row in journal.contents()) == told["after"]
    short, long = (claim.experiments_by_name["run"].digest for claim in claims)
    for (experiment, _), facts in rows(journal).items():
        if experiment == short:
            assert facts[:2] == (150, False)
            assert facts[3] == 401  # every second of 801, at least 301
        elif experiment == long:  # a standard tier would go on from it
            assert facts == before[experiment, 44]
            assert facts[1:2] == (True,)
        else:  # of no claim that is at hand
            assert facts == before[experiment, 44]
    after = rebuild(journal, claims).to_json()["results"]
    assert after == verdicts
    again = prune(journal, claims, really=True)
    assert again.before == again.after


def test_pruned_rows_answer_and_longer_ones_are_trained_anew_and_say_so(folder: Path) -> None:
    prune(Journal(folder / "j.sqlite"), load(folder / "cases"), really=True)
    again = sessions.run(folder, "--journal", "j.sqlite")
    assert "journal: reused 6 seeds;" in again.text
    longer = sessions.run(folder, "--journal", "j.sqlite", "--tier", "standard")
    assert "journal: reused 3 seeds, extended 3;" in longer.text
    file = folder / "cases" / "tiny.py"
    text = file.read_text("utf-8").replace('"short", FitsBy(epoch=150', '"short", FitsBy(epoch=160')
    file.write_text(text)
    anew = sessions.run(folder, "--journal", "j.sqlite", "--claims", "short")
    assert "reused 0 seeds, retrained 3 from epoch 0 (no saved state)" in anew.text


def test_a_confirmation_of_nothing_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["journal", "--yes", "--journal", str(folder / "j.sqlite")]
    assert main(words) == 4
    told = "ERROR: --yes = True: it confirms --prune, which is not there; add --prune\n"
    assert capsys.readouterr().err == told
    with pytest.raises(SystemExit):
        main(["journal", "--prune", "--adopt"])
    assert "not allowed with argument" in capsys.readouterr().err


def test_a_finished_session_keeps_no_state_and_few_points(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, "from epochal import Reduced\n" + CLAIMS)
    assert sessions.run(tmp_path, "--journal", "j.sqlite").code == 0
    found = rows(Journal(tmp_path / "j.sqlite"))
    kinds = {(epochs, state): points for epochs, state, _, points in found.values()}
    assert kinds == {(150, False): kinds[150, False], (200, True): 901}
    assert POINTS <= kinds[150, False] <= 2 * POINTS


def test_pruning_that_is_killed_again_and_again_loses_nothing(folder: Path) -> None:
    journal, claims = Journal(folder / "j.sqlite"), load(folder / "cases")
    before, verdicts = rows(journal), rebuild(journal, claims).to_json()["results"]
    words = ("-m", "epochal", "journal", "--prune", "--yes", "--journal", "j.sqlite")
    for kill in range(4):
        running = sessions.Background(folder, words=words)
        end = time.monotonic() + 300
        while running.process.poll() is None and thinned_rows(journal) < kill:
            assert time.monotonic() < end, running.text
            time.sleep(0.002)
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        journal.check()
        now = rows(journal)
        assert {key: row[0] for key, row in now.items()} == {
            key: row[0] for key, row in before.items()
        }
        assert rebuild(journal, claims).to_json()["results"] == verdicts
    assert sessions.epochal(folder, *words[2:]).code == 0
    assert thinned_rows(journal) == 3
    assert rebuild(journal, claims).to_json()["results"] == verdicts


def thinned_rows(journal: Journal) -> int:
    with closing(sqlite3.connect(journal.path, timeout=60)) as database:
        text = "SELECT count(*) FROM runs WHERE final_state IS NULL"
        [(count,)] = database.execute(text).fetchall()
    return int(count)
