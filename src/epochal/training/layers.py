"""The modules of `epochal.experiments.layers`: fixed Fourier features, and layers of sines."""

from itertools import pairwise

import torch
from torch import nn

from epochal.experiments.layers import FourierFeatures, Siren

__all__ = ["Fourier", "siren"]


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

    def __init__(self, omega: float) -> None:
        super().__init__()
        self.omega = omega

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sin(self.omega * x)


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
