"""How the journal's file is opened: its tables, their migrations, and what can be wrong with it.

The header of a file is read before SQLite is let near it, so that a foreign file, or one of a
newer version, is left as it was to the last byte.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from epochal.errors import JournalError, as_typed

__all__ = ["MIGRATIONS", "connect", "damaged"]

APPLICATION = int.from_bytes(b"EPOC", "big")
"""What SQLite's header calls ``application_id``."""

BUSY_SECONDS = 60.0
"""How long another program may keep the file locked."""

MIGRATIONS: Mapping[int, tuple[str, ...]] = {
    3: (
        """CREATE TABLE environments (
            key TEXT PRIMARY KEY, hardware TEXT NOT NULL, facts TEXT NOT NULL
        )""",
        """CREATE TABLE sessions (
            id TEXT PRIMARY KEY, began REAL NOT NULL, ended REAL, command TEXT NOT NULL,
            record TEXT NOT NULL, summary TEXT
        )""",
        "CREATE TABLE experiments (digest TEXT PRIMARY KEY, specification TEXT NOT NULL)",
        # adopted: the code under which a run was measured, where it was adopted by today's;
        # snapshots: those whose predictions are stored, as a JSON list; empty for all.
        """CREATE TABLE runs (
            experiment TEXT NOT NULL, seed INTEGER NOT NULL, environment TEXT NOT NULL,
            session TEXT NOT NULL, began INTEGER NOT NULL, finished REAL NOT NULL,
            state TEXT NOT NULL, epochs_done INTEGER NOT NULL, engine TEXT NOT NULL,
            device TEXT NOT NULL, seconds REAL NOT NULL, record TEXT NOT NULL,
            arrays BLOB NOT NULL, final_state BLOB,
            adopted TEXT NOT NULL DEFAULT '', snapshots TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (experiment, seed, environment)
        )""",
        """CREATE TABLE adoptions (
            experiment TEXT NOT NULL, was TEXT NOT NULL, became TEXT NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (experiment, was)
        )""",
        """CREATE TABLE notes (
            at REAL NOT NULL, session TEXT NOT NULL, kind TEXT NOT NULL,
            experiment TEXT NOT NULL, seed INTEGER NOT NULL, environment TEXT NOT NULL,
            text TEXT NOT NULL
        )""",
        """CREATE TABLE leases (
            experiment TEXT NOT NULL, seed INTEGER NOT NULL, environment TEXT NOT NULL,
            holder TEXT NOT NULL, beat REAL NOT NULL,
            PRIMARY KEY (experiment, seed, environment)
        )""",
        # trained: how many of its runs a verdict's own session trained.
        """CREATE TABLE verdicts (
            at REAL NOT NULL, session TEXT NOT NULL, claim TEXT NOT NULL, kind TEXT NOT NULL,
            device TEXT NOT NULL, environment TEXT NOT NULL, expected TEXT, result TEXT NOT NULL,
            trained INTEGER
        )""",
        "CREATE INDEX verdicts_of_a_claim ON verdicts (claim, at)",
    ),
    4: (
        # code: a hash of the folder and of the files that the command names.
        """CREATE TABLE printed (
            command TEXT NOT NULL, code TEXT NOT NULL, seed INTEGER NOT NULL, value REAL NOT NULL,
            seconds REAL NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (command, code, seed)
        )""",
        """CREATE TABLE candidates (
            campaign TEXT NOT NULL, place INTEGER NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL,
            PRIMARY KEY (campaign, place)
        )""",
    ),
    5: (
        """CREATE TABLE campaigns (
            name TEXT PRIMARY KEY, candidates INTEGER NOT NULL, wrong REAL NOT NULL
        )""",
    ),
}
"""By version of the schema, the statements that lead to it from the one before; a step that was
released is never changed. Files older than the first are refused."""

BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
FULL = (sqlite3.SQLITE_FULL,)
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
CLOSED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)

ELSEWHERE = "name another file with --journal"


