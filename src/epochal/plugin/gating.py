"""``--gate``: what a run's results are compared with, and which of its verdicts are doubted."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from epochal.claims.verdicts import Standing
from epochal.gate import baseline
from epochal.gate.compare import Comparison, Moved, compare
from epochal.gate.drift import Drift, drifts, quantities, users
from epochal.gate.records import load_spread
from epochal.judging.findings import Finding, Findings
from epochal.judging.result import Result

__all__ = ["Gate"]


class Gate:
    """The committed baseline, and what is told by it.

    Args:
        folder: where the baseline is.

    Attributes:
        known: the ids of all claims of the folder, whatever runs.

    Raises:
        SpecError: there is no baseline that can be read.
    """

    def __init__(self, folder: Path) -> None:
        self.baseline = baseline.load(folder)
        self.before = list(self.baseline.results.values())
        self.spread = load_spread(folder)
        self.known = frozenset[str]()

    def doubts(self, found: Finding) -> bool:
        """Whether a verdict moved, so that fresh seeds are asked."""
        pair = compare(self.before, [found.result], known=self.known)[0]
        moved = pair.moved in (Moved.VERDICT, Moved.UNDECIDED)
        return moved or found.standing is Standing.CHANGED

    def pairs(self, after: Iterable[Result], again: Mapping[str, Result]) -> list[Comparison]:
        """What was run beside the baseline, and last what the baseline has of no claim any more."""
        pairs = compare(self.before, after, again, self.known)
        return [pair for pair in pairs if pair.after or pair.either.claim not in self.known]

    def drifts(self, findings: Findings) -> list[Drift]:
        """How learning compares, setting by setting."""
        known = {result.device for result in self.before}
        found = list[Drift]()
        for device in dict.fromkeys(result.device for result in findings.results.values()):
            before = quantities(self.baseline, device if device in known else "cpu")
            after = quantities(findings, device)
            found += drifts(before, after, self.spread, users(findings))
        return found
