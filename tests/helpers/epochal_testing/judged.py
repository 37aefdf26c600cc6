"""Results and curves for tests: what a session keeps, made from runs that no engine trained."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from epochal import Runs
from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.verdicts import judge
from epochal.experiments.snapshots import snapshot_epochs
from epochal.judging.findings import Findings, keep
from epochal.judging.result import Result
from epochal_testing.synthetic import TARGET, runs

Make = Callable[[str, Sequence[int], int], Runs]
"""Runs of an experiment by its name, for some seeds and so many epochs."""

ENVIRONMENT = {"epochal": "0", "torch": "1"}


def falling(name: str, seeds: Sequence[int], epochs: int) -> Runs:
    """Nets that learn the target like 1 − exp(−epoch/20), the fast wave a tenth as fast."""
    left = np.exp(-np.arange(epochs + 1) / 20)
    shares = np.stack([1 - left, 1 - left**0.1], axis=1)
    learned = (1 - left[snapshot_epochs(epochs)])[:, None] * TARGET
    n = len(seeds)
    return runs(
        seeds,
        np.tile(left**2 / 2, (n, 1)),
        shares=np.tile(shares, (n, 1, 1)),
        predictions=np.tile(learned, (n, 1, 1)),
    )


def take(
    findings: Findings,
    case: Case | Claim,
    make: Make = falling,
    device: str = "cpu",
    seeds: int | None = None,
) -> Result:
    """Judges ``case`` on runs that ``make`` gives, and adds what came out to ``findings``."""
    judged = case if isinstance(case, Case) else Case(case, case.rule, case.experiments_by_name)

    def ask(case: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        return {
            name: replace(make(name, seeds, epochs), experiment=case.experiments[name].digest)
            for name, epochs in case.horizons.items()
        }

    verdict = judge(judged, ask, seeds)
    used = ask(judged, [each.seed for each in verdict.outcomes]) if verdict.outcomes else {}
    found = keep(judged, device, verdict, used, ENVIRONMENT, seeds is not None)
    findings.add(found.result, found.curves, found.samples)
    return found.result


def broken(findings: Findings, claim: Claim, why: str) -> Result:
    """Adds to ``findings`` that ``claim`` could not be run."""

    def fails(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        raise RuntimeError(why)

    return take(findings, claim, fails)