def damaged(path: Path, what: str) -> JournalError:
    """The error of a file that was damaged."""
    return JournalError(
        "--journal",
        str(path),
        f"it is damaged ({what})",
        f"move it away (`sqlite3 {path.name} .recover` may rescue rows), or {ELSEWHERE}",
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into one clear line."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explain(path, error) from error


def _explain(path: Path, error: sqlite3.Error) -> JournalError:
    # A few errors of the sqlite3 module itself carry no code.
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    text = str(error)
    if code in BUSY:
        rule = f"another program kept it locked for {BUSY_SECONDS:.0f} s"
        return JournalError("--journal", str(path), rule, f"close that program, or {ELSEWHERE}")
    if code in FULL:
        rule, step = "its disk is full; what was finished before is kept", "make room"
        return JournalError("--journal", str(path), rule, f"{step}, or {ELSEWHERE}")
    if code in DAMAGED:
        return damaged(path, text)
    if code in CLOSED:
        rule = f"it cannot be written to ({text})"
        return JournalError("--journal", str(path), rule, f"mend its permissions, or {ELSEWHERE}")
    rule = f"it cannot be read or written ({text}); what was finished before is kept"
    return JournalError("--journal", str(path), rule, f"look at its disk, or {ELSEWHERE}")


@contextmanager
def connect(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the journal at ``path``, which is made or migrated if it must be.

    Transactions are the caller's: nothing is begun or committed implicitly.

    Raises:
        JournalError: it is a folder, foreign, newer, damaged, locked, full or not writable.
    """
    with _looked_at(path), explained(path):
        database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _migrate(database, path)
            yield database
        finally:
            database.close()


_LOCK, _OPEN = threading.Lock(), Counter[str]()
"""How many connections this process has to each file, and the lock to change that."""


@contextmanager
def _looked_at(path: Path) -> Iterator[None]:
    """Refuses ``path`` if it is not a journal, unless this process is connected to it already.

    Whoever closes a file drops the locks of all connections that the process has to it, and then
    others write into what these read or write: https://sqlite.org/howtocorrupt.html, 2.2.
    """
    name = os.path.realpath(path)
    with _LOCK:
        if not _OPEN[name]:
            _refuse(path)
            _make_folder(path)
        _OPEN[name] += 1
    try:
        yield
    finally:
        with _LOCK:
            _OPEN[name] -= 1


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        rule = f"its folder cannot be made ({error.strerror})"
        raise JournalError("--journal", str(path), rule, "name another file") from error


def _refuse(path: Path) -> None:
    """Raises `JournalError` if what lies there is no journal that this code can read."""
    try:
        if path.is_dir():
            rule, step = "it is a folder", f"name a file, such as {as_typed(path / 'journal')}"
            raise JournalError("--journal", str(path), rule, step)
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise JournalError("--journal", str(path), "it is no file", "name another file")
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        return
    except OSError as error:
        rule = f"it cannot be read ({error.strerror})"
        raise JournalError("--journal", str(path), rule, "name another file") from error
    if not head:
        return
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
        raise JournalError("--journal", str(path), "it is not a journal", "name another file")
    if int.from_bytes(head[68:72], "big") != APPLICATION:
        rule = "it is a database of another program"
        raise JournalError("--journal", str(path), rule, "name another file")
    _check_version(path, int.from_bytes(head[60:64], "big"))


def _check_version(path: Path, version: int) -> None:
    oldest, newest = min(MIGRATIONS), max(MIGRATIONS)
    if version > newest:
        rule = f"a newer epochal wrote it (schema {version}, this one knows {newest})"
        raise JournalError("--journal", str(path), rule, f"update epochal, or {ELSEWHERE}")
    if 0 < version < oldest:
        rule = f"an older epochal wrote it (schema {version}, this one reads {oldest} and later)"
        raise JournalError("--journal", str(path), rule, f"{ELSEWHERE}, and train again")


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    version = _version(database)
    _check_version(path, version)
    if version == max(MIGRATIONS):
        return
    database.execute("BEGIN IMMEDIATE")
    version = _version(database)  # another process may have been faster
    _check_version(path, version)
    for step in sorted(each for each in MIGRATIONS if each > version):
        for statement in MIGRATIONS[step]:
            database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION}")
    database.execute(f"PRAGMA user_version = {max(MIGRATIONS)}")
    database.execute("COMMIT")
    _write_ahead(database)


def _version(database: sqlite3.Connection) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    return version


def _write_ahead(database: sqlite3.Connection) -> None:
    # Whoever makes the file asks for it; SQLite does not wait here for others that do the same.
    for _ in range(50):
        with contextlib.suppress(sqlite3.OperationalError):
            if database.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
                return
        time.sleep(0.1)
