"""The `Journal`'s rows of finished trainings, and who is training what.

A row is one experiment's seed in one environment. It is committed at the moment the training is
finished, and grows when the training is extended.
"""

import json
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from epochal.errors import BrokenRun, JournalError
from epochal.experiments.runs import Runs
from epochal.experiments.snapshots import snapshot_epochs
from epochal.identity.usable import Row, Wanted, usable
from epochal.journal.adoptions import Adoptions
from epochal.journal.arrays import pack, seal, unpack, unseal
from epochal.journal.leases import beating, is_live, me
from epochal.journal.schema import damaged
from epochal.journal.units import LeaseOutcome, Session, Unit

__all__ = ["Journal"]

WHERE = "WHERE experiment = ? AND seed = ? AND environment = ?"
"""One row, by `Unit.key`."""


class Journal(Adoptions):
    """The journal at ``path``: its rows and leases, and what `Adoptions`, `Log` and `File` have.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     journal = Journal(Path(folder) / "journal.sqlite")
    ...     journal.row(Unit("0123456789abcdef", 44, "cpu")) is None
    True
    """

    def row(self, unit: Unit) -> Row | None:
        """What is stored of ``unit``, without its arrays."""
        with self._reading() as database:
            return _row(database, unit)

    def runs(self, unit: Unit, with_state: bool = False) -> Runs:
        """The stored runs of ``unit``, one seed; with the final state if it is to be extended."""
        columns = "arrays, final_state" if with_state else "arrays"
        with self._reading() as database:
            found = database.execute(f"SELECT {columns} FROM runs {WHERE}", unit.key).fetchone()
        if found is None:
            rule, step = "it has no row of this unit", "train it with pytest bench/"
            raise JournalError("--journal", str(self.path), f"{rule} ({unit})", step)
        try:
            held = found["final_state"] if with_state else None
            return unpack(found["arrays"], () if held is None else (unseal(held),))
        except (ValueError, KeyError, TypeError, OSError) as error:
            what = f"seed {unit.seed} of experiment {unit.experiment}: {error}"
            raise damaged(self.path, what) from error

    def contents(self) -> list[dict[str, Any]]:
        """Every row without its arrays, in the order in which they were finished."""
        with self._reading() as database:
            rows = database.execute(
                "SELECT experiment, seed, environment, session, began, finished, state, "
                "epochs_done, engine, device, seconds, record, adopted, "
                "length(arrays) + coalesce(length(final_state), 0) AS bytes, "
                "coalesce(length(final_state), 0) AS state_bytes "
                "FROM runs ORDER BY finished"
            ).fetchall()
        return [{**dict(row), "record": json.loads(row["record"])} for row in rows]

    def put(
        self,
        unit: Unit,
        runs: Runs,
        session: Session,
        began: int,
        finished: bool,
        specification: str = "",
    ) -> None:
        """Commits what was trained of ``unit``, from the epoch ``began`` on.

        ``specification`` is the text that the experiment's digest is of, so that a reader of the
        file knows what the row is about.

        A stored row is never cut short: a shorter training that repeats its first epochs bit for
        bit confirms it once it is finished, and one that does not replaces it with a note of that.
        """
        with self._writing() as database:
            old = _row(database, unit)
            held = None if old is None else self.runs(unit)
            repeats = held is not None and _same_start(held, runs)
            if held is not None and not repeats:
                text = f"an equal environment gave different losses on {_day(old)}"
                _note(database, unit, session, "contradicted", text)
            if held is not None and repeats and held.epochs_done > runs.epochs_done:
                if finished:
                    values = (session.id, began, time.time(), *unit.key)
                    database.execute(
                        f"UPDATE runs SET session = ?, began = ?, finished = ? {WHERE}", values
                    )
                return
            adopted = old.adopted if old is not None and repeats and began else ""
            _insert(database, unit, runs, session, began, finished, adopted)
            if specification:
                row = (unit.experiment, specification)
                database.execute("INSERT OR IGNORE INTO experiments VALUES (?, ?)", row)

    def repack(self, unit: Unit, runs: Runs, finished: float, keep_state: bool) -> bool:
        """Puts ``runs``, which say the same in less, in place of those of the row.

        Args:
            unit: whose row it is.
            runs: what is kept of it.
            finished: when the row was finished that they were made of.
            keep_state: whether its training may be gone on from.

        Returns:
            Whether it was done: not if somebody has trained it meanwhile, or is doing so.
        """
        with self._writing() as database:
            lease = database.execute(f"SELECT * FROM leases {WHERE}", unit.key).fetchone()
            if is_live(lease):
                return False
            state = "final_state" if keep_state else "NULL"
            changed = database.execute(
                f"UPDATE runs SET arrays = ?, snapshots = ?, final_state = {state} {WHERE} "
                "AND finished = ?",
                (pack(runs), _snapshots_json(runs), *unit.key, finished),
            )
            return changed.rowcount == 1

    def compact(self) -> None:
        """Gives the file's free space back to the disk."""
        with self._reading() as database:
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def note(self, unit: Unit, session: Session, failed: BrokenRun) -> None:
        """Commits that the training of ``unit`` failed: why, and below it its own frames."""
        with self._writing() as database:
            text = "\n".join(filter(None, (failed.why, failed.trace[0])))
            _note(database, unit, session, "failed", text)

    def note_warnings(self, unit: Unit, session: Session, said: Sequence[str]) -> None:
        """Commits what Python warned of while ``unit`` was trained, or before it in its process."""
        if said:
            with self._writing() as database:
                for text in said:
                    _note(database, unit, session, "warned", text)

    def failure(self, unit: Unit, session: Session) -> BrokenRun | None:
        """Why ``unit`` failed since ``session`` began, if it did."""
        with self._reading() as database:
            return _failure(database, unit, session)

    def take(
        self, unit: Unit, epochs: int, session: Session, snapshots: Collection[int] = ()
    ) -> LeaseOutcome:
        """Leases ``unit`` to this process, if it has to be trained and nobody else does so.

        It has to be if its row does not go to ``epochs``, or lacks predictions of ``snapshots``.
        """
        with self._writing() as database:
            row = _row(database, unit)
            wanted = Wanted(epochs, snapshots, session.since)
            if row is not None and usable(row, wanted) is None:
                return LeaseOutcome.READY
            if is_live(_lease(database, unit)):
                return LeaseOutcome.ELSEWHERE
            if _failure(database, unit, session) is not None:
                return LeaseOutcome.FAILED
            database.execute(
                "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)",
                (*unit.key, me(), time.time()),
            )
        return LeaseOutcome.LEASED

    @contextmanager
    def lease(self, unit: Unit) -> Iterator[None]:
        """Keeps the lease that `take` gave alive until the block ends, then lets go of it."""
        try:
            with beating(lambda: self.renew([unit])):
                yield
        finally:
            self.release([unit])

    def renew(self, units: Sequence[Unit]) -> None:
        """Keep this process's leases of ``units`` alive for a while."""
        values = [(time.time(), *unit.key, me()) for unit in units]
        with self._writing() as database:
            database.executemany(f"UPDATE leases SET beat = ? {WHERE} AND holder = ?", values)

    def release(self, units: Sequence[Unit]) -> None:
        """Let go of this process's leases of ``units``."""
        with self._writing() as database:
            values = [(*unit.key, me()) for unit in units]
            database.executemany(f"DELETE FROM leases {WHERE} AND holder = ?", values)

    def is_leased(self, unit: Unit) -> bool:
        """Whether somebody is training ``unit`` at this moment."""
        with self._reading() as database:
            return is_live(_lease(database, unit))


