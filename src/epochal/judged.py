"""A judged case as it is shown and kept, and how it is rebuilt from the journal."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from epochal.claims import Case, Claim
from epochal.curves import Curves, curves
from epochal.errors import Interrupted
from epochal.journal import Journal, Unit
from epochal.results import Record, Result, result
from epochal.runs import Runs, join
from epochal.verdicts import Standing, Verdict, judge

__all__ = ["Judged", "keep", "rebuild"]


@dataclass(frozen=True)
class Judged:
    """A result, the curves behind it, and how it stands to what is expected.

    Attributes:
        case: what was judged.
        result: what came out.
        curves: of its experiments.
        origins: for each seed of each experiment whether it was ``trained`` or ``extended`` in
            this session, or ``reused`` from the journal.
    """

    case: Case
    result: Result
    curves: tuple[Curves, ...]
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def expected(self) -> str | None:
        return self.case.expected(self.result.device)

    @property
    def standing(self) -> Standing:
        return self.result.standing(self.expected)

    def to_json(self) -> dict[str, Any]:
        """As JSON values, to travel with a test report."""
        return {
            "result": asdict(self.result),
            "curves": [asdict(each) for each in self.curves],
            "standing": self.standing.value,
            "origins": dict(self.origins),
        }


def keep(
    case: Case,
    device: str,
    verdict: Verdict,
    runs: Mapping[str, Runs],
    environment: dict[str, str],
    fixed: bool,
) -> Judged:
    """What is kept of ``verdict`` on ``runs``, which may go further than it needed."""
    drawn = () if case.kind == "control" else runs.values()
    epochs = case.rule.marks().epochs
    return Judged(
        case,
        result(case, device, verdict, runs, environment, fixed),
        tuple(curves(each, device, epochs) for each in drawn),
    )


def rebuild(
    journal: Journal, claims: Iterable[Claim], environments: Collection[str] | None = None
) -> Record:
    """Judges anew, from stored runs alone, whatever the journal has the latest verdict of.

    Claims that have changed since are judged as they now stand, and left out where the journal
    does not hold the runs that they now need. A verdict that could not be run stays so.

    Args:
        journal: where the runs are.
        claims: as they now stand.
        environments: reuse keys, to leave out what was measured elsewhere.
    """
    cases = {(case.claim.id, case.kind): case for claim in claims for case in claim.cases}
    record = Record()
    for row in journal.latest(environments):
        case, stored = cases.get((row["claim"], row["kind"])), Result(**row["result"])
        if case is None:
            continue
        if not stored.outcomes:
            record.add(stored)
            continue
        found = _again(journal, case, stored, row["environment"])
        if found is not None:
            record.add(found.result, found.curves)
    return record


def _again(journal: Journal, case: Case, stored: Result, environment: str) -> Judged | None:
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
