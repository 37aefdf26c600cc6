"""What a verdict is to pytest: a letter, a word, and red or not."""

from typing import TYPE_CHECKING

from epochal.claims.verdicts import Standing

if TYPE_CHECKING:
    from epochal.judging.findings import Finding

__all__ = ["LETTERS", "VerdictChanged", "require_green"]

LETTERS = {
    Standing.AS_EXPECTED: ("passed", "."),
    Standing.NEW: ("new", "N"),
    Standing.CHANGED: ("changed", "C"),
    Standing.UNDECIDED: ("undecided", "U"),
    Standing.BROKEN: ("broken", "B"),
}


class VerdictChanged(AssertionError):
    """The verdict is red: decided against what is expected, broken, or unsettled under --strict."""


def require_green(found: "Finding", strict: bool) -> None:
    """Raises `VerdictChanged` with a small report if the verdict is red."""
    from epochal.report.text import explanation

    red = {Standing.CHANGED, Standing.BROKEN} | ({Standing.UNDECIDED} if strict else set())
    if found.standing in red:
        raise VerdictChanged(explanation(found))
