"""The gate itself: what results are compared with, and which verdicts are doubted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from epochal.claims.case import Case
from epochal.claims.verdicts import Standing
from epochal.gate.compare import Comparison, Moved, compare
from epochal.gate.drift import Drift, drifts
from epochal.gate.quantities import quantities, users
from epochal.gate.tolerances import Tolerances
from epochal.judging.findings import CaseResult, Findings
from epochal.judging.result import Result

Again = Mapping[str, Sequence[Result]]
"""What sets of fresh seeds gave, by the keys of the results that were doubted."""

__all__ = ["Again", "Further", "Gate", "settings"]


class Gate:
    """What was found before, and what is told by it.

    Args:
        before: the committed baseline, or what is taken for it.
        tolerances: how much equivalent computations change each quantity.

    Attributes:
        known: the ids of all claims that there are, whatever runs.
    """

    def __init__(self, before: Findings, tolerances: Tolerances) -> None:
        self.before, self.tolerances = before, tolerances
        self.known = frozenset[str]()

    def doubts(self, found: CaseResult) -> bool:
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
            found += drifts(before, after, self.tolerances, users(findings))
        return found

    def settled(self, findings: Findings, runner: "Further") -> list[Drift]:
        """How learning compares, on more seeds of the baseline where it is open.

        Nothing more is trained where learning drifted anyway. What stays open on all seeds that the
        baseline has is undecided.
        """
        found = self.drifts(findings)
        waiting = {each.key.of for each in found if each.open}
        if not waiting or any(each.moved for each in found):
            return found
        more = replace(findings, results=dict(findings.results), samples=dict(findings.samples))
        for case, device in runner.selected:
            result = findings.results.get(f"{case.claim.id}/{case.kind}/{device}")
            if result is None or not waiting & {f"{result.claim}/{result.kind}", *digests(result)}:
                continue
            waiting -= {*digests(result)}
            seeds = self._further(result)
            if seeds:
                added = runner.further(case, device, seeds)
                more.add(_with_outcomes(result, added.result), (), added.samples)
        return self.drifts(more)

    def _further(self, result: Result) -> list[int]:
        """The seeds of the baseline that ``result`` lacks."""
        have = {outcome["seed"] for outcome in result.outcomes}
        of = {*digests(result)}
        known = [each.seeds for each in self.before.samples.values() if each.experiment in of]
        return sorted({seed for seeds in known for seed in seeds} - have)

    @property
    def _results(self) -> Iterable[Result]:
        return self.before.results.values()


class Further(Protocol):
    """Whoever trains further seeds of what it has judged: a runner."""

    @property
    def selected(self) -> Sequence[tuple[Case, str]]: ...

    def further(self, case: Case, device: str, seeds: Sequence[int]) -> CaseResult: ...


def digests(result: Result) -> Iterable[str]:
    """The settings of a result."""
    return result.experiments.values()


def settings(findings: Findings) -> dict[str, str]:
    """Names of all settings of ``findings`` but those of controls, by their digests."""
    return {
        digest: result.claim if len(result.experiments) == 1 else f"{result.claim}.{name}"
        for result in findings.results.values()
        if result.kind != "control"
        for name, digest in result.experiments.items()
    }


def _with_outcomes(result: Result, more: Result) -> Result:
    return replace(result, outcomes=[*result.outcomes, *more.outcomes])
