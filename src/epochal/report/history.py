"""What ran, when and where: sessions, a claim's verdicts over time, and the environments."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from textwrap import fill, shorten
from typing import Any

from tabulate import tabulate

from epochal.journal.store import Journal
from epochal.judging.result import Result
from epochal.report.text import middle

__all__ = ["claim_rows", "environment_rows", "session_rows", "table", "when"]

Row = dict[str, Any]

LONGEST = 32
"""Characters of a cell in a narrow terminal."""


def session_rows(journal: Journal) -> list[Row]:
    """One row for each session, oldest first."""
    judged = Counter(row["session"] for row in journal.verdicts())
    notes = Counter(row["session"] for row in journal.notes())
    return [
        {
            "began": when(each["began"]),
            "command": each["command"],
            "ended": _ended(each),
            "verdicts": _count((each["summary"] or {}).get("verdicts"), judged[each["id"]]),
            "seeds": _count((each["summary"] or {}).get("units")),
            "notes": notes[each["id"]],
            "torch": each["record"].get("torch", ""),
            "host": each["record"].get("host", ""),
            "git": each["record"].get("git", ""),
            "session": each["id"],
        }
        for each in journal.sessions()
    ]


def claim_rows(journal: Journal, claim: str) -> list[Row]:
    """One row for each verdict on ``claim``, oldest first."""
    sessions = {each["id"]: each["record"] for each in journal.sessions()}
    rows = []
    for each in journal.verdicts(claim):
        result = Result(**each["result"])
        record = sessions.get(each["session"], {})
        rows.append(
            {
                "judged": when(each["at"]),
                "kind": result.kind,
                "verdict": result.status,
                "expected": each["expected"] or "none yet",
                "seeds": f"{result.k} of {result.n}",
                "trained": "" if each["trained"] is None else each["trained"],
                "medians": middle(result),
                "device": result.device,
                "torch": result.environment.get("torch", ""),
                "environment": each["environment"][:8],
                "host": record.get("host", ""),
                "git": record.get("git", ""),
                "session": each["session"],
                "repeat": result.repeat,
            }
        )
    return rows


def environment_rows(journal: Journal) -> list[Row]:
    """One row for each environment: its key, what it holds, and its facts."""
    held = Counter(row["environment"] for row in journal.contents())
    return [
        {"environment": key[:8], "runs": held[key], **facts}
        for key, facts in journal.environments().items()
    ]


def table(rows: Sequence[Row], common: bool = False, width: int | None = None) -> str:
    """Return rows as text; with ``common``, fields that are the same in all stand once below.

    If lines are longer than ``width``, long cells are cut, then the last columns are left out.
    """
    if not rows:
        return "nothing yet"
    names = list(dict.fromkeys(name for row in rows for name in row))
    same = {
        name
        for name in names
        if common and len(rows) > 1 and len({row.get(name) for row in rows}) == 1
    }
    cells = [[row.get(name, "") for name in names if name not in same] for row in rows]
    headers = [name for name in names if name not in same]
    lines = [_fitted(cells, headers, width)]
    lines += [f"{name}: {rows[0][name]}" for name in names if name in same]
    return "\n".join(lines)


def _fitted(cells: Sequence[Sequence[object]], headers: Sequence[str], width: int | None) -> str:
    text = tabulate(cells, headers, disable_numparse=True)
    if width is None or _wide(text) <= width:
        return text
    rows = [[shorten(str(cell), LONGEST, placeholder=" …") for cell in row] for row in cells]
    shown = len(headers)
    while shown > 1 and _wide(text) > width:
        text = tabulate([row[:shown] for row in rows], headers[:shown], disable_numparse=True)
        shown -= _wide(text) > width
    left_out = f"Not shown, see --json: {', '.join(headers[shown:])}."
    return text if shown == len(headers) else f"{text}\n{fill(left_out, width)}"


def _wide(text: str) -> int:
    return max(map(len, text.splitlines()))


def when(seconds: float) -> str:
    """A time as UTC.

    >>> when(0)
    '1970-01-01 00:00:00'
    """
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def _ended(session: Mapping[str, Any]) -> str:
    if session["ended"] is None:
        return "killed or still running"
    return (
        f"after {session['ended'] - session['began']:.0f} s, exit {session['summary']['exit code']}"
    )


def _count(counts: Mapping[str, int] | None, otherwise: int = 0) -> str:
    if counts is None:
        return f"{otherwise} judged" if otherwise else ""
    return ", ".join(f"{number} {name}" for name, number in counts.items())
