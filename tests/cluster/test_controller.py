"""Jobs on a cluster of this machine: workers are killed, hang and start again; nothing is lost."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from epochal import Line, Sine, Training, train
from epochal.cluster import remote
from epochal.cluster.bundle import bundle
from epochal.cluster.connection import LOCAL, Connection, parse
from epochal.cluster.controller import Controller
from epochal.cluster.fleet import Fleet
from epochal.cluster.patience import Patience
from epochal.errors import BrokenRun, Interrupted
from epochal.journal.store import Journal
from epochal.journal.units import LeaseOutcome, Session, Unit
from epochal.training.job import Job, Urgency
from epochal_testing import journals, sessions
from epochal_testing.clusters import WAIT_SECONDS, wait_for
from epochal_testing.settings import TINY
from epochal_testing.work import slowly

KILLS = int(os.environ.get("EPOCHAL_CLUSTER_KILLS", "4"))
"""How many workers are killed; each takes some seconds to start again."""

KILLS_A_JOB = 2

EPOCHS = 100

SLOW = Training(
    train=slowly,
    flops_an_epoch=1.0,
    inputs=Line(low=-1, high=1, points=20),
    target=Sine(9),
    probe=51,
)
LONG = replace(TINY, probe=43)
"""A setting whose training takes many seconds."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two workers of this machine."""
    folder = sessions.prepare(tmp_path_factory.mktemp("cluster"), "CLAIMS = [claim('fits')]")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LOCAL, "distributed.scheduler.worker-ttl", "15s")
        connection = Connection(parse("local:2"))
    found = Fleet(connection, bundle(folder / "cases"))
    found.watch()
    try:
        wait_for(lambda: sum(found.slots().values()) == 2)
        yield found
    finally:
        found.stop()
        connection.close()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def controller(fleet: Fleet, journal: Journal, checkpoint: float = 30.0) -> Controller:
    """A controller whose jobs go to any worker."""
    session = Session(checkpoint=checkpoint)
    journal.begin(session)
    kind = fleet.of("cpu")[0]
    return Controller(fleet, journal, session, lambda job: kind, Patience("local:2"))


def job(seed: int, experiment: Any = SLOW, epochs: int = EPOCHS) -> Job:
    return Job(Unit(experiment.digest, seed, "here"), experiment, "cpu", epochs, "auto")


def process_of(fleet: Fleet, address: str) -> int | None:
    """The process of the worker at ``address``, if it runs."""
    cluster: Any = fleet.connection.cluster
    nannies = cluster.workers.values()
    return next((each.pid for each in nannies if each.worker_address == address), None)


def scheduler_of(fleet: Fleet) -> Any:
    cluster: Any = fleet.connection.cluster
    return cluster.scheduler


def trained_by(runner: Controller, place: int) -> str:
    """The address of the worker that trains the job with this number."""
    wait_for(lambda: place in runner._tasks and bool(runner._tasks[place].worker))
    return runner._tasks[place].worker


def test_killed_workers_cost_no_row_and_break_no_job(fleet: Fleet, journal: Journal) -> None:
    runner, draw = controller(fleet, journal), random.Random(KILLS)
    seeds = range(44, 44 + max(6, KILLS))
    given = [runner.submit(job(seed))[1] for seed in seeds]
    killed, left, due = Counter[int](), KILLS, time.monotonic()
    while not all(answer.done() for answer in given):
        held = [(n, t.worker) for n, t in list(runner._tasks.items()) if t.worker]
        if held and left and time.monotonic() >= due:
            number, worker = draw.choice(held)
            process = process_of(fleet, worker)
            if killed[number] < KILLS_A_JOB and process:
                os.kill(process, signal.SIGKILL)
                killed[number] += 1
                left, due = left - 1, time.monotonic() + draw.uniform(0.3, 3.0)
        time.sleep(draw.uniform(0.01, 0.1))
    answers = [answer.result() for answer in given]
    runner.close()

    assert left == 0, "the work was done too soon to be a test"
    assert answers == [LeaseOutcome.LEASED] * len(seeds)
    rows = journal.contents()
    assert sorted(row["seed"] for row in rows) == [*seeds]
    assert {(row["state"], row["epochs_done"]) for row in rows} == {("finished", EPOCHS)}
    assert journal.notes() == []
    assert not any(journal.is_leased(job(seed).unit) for seed in seeds)
    print(f"{KILLS} kills of workers that trained {len(killed)} of {len(rows)} jobs")
    seed = 43 + max(killed, key=killed.__getitem__)
    found, whole = journal.runs(job(seed).unit), train(SLOW, [seed], "cpu", EPOCHS)
    journals.assert_same(journals.timeless(found), journals.timeless(whole), states=False)


