"""The journal's file: short connections, and one transaction for each change."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from epochal.journal.schema import connect, damaged

__all__ = ["File"]


class File:
    """The file at ``path``, which is made at first use.

    Every method opens a connection of its own, so this is no more than a path: it can be handed
    to other processes and threads.

    Raises:
        JournalError: from every method, if the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def check(self) -> None:
        """Raises `JournalError` if the file cannot be read and written, or is damaged."""
        with connect(self.path) as database:
            found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise damaged(self.path, found.splitlines()[-1])
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with connect(self.path) as database:
            database.row_factory = sqlite3.Row
            yield database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which alone may write."""
        with self._reading() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
