"""Under GitHub Actions: an annotation for each claim that is red, and a step summary."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from epochal.claims.verdicts import Standing
from epochal.gate.compare import Comparison, Moved
from epochal.gate.drift import Drift
from epochal.judging.result import Result
from epochal.report.comparison import comparison, drifting
from epochal.report.text import case_id

__all__ = ["annotations", "summarize"]

RED = {
    Standing.CHANGED: ("error", "verdict changed"),
    Standing.BROKEN: ("error", "claim could not be run"),
    Standing.UNDECIDED: ("warning", "verdict undecided"),
}


def annotations(
    found: Sequence[tuple[Result, Standing]],
    expected: Mapping[str, str | None],
    pairs: Sequence[Comparison],
    drifts: Sequence[Drift],
) -> list[str]:
    """A line for each claim that stands otherwise than it should, as GitHub reads it.

    Args:
        found: what was judged.
        expected: what should have come out, by the results' keys.
        pairs: what the gate compared.
        drifts: what it compared of how nets learn.
    """
    lines = []
    for result, standing in found:
        if standing in RED:
            level, title = RED[standing]
            told = f"{result.status} {result.k} of {result.n}, expected {expected.get(result.key)}"
            lines.append(_line(level, f"{title}: {case_id(result)}", f"{told}; {result.repeat}"))
    for pair in pairs:
        if pair.moved in (Moved.VERDICT, Moved.UNDECIDED) and pair.before and pair.after:
            told = f"{pair.before.status} in the baseline, now {pair.after.status}"
            lines.append(_line("error", f"{pair.moved.value}: {pair.after.claim}", told))
    for each in drifts:
        if each.moved:
            told = f"{each.told} ({len(each.changes)} seeds)"
            lines.append(_line("error", f"learning drifted: {each.of[0]}", told))
    return lines


def summarize(told: str, pairs: Sequence[Comparison], drifts: Sequence[Drift]) -> None:
    """Appends what the gate found to the step's summary, where there is one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    parts = [f"## {told}"]
    if pairs:
        parts += [comparison(pairs, ("baseline", "now"), "pipe"), drifting(drifts, "pipe")]
    with Path(path).open("a") as file:
        file.write("\n\n".join(parts) + "\n\n")


def _line(level: str, title: str, text: str) -> str:
    """
    >>> _line("error", "verdict changed: a", "100% refuted, expected reproduced")
    '::error title=verdict changed%3A a::100%25 refuted, expected reproduced'
    """
    plain = text.replace("%", "%25").replace("\n", "%0A")
    named = title.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={named}::{plain}"
