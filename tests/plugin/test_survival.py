"""A run that is killed again and again ends as if it never was.

Real sessions over `sessions.SURVIVES` are killed with SIGKILL at moments that the journal shows:
when somebody holds a lease on what has a stored part, or when the last verdict has been given. Four
kills are fixed; ``EPOCHAL_KILLS`` says how many more are drawn, each 20 of them with a journal of
their own. Nothing depends on how fast the machine is: a session fails if it makes no progress for
minutes.
"""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal_testing import journals, sessions
from epochal_testing.sessions import Background, Session

OPTIONS = ("--workers", "2", "--checkpoint", "0.05")
CLAIMS, UNITS = 10, 24
NO_PROGRESS_SECONDS = 300.0


@dataclass(frozen=True)
class Kill:
    """Whom to kill, and in which state of the journal.

    Attributes:
        whom: ``worker``, ``controller`` or ``all``.
        state: ``start``, ``training``, ``part`` (training what has a stored part) or ``end``.
        finished: how many units must be finished before.
        delay: seconds between the state and the kill.
    """

    whom: str
    state: str
    finished: int = 0
    delay: float = 0.0


FIXED = (
    Kill("worker", "part"),
    Kill("controller", "part"),
    Kill("all", "part"),
    Kill("all", "end"),
)


def drawn(number: int, kills: int) -> tuple[Kill, ...]:
    """Kills all over the work of one journal, the last two after it."""
    draw, found = random.Random(number), []
    for place in range(kills):
        whom = draw.choice(("controller", "all"))
        if place >= kills - 2:
            found.append(Kill(whom, "end", delay=draw.uniform(0, 0.5)))
        elif draw.random() < 0.2:
            found.append(Kill(whom, "start", delay=draw.uniform(0, 2)))
        else:
            whom = draw.choice(("worker", whom))
            after = int(draw.uniform(place, place + 1) * (UNITS - 4) / kills)
            found.append(Kill(whom, "training", after, draw.uniform(0, 0.5)))
    return tuple(found)


KILLS, KILLS_A_JOURNAL = int(os.environ.get("EPOCHAL_KILLS", "0")), 20
ROUNDS = {"fixed": FIXED} | {
    f"drawn {before}": drawn(before, min(KILLS_A_JOURNAL, KILLS - before))
    for before in range(0, KILLS, KILLS_A_JOURNAL)
}


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


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = sessions.prepare(tmp_path_factory.mktemp("survives"), sessions.SURVIVES)
    journal = folder / "whole.sqlite"
    return Whole(folder, sessions.run(folder, *OPTIONS, "--journal", str(journal)), journal)


