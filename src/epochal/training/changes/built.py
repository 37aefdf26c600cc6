"""Faults in what is built: the net, how it starts, and the optimizer's arguments."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from epochal.experiments.experiment import Experiment
from epochal.experiments.nets import MLP
from epochal.experiments.parts import Activation, Initializer, Optimizer
from epochal.training.changes.change import Change, Stock

__all__ = ["BUILT"]


def _optimizer(**changes: Callable[[float], float]) -> Callable[[Experiment], Experiment]:
    """Other values of those arguments that the optimizer is given."""

    def setting(experiment: Experiment) -> Experiment:
        given: Mapping[str, Any] = experiment.optimizer.keywords
        new = {name: change(given[name]) for name, change in changes.items() if name in given}
        return _given(experiment, new)

    return setting


def _added(optimizer: str, **more: Any) -> Callable[[Experiment], Experiment]:
    """An argument more for optimizers of that name that have momentum, or are not SGD."""

    def setting(experiment: Experiment) -> Experiment:
        given = experiment.optimizer
        if given.name != optimizer or (optimizer == "SGD" and "momentum" not in given.keywords):
            return experiment
        return _given(experiment, more)

    return setting


def _given(experiment: Experiment, more: Mapping[str, Any]) -> Experiment:
    """``experiment`` whose optimizer is given ``more``, or other values."""
    old = experiment.optimizer
    new = Optimizer(old.name, groups=old.groups, **{**old.keywords, **more})
    return replace(experiment, optimizer=new)


def _net(**changes: Any) -> Callable[[Experiment], Experiment]:
    def setting(experiment: Experiment) -> Experiment:
        assert isinstance(experiment.net, MLP)
        return replace(experiment, net=replace(experiment.net, **changes))

    return setting


def _one_unit_less(experiment: Experiment) -> Experiment:
    net = experiment.net
    assert isinstance(net, MLP)
    return replace(experiment, net=replace(net, widths=(net.widths[0] - 1, *net.widths[1:])))


def _leaky(experiment: Experiment) -> Experiment:
    net = experiment.net
    assert isinstance(net, MLP)
    if net.nonlinearity.name != "ReLU":
        return experiment
    slope = Activation("LeakyReLU", negative_slope=0.01)
    return replace(experiment, net=replace(net, activation=slope))


def _each(change: Callable[[nn.Linear], None]) -> Callable[[Stock], None]:
    """A change of every linear layer, without a gradient."""

    def begin(training: Stock) -> None:
        with torch.no_grad():
            for module in training.net.modules():
                if isinstance(module, nn.Linear):
                    change(module)

    return begin


def _bfloat16(training: Stock) -> None:
    for module in training.net.modules():
        if isinstance(module, nn.Linear):
            module.forward = _in_bfloat16(module)  # type: ignore[assignment, method-assign]


def _in_bfloat16(linear: nn.Linear) -> Callable[[torch.Tensor], torch.Tensor]:
    def forward(x: torch.Tensor) -> torch.Tensor:
        low = torch.bfloat16
        product = x.to(low) @ linear.weight.t().to(low)
        return product.to(x.dtype) + (0 if linear.bias is None else linear.bias)

    return forward


def _last_frozen(training: Stock) -> None:
    last = [each for each in training.net.modules() if isinstance(each, nn.Linear)][-1]
    for parameter in last.parameters():
        parameter.requires_grad_(False)


BUILT: tuple[Change, ...] = (
    Change(
        name="step-5-up",
        told="learning rate × 1.05",
        seen="drift",
        setting=_optimizer(lr=lambda lr: 1.05 * lr),
    ),
    Change(
        name="step-5-down",
        told="learning rate × 0.95",
        seen="drift",
        setting=_optimizer(lr=lambda lr: 0.95 * lr),
    ),
    Change(
        name="momentum-less",
        told="momentum 0.9 → 0.88",
        seen="drift",
        setting=_optimizer(momentum=lambda momentum: momentum - 0.02),
    ),
    Change(
        name="nesterov",
        told="momentum by Nesterov",
        seen="drift",
        setting=_added("SGD", nesterov=True),
    ),
    Change(
        name="decay-dropped",
        told="weight decay dropped",
        seen="drift",
        setting=_optimizer(weight_decay=lambda decay: 0.0),
    ),
    Change(
        name="adam-epsilon",
        told="Adam's epsilon 1e-8 → 1e-4",
        seen="drift",
        setting=_added("Adam", eps=1e-4),
    ),
    Change(
        name="weights-5-up",
        told="initial weights × 1.05",
        seen="drift",
        begin=_each(lambda linear: linear.weight.mul_(1.05)),  # type: ignore[arg-type]
    ),
    Change(
        name="biases-zero",
        told="biases start at 0",
        seen="drift",
        setting=_net(biases=Initializer("zeros_")),
    ),
    Change(
        name="weights-normal",
        told="weights from a normal distribution, Kaiming's gain",
        seen="either",
        setting=_net(weights=Initializer("kaiming_normal_", a=5**0.5)),
    ),
    Change(
        name="unit-less",
        told="one hidden unit less",
        seen="drift",
        setting=_one_unit_less,
    ),
    Change(name="slope", told="ReLU with a slope of 0.01 below 0", seen="drift", setting=_leaky),
    Change(
        name="bfloat16",
        told="matrix products in bfloat16",
        seen="drift",
        begin=_bfloat16,
    ),
    Change(
        name="last-layer-frozen",
        told="the last layer is not trained",
        seen="drift",
        begin=_last_frozen,
    ),
)
