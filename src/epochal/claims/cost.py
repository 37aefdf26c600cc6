"""How long claims take to train, roughly: for listings, and for a run's first line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from epochal.claims.claim import Case
from epochal.claims.verdicts import first_seeds
from epochal.experiments.experiment import Experiment, Training

__all__ = ["Share", "hours", "shares", "told", "updates_an_epoch"]

FLOPS_A_SECOND, SECONDS_AN_UPDATE = 6e10, 3e-4
"""Of one core of the machines that this was written on; a busy one takes longer."""


@dataclass(frozen=True)
class Share:
    """One experiment with one seed, as far as any case needs it: what is trained once."""

    experiment: Experiment | Training
    seed: int
    epochs: int

    @property
    def seconds(self) -> float:
        """About how long one core takes."""
        return self.epochs * seconds_an_epoch(self.experiment)


def seconds_an_epoch(experiment: Experiment | Training) -> float:
    """About how long one core takes for an epoch."""
    updates = updates_an_epoch(experiment) if isinstance(experiment, Experiment) else 1
    return experiment.flops_an_epoch / FLOPS_A_SECOND + updates * SECONDS_AN_UPDATE


def updates_an_epoch(experiment: Experiment) -> int:
    """How many steps the optimizer makes in an epoch."""
    loop, points = experiment.loop, experiment.inputs.points
    if loop.batch is None:
        return 1
    return points // loop.batch if loop.drop_last else -(-points // loop.batch)


def shares(cases: Iterable[Case], seeds: int | None = None) -> list[Share]:
    """What any verdicts on ``cases`` need: shared experiments count once, with their longest."""
    found: dict[tuple[str, int], Share] = {}
    for case in cases:
        for name, epochs in case.horizons.items():
            experiment = case.experiments[name]
            for seed in first_seeds(case, seeds):
                key = experiment.digest, seed
                if key not in found or found[key].epochs < epochs:
                    found[key] = Share(experiment, seed, epochs)
    return list(found.values())


def hours(needed: Iterable[Share], done: Mapping[tuple[str, int], int] | None = None) -> float:
    """About how many hours one core takes; ``done`` has the epochs of what is trained already."""
    known = done or {}
    left = [
        each for each in needed if known.get((each.experiment.digest, each.seed), -1) < each.epochs
    ]
    return sum(each.seconds for each in left) / 3600


def told(hours: float) -> str:
    """So many hours in words.

    >>> told(0.004), told(0.3), told(5.234)
    ('14 s', '18 min', '5.2 h')
    """
    seconds = 3600 * hours
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{hours:.1f} h"