def test_a_long_job_is_stored_in_parts_and_a_lost_worker_costs_the_last_one(
    fleet: Fleet, journal: Journal
) -> None:
    runner, epochs = controller(fleet, journal, checkpoint=0.3), 15000
    number, answer = runner.submit(job(44, LONG, epochs))
    unit = job(44, LONG).unit

    def done() -> int:
        row = journal.row(unit)
        return 0 if row is None else row.epochs_done

    wait_for(lambda: done() > 500)
    process = process_of(fleet, trained_by(runner, number))
    assert process is not None
    before = done()
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: done() > before)
    row = journal.row(unit)
    assert row is not None
    assert (row.state, answer.done()) == ("unfinished", False)
    wait_for(answer.done)
    runner.close()
    whole = train(LONG, [44], "cpu", epochs)
    found = journal.runs(unit)
    assert found.loss.tobytes() == whole.loss.tobytes()
    assert np.array_equal(found.weight_hash, whole.weight_hash)
    assert len(journal.contents()) == 1
    assert journal.notes() == []


def test_a_worker_that_hangs_is_given_up_and_its_job_trained_elsewhere(
    fleet: Fleet, journal: Journal
) -> None:
    runner = controller(fleet, journal)
    number, answer = runner.submit(job(44))
    process = process_of(fleet, trained_by(runner, number))
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    try:
        wait_for(answer.done)
        assert answer.result() is LeaseOutcome.LEASED
    finally:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    runner.close()
    assert [row["state"] for row in journal.contents()] == ["finished"]


def test_urgent_jobs_go_first_and_cancelled_ones_leave_no_row(
    fleet: Fleet, journal: Journal
) -> None:
    runner = controller(fleet, journal)
    wait_for(lambda: runner.idle() == 2)
    running = [runner.submit(job(seed)) for seed in (1, 2)]
    wait_for(lambda: runner.idle() == 0)
    spare, first, further = (
        runner.submit(job(seed), urgency)
        for seed, urgency in ((3, Urgency.SPARE), (4, Urgency.FIRST), (5, Urgency.FURTHER))
    )
    runner.cancel(running[0][0])
    with pytest.raises(Interrupted, match="no longer needed"):
        running[0][1].result(WAIT_SECONDS)
    for _, answer in (running[1], spare, first, further):
        wait_for(answer.done)
    runner.close()
    rows = journal.contents()
    assert sorted(row["seed"] for row in rows) == [2, 3, 4, 5]
    order = [row["seed"] for row in rows if row["seed"] > 2]
    assert order.index(5) < order.index(3)
    assert not journal.is_leased(job(1).unit)


def test_a_worker_offers_itself_to_those_alone_who_have_greeted_it(fleet: Fleet) -> None:
    [kind] = fleet.of("cpu")
    names = {remote.resource(kind.facts, digest) for digest in (fleet.bundle.digest, "another")}
    assert len(names) == 2
    offered = {name for each in scheduler_of(fleet).workers.values() for name in each.resources}
    assert names & offered == {kind.name}


def test_what_is_stored_is_not_trained_again_and_what_cannot_be_sent_is_refused(
    fleet: Fleet, journal: Journal
) -> None:
    runner = controller(fleet, journal)
    _, answer = runner.submit(job(44, TINY, 20))
    assert answer.result(WAIT_SECONDS) is LeaseOutcome.LEASED
    _, answer = runner.submit(job(44, TINY, 20))
    assert answer.result(WAIT_SECONDS) is LeaseOutcome.READY
    unpicklable = Training(train=lambda seed, device, epochs: None, flops_an_epoch=1.0)
    with pytest.raises(Exception, match="pickle"):
        runner.submit(replace(job(45, TINY), experiment=unpicklable))
    broken = replace(job(46, TINY, 20), engine="none")
    with pytest.raises(BrokenRun, match="--engine"):
        runner.submit(broken)[1].result(WAIT_SECONDS)
    runner.close()
    assert [note["kind"] for note in journal.notes()] == ["failed"]
    [row] = journal.contents()
    assert row["record"]["host"]


def test_the_end_of_a_session_stops_its_jobs_and_leaves_no_lease(
    fleet: Fleet, journal: Journal
) -> None:
    runner = controller(fleet, journal)
    given = [runner.submit(job(seed, LONG, 10**7)) for seed in range(4)]
    wait_for(lambda: len(runner.progress()) == 2)
    assert all(each.epoch >= 0 for each in runner.progress())
    runner.close()
    for _, answer in given:
        with pytest.raises(Interrupted):
            answer.result(0)
    assert not any(journal.is_leased(job(seed, LONG).unit) for seed in range(4))
    with pytest.raises(Interrupted):  # a job that comes too late gets an answer, too
        runner.submit(job(9))[1].result(WAIT_SECONDS)
    wait_for(lambda: not scheduler_of(fleet).tasks)
