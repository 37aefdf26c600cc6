"""What is made of a net's outputs in every epoch: its error, and what is recorded beside it."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
import torch
from torch import nn

from epochal.errors import SpecError
from epochal.experiments.data import Data
from epochal.experiments.experiment import Experiment
from epochal.experiments.inputs import Array
from epochal.experiments.labels import Labels
from epochal.experiments.loops import Loop
from epochal.experiments.runs import BY_CLASSES, BY_OUTPUT, HELD_OUT
from epochal.experiments.vectors import columns_of
from epochal.training.loss import loss_of

__all__ = ["Classes", "Scores", "Values", "as_trained", "decided", "scores_of"]

Tensors = Mapping[str, torch.Tensor]


def as_trained(experiment: Experiment, data: Data, values: Array) -> Array:
    """Values of the target as the loss is given them: ``(n, k)``, or numbers of classes ``(n,)``.

    Raises:
        SpecError: no training point has one of the classes.
    """
    target = experiment.target
    if not isinstance(target, Labels):
        return columns_of((values - data.offset) / data.unit)
    missing = np.setdiff1d(np.arange(target.count), data.target)
    if len(missing):
        name = target.name(int(missing[0]))
        rule = f"none of the {len(data.target)} training points has class {name}"
        step = "give more points, hold fewer out, or declare fewer classes"
        raise SpecError("target", str(target), rule, step)
    return target.encoded(experiment.loop, values)


class Scores(Protocol):
    """How outputs are judged: ``trained`` on the training points, ``judged`` where errors are."""

    needs_both: bool
    """Whether training points are judged, too, where rows are held out."""

    count: int
    """The number of classes; 0 where outputs are numbers."""

    def factor(self, points: int) -> float | None:
        """What multiplies the loss to give the error, if any."""

    def error(self, judged: torch.Tensor) -> torch.Tensor:
        """The error of an epoch."""

    def more(self, trained: torch.Tensor, judged: torch.Tensor) -> Tensors:
        """What is recorded beside it, by name."""

    def predicted(self, output: torch.Tensor) -> torch.Tensor:
        """What is kept of outputs on the evaluation grid."""


class Values:
    """Outputs that are numbers in the target's own units."""

    needs_both, count = False, 0

    def __init__(self, loop: Loop, target: torch.Tensor) -> None:
        self.loop, self.target = loop, target

    def factor(self, points: int) -> float | None:
        return self.loop.mse_factor(points * self.target.shape[1])

    def error(self, judged: torch.Tensor) -> torch.Tensor:
        return nn.functional.mse_loss(judged, self.target)

    def more(self, trained: torch.Tensor, judged: torch.Tensor) -> Tensors:
        if self.target.shape[1] == 1:
            return {}
        return {BY_OUTPUT: (judged - self.target).double().square().mean(dim=0)}

    def predicted(self, output: torch.Tensor) -> torch.Tensor:
        return output


class Classes:
    """Outputs that decide for a class.

    Args:
        loop: the training loop.
        count: the number of classes.
        classes: those of the training points, ``(n,)``.
        held: targets as the loss takes them and classes of the rows held out, if any.
    """

    needs_both = True

    def __init__(
        self,
        loop: Loop,
        count: int,
        classes: torch.Tensor,
        held: tuple[torch.Tensor, torch.Tensor] | None,
    ) -> None:
        self.loop, self.count, self.classes, self.held = loop, count, classes, held

    def factor(self, points: int) -> float | None:
        return None

    def error(self, judged: torch.Tensor) -> torch.Tensor:
        return _wrong(judged, self.classes if self.held is None else self.held[1])

    def more(self, trained: torch.Tensor, judged: torch.Tensor) -> Tensors:
        rate, margin = BY_CLASSES
        found = {rate: _wrong(trained, self.classes), margin: _margin(trained, self.classes)}
        if self.held is not None:
            targets, classes = self.held
            found |= {
                HELD_OUT + rate: _wrong(judged, classes),
                HELD_OUT + margin: _margin(judged, classes),
                HELD_OUT + "loss": loss_of(self.loop, judged, targets).double(),
            }
        return found

    def predicted(self, output: torch.Tensor) -> torch.Tensor:
        return decided(output)


def decided(output: torch.Tensor) -> torch.Tensor:
    """The class that each row of ``output`` ``(n, k)`` stands for, ``(n,)``; NaN of none finite."""
    if output.shape[1] == 1:
        found = (output[:, 0] > 0).to(output.dtype)
    else:
        found = output.argmax(dim=1).to(output.dtype)
    return found.masked_fill(~torch.isfinite(output).all(dim=1), float("nan"))


def _wrong(output: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    return (decided(output) != classes).double().mean()


def _margin(output: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """The least, over points, of how far the right class is ahead of the best other one."""
    output = output.double()
    if output.shape[1] == 1:
        return (output[:, 0] * (2 * classes - 1)).min()
    own = classes.long()[:, None]
    others = output.scatter(1, own, float("-inf")).amax(dim=1)
    return (output.gather(1, own)[:, 0] - others).min()


def scores_of(
    experiment: Experiment, data: Data, tensor: Callable[[Array], torch.Tensor]
) -> Scores:
    """The scores of a seed's data, which ``tensor`` puts where the net is."""
    labels, loop, held = experiment.target, experiment.loop, None
    if not isinstance(labels, Labels):
        return Values(loop, tensor(columns_of(data.judged.target)))
    if data.held is not None:
        targets = as_trained(experiment, data, data.held.target)
        held = tensor(targets), tensor(data.held.target)
    return Classes(loop, labels.count, tensor(data.target), held)
