"""Judges anew from stored runs alone, without training."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.verdicts import judge
from epochal.errors import Interrupted
from epochal.experiments.runs import Runs, join
from epochal.identity.usable import Wanted, usable
from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal.judging.findings import CaseResult, Findings, keep
from epochal.judging.result import Result

__all__ = ["earlier", "rebuild"]


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
    findings = Findings()
    for _, found in _rebuilt(journal, claims, environments):
        findings.add(found.result, found.curves, found.samples)
    return findings


def earlier(findings: Findings, journal: Journal, claims: Iterable[Claim]) -> Findings:
    """``findings`` and, with their dates, what the journal knows of cases that they lack.

    A claim that was judged reduced is not there in full too, from another day.
    """
    have = {_asks(each.claim, each.kind) for each in findings.results.values()}
    more = replace(
        findings,
        results=dict(findings.results),
        curves=dict(findings.curves),
        samples=dict(findings.samples),
        dates=dict(findings.dates),
    )
    for at, found in _rebuilt(journal, claims, without=have):
        more.add(found.result, found.curves, found.samples)
        more.dates[found.result.key] = at
    return more


def _asks(claim: str, kind: str) -> tuple[str, bool]:
    """A claim, whether in full or reduced, or its control."""
    return claim, kind == "control"


def _rebuilt(
    journal: Journal,
    claims: Iterable[Claim],
    environments: Collection[str] | None = None,
    without: Collection[tuple[str, bool]] = (),
) -> Iterator[tuple[float, CaseResult]]:
    """When each of the latest verdicts was given, and the finding as its claim now stands."""
    cases = {(case.claim.id, case.kind): case for claim in claims for case in claim.cases}
    for row in journal.latest(environments):
        case = cases.get((row["claim"], row["kind"]))
        if case is not None and _asks(row["claim"], row["kind"]) not in without:
            found = _again(journal, case, Result(**row["result"]), row["environment"])
            if found is not None:
                yield row["at"], found


def _again(journal: Journal, case: Case, stored: Result, environment: str) -> CaseResult | None:
    if not stored.outcomes:
        return CaseResult(case, stored, expected=case.expected(stored.device))

    def units(name: str, seeds: Iterable[int]) -> list[Unit]:
        key, digest = stored.keys.get(name, environment), case.experiments[name].digest
        return [journal.now(Unit(digest, seed, key)) for seed in seeds]

    def holds(seeds: Sequence[int]) -> bool:
        return all(
            (row := journal.row(unit)) is not None
            and usable(row, Wanted(epochs, case.looked_at(name))) is None
            for name, epochs in case.horizons.items()
            for unit in units(name, seeds)
        )

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
    names = case.horizons if seeds else ()  # a broken verdict has none
    runs = {name: join([journal.runs(unit) for unit in units(name, seeds)]) for name in names}
    found = keep(case, stored.device, verdict, runs, stored.environment, stored.fixed)
    same = replace(found.result, repeat=stored.repeat, keys=stored.keys)
    return replace(found, result=same)


class _Missing(Interrupted):
    """The journal does not hold what a verdict needs."""
