"""What a verdict is to pytest: a letter, a word, and red or not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from epochal.claims.verdicts import Standing

if TYPE_CHECKING:
    from epochal.judging.findings import Finding

__all__ = ["LETTERS", "VerdictChanged", "require_green", "shown"]

LETTERS = {
    Standing.AS_EXPECTED: ("passed", "."),
    Standing.NEW: ("new", "N"),
    Standing.CHANGED: ("changed", "C"),
    Standing.UNDECIDED: ("undecided", "U"),
    Standing.ESTIMATED: ("estimated", "~"),
    Standing.BROKEN: ("broken", "B"),
}


class VerdictChanged(AssertionError):
    """The verdict is red: decided against what is expected, broken, or unsettled under --strict."""


def require_green(found: "Finding", config: pytest.Config) -> None:
    """Raises `VerdictChanged` with a small report if the verdict is red."""
    from epochal.report.text import explanation_of

    unsettled = {Standing.UNDECIDED} if config.getoption("strict") else set()
    if found.standing in {Standing.CHANGED, Standing.BROKEN} | unsettled:
        trace = shown(found.trace, config)
        raise VerdictChanged(explanation_of(found.case, found.result, trace, found.expected))


def shown(trace: Sequence[str], config: pytest.Config) -> str:
    """Of a traceback's own frames and all of them, what pytest's verbosity asks for."""
    own, everything = trace
    return everything if config.get_verbosity() > 1 else own
