"""Under GitHub Actions: an annotation for each claim that is red, and a step summary."""

import os
from collections.abc import Sequence
from pathlib import Path

from epochal.claims.verdicts import Standing
from epochal.gate.compare import Comparison, Moved
from epochal.gate.drift import Drift
from epochal.judging.findings import CaseResult
from epochal.report.comparison import comparison, drifting

__all__ = ["annotations", "summarize"]

RED = {
    Standing.CHANGED: ("error", "verdict changed"),
    Standing.BROKEN: ("error", "claim could not be run"),
    Standing.UNDECIDED: ("warning", "verdict undecided"),
}


def annotations(
    found: Sequence[CaseResult], pairs: Sequence[Comparison], drifts: Sequence[Drift]
) -> list[str]:
    """A line for each claim that stands otherwise than it should, as GitHub reads it.

    Args:
        found: what was judged.
        pairs: what the gate compared.
        drifts: what it compared of how nets learn.
    """
    lines = []
    for each in found:
        if each.standing in RED:
            (level, title), result = RED[each.standing], each.result
            message = f"{result.status} {result.k} of {result.n}, expected {each.expected}"
            lines.append(_line(level, f"{title}: {each.case.id}", f"{message}; {result.repeat}"))
    for pair in pairs:
        if pair.moved in (Moved.VERDICT, Moved.UNDECIDED) and pair.before and pair.after:
            message = f"{pair.before.status} in the baseline, now {pair.after.status}"
            lines.append(_line("error", f"{pair.moved.value}: {pair.after.claim}", message))
        if pair.moved is Moved.NUMBERS:
            message = ", ".join(pair.numbers_moved)
            lines.append(_line("error", f"{pair.moved.value}: {pair.either.claim}", message))
    for drift in drifts:
        if drift.moved:
            text = f"{drift.text} ({len(drift.changes)} seeds)"
            lines.append(_line("error", f"learning drifted: {drift.of[0]}", text))
    return lines


def summarize(title: str, pairs: Sequence[Comparison], drifts: Sequence[Drift]) -> None:
    """Appends what the gate found to the step's summary, where there is one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    parts = [f"## {title}"]
    if pairs:
        parts += [comparison(pairs, ("baseline", "now"), "pipe"), drifting(drifts, "pipe")]
    with Path(path).open("a", encoding="utf-8") as file:
        file.write("\n\n".join(parts) + "\n\n")


def _line(level: str, title: str, text: str) -> str:
    """
    >>> _line("error", "verdict changed: a", "100% refuted, expected reproduced")
    '::error title=verdict changed%3A a::100%25 refuted, expected reproduced'
    """
    plain = text.replace("%", "%25").replace("\n", "%0A")
    named = title.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={named}::{plain}"
