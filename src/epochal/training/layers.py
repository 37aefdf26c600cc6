"""Modules that torch does not have: fixed Fourier features, layers of sines, and x + sin²(x)."""

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import nn

from epochal.experiments.layers import FourierFeatures, Siren
from epochal.experiments.parts import Activation

__all__ = ["ACTIVATIONS", "Fourier", "activation", "siren"]


class Fourier(nn.Module):
    """cos and sin of ω·x for features ``(n, d)``; drawn from torch's generator where ω is drawn."""

    omega: torch.Tensor

    def __init__(self, record: FourierFeatures, dimensions: int) -> None:
        super().__init__()
        if record.count is not None:
            omega = torch.randn(dimensions, record.count) * (record.sd or 1.0)
        else:
            given = torch.tensor(record.angular_frequencies)
            omega = torch.kron(torch.eye(dimensions), given[None])
        self.register_buffer("omega", omega)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        angles = x @ self.omega
        return torch.cat([torch.cos(angles), torch.sin(angles)], dim=1)


class Sine(nn.Module):
    """sin(ω·x), of each entry."""

    def __init__(self, omega: float = 1.0) -> None:
        super().__init__()
        self.omega = omega

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sin(self.omega * x)


class Snake(nn.Module):
    """x + sin²(ω·x)/ω, of each entry: Ziyin et al. 2020, arXiv 2006.08195."""

    def __init__(self, omega: float = 1.0) -> None:
        super().__init__()
        self.omega = omega

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.sin(self.omega * x) ** 2 / self.omega


ACTIVATIONS: Mapping[str, type[nn.Module]] = {"Sine": Sine, "Snake": Snake}
"""Activations by name that are not torch's."""


def activation(record: Activation) -> nn.Module:
    """The module of ``record``."""
    make = ACTIVATIONS.get(record.name) or getattr(nn, record.name)
    module: nn.Module = make(**record.keywords)
    return module


def siren(record: Siren, dimensions: int, outputs: int) -> nn.Sequential:
    """The untrained net of ``record``: all layers are made first, then weights are drawn anew."""
    sizes = (dimensions, *record.widths, outputs)
    linears = [nn.Linear(a, b) for a, b in pairwise(sizes)]
    for place, linear in enumerate(linears):
        fan = linear.in_features
        bound = 1 / fan if place == 0 else (6 / fan) ** 0.5 / record.hidden_omega
        nn.init.uniform_(linear.weight, -bound, bound)
    modules: list[nn.Module] = [linears[0], Sine(record.first_omega)]
    for linear in linears[1:-1]:
        modules += [linear, Sine(record.hidden_omega)]
    return nn.Sequential(*modules, linears[-1])
