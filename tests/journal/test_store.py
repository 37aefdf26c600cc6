"""The journal: what was finished is there, whoever wrote it and however they ended."""

import multiprocessing
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from epochal import Runs
from epochal.errors import BrokenRun
from epochal.identity.usable import Wanted, usable
from epochal.journal.store import Journal
from epochal.journal.units import Session
from epochal_testing import synthetic
from epochal_testing.journals import (
    assert_same,
    found,
    program,
    put,
    said,
    said_at_end,
    trained,
    unit,
    whole,
)

OLD, NEW = Session(id="old"), Session(id="new")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "folder" / "journal.sqlite")


# ---------------------------------------------------------------------------------- one row


def odd(dtype: Any) -> Runs:
    """Runs with what is easily lost: odd numbers, types, signs and layouts."""
    runs = trained(epochs=30)
    loss = runs.loss.astype(dtype)
    loss[0, :4] = [-0.0, np.finfo(dtype).tiny / 2, np.nextafter(dtype(1), dtype(2)), np.inf]
    return replace(
        runs,
        loss=loss,
        predictions=np.asfortranarray(runs.predictions.astype(dtype)),
        waves=runs.waves[::-1],
        weight_hash=np.array([[f"{e:016x}" for e in range(len(runs.snapshots))]]),
        engine="reference, Ω",
        device='cpu ("Größe")',
        mse=loss.astype(np.float64) * (2 / 3),
        evaluated=True,
        states=(b"\0PK\xff" * 9,),
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_comes_back_as_it_was_put(journal: Journal, dtype: Any) -> None:
    runs = odd(dtype)
    journal.put(unit(), runs, NEW, began=0, finished=True)
    assert_same(journal.runs(unit(), with_state=True), runs)
    assert_same(journal.runs(unit()), replace(runs, states=()))


def test_a_row_says_who_finished_it_when_and_how_far(journal: Journal) -> None:
    before = time.time()
    journal.put(unit(), trained(epochs=20), NEW, began=5, finished=True)
    row = found(journal)
    assert (row.session, row.began, row.state, row.epochs_done) == ("new", 5, "finished", 20)
    assert before <= row.finished <= time.time()
    for other in (unit(45), replace(unit(), environment="b"), replace(unit(), experiment="c")):
        assert journal.row(other) is None


def test_runs_without_a_state_are_stored_without_one(journal: Journal) -> None:
    journal.put(unit(), replace(trained(), states=()), NEW, began=0, finished=True)
    assert journal.runs(unit(), with_state=True).states == ()


def test_what_diverged_and_what_goes_on_is_told_apart(journal: Journal) -> None:
    bad = synthetic.diverged(trained(epochs=20), row=0, epoch=12)
    journal.put(unit(44), bad, NEW, began=0, finished=True)
    journal.put(unit(45), trained(45), NEW, began=0, finished=False)
    journal.put(unit(46), trained(46), NEW, began=0, finished=True)
    states = [found(journal, seed).state for seed in (44, 45, 46)]
    assert states == ["diverged", "unfinished", "finished"]
    assert_same(journal.runs(unit(44), with_state=True), bad)


# -------------------------------------------------------------------------- a row put again


def test_a_longer_training_takes_the_place_of_a_shorter_one(journal: Journal) -> None:
    journal.put(unit(), trained(epochs=16), OLD, began=0, finished=False)
    journal.put(unit(), trained(epochs=60), NEW, began=16, finished=True)
    row = found(journal)
    assert (row.session, row.began, row.state, row.epochs_done) == ("new", 16, "finished", 60)
    assert_same(journal.runs(unit(), with_state=True), trained(epochs=60))
    assert journal.notes() == []


def test_a_shorter_training_that_repeats_a_row_confirms_it_and_cuts_nothing(
    journal: Journal,
) -> None:
    journal.put(unit(), trained(epochs=60), OLD, began=20, finished=True)
    before = found(journal)
    journal.put(unit(), trained(epochs=30), NEW, began=0, finished=True)
    after = found(journal)
    assert (after.session, after.began, after.epochs_done) == ("new", 0, 60)
    assert after.finished > before.finished
    assert_same(journal.runs(unit(), with_state=True), trained(epochs=60))
    assert journal.notes() == []


def test_a_part_of_a_training_does_not_confirm_a_longer_row(journal: Journal) -> None:
    put(journal, OLD, 44, epochs=60)
    before = found(journal)
    fresh = Session(id="new", fresh=True)
    journal.put(unit(), trained(epochs=30), fresh, began=0, finished=False)
    assert found(journal) == before
    assert not counts(journal, fresh, 44)
    assert_same(journal.runs(unit(), with_state=True), trained(epochs=60))


def counts(journal: Journal, session: Session, seed: int) -> bool:
    """Whether the row of ``seed`` counts for ``session``."""
    return usable(found(journal, seed), Wanted(since=session.since)) is None


@pytest.mark.parametrize("epochs", [30, 60, 90])
def test_other_losses_take_the_place_of_a_row_and_are_noted(journal: Journal, epochs: int) -> None:
    put(journal, OLD, 44, epochs=60)
    other = trained(epochs=epochs)
    other.loss[0, -1] = np.nextafter(other.loss[0, -1], 1)
    other.loss[0, 29] = np.nextafter(other.loss[0, 29], 1)
    journal.put(unit(), other, NEW, began=0, finished=True)
    assert_same(journal.runs(unit(), with_state=True), other)
    [note] = journal.notes()
    assert (note["kind"], note["session"], note["seed"]) == ("contradicted", "new", 44)
    assert note["text"].startswith("an equal environment gave different losses on 20")
    assert journal.notes("old") == []


def test_a_diverged_training_that_is_repeated_contradicts_nothing(journal: Journal) -> None:
    bad = synthetic.diverged(trained(epochs=20), row=0, epoch=12)
    for session in (OLD, NEW):
        journal.put(unit(), bad, session, began=0, finished=True)
    assert np.isnan(journal.runs(unit()).loss[0, 13:]).all()
    assert journal.notes() == []
    assert found(journal).session == "new"


# ------------------------------------------------------------------------ sessions and notes


def test_a_failure_is_noted_and_costs_no_row(journal: Journal) -> None:
    put(journal, OLD, 44)
    later = Session()
    journal.note(unit(), later, BrokenRun("the net caught fire"))
    assert whole(journal, 44)
    assert str(journal.failure(unit(), later)) == "the net caught fire"
    journal.note(unit(46), later, BrokenRun("it fell over", ("its frames\nhere", "all frames")))
    failed = journal.failure(unit(46), later)
    assert failed is not None
    assert (failed.why, failed.trace[0]) == ("it fell over", "its frames\nhere")
    assert journal.failure(unit(45), later) is None
    assert journal.failure(unit(), Session()) is None
    assert [note["kind"] for note in journal.notes(later.id, "failed")] == ["failed"] * 2
    assert journal.notes(kind="contradicted") == []


def test_a_fresh_session_takes_no_older_row_but_those_finished_since(journal: Journal) -> None:
    put(journal, OLD, 44)
    fresh = Session(fresh=True)
    assert counts(journal, Session(), 44)
    assert not counts(journal, fresh, 44)
    put(journal, Session(id="another"), 44, 45)
    assert counts(journal, fresh, 44)
    assert counts(journal, fresh, 45)


def test_sessions_are_told_with_what_came_of_them(journal: Journal) -> None:
    began = Session(command="pytest bench/ --claims '…'", record={"git": "0123-dirty"})
    journal.begin(began)
    journal.begin(began)
    journal.begin(Session(id="killed"))
    journal.end(began, {"passed": 3, "seconds": float("inf")})
    first, second = journal.sessions()
    assert (first["id"], first["command"]) == (began.id, "pytest bench/ --claims '…'")
    assert first["record"] == {"git": "0123-dirty"}
    assert first["summary"] == {"passed": 3, "seconds": float("inf")}
    assert first["began"] == began.started < first["ended"]
    assert (second["id"], second["ended"], second["summary"]) == ("killed", None, None)


def test_an_environment_is_kept_once(journal: Journal) -> None:
    for key in ("b", "a", "b"):
        journal.add_environment(key, "hardware", {"processor": f"of {key}"})
    assert journal.environments() == {"b": {"processor": "of b"}, "a": {"processor": "of a"}}
    assert list(journal.environments()) == ["b", "a"]


def test_verdicts_are_kept_in_their_order(journal: Journal) -> None:
    for k, claim in enumerate(["one", "other", "one"]):
        result = {"claim": claim, "kind": "full", "device": "cpu", "k": k, "p": float("nan")}
        journal.add_verdict(NEW, "a machine", result, "refuted" if k else None, trained=k)
    assert [each["result"]["k"] for each in journal.verdicts()] == [0, 1, 2]
    assert [each["result"]["k"] for each in journal.verdicts("one")] == [0, 2]
    assert [each["expected"] for each in journal.verdicts()] == [None, "refuted", "refuted"]
    assert [each["trained"] for each in journal.verdicts()] == [0, 1, 2]
    assert journal.verdicts("none such") == []
    assert np.isnan(journal.verdicts("other")[0]["result"]["p"])


# ------------------------------------------------------------------------------ many writers


def write(path: Path, first: int, count: int) -> None:
    """What one of many processes does."""
    journal, session = Journal(path), Session()
    journal.begin(session)
    for seed in range(first, first + count):
        put(journal, session, seed)
        journal.note(unit(seed), session, BrokenRun("noted"))
    journal.end(session, {})


def test_processes_that_write_at_once_lose_nothing(journal: Journal) -> None:
    spawn = multiprocessing.get_context("spawn")
    started = [spawn.Process(target=write, args=(journal.path, 20 * k, 20)) for k in range(4)]
    for each in started:
        each.start()
    for each in started:
        each.join(timeout=120)
    assert [each.exitcode for each in started] == [0] * 4
    assert whole(journal, *range(80))
    assert len(journal.notes()) == 80
    assert all(each["ended"] for each in journal.sessions())
    journal.check()


def test_threads_that_grow_one_row_at_once_never_cut_it(journal: Journal) -> None:
    def grow(offset: int) -> None:
        for epochs in range(10 + offset, 90, 4):
            journal.put(unit(), trained(epochs=epochs), NEW, began=0, finished=True)
            lengths.append(found(journal).epochs_done - epochs)

    lengths: list[int] = []
    threads = [threading.Thread(target=grow, args=(offset,)) for offset in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(lengths) == 80
    assert min(lengths) >= 0
    assert found(journal).epochs_done == 89
    assert whole(journal, 44)


def test_a_writer_that_is_killed_leaves_a_file_that_can_be_used(journal: Journal) -> None:
    text = """
for seed in range(10**6):
    put(journal, session, seed, epochs=900)
    print(seed, flush=True)
"""
    with ExitStack() as running:
        writers = [running.enter_context(program(journal, text)) for _ in range(2)]
        written = [max(int(said(each)) for _ in range(9)) for each in writers]
    assert len(written) == 2
    journal.check()
    assert whole(journal, *range(1 + max(written)))
    put(journal, NEW, 10**7)
    assert whole(journal, 10**7)


def test_a_file_that_was_killed_in_the_middle_of_a_commit_has_what_was_committed(
    journal: Journal,
) -> None:
    text = """
put(journal, session, 1)
with journal._writing() as database:
    database.execute("DELETE FROM runs")
    print("deleted", flush=True)
    time.sleep(60)
"""
    with program(journal, text) as process:
        assert said(process) == "deleted"
        assert whole(journal, 1)
    put(journal, NEW, 2)
    assert whole(journal, 1, 2)


def test_a_reader_is_not_kept_waiting_by_a_writer(journal: Journal) -> None:
    put(journal, NEW, 1)
    with journal._writing(), program(journal, "print(whole(journal, 1))") as process:
        assert said_at_end(process) == "True\n"
