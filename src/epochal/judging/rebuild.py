"""Judges anew from stored runs alone, without torch."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from epochal.claims.claim import Case, Claim
from epochal.claims.verdicts import judge
from epochal.errors import Interrupted
from epochal.experiments.runs import Runs, join
from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal.judging.findings import Finding, Findings, keep
from epochal.judging.result import Result

__all__ = ["rebuild"]


def rebuild(
    journal: Journal, claims: Iterable[Claim], environments: Collection[str] | None = None
) -> Findings:
    """Judges anew, from stored runs alone, whatever the journal has the latest verdict of.

    Claims that have changed since are judged as they now stand, and left out where the journal
    does not hold the runs that they now need. A verdict that could not be run stays so.

    Args:
        journal: where the runs are.
        claims: as they now stand.
        environments: reuse keys, to leave out what was measured elsewhere.
    """
    cases = {(case.claim.id, case.kind): case for claim in claims for case in claim.cases}
    findings = Findings()
    for row in journal.latest(environments):
        case, stored = cases.get((row["claim"], row["kind"])), Result(**row["result"])
        if case is None:
            continue
        if not stored.outcomes:
            findings.add(stored)
            continue
        found = _again(journal, case, stored, row["environment"])
        if found is not None:
            findings.add(found.result, found.curves)
    return findings


def _again(journal: Journal, case: Case, stored: Result, environment: str) -> Finding | None:
    def units(name: str, seeds: Iterable[int]) -> list[Unit]:
        return [Unit(case.experiments[name].digest, seed, environment) for seed in seeds]

    def holds(seeds: Sequence[int]) -> bool:
        rows = [
            (journal.row(unit), epochs)
            for name, epochs in case.horizons.items()
            for unit in units(name, seeds)
        ]
        return all(row is not None and row.epochs_done >= epochs for row, epochs in rows)

    def ask(case: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        if not holds(seeds):
            raise _Missing
        return {
            name: join([journal.runs(unit) for unit in units(name, seeds)]).until(epochs)
            for name, epochs in case.horizons.items()
        }

    try:
        verdict = judge(case, ask, stored.n if stored.fixed else None)
    except _Missing:
        return None
    seeds = [outcome.seed for outcome in verdict.outcomes]
    runs = {
        name: join([journal.runs(unit) for unit in units(name, seeds)]) for name in case.horizons
    }
    return keep(case, stored.device, verdict, runs, stored.environment, stored.fixed)


class _Missing(Interrupted):
    """The journal does not hold what a verdict needs."""
