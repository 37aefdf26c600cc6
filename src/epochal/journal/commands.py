"""What commands printed, seed by seed, so that a repeated comparison goes on where it was."""

import time

from epochal.journal.file import File

__all__ = ["Commands"]


class Commands(File):
    """The part of the journal that ``epochal better`` uses."""

    def value(self, command: str, code: str, seed: int) -> float | None:
        """What ``command`` printed for ``seed`` with this ``code``; None where it has not run."""
        with self._reading() as database:
            found = database.execute(
                "SELECT value FROM printed WHERE command = ? AND code = ? AND seed = ?",
                (command, code, seed),
            ).fetchone()
        return None if found is None else float(found[0])

    def keep(self, command: str, code: str, seed: int, value: float, seconds: float) -> None:
        """Stores what ``command`` printed."""
        with self._writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO printed VALUES (?, ?, ?, ?, ?, ?)",
                (command, code, seed, value, seconds, time.time()),
            )

    def campaign(self, name: str, candidates: int, wrong: float) -> tuple[int, float]:
        """How many candidates a campaign has and its error rate, as they were when it began."""
        with self._writing() as database:
            row = (name, candidates, wrong)
            database.execute("INSERT OR IGNORE INTO campaigns VALUES (?, ?, ?)", row)
            found = database.execute(
                "SELECT candidates, wrong FROM campaigns WHERE name = ?", (name,)
            ).fetchone()
        return int(found[0]), float(found[1])

    def candidate(self, campaign: str, a: str, b: str, most: int) -> int | None:
        """The place of a candidate, from 0; a new one comes last. None where there is no room.

        Args:
            campaign: its name.
            a: all that tells A from another one.
            b: the same of B.
            most: how many there may be.
        """
        with self._writing() as database:
            rows = database.execute(
                "SELECT a, b FROM candidates WHERE campaign = ? ORDER BY place", (campaign,)
            ).fetchall()
            pairs = [tuple(row) for row in rows]
            if (a, b) in pairs:
                return pairs.index((a, b))
            if len(pairs) >= most:
                return None
            database.execute(
                "INSERT INTO candidates VALUES (?, ?, ?, ?)", (campaign, len(pairs), a, b)
            )
            return len(pairs)
