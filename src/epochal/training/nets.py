"""Nets from their records.

Weights are drawn on the CPU in float32 from torch's generator seeded with the seed, in the order
of the layers (weight, then bias, as ``nn.Linear`` draws them), and only then cast and moved: every
device and dtype starts from the same bits. A declared initialiser draws after all layers were
made, layer by layer, weights before biases; an output layer's own comes last.
"""

import torch
from torch import nn

from epochal.errors import SpecError
from epochal.experiments.layers import Siren
from epochal.experiments.nets import MLP, ModuleNet
from epochal.experiments.parts import Activation, Initializer, Named
from epochal.process import kept
from epochal.training import layers
from epochal.training.randomness import seeded

__all__ = ["build"]


def build(net: MLP | Siren | ModuleNet, dimensions: int, seed: int, outputs: int = 1) -> nn.Module:
    """The untrained net of ``seed``, float32 on the CPU; leaves the process as it was.

    A factory of the claim's own runs with all global generators set from the seed.
    """
    with kept(), seeded(seed):
        if isinstance(net, Siren):
            return layers.siren(net, dimensions, outputs)
        return _perceptron(net, dimensions, outputs) if isinstance(net, MLP) else _module(net)


def _perceptron(net: MLP, dimensions: int, outputs: int) -> nn.Sequential:
    modules: list[nn.Module] = []
    linears: list[nn.Linear] = []
    width = dimensions
    if net.features is not None:
        modules.append(layers.Fourier(net.features, dimensions))
        width = net.features.width(dimensions)
    for each in net.widths:
        linears.append(nn.Linear(width, each, bias=net.bias))
        modules += [linears[-1]] + [nn.BatchNorm1d(each)] * net.batch_norm
        modules += [layers.activation(net.nonlinearity)]
        modules += [nn.Dropout(net.dropout)] * bool(net.dropout)
        width = each
    linears.append(nn.Linear(width, outputs, bias=net.output_bias))
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
    then = [layers.activation(after)] if isinstance(after, Activation) else []
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
