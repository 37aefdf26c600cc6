"""Workers that are killed while they train: every row is there, and no other job is charged.

Each is killed 50 to 400 ms after it took up a job, no job more than twice.
``EPOCHAL_WORKER_KILLS`` says how often in all; each 20 kills have a journal of their own.
"""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from concurrent.futures import wait
from pathlib import Path

import pytest

from epochal import Line, Sine, Training
from epochal.journal.store import Journal
from epochal.journal.units import LeaseOutcome, Session, Unit
from epochal.training.job import Job
from epochal.training.pool import Pool
from epochal.training.train import train
from epochal.training.workers import Workers
from epochal_testing import journals
from epochal_testing.work import slowly

KILLS = int(os.environ.get("EPOCHAL_WORKER_KILLS", "8"))
KILLS_A_JOURNAL, KILLS_A_JOB = 20, 2
ROUNDS = [min(KILLS_A_JOURNAL, KILLS - before) for before in range(0, KILLS, KILLS_A_JOURNAL)]
WAIT_SECONDS = 600.0

SLOW = Training(
    train=slowly,
    flops_an_epoch=1.0,
    inputs=Line(low=-1, high=1, points=20),
    target=Sine(9),
    probe=51,
)
EPOCHS = 100


class Killer:
    """Kills workers that train, and keeps count by the job that each of them held."""

    def __init__(self, workers: Workers, kills: int, draw: random.Random) -> None:
        self.workers, self.left, self.draw = workers, kills, draw
        self.killed: Counter[int] = Counter()
        self.due: dict[tuple[int, int], float] = {}

    def turn(self) -> None:
        """Kills those whose time has come; between a look and its kill no job changes hands."""
        now = time.monotonic()
        assert isinstance(self.workers.pool, Pool)
        with self.workers.pool.holding() as held:
            for process, number in held.items():
                due = self.due.setdefault((process, number), now + self.draw.uniform(0.05, 0.4))
                if now >= due and self.left and self.killed[number] < KILLS_A_JOB:
                    os.kill(process, signal.SIGKILL)
                    self.due[process, number] = float("inf")
                    self.killed[number] += 1
                    self.left -= 1


@pytest.mark.parametrize(("number", "kills"), list(enumerate(ROUNDS)))
def test_killed_workers_cost_no_row_and_charge_no_other_job(
    tmp_path: Path, number: int, kills: int
) -> None:
    journal, session = Journal(tmp_path / "journal.sqlite"), Session(checkpoint=0.05)
    journal.begin(session)
    workers = Workers(2, journal, session)
    units = [Unit(SLOW.digest, seed, "here") for seed in range(44, 44 + max(6, kills))]
    given = {
        workers.submit(Job(unit, SLOW, "cpu", EPOCHS, "auto"))[1]: place
        for place, unit in enumerate(units, start=1)
    }
    killer = Killer(workers, kills, random.Random(number))
    end = time.monotonic() + WAIT_SECONDS
    while len(wait(given, timeout=0.01).done) < len(units):
        killer.turn()
        assert time.monotonic() < end
    answers = Counter(future.result() for future in given)
    deaths = dict(workers.pool.deaths)
    workers.close()

    assert killer.left == 0, "the work was done too soon to be a test"
    assert all(deaths[job] <= killer.killed[job] for job in deaths), (deaths, killer.killed)
    assert set(answers) <= {LeaseOutcome.LEASED, LeaseOutcome.READY}
    assert sum(answers.values()) == len(units)
    rows = journal.contents()
    assert [(row["state"], row["epochs_done"]) for row in rows] == [("finished", EPOCHS)] * len(
        units
    )
    assert journal.notes() == []
    assert not any(journal.is_leased(unit) for unit in units)
    assert multiprocessing.active_children() == []
    print(f"{kills} kills, {sum(deaths.values())} charged, {len(units)} rows")
    killed = max(killer.killed, key=killer.killed.__getitem__) - 1
    found, whole = journal.runs(units[killed]), train(SLOW, [44 + killed], "cpu", EPOCHS)
    journals.assert_same(journals.timeless(found), journals.timeless(whole), states=False)
