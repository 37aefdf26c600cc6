"""Nets and optimizers from their records, and the check that torch knows their names.

Weights are drawn on the CPU in float32 from torch's generator seeded with the seed, in the order
of the layers (weight, then bias, as ``nn.Linear`` draws them), and only then cast and moved: every
device and dtype starts from the same bits. A declared initialiser draws after all layers were
made, layer by layer, weights before biases; an output layer's own comes last.
"""

import inspect
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import lr_scheduler

from epochal.errors import SpecError, nearest
from epochal.experiments.experiment import Experiment
from epochal.experiments.layers import Siren
from epochal.experiments.loops import Loss
from epochal.experiments.nets import MLP, ModuleNet
from epochal.experiments.parts import Activation, Initializer, Named
from epochal.process import kept
from epochal.training import layers
from epochal.training.randomness import seeded

__all__ = ["build", "check", "make_optimizer", "make_scheduler", "needs_closure", "step"]

TARGETS, OUTPUTS = (0.25, 0.5, 0.75), (0.125, 0.25, 0.5, 0.75, 0.875)
"""Targets and outputs on which a loss must be smallest where they are equal."""

REMEDY = 'give one of differences, such as Loss("SmoothL1Loss")'
REMEDIES = {
    "BCEWithLogitsLoss": 'give Loss("BCELoss") and MLP(…, output=Output(activation="Sigmoid"))',
    "SoftMarginLoss": 'with targets 0 and 1 give Loss("BCELoss") and '
    'MLP(…, output=Output(activation="Sigmoid"))',
    "PoissonNLLLoss": 'give Loss("PoissonNLLLoss", log_input=False) and '
    'MLP(…, output=Output(activation="Softplus"))',
}
"""By the name of a loss, what to write for one whose output is in the target's unit."""


def check(experiment: Experiment) -> None:
    """Raises `SpecError` if torch has no such activation, initialiser, optimizer or argument."""
    if isinstance(experiment.net, MLP):
        make = experiment.net.nonlinearity
        _construct("net.activation", make, _lookup("net.activation", make, nn, nn.Module))
        for field in ("weights", "biases"):
            given = getattr(experiment.net, field)
            for initializer in given if isinstance(given, tuple) else (given,):
                if initializer is not None:
                    _check_initializer(f"net.{field}", initializer)
        last = experiment.net.output.activation
        if isinstance(last, Activation):
            found = _lookup("net.output.activation", last, nn, nn.Module)
            _construct("net.output.activation", last, found)
        if isinstance(experiment.net.output.weights, Initializer):
            _check_initializer("net.output.weights", experiment.net.output.weights)
    _check_optimizer(experiment.optimizer)
    if isinstance(experiment.loop.loss, Loss):
        _check_loss(experiment.loop.loss)
    if experiment.scheduler is not None:
        _check_scheduler(
            experiment.scheduler, make_optimizer(experiment.optimizer, nn.Linear(1, 1))
        )


def build(net: MLP | Siren | ModuleNet, dimensions: int, seed: int) -> nn.Module:
    """The untrained net of ``seed``, float32 on the CPU; leaves the process as it was.

    A factory of the claim's own runs with all global generators set from the seed.
    """
    with kept(), seeded(seed):
        if isinstance(net, Siren):
            return layers.siren(net, dimensions)
        return _perceptron(net, dimensions) if isinstance(net, MLP) else _module(net)


def make_optimizer(record: Named, net: nn.Module) -> torch.optim.Optimizer:
    """The optimizer of ``record`` over all parameters of ``net``."""
    optimizer: torch.optim.Optimizer = getattr(torch.optim, record.name)(
        net.parameters(), **record.keywords
    )
    return optimizer


def make_scheduler(record: Named | None, optimizer: torch.optim.Optimizer) -> Any:
    """The scheduler of ``record``, None where there is none."""
    return record and getattr(lr_scheduler, record.name)(optimizer, **record.keywords)


def step(scheduler: Any, loss: torch.Tensor) -> None:
    """Steps ``scheduler``, which may ask for the ``loss``."""
    plateau = isinstance(scheduler, lr_scheduler.ReduceLROnPlateau)
    scheduler.step(*([float(loss)] if plateau else []))


def needs_closure(optimizer: torch.optim.Optimizer) -> bool:
    """Whether ``step`` must be given a function that recomputes the loss (LBFGS)."""
    return isinstance(optimizer, torch.optim.LBFGS)


