"""Faults in what is built: the net, how it starts, and the optimizer's arguments."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from epochal.experiments.experiment import Experiment
from epochal.experiments.nets import MLP
from epochal.experiments.parts import Activation, Initializer, Optimizer
from lab.mutants.mutant import Mutant, SeedTraining

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


def _each(change: Callable[[nn.Linear], None]) -> Callable[[SeedTraining], None]:
    """A change of every linear layer, without a gradient."""

    def begin(training: SeedTraining) -> None:
        with torch.no_grad():
            for module in training.net.modules():
                if isinstance(module, nn.Linear):
                    change(module)

    return begin


def _bfloat16(training: SeedTraining) -> None:
    for module in training.net.modules():
        if isinstance(module, nn.Linear):
            module.forward = _in_bfloat16(module)  # type: ignore[assignment, method-assign]


def _in_bfloat16(linear: nn.Linear) -> Callable[[torch.Tensor], torch.Tensor]:
    def forward(x: torch.Tensor) -> torch.Tensor:
        low = torch.bfloat16
        product = x.to(low) @ linear.weight.t().to(low)
        return product.to(x.dtype) + (0 if linear.bias is None else linear.bias)

    return forward


def _last_frozen(training: SeedTraining) -> None:
    last = [each for each in training.net.modules() if isinstance(each, nn.Linear)][-1]
    for parameter in last.parameters():
        parameter.requires_grad_(False)


BUILT: tuple[Mutant, ...] = (
    Mutant(
        name="step-5-up",
        what="learning rate × 1.05",
        declared="drift",
        setting=_optimizer(lr=lambda lr: 1.05 * lr),
    ),
    Mutant(
        name="step-5-down",
        what="learning rate × 0.95",
        declared="drift",
        setting=_optimizer(lr=lambda lr: 0.95 * lr),
    ),
    Mutant(
        name="momentum-less",
        what="momentum 0.9 → 0.88",
        declared="drift",
        setting=_optimizer(momentum=lambda momentum: momentum - 0.02),
    ),
    Mutant(
        name="nesterov",
        what="momentum by Nesterov",
        declared="drift",
        setting=_added("SGD", nesterov=True),
    ),
    Mutant(
        name="decay-dropped",
        what="weight decay dropped",
        declared="drift",
        setting=_optimizer(weight_decay=lambda decay: 0.0),
    ),
    Mutant(
        name="adam-epsilon",
        what="Adam's epsilon 1e-8 → 1e-4",
        declared="drift",
        setting=_added("Adam", eps=1e-4),
    ),
    Mutant(
        name="weights-5-up",
        what="initial weights × 1.05",
        declared="drift",
        begin=_each(lambda linear: linear.weight.mul_(1.05)),  # type: ignore[arg-type]
    ),
    Mutant(
        name="biases-zero",
        what="biases start at 0",
        declared="drift",
        setting=_net(biases=Initializer("zeros_")),
    ),
    Mutant(
        name="weights-normal",
        what="weights from a normal distribution, Kaiming's gain",
        declared="either",
        setting=_net(weights=Initializer("kaiming_normal_", a=5**0.5)),
    ),
    Mutant(
        name="unit-less",
        what="one hidden unit less",
        declared="drift",
        setting=_one_unit_less,
    ),
    Mutant(
        name="slope", what="ReLU with a slope of 0.01 below 0", declared="drift", setting=_leaky
    ),
    Mutant(
        name="bfloat16",
        what="matrix products in bfloat16",
        declared="drift",
        begin=_bfloat16,
    ),
    Mutant(
        name="last-layer-frozen",
        what="the last layer is not trained",
        declared="drift",
        begin=_last_frozen,
    ),
)
