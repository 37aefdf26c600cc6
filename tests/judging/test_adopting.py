"""Runs of older code are taken over where today's gives the same bits, and nowhere else."""

import json
import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from epochal import MLP, Experiment, FitsBy, Line, Optimizer, Sine, train
from epochal.claims.claim import Claim
from epochal.experiments.loops import Loop as LoopRecord
from epochal.experiments.snapshots import snapshot_epochs
from epochal.identity.environment import Environment
from epochal.journal.retention import thinned
from epochal.journal.store import Journal
from epochal.journal.units import Session, Unit
from epochal.judging import adopting
from epochal.judging.adopting import adopt
from epochal.judging.rebuild import rebuild
from epochal.training.engines import reference
from epochal.training.environments import measured_in
from epochal_testing import journals, sessions, synthetic

TINY = Experiment(
    inputs=Line(low=-1, high=1, points=20),
    target=Sine(2),
    net=MLP(widths=(8,)),
    optimizer=Optimizer("SGD", lr=0.1),
    probe=21,
)
EPOCHS = 150
SESSION = Session(id="old")


def claim(experiment: Experiment = TINY) -> Claim:
    rule = FitsBy(epoch=EPOCHS, mse_below=0.01)
    return synthetic.claim(rule, experiments=experiment)


def stored(
    journal: Journal, experiment: Experiment = TINY, epochs: int = EPOCHS, **facts: str
) -> Environment:
    """Puts three seeds into the journal as if other code, or other ``facts``, had measured them."""
    today = measured_in(experiment, "cpu")
    old = Environment({**today.facts, "engine code": "of old", **facts})
    journal.add_environment(old.key, old.hardware_key, old.facts)
    for seed in (44, 45, 46):
        runs = train(experiment, [seed], "cpu", epochs)
        journal.put(Unit(experiment.digest, seed, old.key), runs, SESSION, 0, finished=True)
    return old


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def keys(journal: Journal) -> dict[int, tuple[str, str]]:
    return {row["seed"]: (row["environment"], row["adopted"]) for row in journal.contents()}


def test_rows_of_older_code_are_taken_over_and_marked(journal: Journal) -> None:
    old, today = stored(journal), measured_in(TINY, "cpu")
    before = [journal.runs(Unit(TINY.digest, seed, old.key)) for seed in (44, 45, 46)]
    [found] = adopt(journal, [claim()])
    assert (found.claims, found.rows, found.epochs, found.differs) == (("c",), 3, 100, "")
    assert keys(journal) == dict.fromkeys((44, 45, 46), (today.key, "of old"))
    for seed, runs in zip((44, 45, 46), before, strict=True):
        now = journal.now(Unit(TINY.digest, seed, old.key))
        assert now == Unit(TINY.digest, seed, today.key)
        journals.assert_same(journal.runs(now), runs)
    assert list(adopt(journal, [claim()])) == []
    row = journal.row(Unit(TINY.digest, 44, today.key))
    assert row is not None
    assert row.adopted == "of old"


@pytest.mark.parametrize("differs", ["", "other weights at epoch 0"])
def test_of_rows_that_were_thinned_what_is_left_is_compared(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, differs: str
) -> None:
    monkeypatch.setattr(adopting, "LEAST_EPOCHS", EPOCHS)
    today = measured_in(TINY, "cpu")
    old = Environment({**today.facts, "engine code": "of old"})
    journal.add_environment(old.key, old.hardware_key, old.facts)
    runs = thinned(train(TINY, [44], "cpu", EPOCHS), {EPOCHS})
    assert len(runs.snapshots) < len(snapshot_epochs(EPOCHS))
    journal.put(Unit(TINY.digest, 44, old.key), runs, SESSION, 0, finished=True)
    if differs:
        monkeypatch.setattr(reference, "_hash", lambda net: "other")
    [found] = adopt(journal, [claim()])
    assert (found.epochs, found.differs) == (EPOCHS, differs)


