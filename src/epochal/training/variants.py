"""Settings trained in another way, whose runs stand for those of the setting itself.

Roundings are variants that compute the same in another order; tolerances are measured by them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Training
from epochal.experiments.runs import Runs
from epochal.training.observer import Observer, SeedTraining
from epochal.training.scores import Classes, Values
from epochal.training.train import train_seeds

__all__ = ["ROUNDINGS", "Variant", "permute_rows", "take_rows"]


def _same(experiment: Experiment) -> Experiment:
    return experiment


def _nothing(training: SeedTraining) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Variant(Observer):
    """Another way to train settings, which no digest shows. Workers receive it by pickle.

    Attributes:
        name: unique; a fact of the environment in which its runs are stored.
        setting: the setting that is trained in place of the requested one.
        begin: exchanges data, net or optimizer once they are made.
    """

    name: str
    setting: Callable[[Experiment], Experiment] = _same
    begin: Callable[[SeedTraining], None] = _nothing

    def applies(self, setting: Experiment | Training) -> bool:
        """Whether it changes the training of ``setting``; a claim's own `Training` it does not."""
        if isinstance(setting, Training):
            return False
        return self.setting is _same or self.setting(setting) != setting

    def on_begin(self, training: SeedTraining) -> None:
        self.begin(training)

    def train(
        self,
        setting: Experiment | Training,
        seeds: Sequence[int],
        device: str,
        epochs: int,
        **more: Any,
    ) -> Runs:
        """As `epochal.train`; the runs are those of ``setting``, whatever was trained."""
        if isinstance(setting, Training):
            return train_seeds(setting, seeds, device, epochs, **more)
        runs = train_seeds(self.setting(setting), seeds, device, epochs, observer=self, **more)
        return replace(runs, experiment=setting.digest)


def permute_rows(training: SeedTraining) -> None:
    """Put the points in another order; batches keep their members."""
    order = torch.randperm(len(training.x), generator=torch.Generator().manual_seed(1))
    take_rows(training, order)
    # Batches are drawn by place: the same points go together as before.
    back = torch.argsort(order)
    original = training.batches
    training.batches = lambda: (rows if rows is None else back[rows] for rows in original())


def take_rows(training: SeedTraining, rows: torch.Tensor) -> None:
    """Train and judge these rows of the training points, in this order."""
    training.x, training.y, scores = training.x[rows], training.y[rows], training.scores
    if isinstance(scores, Classes):
        scores.classes = scores.classes[rows]
    if training.held is None:  # else errors are those of other points
        if isinstance(scores, Values):
            scores.target = scores.target[rows]
        training.record.projector = training.record.projector[:, rows]


def _in_float64(experiment: Experiment) -> Experiment:
    return replace(experiment, dtype="float64")


ROUNDINGS: tuple[Variant, ...] = (
    Variant(name="rows-permuted", begin=permute_rows),
    Variant(name="float64", setting=_in_float64),
)
"""Equivalent computations, whose effect is the noise floor that drift is measured against."""
