"""Whether torch has what a setting names, and takes it as it is.

What is named in text is looked up and made once; optimizer and scheduler take a step with the net's
own parameters, with fewer where they are many. A net of the claim's own takes it in its dry run.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import torch
from torch import nn
from torch.optim import lr_scheduler

from epochal.errors import SpecError, nearest
from epochal.experiments.experiment import Experiment
from epochal.experiments.frames import summary
from epochal.experiments.labels import Labels
from epochal.experiments.layers import Siren
from epochal.experiments.loops import Loss, Scheduler
from epochal.experiments.nets import MLP, ModuleNet
from epochal.experiments.own_loop import Training
from epochal.experiments.parts import Activation, Initializer, Named, Optimizer
from epochal.training.layers import ACTIVATIONS
from epochal.training.nets import build
from epochal.training.optimizers import first_step

__all__ = ["check", "check_moves"]

TARGETS, OUTPUTS = (0.25, 0.5, 0.75), (0.125, 0.25, 0.5, 0.75, 0.875)
"""Targets and outputs on which a loss must be smallest where they are equal."""

MANY = 10_000
"""Nets of more weights than this take their first step with two units a layer."""

OTHERWISE = "give another, or the whole net as ModuleNet(…)"
REMEDY = 'give one of differences, such as Loss("SmoothL1Loss")'
LABELS = "give Labels(…) as target"
REMEDIES = {
    "CrossEntropyLoss": LABELS,
    "MultiMarginLoss": LABELS,
    "BCEWithLogitsLoss": 'give Loss("BCELoss") and MLP(…, output=Output(activation="Sigmoid")), '
    "or for classes Labels(…) as target",
    "SoftMarginLoss": 'with targets 0 and 1 give Loss("BCELoss") and '
    'MLP(…, output=Output(activation="Sigmoid"))',
    "PoissonNLLLoss": 'give Loss("PoissonNLLLoss", log_input=False) and '
    'MLP(…, output=Output(activation="Softplus"))',
}
"""By the name of a loss, what to write for one whose output is in the target's unit."""


def check(experiment: Experiment, has_run: bool = False) -> None:
    """Raises `SpecError` if torch has no such activation, initialiser, optimizer or argument.

    A setting that ``has_run`` under this torch is spared the first step, since it has made many:
    a session whose runs are all stored needs no optimizer, for which torch loads its compiler.
    """
    if isinstance(experiment.net, MLP):
        _check_activation("net.activation", experiment.net.nonlinearity, units=4)
        for field in ("weights", "biases"):
            given = getattr(experiment.net, field)
            for initializer in given if isinstance(given, tuple) else (given,):
                if initializer is not None:
                    _check_initializer(f"net.{field}", initializer)
        last = experiment.net.output.activation
        if isinstance(last, Activation):
            _check_activation("net.output.activation", last, units=1)
        if isinstance(experiment.net.output.weights, Initializer):
            _check_initializer("net.output.weights", experiment.net.output.weights)
    _check_optimizer(experiment.optimizer)
    if experiment.scheduler is not None:
        _check_scheduler(experiment.scheduler)
    if isinstance(experiment.loop.loss, Loss):
        _check_loss(experiment.loop.loss, by_class=isinstance(experiment.target, Labels))
    if not has_run and not isinstance(experiment.net, ModuleNet):
        _check_step(experiment, experiment.net)


def check_moves(experiment: Experiment | Training, device: str) -> None:
    """Raise `SpecError` if the net holds a tensor that would not move to ``device`` with it."""
    if device == "cpu" or isinstance(experiment, Training):
        return
    if not isinstance(experiment.net, ModuleNet):
        return
    net = build(experiment.net, experiment.inputs.dimensions, 0, experiment.outputs)
    for module in net.modules():
        for name, value in vars(module).items():
            if isinstance(value, torch.Tensor):
                owner = type(module).__name__
                rule = f"{owner}.{name} is neither parameter nor buffer, so it stays on the CPU"
                step = f'write self.register_buffer("{name}", …)'
                raise SpecError("net.factory", str(experiment.net), rule, step)


def _lookup(
    field: str,
    record: Named,
    module: object,
    base: type,
    more: Mapping[str, Callable[..., Any]] = MappingProxyType({}),
) -> Callable[..., Any]:
    """What ``record`` names in ``module``, or among ``more``."""
    known = [
        name
        for name, each in vars(module).items()
        if isinstance(each, type) and issubclass(each, base) and each is not base
    ]
    if record.name in more:
        return more[record.name]
    if record.name not in known:
        owner = getattr(module, "__name__", "torch")
        raise SpecError(
            field, record.name, f"{owner} has no such class", nearest(record.name, [*known, *more])
        )
    found: Callable[..., Any] = getattr(module, record.name)
    return found


