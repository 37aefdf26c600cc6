"""A run that is killed again and again ends as if it never was.

Real sessions over `sessions.SURVIVES` are killed with SIGKILL: with all their processes, the
controller alone, or one training worker; while they start, while they train and while they end.
``EPOCHAL_KILLS`` says how often in all; each 20 kills have a journal
of their own. Without it these tests do not run: on a busy machine they wait in vain for a moment to
kill at, and it is not known yet whether the test or the code is to blame.
"""

import os
import random
import re
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from epochal.experiments.runs import Runs
from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal_testing import journals, sessions
from epochal_testing.sessions import Background, Session

KILLS = int(os.environ.get("EPOCHAL_KILLS", "0"))
KILLS_A_JOURNAL, LAST_KILLS = 20, 2
ROUNDS = [min(KILLS_A_JOURNAL, KILLS - before) for before in range(0, KILLS, KILLS_A_JOURNAL)]

pytestmark = pytest.mark.skipif(KILLS == 0, reason="EPOCHAL_KILLS says how often to kill")
OPTIONS = ("--workers", "2", "--checkpoint", "0.1")
JUDGED_ALL = re.compile(r"test_claims\.py [.CNUB]{10}")
START_SECONDS, ORPHAN_SECONDS = 4.0, 5.0
"""How long a session takes at least to start, and an orphaned worker at most to end."""


class Row(NamedTuple):
    """A row of the journal, as it stands in the file."""

    environment: str
    session: str
    began: int
    finished: float
    state: str
    epochs_done: int
    seconds: float
    arrays: bytes


Rows = dict[tuple[str, int], Row]


@dataclass(frozen=True)
class Whole:
    """The run that nobody killed."""

    folder: Path
    session: Session
    journal: Path
    rows: Rows

    def work_left(self, rows: Rows) -> float:
        """How many seconds two workers still need for what is not finished in ``rows``."""
        left = [row.seconds for key, row in self.rows.items() if not _is_finished(rows.get(key))]
        return sum(left) / 2


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = sessions.prepare(tmp_path_factory.mktemp("survives"), sessions.SURVIVES)
    journal = folder / "whole.sqlite"
    session = sessions.run(folder, *OPTIONS, "--journal", str(journal))
    return Whole(folder, session, journal, _rows(journal))


class Hunt:
    """Kills sessions on one journal and looks after each kill what has become of it."""

    def __init__(self, whole: Whole, journal: Path, kills: int, draw: random.Random) -> None:
        self.whole, self.journal, self.left, self.draw = whole, journal, kills, draw
        self.rows: Rows = {}
        self.told: list[str] = []
        self.unfinished = 0
        """How many kills were made before all was finished."""

    def session(self) -> None:
        """Starts a session and kills it at some moment."""
        session = Background(self.whole.folder, *OPTIONS, "--journal", str(self.journal))
        try:
            if self.left <= LAST_KILLS:
                self._wait(session, lambda: JUDGED_ALL.search(session.text) is not None)
                self._kill(session, "at the end", self.draw.uniform(0, 0.5))
            elif self.draw.random() < 0.2:
                self._kill(session, "at the start", self.draw.uniform(0, START_SECONDS))
            else:
                self._while_training(session)
        finally:
            session.kill()

    def _while_training(self, session: Background) -> None:
        self._wait(session, lambda: self._trains(session))
        if self.left > LAST_KILLS + 1 and self.draw.random() < 0.4:
            workers = _workers(session)
            self._kill_worker(session, self._delay())
            self._wait(session, lambda: not workers & _workers(session))
            self._wait(session, lambda: self._trains(session))
        self._kill(session, "in training", self._delay())

    def _delay(self) -> float:
        """Seconds of training, such that the work lasts for all kills."""
        return self.draw.uniform(0, 2 * self.whole.work_left(self.rows) / self.left)

    def _wait(self, session: Background, for_what: Callable[[], bool]) -> None:
        end = time.monotonic() + 120
        while not for_what():
            assert session.process.poll() is None, f"it ended before its kill:\n{session.text}"
            assert time.monotonic() < end, session.text
            time.sleep(0.02)

    def _trains(self, session: Background) -> bool:
        return bool(_holders(self.journal) & _workers(session))

    def _kill(self, session: Background, moment: str, delay: float) -> None:
        time.sleep(delay)
        alone = self.draw.random() < 0.5
        if alone:
            session.process.kill()
            session.process.wait()
            end = time.monotonic() + ORPHAN_SECONDS
            while sessions.members(session.process.pid) and time.monotonic() < end:
                time.sleep(0.05)
            assert sessions.members(session.process.pid) == {}
        session.kill()
        self._look(f"{'the controller' if alone else 'all'} {moment} after {delay:.2f} s")

    def _kill_worker(self, session: Background, delay: float) -> None:
        time.sleep(delay)
        workers = sorted(_workers(session))
        os.kill(self.draw.choice(workers), signal.SIGKILL)
        self._look(f"a worker after {delay:.2f} s")

    def _look(self, killed: str) -> None:
        """Nothing that was stored before is lost, changed or trained again."""
        if self.journal.exists():
            Journal(self.journal).check()
        now = _rows(self.journal)
        finished = sum(map(_is_finished, now.values()))
        self.told.append(
            f"{killed}: {finished} of {len(self.whole.rows)} finished, {len(now)} rows"
        )
        print(self.told[-1])
        for key, row in self.rows.items():
            assert key in now, f"{key} is lost"
            assert _goes_on_from(row, now[key]), f"{key}: {row[:7]} became {now[key][:7]}"
        self.rows, self.left = now, self.left - 1
        self.unfinished += finished < len(self.whole.rows)


