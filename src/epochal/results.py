"""What is kept of a judged case: enough to rebuild its verdict, its row and its picture.

A `Result` holds the outcome of every seed. A `Curves` holds the thinned runs of one experiment
that pictures are drawn from. Both are plain JSON values, so that they can travel from a test
worker, be committed as the baseline, and be read by reports without torch.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from epochal.claims import Case, Claim
from epochal.rules import Outcome
from epochal.runs import Runs
from epochal.statistics import Rates, error_rates
from epochal.verdicts import Standing, Status, Verdict, standing

__all__ = ["Curves", "Record", "Result", "curves", "result", "significant"]

SEEDS_SHOWN, POINTS_SHOWN, HEAT_POINTS, HEAT_EPOCHS = 12, 241, 61, 60


@dataclass(frozen=True, kw_only=True)
class Result:
    """A judged case on one device.

    Attributes:
        claim: the claim's id.
        kind: ``full``, ``reduced`` or ``control``.
        device: ``cpu`` or ``cuda:N``.
        hardware: the device's own name.
        status: the verdict's word.
        outcomes: one a seed: ``seed``, ``holds``, ``numbers``, ``diverged``.
        interval: for a rule about a number.
        fixed: whether the number of seeds was fixed.
        why: what broke, or why it is undecided.
        rule: the predicate that decided, in words.
        experiments: digests by the experiment's name in the claim.
        engine: the engine that ran.
        seconds: training time of all seeds together.
        environment: versions.
    """

    claim: str
    kind: str
    device: str
    hardware: str
    status: str
    outcomes: list[dict[str, Any]]
    interval: list[float] | None
    fixed: bool
    why: str
    rule: str
    experiments: dict[str, str]
    engine: str
    seconds: float
    environment: dict[str, str]

    @property
    def key(self) -> str:
        """Unique in a record."""
        return f"{self.claim}/{self.kind}/{self.device}"

    @property
    def k(self) -> int:
        """How many seeds held."""
        return sum(outcome["holds"] for outcome in self.outcomes)

    @property
    def n(self) -> int:
        """How many seeds were used."""
        return len(self.outcomes)

    def rates(self, claim: Claim) -> Rates | None:
        """The exact error rates of the test that decided, None for a rule about a number."""
        if hasattr(claim.rule, "numbers") or self.status == Status.BROKEN.value:
            return None
        return error_rates(claim.bounds, fixed=self.n if self.fixed else None)

    def standing(self, expected: str | None) -> Standing:
        """How it stands to the expected verdict."""
        return standing(Status(self.status), expected)

    def medians(self) -> dict[str, tuple[float | None, int]]:
        """For each number its median over the seeds that have it, and how many have none."""
        names = next((list(outcome["numbers"]) for outcome in self.outcomes), [])
        found: dict[str, tuple[float | None, int]] = {}
        for name in names:
            values = [outcome["numbers"][name] for outcome in self.outcomes]
            known = [value for value in values if value is not None]
            median = float(np.median(known)) if known else None
            found[name] = (median, len(values) - len(known))
        return found


@dataclass(frozen=True, kw_only=True)
class Curves:
    """The thinned runs of one experiment on one device.

    Attributes:
        experiment: its digest.
        device: ``cpu`` or ``cuda:N``.
        seeds: the seeds, one for each entry of the axis ``seed``.
        epochs: the snapshot epochs, ``(snapshot,)``.
        mse: ``(seed, snapshot)``; None where not finite or not trained.
        waves: angular frequencies, ``(component,)``.
        shares: ``(seed, component, snapshot)``.
        loss_hash: a hash of every loss, a seed.
        fits: by epoch, predictions ``(seed, point)`` at ``positions``.
        positions: ``(point,)``.
        target: the first seed's, ``(point,)``.
        heat: the first seed's |error|, ``(heat epoch, heat position)``.
        heat_epochs: ``(heat epoch,)``.
        heat_positions: ``(heat position,)``.
    """

    experiment: str
    device: str
    seeds: list[int]
    epochs: list[int]
    mse: list[list[float | None]]
    waves: list[float]
    shares: list[list[list[float | None]]]
    loss_hash: list[str]
    fits: dict[str, list[list[float | None]]]
    positions: list[float]
    target: list[float]
    heat: list[list[float | None]]
    heat_epochs: list[int]
    heat_positions: list[float]

    @property
    def key(self) -> str:
        """Unique in a record."""
        return f"{self.experiment}-{self.device.replace(':', '')}"

    def merged(self, other: "Curves") -> "Curves":
        """Every seed of both as far as either has it, and all fits; on a tie this one's values."""
        both = sorted((self, other), key=lambda each: each.epochs[-1], reverse=True)
        seeds = sorted({*self.seeds, *other.seeds})
        rows = [next((c, c.seeds.index(seed)) for c in both if seed in c.seeds) for seed in seeds]
        length, blank = len(both[0].epochs), [None] * len(both[0].epochs)
        first = rows[0][0]
        return replace(
            both[0],
            seeds=seeds,
            mse=[(c.mse[i] + blank)[:length] for c, i in rows],
            shares=[[(each + blank)[:length] for each in c.shares[i]] for c, i in rows],
            loss_hash=[c.loss_hash[i] for c, i in rows],
            fits={
                epoch: [_fit(both, seed, epoch) for seed in seeds]
                for epoch in {**both[1].fits, **both[0].fits}
            },
            target=first.target,
            heat=first.heat,
            heat_epochs=first.heat_epochs,
        )


