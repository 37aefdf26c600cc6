"""The gate itself: what results are compared with, and which verdicts are doubted."""

from collections.abc import Iterable, Mapping, Sequence

from epochal.claims.verdicts import Standing
from epochal.gate.compare import Comparison, Moved, compare
from epochal.gate.drift import Drift, drifts
from epochal.gate.quantities import quantities, users
from epochal.gate.spread import Spread
from epochal.judging.findings import Finding, Findings
from epochal.judging.result import Result

Again = Mapping[str, Sequence[Result]]
"""What sets of fresh seeds gave, by the keys of the results that were doubted."""

__all__ = ["Again", "Gate"]


class Gate:
    """What was found before, and what is told by it.

    Args:
        before: the committed baseline, or what is taken for it.
        spread: what benign changes do to it.

    Attributes:
        known: the ids of all claims that there are, whatever runs.
    """

    def __init__(self, before: Findings, spread: Spread) -> None:
        self.before, self.spread = before, spread
        self.known = frozenset[str]()

    def doubts(self, found: Finding) -> bool:
        """Whether a verdict moved, on all seeds so far, so that fresh ones are asked."""
        again = {found.result.key: found.again}
        pair = compare(self._results, [found.result], again, self.known)[0]
        moved = pair.moved in (Moved.VERDICT, Moved.UNDECIDED)
        return moved or found.standing is Standing.CHANGED

    def pairs(self, after: Iterable[Result], again: Again) -> list[Comparison]:
        """What was run beside the baseline, and last what the baseline has of no claim any more."""
        pairs = compare(self._results, after, again, self.known)
        return [pair for pair in pairs if pair.after or pair.either.claim not in self.known]

    def drifts(self, findings: Findings) -> list[Drift]:
        """How learning compares, setting by setting."""
        known = {result.device for result in self._results}
        found = list[Drift]()
        for device in dict.fromkeys(result.device for result in findings.results.values()):
            before = quantities(self.before, device if device in known else "cpu")
            after = quantities(findings, device)
            found += drifts(before, after, self.spread, users(findings))
        return found

    @property
    def _results(self) -> Iterable[Result]:
        return self.before.results.values()
