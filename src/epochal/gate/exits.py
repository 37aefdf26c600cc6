"""Exit codes: what a run of claims ends with, beside pytest's own."""

from collections.abc import Sequence
from enum import IntEnum

from epochal.claims.verdicts import Standing
from epochal.gate.compare import Comparison, Moved
from epochal.gate.drift import Drift

__all__ = ["Exit", "exit_code"]


class Exit(IntEnum):
    """The codes beside pytest's own (0 to 5), the gravest first."""

    VERDICT = 6
    """A verdict changed: against what is expected, or against the baseline."""
    BROKEN = 7
    """A claim could not be run."""
    UNDECIDED = 8
    """Under ``--strict``: a claim stayed undecided. At the gate: one that was decided before, or
    whether learning drifted."""
    DRIFTED = 9
    """At the gate: learning drifted."""
    SLOWER = 10
    """``epochal ab``: an epoch became slower."""
    NOTHING = 11
    """At the gate, or in ``epochal ab``: nothing could be compared."""


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
    if any(each.moved for each in drifts):
        return Exit.DRIFTED
    if any(each.open for each in drifts):
        return Exit.UNDECIDED
    if pairs is not None and not any(pair.is_compared for pair in pairs):
        return Exit.NOTHING
    return 0