@pytest.mark.parametrize(("number", "kills"), list(enumerate(ROUNDS)))
def test_a_run_that_is_killed_again_and_again_ends_as_if_it_never_was(
    whole: Whole, number: int, kills: int
) -> None:
    assert whole.session.code == 0, whole.session.text
    journal = whole.folder / f"killed-{number}.sqlite"
    hunt = Hunt(whole, journal, kills, random.Random(number))
    while hunt.left > 0:
        hunt.session()
    ended = sessions.run(whole.folder, *OPTIONS, "--journal", str(journal))
    assert (ended.code, ended.rows()) == (0, whole.session.rows()), ended.text
    assert hunt.unfinished >= kills // 2, "the work was done too soon to be a test"
    _assert_as_if_never_killed(journal, whole.journal)


def test_the_work_is_enough_to_be_killed_in(whole: Whole) -> None:
    assert len(whole.session.rows()) == 10
    states = [row.state for row in whole.rows.values()]
    assert {state: states.count(state) for state in set(states)} == {"finished": 23, "diverged": 3}
    assert 8 < whole.work_left({}) < 60


def _assert_as_if_never_killed(journal: Path, whole: Path) -> None:
    killed, never = _rows(journal), _rows(whole)
    assert {key: row.epochs_done for key, row in killed.items()} == {
        key: row.epochs_done for key, row in never.items()
    }
    for (experiment, seed), row in never.items():
        unit = Unit(experiment, seed, row.environment)
        journals.assert_same(
            _timeless(Journal(journal).runs(unit)), _timeless(Journal(whole).runs(unit))
        )


def _timeless(runs: Runs) -> Runs:
    from dataclasses import replace

    return replace(runs, seconds=runs.seconds * 0)


def _goes_on_from(before: Row, now: Row) -> bool:
    """Whether ``now`` is ``before``, or what came of going on from it."""
    if now == before:
        return True
    # A worker may store one more part between our look and its end.
    went_on = now.session == before.session or now.began >= before.epochs_done
    return before.state == "unfinished" and now.epochs_done > before.epochs_done and went_on


def _is_finished(row: Row | None) -> bool:
    return row is not None and row.state != "unfinished"


def _workers(session: Background) -> set[int]:
    """The numbers of its training processes."""
    found = sessions.members(session.process.pid)
    return {number for number, command in found.items() if "spawn_main" in command}


def _holders(journal: Path) -> set[int]:
    """The numbers of the processes that have taken something up, whether they live or not."""
    return {int(holder.split()[-1]) for (holder,) in _select(journal, "holder FROM leases")}


def _rows(journal: Path) -> Rows:
    columns = ", ".join(("experiment", "seed", *Row._fields))
    found = _select(journal, f"{columns} FROM runs ORDER BY experiment, seed")
    return {(experiment, seed): Row(*rest) for experiment, seed, *rest in found}


def _select(journal: Path, what: str) -> list[tuple[Any, ...]]:
    if not journal.exists():
        return []
    database = sqlite3.connect(journal, timeout=60)
    try:
        return database.execute(f"SELECT {what}").fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):  # it has only just been made
            raise
        return []
    finally:
        database.close()
