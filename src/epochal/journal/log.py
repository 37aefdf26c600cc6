"""What happened when: sessions, their verdicts, what was noted, and the environments by key."""

import json
import time
from collections.abc import Collection, Mapping
from typing import Any

from epochal.journal.file import File
from epochal.journal.schema import damaged
from epochal.journal.units import Session

__all__ = ["Log"]


class Log(File):
    """The journal's tables that are only added to."""

    def add_environment(self, key: str, hardware: str, facts: Mapping[str, str]) -> None:
        """Commits what the reuse key ``key`` stands for."""
        with self._writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO environments VALUES (?, ?, ?)",
                (key, hardware, json.dumps(dict(facts))),
            )

    def environments(self) -> dict[str, dict[str, str]]:
        """The facts that each reuse key stands for."""
        with self._reading() as database:
            rows = database.execute("SELECT key, facts FROM environments ORDER BY rowid").fetchall()
        return {row["key"]: self._read(row["facts"]) for row in rows}

    def trained_under(self, torch: str) -> set[str]:
        """The digests of all settings that have a run under that version of torch."""
        keys = [key for key, facts in self.environments().items() if facts.get("torch") == torch]
        with self._reading() as database:
            rows = database.execute("SELECT DISTINCT experiment, environment FROM runs").fetchall()
        return {row["experiment"] for row in rows if row["environment"] in keys}

    def specification(self, digest: str) -> str:
        """The text that the digest of a setting is of; nothing where it was never stored."""
        with self._reading() as database:
            found = database.execute(
                "SELECT specification FROM experiments WHERE digest = ?", (digest,)
            ).fetchone()
        return "" if found is None else str(found["specification"])

    def begin(self, session: Session) -> None:
        """Commits that ``session`` has begun."""
        with self._writing() as database:
            record = json.dumps(dict(session.record))
            values = (session.id, session.started, None, session.command, record, None)
            database.execute("INSERT OR IGNORE INTO sessions VALUES (?, ?, ?, ?, ?, ?)", values)

    def end(self, session: Session, summary: Mapping[str, Any]) -> None:
        """Commits that ``session`` has ended, and what came of it."""
        with self._writing() as database:
            database.execute(
                "UPDATE sessions SET ended = ?, summary = ? WHERE id = ?",
                (time.time(), json.dumps(dict(summary)), session.id),
            )

    def sessions(self) -> list[dict[str, Any]]:
        """Every session, oldest first; ``ended`` is None where it was killed or still runs."""
        with self._reading() as database:
            rows = database.execute("SELECT * FROM sessions ORDER BY began").fetchall()
        return [
            {
                **dict(row),
                "record": self._read(row["record"]),
                "summary": self._read(row["summary"] or "null"),
            }
            for row in rows
        ]

    def add_verdict(
        self,
        session: Session,
        environment: str,
        result: Mapping[str, Any],
        expected: str | None,
        trained: int,
    ) -> None:
        """Commits a verdict.

        Args:
            session: in which it was judged.
            environment: the reuse key of its runs.
            result: a `Result` as JSON values.
            expected: the verdict that should have come out.
            trained: how many of its runs were trained in this session, wholly or further.
        """
        named = (result["claim"], result["kind"], result["device"], environment, expected)
        with self._writing() as database:
            database.execute(
                "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (time.time(), session.id, *named, json.dumps(dict(result)), trained),
            )

    def verdicts(self, claim: str | None = None) -> list[dict[str, Any]]:
        """Verdicts, oldest first, of one claim or of all, each with its ``result`` as JSON."""
        with self._reading() as database:
            rows = database.execute(
                "SELECT * FROM verdicts WHERE coalesce(claim = ?, 1) ORDER BY at", (claim,)
            ).fetchall()
        return [{**dict(row), "result": self._read(row["result"])} for row in rows]

    def latest(self, environments: Collection[str] | None = None) -> list[dict[str, Any]]:
        """The last verdict of each claim, kind and device, of ``environments`` or of all."""
        found = {
            (row["claim"], row["kind"], row["device"]): row
            for row in self.verdicts()
            if environments is None or row["environment"] in environments
        }
        return list(found.values())

    def notes(self, session: str | None = None, kind: str | None = None) -> list[dict[str, Any]]:
        """What was noted, oldest first.

        Its ``kind`` is ``failed``, ``contradicted`` for a training that came out other than before,
        or ``warned``.
        """
        with self._reading() as database:
            rows = database.execute(
                "SELECT * FROM notes WHERE coalesce(session = ?, 1) AND coalesce(kind = ?, 1) "
                "ORDER BY at",
                (session, kind),
            ).fetchall()
        return [dict(row) for row in rows]

    def warnings(self, session: str) -> list[str]:
        """What Python warned of in the trainings of ``session``, each once."""
        return list(dict.fromkeys(note["text"] for note in self.notes(session, "warned")))

    def _read(self, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise damaged(self.path, f"{error} in {text[:40]!r}") from error
