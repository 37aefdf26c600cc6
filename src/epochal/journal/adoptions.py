"""Runs of older code that today's code repeats bit for bit, and are stored as its own."""

import sqlite3
import time
from dataclasses import replace

from epochal.journal.log import Log
from epochal.journal.units import Unit

__all__ = ["Adoptions"]


class Adoptions(Log):
    """Adoption: each is one transaction, so that a kill loses nothing."""

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


def _seeds(database: sqlite3.Connection, experiment: str, environment: str) -> set[int]:
    rows = database.execute(
        "SELECT seed FROM runs WHERE experiment = ? AND environment = ?", (experiment, environment)
    )
    return {row["seed"] for row in rows}
