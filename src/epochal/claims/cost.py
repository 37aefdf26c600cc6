"""What claims have to train, shared trainings once, and times in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from epochal.claims.case import Case
from epochal.claims.verdicts import first_seeds
from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Training

__all__ = ["Share", "duration", "may_stop", "shares", "updates_an_epoch"]


@dataclass(frozen=True)
class Share:
    """One experiment with one seed, as far as any case needs it: what is trained once."""

    experiment: Experiment | Training
    seed: int
    epochs: int


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


def may_stop(cases: Iterable[Case]) -> bool:
    """Whether a training may end before its horizon, so that what it takes is a bound."""
    settings = [each for case in cases for each in case.experiments.values()]
    return any(isinstance(s, Experiment) and s.loop.stop_below is not None for s in settings)


def duration(hours: float) -> str:
    """So many hours in words.

    >>> duration(0.004), duration(0.3), duration(5.234)
    ('14 s', '18 min', '5.2 h')
    """
    seconds = 3600 * hours
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{hours:.1f} h"
