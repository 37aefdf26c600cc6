"""Leases: nobody trains what another is training, and nobody waits for the dead."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from epochal.errors import BrokenRun
from epochal.journal import leases, schema
from epochal.journal.store import Journal
from epochal.journal.units import LeaseOutcome, Session
from epochal_testing.journals import program, put, said, unit

MINE = Session(id="mine")

TAKE = "print(journal.take(unit(), 20, session).name, flush=True)\n"
HOLD = f"{TAKE}\nwith journal.lease(unit()):\n    print('holds', flush=True)\n    time.sleep(60)\n"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def write(journal: Journal, holder: str, age: float) -> None:
    """A lease of seed 44 whose last beat is ``age`` seconds old."""
    journal.row(unit())
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as database:
        database.execute(
            "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)",
            (*unit().key, holder, time.time() - age),
        )


def beat(journal: Journal) -> float:
    """When the lease of seed 44 was renewed last."""
    with closing(sqlite3.connect(journal.path)) as database:
        [(last,)] = database.execute("SELECT beat FROM leases WHERE seed = 44").fetchall()
    return float(last)


def wait_for(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def test_what_is_taken_is_held_until_the_block_ends(journal: Journal) -> None:
    assert not journal.is_leased(unit())
    assert journal.take(unit(), 20, MINE) is LeaseOutcome.LEASED
    with journal.lease(unit()):
        assert journal.is_leased(unit())
        assert journal.take(unit(), 20, MINE) is LeaseOutcome.ELSEWHERE
        assert journal.take(unit(45), 20, MINE) is LeaseOutcome.LEASED
    assert not journal.is_leased(unit())
    assert journal.is_leased(unit(45))
    assert journal.take(unit(), 20, MINE) is LeaseOutcome.LEASED


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_holder_that_fails_lets_go(journal: Journal, error: type[BaseException]) -> None:
    journal.take(unit(), 20, MINE)
    with pytest.raises(error), journal.lease(unit()):
        raise error
    assert not journal.is_leased(unit())
    assert [each.name for each in threading.enumerate() if "(beat)" in each.name] == []


def test_a_row_that_suffices_is_ready_and_is_not_taken(journal: Journal) -> None:
    put(journal, MINE, 44, epochs=20)
    assert journal.take(unit(), 20, MINE) is LeaseOutcome.READY
    assert not journal.is_leased(unit())
    assert journal.take(unit(), 21, MINE) is LeaseOutcome.LEASED
    assert journal.take(unit(), 20, MINE) is LeaseOutcome.READY


def test_a_fresh_session_takes_what_older_ones_have_finished(journal: Journal) -> None:
    put(journal, MINE, 44)
    fresh = Session(fresh=True)
    assert journal.take(unit(), 20, fresh) is LeaseOutcome.LEASED
    put(journal, fresh, 44)
    assert journal.take(unit(), 20, fresh) is LeaseOutcome.READY


def test_what_failed_is_not_taken_again_in_the_same_session(journal: Journal) -> None:
    assert journal.take(unit(), 20, MINE) is LeaseOutcome.LEASED
    with journal.lease(unit()):
        journal.note(unit(), MINE, BrokenRun("the net caught fire"))
    assert journal.take(unit(), 20, MINE) is LeaseOutcome.FAILED
    assert journal.take(unit(45), 20, MINE) is LeaseOutcome.LEASED
    assert journal.take(unit(), 20, Session()) is LeaseOutcome.LEASED


def test_what_another_process_holds_is_elsewhere_until_it_is_killed(journal: Journal) -> None:
    with program(journal, HOLD) as process:
        assert [said(process), said(process)] == ["LEASED", "holds"]
        assert journal.take(unit(), 20, MINE) is LeaseOutcome.ELSEWHERE
        assert journal.is_leased(unit())
    assert not journal.is_leased(unit())
    assert journal.take(unit(), 20, MINE) is LeaseOutcome.LEASED


def test_of_many_that_take_at_once_one_has_it(journal: Journal) -> None:
    taken: list[LeaseOutcome] = []
    threads = [
        threading.Thread(target=lambda: taken.append(journal.take(unit(), 20, MINE)))
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.name for each in taken) == ["ELSEWHERE"] * 7 + ["LEASED"]


def test_another_machine_is_waited_for_until_its_beat_has_stopped(journal: Journal) -> None:
    for age in (0, leases.EXPIRY_SECONDS - 5):
        write(journal, f"elsewhere pid:[1] {os.getpid()}", age)
        assert journal.take(unit(), 20, MINE) is LeaseOutcome.ELSEWHERE
    write(journal, f"elsewhere pid:[1] {os.getpid()}", leases.EXPIRY_SECONDS + 1)
    assert not journal.is_leased(unit())
    assert journal.take(unit(), 20, MINE) is LeaseOutcome.LEASED


def test_a_process_that_stands_still_loses_its_lease(journal: Journal) -> None:
    write(journal, leases.me(), leases.EXPIRY_SECONDS + 1)
    assert journal.take(unit(), 20, MINE) is LeaseOutcome.LEASED


def test_a_lease_is_renewed_while_it_is_held(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.02)
    monkeypatch.setattr(leases, "EXPIRY_SECONDS", 2.0)
    journal.take(unit(), 20, MINE)
    first = beat(journal)
    with journal.lease(unit()):
        wait_for(lambda: beat(journal) > first + 2.5)
        assert journal.is_leased(unit())


def test_a_holder_does_not_renew_or_drop_what_was_taken_from_it(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.02)
    journal.take(unit(), 20, MINE)
    with journal.lease(unit()):
        write(journal, "elsewhere pid:[1] 7", age=10)
        before = beat(journal)
        time.sleep(0.2)
        assert beat(journal) == before
    assert journal.is_leased(unit())


def test_a_file_that_is_locked_for_a_while_costs_no_lease(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.02)
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05)
    journal.take(unit(), 20, MINE)
    with journal.lease(unit()):
        with closing(sqlite3.connect(journal.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            time.sleep(0.3)
        first = beat(journal)
        wait_for(lambda: beat(journal) > first)
    assert not journal.is_leased(unit())