def test_another_order_of_two_additions_in_the_step_is_not_adopted(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = stored(journal)

    def other_order(loop: LoopRecord, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return ((output - target) ** 2).flip(0).cumsum(0)[-1, 0] / len(output)

    monkeypatch.setattr(reference, "loss_of", other_order)
    [found] = adopt(journal, [claim()])
    assert found.differs.startswith("another loss at epoch ")
    assert {key for key, _ in keys(journal).values()} == {old.key}


def test_other_weights_behind_equal_losses_are_not_adopted(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(journal)
    monkeypatch.setattr(reference, "_hash", lambda net: "other")
    [found] = adopt(journal, [claim()])
    assert found.differs == "other weights at epoch 0"


@pytest.mark.parametrize("facts", [{"torch": "1.0"}, {"processor": "P"}, {"device": "cuda"}])
def test_rows_of_another_place_are_not_tried(journal: Journal, facts: dict[str, str]) -> None:
    old = stored(journal, TINY, EPOCHS, **facts)
    assert list(adopt(journal, [claim()])) == []
    assert {key for key, _ in keys(journal).values()} == {old.key}


def test_rows_that_no_claim_asks_for_stay_where_they_are(journal: Journal) -> None:
    old = stored(journal)
    assert list(adopt(journal, [claim(replace(TINY, probe=22))])) == []
    assert {key for key, _ in keys(journal).values()} == {old.key}


def test_a_seed_that_was_trained_anew_keeps_its_row(journal: Journal) -> None:
    old, today = stored(journal), measured_in(TINY, "cpu")
    runs = train(TINY, [45], "cpu", 10)
    journal.put(Unit(TINY.digest, 45, today.key), runs, SESSION, 0, finished=True)
    [found] = adopt(journal, [claim()])
    assert found.rows == 2
    assert journal.runs(Unit(TINY.digest, 45, today.key)).epochs_done == 10
    assert journal.runs(Unit(TINY.digest, 45, old.key)).epochs_done == EPOCHS
    assert journal.now(Unit(TINY.digest, 45, old.key)).environment == old.key


def test_of_several_older_codes_the_longest_rows_are_taken(journal: Journal) -> None:
    short = [stored(journal, TINY, 10, **{"engine code": code}) for code in ("a", "b")]
    long = stored(journal, TINY, EPOCHS, **{"engine code": "c"})
    more = stored(journal, TINY, 10, **{"engine code": "d"})
    assert [each.rows for each in adopt(journal, [claim()])] == [3, 0, 0, 0]
    today = measured_in(TINY, "cpu")
    assert journal.runs(Unit(TINY.digest, 44, today.key)).epochs_done == EPOCHS
    assert journal.row(Unit(TINY.digest, 44, long.key)) is None
    for left in (*short, more):
        assert journal.row(Unit(TINY.digest, 44, left.key)) is not None


def test_what_can_no_longer_be_trained_is_said(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from epochal.errors import SpecError

    stored(journal)

    def refuses(*arguments: object) -> None:
        raise SpecError("net", 1, "it is gone", "write another")

    monkeypatch.setattr(reference, "train_seed", refuses)
    [found] = adopt(journal, [claim()])
    assert found.differs == "it cannot be trained any more: net = 1: it is gone; write another"


def test_an_adopted_row_that_is_extended_stays_marked(journal: Journal) -> None:
    stored(journal)
    list(adopt(journal, [claim()]))
    unit = Unit(TINY.digest, 44, measured_in(TINY, "cpu").key)
    longer = train(TINY, [44], "cpu", 200, earlier=[journal.runs(unit, with_state=True)])
    journal.put(unit, longer, SESSION, EPOCHS, finished=True)
    row = journal.row(unit)
    assert row is not None
    assert (row.epochs_done, row.adopted) == (200, "of old")


# ------------------------------------------------------------------------- as a user does it

CLAIMS = """
CLAIMS = [
    claim(f"c{number}", FitsBy(epoch=300, mse_below=100.0), replace(TINY, probe=21 + number))
    for number in range(5)
] + [claim("two", MseRatioAt(epoch=9, over="a", under="b", high=9), {
    "a": TINY, "b": replace(TINY, inputs=Circle(points=9), loop=Loop(loss="half_sum")),
})]
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with runs that the code as it stands has measured."""
    first = "from epochal import Circle, MseRatioAt\n"
    folder = sessions.prepare(tmp_path_factory.mktemp("before"), first + CLAIMS)
    assert sessions.run(folder, "--journal", "j.sqlite").code == 0
    return folder


@pytest.fixture
def later(before: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, after a harmless edit of the reference engine."""
    folder, source = tmp_path / "project", tmp_path / "src"
    shutil.copytree(before, folder)
    shutil.copytree(sessions.ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    file = source / "epochal" / "training" / "engines" / "reference.py"
    old = "optimizers.clip(self.loop, self.net)\n        self.optimizer.step()"
    assert old in file.read_text("utf-8")
    file.write_text(
        file.read_text("utf-8").replace(old, old.replace("        self", "        if True: self"))
    )
    monkeypatch.setattr(
        sessions, "PATH", f"{source}{os.pathsep}{sessions.ROOT / 'tests' / 'helpers'}"
    )
    return folder


ADOPT = ("-m", "epochal", "journal", "--adopt", "--journal", "j.sqlite", "--cases", "cases")


def test_after_a_harmless_edit_all_is_answered_from_the_journal(later: Path) -> None:
    told = sessions.python(later, *ADOPT).text
    assert told.count(": 3 rows, adopted\n") == 6, told
    again = sessions.start(later, "--journal", "j.sqlite")
    assert "journal: reused 18 seeds;" in again.text
    page = (later / "report" / "tiny.md").read_text("utf-8")
    assert "adopted from " in page.split("## Where it ran")[1]
    journal = Journal(later / "j.sqlite")
    with closing(sqlite3.connect(journal.path)) as database:
        [(count,)] = database.execute("SELECT count(*) FROM experiments").fetchall()
        texts = database.execute("SELECT digest, specification FROM experiments").fetchall()
    assert count == 6
    assert all('"":"Experiment"' in text for _, text in texts)


@pytest.fixture
def older(before: Path, tmp_path: Path) -> Path:
    """A copy of it whose rows are those of older code, which gave the same bits."""
    folder = tmp_path / "project"
    shutil.copytree(before, folder)
    with closing(sqlite3.connect(folder / "j.sqlite")) as database:
        for key, text in database.execute("SELECT key, facts FROM environments").fetchall():
            facts = json.loads(text)
            facts["engine code"] = f"before {facts['engine code']}"
            old = Environment(facts).key
            values = (old, json.dumps(facts), key)
            database.execute("UPDATE environments SET key = ?, facts = ? WHERE key = ?", values)
            for table in ("runs", "verdicts"):
                change = f"UPDATE {table} SET environment = ? WHERE environment = ?"
                database.execute(change, (old, key))
            database.execute("UPDATE verdicts SET result = replace(result, ?, ?)", (key, old))
        database.commit()
    return folder


def test_without_adoption_an_edit_trains_anew_and_older_verdicts_can_be_rebuilt(
    older: Path,
) -> None:
    from epochal.claims.folder import load

    journal, claims = Journal(older / "j.sqlite"), load(older / "cases")
    before = rebuild(journal, claims).to_json()
    assert len(before["results"]) == 6
    assert sessions.epochal(older, *ADOPT[2:]).code == 0
    after = rebuild(journal, claims).to_json()
    assert after == before


def test_adoption_that_is_killed_again_and_again_loses_nothing(older: Path) -> None:
    journal = Journal(older / "j.sqlite")
    before = {(row["experiment"], row["seed"]): row["epochs_done"] for row in journal.contents()}
    for kill in range(4):
        running = sessions.Background(older, words=ADOPT)
        end = time.monotonic() + 300
        while running.process.poll() is None and adopted(journal) < kill + 1:
            assert time.monotonic() < end, running.text
            time.sleep(0.005)
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        journal.check()
        found = {(row["experiment"], row["seed"]): row["epochs_done"] for row in journal.contents()}
        assert found == before
    assert sessions.epochal(older, *ADOPT[2:]).code == 0
    assert adopted(journal) == 6
    assert "reused 18 seeds;" in sessions.run(older, "--journal", "j.sqlite").text


def adopted(journal: Journal) -> int:
    with closing(sqlite3.connect(journal.path)) as database:
        [(count,)] = database.execute("SELECT count(*) FROM adoptions").fetchall()
    return int(count)
