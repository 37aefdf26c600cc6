"""A small setting for tests of the reference engine, and what tells two trainings apart."""

import io
from dataclasses import replace

import torch
from torch import nn

from epochal import MLP, Experiment, Line, ModuleNet, Optimizer, Runs, SumOfSines, Wave

TINY = Experiment(
    inputs=Line(low=-2, high=2, points=30),
    target=SumOfSines((Wave(2), Wave(5))),
    net=MLP(widths=(12, 12)),
    optimizer=Optimizer("SGD", lr=0.05),
    probe=40,
)


class Noisy(nn.Sequential):
    """A net whose forward pass draws numbers (dropout) and keeps a state (batch norm)."""

    def __init__(self) -> None:
        super().__init__(
            nn.Linear(1, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1)
        )


NOISY = replace(TINY, net=ModuleNet(factory=Noisy, weights=16))


def weights(runs: Runs, seed: int = 0) -> dict[str, torch.Tensor]:
    """The final weights of a seed, by its place."""
    state = torch.load(io.BytesIO(runs.states[seed]), weights_only=True)
    net: dict[str, torch.Tensor] = state["net"]
    return net


def assert_same_bits(one: Runs, other: Runs) -> None:
    """Equal in every bit of all that is measured."""
    for name in ("loss", "mse", "projections", "predictions"):
        a, b = getattr(one, name), getattr(other, name)
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes(), name
    assert one.snapshots.tolist() == other.snapshots.tolist()
    assert one.weight_hash.tolist() == other.weight_hash.tolist()
