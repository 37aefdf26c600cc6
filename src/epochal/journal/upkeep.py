"""What is done to rows that are there: taken over from older code, and made smaller."""

import json
import sqlite3
import time
from dataclasses import replace

import numpy as np

from epochal.experiments.runs import Runs, snapshot_epochs
from epochal.journal.arrays import pack
from epochal.journal.leases import is_live
from epochal.journal.log import Log
from epochal.journal.units import Unit

__all__ = ["WHERE", "Upkeep", "snapshots_told"]

WHERE = "WHERE experiment = ? AND seed = ? AND environment = ?"
"""One row, by `Unit.key`."""


class Upkeep(Log):
    """Adoption and pruning: each change is one transaction, so that a kill loses nothing."""

    def adopt(self, experiment: str, was: str, became: str, code: str) -> list[int]:
        """Takes the rows of ``experiment`` over from one reuse key to another, all or none.

        A seed that has a row under the new key keeps it, and its older one stays where it is.

        Args:
            experiment: the digest.
            was: the key under which the rows lie.
            became: today's.
            code: the fingerprint under which they were measured, with which they are marked.

        Returns:
            The seeds that were taken over.
        """
        with self._writing() as database:
            named = (experiment, was)
            held = _seeds(database, experiment, was) - _seeds(database, experiment, became)
            for seed in held:
                database.execute(
                    "UPDATE runs SET environment = ?, adopted = coalesce(nullif(adopted, ''), ?) "
                    "WHERE experiment = ? AND environment = ? AND seed = ?",
                    (became, code, *named, seed),
                )
            values = (*named, became, time.time())
            database.execute("INSERT OR REPLACE INTO adoptions VALUES (?, ?, ?, ?)", values)
        return sorted(held)

    def now(self, unit: Unit) -> Unit:
        """``unit`` under the reuse key that its row has today."""
        with self._reading() as database:
            seen = {unit.environment}
            while unit.seed not in _seeds(database, unit.experiment, unit.environment):
                found = database.execute(
                    "SELECT became FROM adoptions WHERE experiment = ? AND was = ?",
                    (unit.experiment, unit.environment),
                ).fetchone()
                if found is None or found["became"] in seen:
                    return unit
                unit = replace(unit, environment=found["became"])
                seen.add(unit.environment)
        return unit

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
                (pack(runs), snapshots_told(runs), *unit.key, finished),
            )
            return changed.rowcount == 1

    def compact(self) -> None:
        """Gives the file's free space back to the disk."""
        with self._reading() as database:
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def snapshots_told(runs: Runs) -> str:
    """The snapshots of ``runs`` as the journal has them; nothing where none was left out."""
    if np.array_equal(runs.snapshots, snapshot_epochs(runs.epochs_done)):
        return ""
    return json.dumps(runs.snapshots.tolist())


def _seeds(database: sqlite3.Connection, experiment: str, environment: str) -> set[int]:
    rows = database.execute(
        "SELECT seed FROM runs WHERE experiment = ? AND environment = ?", (experiment, environment)
    )
    return {row["seed"] for row in rows}