def _perceptron(net: MLP, dimensions: int) -> nn.Sequential:
    activation = getattr(nn, net.nonlinearity.name)
    modules: list[nn.Module] = []
    linears: list[nn.Linear] = []
    width = dimensions
    if net.features is not None:
        modules.append(layers.Fourier(net.features, dimensions))
        width = net.features.width(dimensions)
    for each in net.widths:
        linears.append(nn.Linear(width, each, bias=net.bias))
        modules += [linears[-1]] + [nn.BatchNorm1d(each)] * net.batch_norm
        modules += [activation(**net.nonlinearity.keywords)]
        modules += [nn.Dropout(net.dropout)] * bool(net.dropout)
        width = each
    linears.append(nn.Linear(width, 1, bias=net.output_bias))
    starts = [
        given if isinstance(given, tuple) else (given,) * len(linears)
        for given in (net.weights, net.biases)
    ]
    for linear, weights, biases in zip(linears, *starts, strict=True):
        _initialize(weights, linear.weight)
        if linear.bias is not None:
            _initialize(biases, linear.bias)
    return nn.Sequential(*modules, *_output(net, linears[-1]))


def _output(net: MLP, last: nn.Linear) -> list[nn.Module]:
    if net.output.weights == "signs":
        with torch.no_grad():
            last.weight.copy_(2.0 * torch.randint(0, 2, last.weight.shape) - 1)
    elif isinstance(net.output.weights, Initializer):
        _initialize(net.output.weights, last.weight)
    for parameter in last.parameters():
        parameter.requires_grad_(net.output.trained)
    scaled = [_Scaled(net.widths[-1] ** -0.5)] if net.output.scaled else []
    after = net.output.activation
    then = [getattr(nn, after.name)(**after.keywords)] if isinstance(after, Activation) else []
    return [last, *scaled, *then]


class _Scaled(nn.Module):
    """What it is given, times a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.factor * x


def _initialize(record: Named | None, parameter: torch.Tensor) -> None:
    if record is not None:
        getattr(nn.init, record.name)(parameter, **record.keywords)


def _module(net: ModuleNet) -> nn.Module:
    module = net.factory(**net.keywords)
    if not isinstance(module, nn.Module):
        raise SpecError(
            "net.factory", type(module).__name__, "it must return an nn.Module", "return the net"
        )
    return module


def _lookup(field: str, record: Named, module: object, base: type) -> Callable[..., Any]:
    known = [
        name
        for name, each in vars(module).items()
        if isinstance(each, type) and issubclass(each, base) and each is not base
    ]
    if record.name not in known:
        owner = getattr(module, "__name__", "torch")
        raise SpecError(
            field, record.name, f"{owner} has no such class", nearest(record.name, known)
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
                f"{record.name} has no such argument",
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


def _check_loss(record: Loss) -> None:
    make = _lookup("loop.loss", record, nn, nn.modules.loss._Loss)
    _construct("loop.loss", record, make)
    target, output = torch.tensor(TARGETS)[:, None], torch.tensor(OUTPUTS)[None, :]
    target, output = torch.broadcast_tensors(target, output)  # type: ignore[no-untyped-call]
    flat = output.reshape(-1, 1), target.reshape(-1, 1)
    try:
        each = make(**{**record.keywords, "reduction": "none"})(*flat)
        elementwise = each.shape == flat[0].shape
    except Exception:  # whatever torch raises where it wants other arguments or classes
        elementwise = False
    if not elementwise:
        rule, step = "it gives no value for each point", 'give one such as Loss("SmoothL1Loss")'
        raise SpecError("loop.loss", str(record), rule, step)
    best = output.gather(1, each.reshape(output.shape).argmin(dim=1, keepdim=True))[:, 0]
    if not torch.equal(best, torch.tensor(TARGETS)):
        rule = (
            "it is not smallest where the output equals the target, so errors, coefficients and "
            "pictures of the output would not be in the target's unit"
        )
        raise SpecError("loop.loss", str(record), rule, REMEDIES.get(record.name, REMEDY))


def _check_scheduler(record: Named, optimizer: torch.optim.Optimizer) -> None:
    make = _lookup("scheduler", record, lr_scheduler, lr_scheduler.LRScheduler)
    _construct("scheduler", record, make, optimizer)


def _check_optimizer(record: Named) -> None:
    make = _lookup("optimizer", record, torch.optim, torch.optim.Optimizer)
    _construct("optimizer", record, make, [nn.Parameter(torch.zeros(1))])
    for name, value in record.arguments:
        if isinstance(value, float) and not math.isfinite(value):
            raise SpecError(f"optimizer.{name}", value, "it must be finite", "give a number")