def _row(database: sqlite3.Connection, unit: Unit) -> Row | None:
    found = database.execute(
        "SELECT session, began, finished, state, epochs_done, adopted, snapshots, "
        f"final_state IS NOT NULL FROM runs {WHERE}",
        unit.key,
    ).fetchone()
    if found is None:
        return None
    session, began, finished, state, done, adopted, snapshots, has_state = found
    kept = frozenset(json.loads(snapshots)) if snapshots else None
    return Row(session, began, finished, state, done, adopted, kept, bool(has_state))


def _lease(database: sqlite3.Connection, unit: Unit) -> sqlite3.Row | None:
    found: sqlite3.Row | None = database.execute(
        f"SELECT * FROM leases {WHERE}", unit.key
    ).fetchone()
    return found


def _failure(database: sqlite3.Connection, unit: Unit, session: Session) -> BrokenRun | None:
    found = database.execute(
        f"SELECT text FROM notes {WHERE} AND kind = 'failed' AND at >= ?",
        (*unit.key, session.started),
    ).fetchone()
    if found is None:
        return None
    why, _, own = str(found["text"]).partition("\n")
    return BrokenRun(why, (own, own))


def _insert(
    database: sqlite3.Connection,
    unit: Unit,
    runs: Runs,
    session: Session,
    began: int,
    finished: bool,
    adopted: str,
) -> None:
    state = "diverged" if runs.diverged_at() != [None] else "finished"
    final: Sequence[Any] = [each for each in runs.states if isinstance(each, bytes)]
    database.execute(
        "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *unit.key,
            session.id,
            began,
            time.time(),
            state if finished else "unfinished",
            runs.epochs_done,
            runs.engine,
            runs.device,
            float(runs.seconds[0]),
            json.dumps(dict(session.record)),
            pack(runs),
            seal(final[0]) if final else None,
            adopted,
            _snapshots_json(runs),
        ),
    )


def _note(database: sqlite3.Connection, unit: Unit, session: Session, kind: str, text: str) -> None:
    values = (time.time(), session.id, kind, *unit.key, text)
    database.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def _same_start(one: Runs, other: Runs) -> bool:
    """Whether the losses agree bit for bit as far as both go."""
    epochs = min(one.epochs_done, other.epochs_done) + 1
    return one.loss[:, :epochs].tobytes() == other.loss[:, :epochs].tobytes()


def _day(row: Row | None) -> str:
    return "" if row is None else time.strftime("%Y-%m-%d %H:%M", time.gmtime(row.finished))


def _snapshots_json(runs: Runs) -> str:
    """The snapshots of ``runs`` as the journal has them; nothing where none was left out."""
    if np.array_equal(runs.snapshots, snapshot_epochs(runs.epochs_done)):
        return ""
    return json.dumps(runs.snapshots.tolist())
