"""Faults in what is drawn and fed: points, targets, seeds."""

from dataclasses import replace

import torch

from epochal.experiments.experiment import Experiment
from epochal.experiments.targets import Sine
from epochal.training.changes.change import Change, Stock

__all__ = ["DRAWN"]


def _higher(experiment: Experiment) -> Experiment:
    target = experiment.target
    if not isinstance(target, Sine):
        return experiment
    return replace(
        experiment, target=replace(target, angular_frequency=1.01 * target.angular_frequency)
    )


def _scaled(training: Stock) -> None:
    training.x = 1.01 * training.x


def _one_point_dropped(training: Stock) -> None:
    keep = torch.arange(len(training.x)) != len(training.x) // 2
    _rows(training, keep.nonzero()[:, 0])


def _one_point_twice(training: Stock) -> None:
    rows = torch.arange(len(training.x))
    rows[1] = 0
    _rows(training, rows)


def _rows(training: Stock, rows: torch.Tensor) -> None:
    training.x, training.y = training.x[rows], training.y[rows]
    if training.held is None:  # else errors are those of other points
        if training.clean is not None:
            training.clean = training.clean[rows]
        training.record.projector = training.record.projector[:, rows]


def _shuffled(training: Stock) -> None:
    order = torch.randperm(len(training.y), generator=torch.Generator().manual_seed(0))
    training.y = training.y[order]


def _neighbours(training: Stock) -> None:
    training.y = training.y.roll(1, 0)


def _noisy(training: Stock) -> None:
    noise = torch.randn(training.y.shape, generator=torch.Generator().manual_seed(0))
    training.y = training.y + 0.01 * noise.to(training.y)


def _half_precision_targets(training: Stock) -> None:
    training.y = training.y.to(torch.bfloat16).to(training.dtype)


DRAWN: tuple[Change, ...] = (
    Change(name="frequency-1-up", told="target frequency × 1.01", seen="drift", setting=_higher),
    Change(
        name="inputs-1-up", told="inputs × 1.01, the probe as it was", seen="drift", begin=_scaled
    ),
    Change(
        name="point-dropped",
        told="one point of the middle dropped",
        seen="none",
        found="drift",
        begin=_one_point_dropped,
    ),
    Change(
        name="point-twice",
        told="the second point replaced by the first",
        seen="none",
        found="drift",
        begin=_one_point_twice,
    ),
    Change(name="shuffled", told="targets shuffled against inputs", seen="either", begin=_shuffled),
    Change(
        name="shifted",
        told="each point has its neighbour's target",
        seen="drift",
        begin=_neighbours,
    ),
    Change(
        name="noise", told="targets with noise of 0.01", seen="none", found="drift", begin=_noisy
    ),
    Change(
        name="targets-bfloat16",
        told="targets rounded to bfloat16",
        seen="none",
        found="drift",
        begin=_half_precision_targets,
    ),
    Change(
        name="seed-twice",
        told="one seed trained for two",
        seen="drift",
        found="verdict",
        seed=lambda seed: seed - seed % 2,
    ),
)