def _construct(field: str, record: Named, make: Callable[..., Any], *first: object) -> None:
    _check_arguments(field, record, make, skip=len(first))
    try:
        make(*first, **record.keywords)
    except (TypeError, ValueError) as error:
        raise SpecError(field, str(record), f"torch refuses it ({error})", "correct it") from error


def _check_arguments(field: str, record: Named, make: Callable[..., Any], skip: int) -> None:
    known = list(inspect.signature(make).parameters)[skip:]
    for name, value in record.arguments:
        if name not in known:
            raise SpecError(
                f"{field}.{name}",
                value,
                f"{make.__name__} has no such argument",
                nearest(name, known),
            )


def _check_initializer(field: str, record: Named) -> None:
    known = [name for name in dir(nn.init) if name.endswith("_") and not name.startswith("_")]
    if record.name not in known:
        raise SpecError(
            field, record.name, "torch.nn.init has no such function", nearest(record.name, known)
        )
    shape = (2,) if field.endswith("biases") else (2, 2)
    _construct(field, record, getattr(nn.init, record.name), torch.empty(shape))


def _check_loss(record: Loss, by_class: bool) -> None:
    make = _lookup("loop.loss", record, nn, nn.modules.loss._Loss)
    _construct("loop.loss", record, make)
    if by_class:
        return
    target, output = torch.tensor(TARGETS)[:, None], torch.tensor(OUTPUTS)[None, :]
    target, output = torch.broadcast_tensors(target, output)  # type: ignore[no-untyped-call]
    flat = output.reshape(-1, 1), target.reshape(-1, 1)
    try:
        each = make(**{**record.keywords, "reduction": "none"})(*flat)
        elementwise = each.shape == flat[0].shape
    except Exception:  # whatever torch raises where it wants other arguments or classes
        elementwise = False
    if not elementwise:
        rule = "it gives no value for each point"
        step = REMEDIES.get(record.name, 'give one such as Loss("SmoothL1Loss")')
        raise SpecError("loop.loss", str(record), rule, step)
    best = output.gather(1, each.reshape(output.shape).argmin(dim=1, keepdim=True))[:, 0]
    if not torch.equal(best, torch.tensor(TARGETS)):
        rule = (
            "it is not smallest where the output equals the target, so errors, coefficients and "
            "pictures of the output would not be in the target's unit"
        )
        raise SpecError("loop.loss", str(record), rule, REMEDIES.get(record.name, REMEDY))


def _check_activation(field: str, record: Activation, units: int) -> None:
    make = _lookup(field, record, nn, nn.Module, ACTIVATIONS)
    _construct(field, record, make)
    given = torch.linspace(0.1, 0.9, 3 * units).reshape(3, units)
    try:
        shape = tuple(make(**record.keywords)(given).shape)
    except Exception as error:
        rule = f"torch refuses to run it ({summary(error)})"
        raise SpecError(field, str(record), rule, OTHERWISE) from error
    if shape != given.shape:
        rule = f"of {units} units a point it makes {shape[1:]}, and it must keep their number"
        raise SpecError(field, str(record), rule, OTHERWISE)


def _check_optimizer(record: Optimizer) -> None:
    make = _lookup("optimizer", record, torch.optim, torch.optim.Optimizer)
    for given in (record, *record.groups):
        field = "optimizer" if given is record else "optimizer.groups"
        _check_arguments(field, given, make, skip=1)
        for name, value in given.arguments:
            if isinstance(value, float) and not math.isfinite(value):
                raise SpecError(f"{field}.{name}", value, "it must be finite", "give a number")


def _check_scheduler(record: Scheduler) -> None:
    make = _lookup("scheduler", record, lr_scheduler, lr_scheduler.LRScheduler)
    _check_arguments("scheduler", record, make, skip=0)
    for part in record.parts:
        _check_scheduler(part)


def _check_step(experiment: Experiment, net: MLP | Siren) -> None:
    """Raises `SpecError` unless the net, or a large one with fewer units, can take a step."""
    inputs = experiment.inputs.dimensions
    if net.weight_count(inputs) > MANY:
        net = replace(net, widths=(2,) * len(net.widths))
    made, x = build(net, inputs, 0, experiment.outputs), torch.ones(2, inputs)
    first_step(experiment, made, lambda: made(x).square().mean())
