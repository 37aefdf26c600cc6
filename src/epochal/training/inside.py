"""The inside of a net at an epoch, on the training points: units, gradients and curvature.

All of it is measured after training, from a stored state: no bit of a training changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from epochal.experiments.experiment import Experiment
from epochal.experiments.measures import Sharpness
from epochal.experiments.runs import Runs
from epochal.process import generators_kept
from epochal.training.engines.reference import SeedTraining
from epochal.training.instruments import sharpness
from epochal.training.loss import loss_of
from epochal.training.measuring import subject_of
from epochal.training.numerics import numerics
from epochal.training.observer import Observer

__all__ = ["Inside", "Layer", "look_inside"]

FLAT: Mapping[type, Callable[[torch.Tensor], torch.Tensor]] = {
    nn.Tanh: lambda a: a.abs() > 0.99,
    nn.Sigmoid: lambda a: (a < 0.01) | (a > 0.99),
    nn.Hardtanh: lambda a: a.abs() >= 1,
}
"""By an activation, where its output is so near its ends that its slope is small."""


@dataclass(frozen=True)
class Layer:
    """The units behind one activation.

    Attributes:
        name: its place in the net and the activation.
        units: their number.
        dead: the share of ReLU units that are 0 at every training point.
        saturated: the share of outputs of tanh or sigmoid units where the slope is small.
        last: whether it is what the net gives.
    """

    name: str
    units: int
    dead: float = 0.0
    saturated: float = 0.0
    last: bool = False


@dataclass(frozen=True)
class Inside:
    """A net at an epoch.

    Attributes:
        epoch: the epoch.
        layers: its activations of the kinds ReLU, tanh and sigmoid, first to last.
        gradients: the norm of the gradient of each weight matrix, first to last.
        deviation: the standard deviation of its output over the training points, in the target's
            units; of several outputs the largest.
        sharpness: the largest eigenvalue of the Hessian of the loss; NaN where it is not finite.
        finite: whether its loss is.
    """

    epoch: int
    layers: tuple[Layer, ...]
    gradients: tuple[float, ...]
    deviation: float
    sharpness: float
    finite: bool = True


def look_inside(experiment: Experiment, seed: int, device: str, runs: Runs | None) -> Inside:
    """The net of ``seed`` where ``runs`` of it ended; untrained if there are none.

    Args:
        experiment: the setting.
        seed: one seed.
        device: as torch names it.
        runs: the runs of that seed alone, with their state.
    """
    epochs = 0 if runs is None else runs.epochs_done
    with generators_kept(), numerics():
        training = SeedTraining(experiment, seed, device, epochs, Observer())
        if runs is not None:
            training.resume(runs)
        net = training.net.eval()
        layers: list[Layer] = []
        hooks = _hooks(net, layers)
        output = net(training.x)
        for each in hooks:
            each.remove()
        for each in net.parameters():
            each.grad = None
        loss = loss_of(training.loop, output, training.y)
        if not torch.isfinite(loss):
            return Inside(epochs, tuple(layers), (), float("nan"), float("nan"), finite=False)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [
            0.0 if each.grad is None else float(each.grad.double().norm())
            for each in net.parameters()
            if each.ndim > 1 and each.requires_grad
        ]
        deviation = (training.unit * output.detach()).double().std(dim=0, unbiased=False).max()
        curvature = sharpness(Sharpness(tolerance=1e-2), subject_of(training, net))
    return Inside(epochs, tuple(layers), tuple(gradients), float(deviation), curvature)


def _hooks(net: nn.Module, layers: list[Layer]) -> list[Any]:
    """Hooks that append each activation of ``net`` to ``layers`` when it is called."""
    modules = list(net.modules())
    known = [each for each in modules if isinstance(each, (nn.ReLU, *FLAT))]
    hooks = []
    for place, module in enumerate(known, 1):
        last = module is modules[-1]
        where = "the output" if last else f"hidden layer {place}"
        hooks.append(module.register_forward_hook(partial(_look, layers, where, last)))
    return hooks


def _look(
    layers: list[Layer], where: str, last: bool, module: nn.Module, given: Any, output: torch.Tensor
) -> None:
    kind, values = type(module), output.detach().flatten(1)
    dead = float((values <= 0).all(dim=0).double().mean()) if kind is nn.ReLU else 0.0
    flat = FLAT.get(kind)
    saturated = 0.0 if flat is None else float(flat(values).double().mean())
    name = f"{where} ({kind.__name__})"
    layers.append(Layer(name, values.shape[1], dead, saturated, last))