class Hunt:
    """Kills sessions on one journal and looks after each kill what has become of it."""

    def __init__(self, whole: Whole, journal: Path, kills: Sequence[Kill]) -> None:
        self.whole, self.journal, self.kills = whole, journal, list(kills)
        self.rows: Rows = {}

    def session(self) -> None:
        """Starts a session and kills its workers and, in the end, the session."""
        session = Background(self.whole.folder, *OPTIONS, "--journal", str(self.journal))
        try:
            while (kill := self.kills.pop(0)).whom == "worker":
                self._kill_worker(session, kill)
            self._kill(session, kill)
        finally:
            session.kill()

    def _kill_worker(self, session: Background, kill: Kill) -> None:
        self._wait(session, lambda: self._is(kill, session))
        time.sleep(kill.delay)
        victims = _holders(self.journal, kill.state == "part") & _workers(session)
        if victims:  # none, if all was finished meanwhile
            victim = min(victims)
            os.kill(victim, signal.SIGKILL)
            self._wait(session, lambda: victim not in _workers(session))
        self._look(kill)

    def _kill(self, session: Background, kill: Kill) -> None:
        self._wait(session, lambda: self._is(kill, session))
        time.sleep(kill.delay)
        if kill.whom == "controller":
            session.process.kill()
            session.process.wait()
            end = time.monotonic() + NO_PROGRESS_SECONDS
            while left := sessions.members(session.process.pid):
                assert time.monotonic() < end, f"they outlive their controller: {left}"
                time.sleep(0.05)
        session.kill()
        self._look(kill)

    def _is(self, kill: Kill, session: Background) -> bool:
        if kill.state == "start":
            return True
        if kill.state == "end":
            return _judged(self.journal) == CLAIMS
        if sum(map(_is_finished, _rows(self.journal).values())) < kill.finished:
            return False
        return bool(_holders(self.journal, kill.state == "part") & _workers(session))

    def _wait(self, session: Background, for_what: Callable[[], bool]) -> None:
        """Waits as long as the session gets on; a drawn moment may have passed when it ends."""
        seen: object = None
        while not for_what():
            now = (_select(self.journal, "finished, epochs_done FROM runs"), len(session.text))
            beats = _select(self.journal, "beat FROM leases")
            if (now, beats) != seen:
                seen, since = (now, beats), time.monotonic()
            if session.process.poll() is not None:
                assert session.process.returncode == 0, session.text
                return
            assert time.monotonic() < since + NO_PROGRESS_SECONDS, f"no progress:\n{session.text}"
            time.sleep(0.02)

    def _look(self, kill: Kill) -> None:
        """Nothing that was stored before is lost, changed or trained again."""
        if self.journal.exists():
            Journal(self.journal).check()
        now = _rows(self.journal)
        finished = sum(map(_is_finished, now.values()))
        print(f"{kill}: {finished} of {UNITS} finished, {len(now)} rows")
        for key, row in self.rows.items():
            assert key in now, f"{key} is lost"
            assert _goes_on_from(row, now[key]), f"{key}: {row[:7]} became {now[key][:7]}"
        if kill.state == "part":
            assert finished < UNITS, "the work was done too soon to be a test"
        self.rows = now


@pytest.mark.parametrize("name", ROUNDS)
def test_a_run_that_is_killed_again_and_again_ends_as_if_it_never_was(
    whole: Whole, name: str
) -> None:
    assert whole.session.code == 0, whole.session.text
    journal = whole.folder / f"{name}.sqlite"
    hunt = Hunt(whole, journal, ROUNDS[name])
    while hunt.kills:
        hunt.session()
    ended = sessions.run(whole.folder, *OPTIONS, "--journal", str(journal))
    assert (ended.code, ended.rows()) == (0, whole.session.rows()), ended.text
    _assert_as_if_never_killed(journal, whole.journal)


def test_the_run_has_claims_of_every_kind(whole: Whole) -> None:
    assert len(whole.session.rows()) == CLAIMS
    states = [row.state for row in _rows(whole.journal).values()]
    assert {state: states.count(state) for state in set(states)} == {"finished": 21, "diverged": 3}


def _assert_as_if_never_killed(journal: Path, whole: Path) -> None:
    killed, never = _rows(journal), _rows(whole)
    assert {key: row.epochs_done for key, row in killed.items()} == {
        key: row.epochs_done for key, row in never.items()
    }
    for (experiment, seed), row in never.items():
        unit = Unit(experiment, seed, row.environment)
        journals.assert_same(
            journals.timeless(Journal(journal).runs(unit)),
            journals.timeless(Journal(whole).runs(unit)),
        )


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


def _holders(journal: Path, with_part: bool) -> set[int]:
    """The processes that have taken something up, or something of which a part is stored."""
    where = "JOIN runs USING (experiment, seed, environment) WHERE state = 'unfinished'"
    found = _select(journal, f"holder FROM leases {where if with_part else ''}")
    return {int(holder.split()[-1]) for (holder,) in found}


def _judged(journal: Path) -> int:
    """How many verdicts the latest session has given."""
    latest = "(SELECT id FROM sessions ORDER BY began DESC LIMIT 1)"
    [(found,)] = _select(journal, f"count(*) FROM verdicts WHERE session = {latest}") or [(0,)]
    return int(found)


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
