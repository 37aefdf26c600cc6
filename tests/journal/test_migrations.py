"""A journal of an older version is migrated with all it has, by one of those that open it."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from epochal.journal import schema
from epochal.journal.store import Journal
from epochal.journal.units import Session
from epochal_testing.journals import databases, program, put, refused, said_at_end, whole

MINE = Session(id="mine")

LATER = max(schema.MIGRATIONS) + 1
NEXT = ("CREATE TABLE added AS SELECT seed FROM runs", "CREATE INDEX seeds ON added (seed)")


@pytest.fixture
def old(tmp_path: Path) -> Journal:
    """A journal of this version with ten rows, which the next one finds."""
    made = Journal(tmp_path / "journal.sqlite")
    put(made, MINE, *range(10))
    return made


def version(journal: Journal) -> int:
    with closing(sqlite3.connect(journal.path)) as database:
        [(found,)] = database.execute("PRAGMA user_version").fetchall()
    return int(found)


def at_once(journals: list[Journal], seed: int = 100) -> list[BaseException]:
    """What goes wrong if all are written to in the same moment."""
    start, wrong = threading.Barrier(len(journals)), list[BaseException]()

    def write(place: int) -> None:
        start.wait()
        try:
            put(journals[place], MINE, seed + place)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=write, args=(place,)) for place in range(len(journals))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return wrong


def test_a_new_file_has_the_newest_schema_and_is_written_ahead(old: Journal) -> None:
    assert version(old) == max(schema.MIGRATIONS)
    with closing(sqlite3.connect(old.path)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION,)


def test_an_old_file_is_migrated_with_its_rows(
    old: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "MIGRATIONS", {**schema.MIGRATIONS, LATER: NEXT})
    old.check()
    assert version(old) == max(schema.MIGRATIONS)
    assert whole(old, *range(10))
    with closing(sqlite3.connect(old.path)) as database:
        assert database.execute("SELECT count(*) FROM added").fetchone() == (10,)
    old.check()


def test_a_file_older_than_any_that_is_read_is_refused_in_one_line(old: Journal) -> None:
    with closing(sqlite3.connect(old.path)) as database:
        database.execute("PRAGMA user_version = 2")
    before = databases(old.path.parent)
    told = refused(old.check)
    assert "an older epochal wrote it (schema 2, this one reads 3 and later); name another" in told
    assert databases(old.path.parent) == before


def test_what_a_newer_version_has_migrated_is_refused_by_an_older_one(
    old: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", {**schema.MIGRATIONS, LATER: NEXT})
        old.check()
    before = databases(old.path.parent)
    known = max(schema.MIGRATIONS)
    assert f"(schema {known + 1}, this one knows {known})" in refused(old.check)
    assert databases(old.path.parent) == before


def test_a_migration_that_fails_changes_nothing(
    old: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = (NEXT[0], "ALTER TABLE none_such ADD COLUMN host TEXT")
    before = old.path.read_bytes()
    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", {**schema.MIGRATIONS, LATER: wrong})
        assert "no such table" in refused(old.check)
    assert old.path.read_bytes() == before
    assert whole(old, *range(10))


def test_of_those_that_migrate_at_once_one_does(
    old: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "MIGRATIONS", {**schema.MIGRATIONS, LATER: NEXT})
    assert at_once([old] * 8) == []
    assert version(old) == max(schema.MIGRATIONS)
    assert whole(old, *range(10), *range(100, 108))


@pytest.mark.parametrize("time", range(5))
def test_a_file_can_be_made_by_many_at_once(tmp_path: Path, time: int) -> None:
    made = Journal(tmp_path / "a" / "b" / "journal.sqlite")
    assert at_once([made] * 8) == []
    assert whole(made, *range(100, 108))
    made.check()


def test_a_file_can_be_made_by_two_processes_at_once(tmp_path: Path) -> None:
    made, start = Journal(tmp_path / "journal.sqlite"), tmp_path / "start"
    text = f"""
while not Path({str(start)!r}).exists():
    time.sleep(0.001)
put(journal, session, SEED)
"""
    with (
        program(made, text.replace("SEED", "1")) as one,
        program(made, text.replace("SEED", "2")) as other,
    ):
        start.touch()
        assert [said_at_end(one), said_at_end(other)] == ["", ""]
    assert whole(made, 1, 2)
