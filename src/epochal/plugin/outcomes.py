"""What a verdict is to pytest: a letter, a word, red or not, and the exit code."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from epochal.claims.verdicts import Standing
from epochal.errors import Exit
from epochal.gate.compare import Comparison, Moved
from epochal.gate.drift import Drift

if TYPE_CHECKING:
    from epochal.judging.findings import CaseResult

__all__ = ["LETTERS", "VerdictChanged", "exit_code", "require_green", "shown"]

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


def require_green(found: "CaseResult", config: pytest.Config) -> None:
    """Raises `VerdictChanged` with a small report if the verdict is red."""
    from epochal.report.text import explanation_of

    unsettled = {Standing.UNDECIDED} if config.getoption("strict") else set()
    if found.standing in {Standing.CHANGED, Standing.BROKEN} | unsettled:
        trace = shown(found.trace, config)
        raise VerdictChanged(explanation_of(found, trace))


def shown(trace: Sequence[str], config: pytest.Config) -> str:
    """Of a traceback's own frames and all of them, what pytest's verbosity asks for."""
    own, everything = trace
    return everything if config.get_verbosity() > 1 else own


def exit_code(
    standings: Sequence[Standing],
    strict: bool = False,
    pairs: Sequence[Comparison] | None = None,
    drifts: Sequence[Drift] = (),
) -> int:
    """0, or the code of what is gravest.

    Args:
        standings: of what was judged.
        strict: whether undecided is red.
        pairs: what the gate compared; None without a gate.
        drifts: what it compared of how nets learn.

    >>> exit_code([Standing.AS_EXPECTED, Standing.BROKEN])
    <Exit.BROKEN: 7>
    >>> exit_code([Standing.AS_EXPECTED]), exit_code([Standing.AS_EXPECTED], pairs=[])
    (0, <Exit.NOTHING: 11>)
    """
    moved = {pair.moved for pair in pairs or ()}
    if Standing.CHANGED in standings or Moved.VERDICT in moved:
        return Exit.VERDICT
    if Standing.BROKEN in standings or Moved.BROKEN in moved:
        return Exit.BROKEN
    if (strict and Standing.UNDECIDED in standings) or Moved.UNDECIDED in moved:
        return Exit.UNDECIDED
    if any(each.moved for each in drifts) or Moved.NUMBERS in moved:
        return Exit.DRIFTED
    if any(each.open for each in drifts):
        return Exit.UNDECIDED
    if pairs is not None and not any(pair.is_compared for pair in pairs):
        return Exit.NOTHING
    return 0