def _fit(both: Sequence[Curves], seed: int, epoch: str) -> list[float | None]:
    for each in both:
        if epoch in each.fits and seed in each.seeds:
            return each.fits[epoch][each.seeds.index(seed)]
    return [None] * len(both[0].positions)


@dataclass
class Record:
    """Results and curves of a session, or of the committed baseline."""

    results: dict[str, Result] = field(default_factory=dict)
    curves: dict[str, Curves] = field(default_factory=dict)

    def add(self, found: Result, drawn: Sequence[Curves] = ()) -> None:
        """Takes in a result, in place of an older one of the same case and device."""
        self.results[found.key] = found
        for each in drawn:
            held = self.curves.get(each.key)
            self.curves[each.key] = each if held is None else held.merged(each)

    def of(self, claim: str, kind: str | None = None) -> list[Result]:
        """The results of a claim, the full one before the reduced one."""
        order = Case.KINDS.index
        found = [each for each in self.results.values() if each.claim == claim]
        kept = [each for each in found if kind is None or each.kind == kind]
        return sorted(kept, key=lambda each: (order(each.kind), each.device))

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "results": [asdict(each) for each in self.results.values()],
            "curves": [asdict(each) for each in self.curves.values()],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Record":
        """What `to_json` gave."""
        results = [Result(**each) for each in value["results"]]
        drawn = [Curves(**each) for each in value["curves"]]
        return cls({each.key: each for each in results}, {each.key: each for each in drawn})


def result(
    case: Case,
    device: str,
    verdict: Verdict,
    runs: Mapping[str, Runs],
    environment: dict[str, str],
    fixed: bool,
) -> Result:
    """What is kept of ``verdict``; ``runs`` may be empty where nothing was trained."""
    first = next(iter(runs.values()), None)
    return Result(
        claim=case.claim.id,
        kind=case.kind,
        device=device,
        hardware=first.device if first else "",
        status=verdict.status.value,
        outcomes=[_outcome(each) for each in verdict.outcomes],
        interval=list(map(significant, verdict.interval)) if verdict.interval else None,  # type: ignore[arg-type]
        fixed=fixed,
        why=verdict.why,
        rule=case.rule.describe(),
        experiments={name: case.experiments[name].digest for name in case.horizons},
        engine=first.engine if first else "",
        seconds=round(float(sum(run.seconds.sum() for run in runs.values())), 1),
        environment=environment,
    )


def curves(runs: Runs, device: str, epochs: Sequence[int]) -> Curves:
    """The thinned ``runs``, with the fits at ``epochs`` as far as they were trained."""
    shown = replace_seeds(runs, SEEDS_SHOWN)
    every = max(1, -(-len(runs.probe) // POINTS_SHOWN))
    heat_every = max(1, len(runs.probe) // HEAT_POINTS)
    heat_at = np.unique(np.linspace(0, len(runs.snapshots) - 1, HEAT_EPOCHS).astype(int))
    error = np.abs(runs.predictions[0] - runs.probe_target[0])[heat_at][:, ::heat_every]
    return Curves(
        experiment=runs.experiment,
        device=device,
        seeds=shown.seeds.tolist(),
        epochs=runs.snapshots.tolist(),
        mse=_rounded(shown.mse[:, runs.snapshots]),
        waves=runs.waves.tolist(),
        shares=_rounded(shown.projections[:, runs.snapshots].transpose(0, 2, 1), 4),
        loss_hash=[hashlib.sha256(row.tobytes()).hexdigest()[:16] for row in shown.loss],
        fits={
            str(epoch): _rounded(shown.predictions[:, _place(runs, epoch), ::every])
            for epoch in epochs
            if epoch <= runs.epochs_done
        },
        positions=_rounded(runs.probe[::every]),
        target=_rounded(runs.probe_target[0, ::every]),
        heat=_rounded(error, 3),
        heat_epochs=runs.snapshots[heat_at].tolist(),
        heat_positions=_rounded(runs.probe[::heat_every]),
    )


def replace_seeds(runs: Runs, most: int) -> Runs:
    """The first ``most`` seeds of ``runs``."""
    return replace(
        runs,
        seeds=runs.seeds[:most],
        loss=runs.loss[:most],
        projections=runs.projections[:most],
        predictions=runs.predictions[:most],
    )


def significant(value: float | None, digits: int = 4) -> float | None:
    """``value`` to some significant digits, None where it is not finite.

    >>> significant(0.0123456), significant(float("nan"))
    (0.01235, None)
    """
    if value is None or not np.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def _place(runs: Runs, epoch: int) -> int:
    return int(np.searchsorted(runs.snapshots, epoch, side="right")) - 1


def _rounded(values: Any, digits: int = 4) -> Any:
    array = np.asarray(values)
    if array.ndim == 0:
        return significant(float(array), digits)
    return [_rounded(each, digits) for each in array]


def _outcome(outcome: Outcome) -> dict[str, Any]:
    numbers = {name: significant(value, 5) for name, value in outcome.numbers.items()}
    return {**asdict(outcome), "numbers": numbers}
