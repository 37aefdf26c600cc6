"""Faults in what is drawn and fed: points, targets, seeds."""

from dataclasses import replace

import torch

from epochal.experiments.experiment import Experiment
from epochal.experiments.targets import Sine
from epochal.training.variants import take_rows
from lab.mutants.mutant import Mutant, SeedTraining

__all__ = ["DRAWN"]


def _higher(experiment: Experiment) -> Experiment:
    target = experiment.target
    if not isinstance(target, Sine):
        return experiment
    return replace(
        experiment, target=replace(target, angular_frequency=1.01 * target.angular_frequency)
    )


def _scaled(training: SeedTraining) -> None:
    training.x = 1.01 * training.x


def _one_point_dropped(training: SeedTraining) -> None:
    keep = torch.arange(len(training.x)) != len(training.x) // 2
    take_rows(training, keep.nonzero()[:, 0])


def _one_point_twice(training: SeedTraining) -> None:
    rows = torch.arange(len(training.x))
    rows[1] = 0
    take_rows(training, rows)


def _shuffled(training: SeedTraining) -> None:
    order = torch.randperm(len(training.y), generator=torch.Generator().manual_seed(0))
    training.y = training.y[order]


def _neighbours(training: SeedTraining) -> None:
    training.y = training.y.roll(1, 0)


def _noisy(training: SeedTraining) -> None:
    noise = torch.randn(training.y.shape, generator=torch.Generator().manual_seed(0))
    if training.y.is_floating_point():  # else they are numbers of classes
        training.y = training.y + 0.01 * noise.to(training.y)


def _half_precision_targets(training: SeedTraining) -> None:
    training.y = training.y.to(torch.bfloat16).to(training.y.dtype)


DRAWN: tuple[Mutant, ...] = (
    Mutant(
        name="frequency-1-up", what="target frequency × 1.01", declared="drift", setting=_higher
    ),
    Mutant(
        name="inputs-1-up",
        what="inputs × 1.01, the probe as it was",
        declared="drift",
        begin=_scaled,
    ),
    Mutant(
        name="point-dropped",
        what="one point of the middle dropped",
        declared="none",
        found="drift",
        begin=_one_point_dropped,
    ),
    Mutant(
        name="point-twice",
        what="the second point replaced by the first",
        declared="none",
        found="drift",
        begin=_one_point_twice,
    ),
    Mutant(
        name="shuffled", what="targets shuffled against inputs", declared="either", begin=_shuffled
    ),
    Mutant(
        name="shifted",
        what="each point has its neighbour's target",
        declared="drift",
        begin=_neighbours,
    ),
    Mutant(
        name="noise",
        what="targets with noise of 0.01",
        declared="none",
        found="drift",
        begin=_noisy,
    ),
    Mutant(
        name="targets-bfloat16",
        what="targets rounded to bfloat16",
        declared="none",
        found="drift",
        begin=_half_precision_targets,
    ),
    Mutant(
        name="seed-twice",
        what="one seed trained for two",
        declared="drift",
        found="verdict",
        seed=lambda seed: seed - seed % 2,
    ),
)
