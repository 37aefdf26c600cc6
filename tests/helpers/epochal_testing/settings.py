"""Small settings for tests of the reference engine, and comparison of their bits."""

import io
from dataclasses import replace

import torch
from torch import nn

from epochal import (
    MLP,
    Experiment,
    Group,
    Line,
    Loop,
    Loss,
    ModuleNet,
    Optimizer,
    Runs,
    Scheduler,
    SumOfSines,
    Wave,
)

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


def halved(epoch: int) -> float:
    return 1 / (1 + epoch / 20)


SCHEDULERS = (
    Scheduler("StepLR", step_size=5, gamma=0.9),
    Scheduler("MultiStepLR", milestones=[3, 8, 40], gamma=0.5),
    Scheduler("ExponentialLR", gamma=0.99),
    Scheduler("ConstantLR", total_iters=10),
    Scheduler("LinearLR", total_iters=40),
    Scheduler("PolynomialLR", total_iters=100),
    Scheduler("CosineAnnealingLR", T_max=30),
    Scheduler("CosineAnnealingWarmRestarts", T_0=6),
    Scheduler("CyclicLR", base_lr=0.001, max_lr=0.02, step_size_up=7),
    Scheduler("OneCycleLR", max_lr=0.03, total_steps=100),
    Scheduler("ReduceLROnPlateau", patience=1, threshold=0.05),
    Scheduler("LambdaLR", lr_lambda=halved),
    Scheduler(
        "SequentialLR",
        schedulers=[
            Scheduler("LinearLR", start_factor=0.1, total_iters=8),
            Scheduler("CosineAnnealingLR", T_max=80),
        ],
        milestones=[8],
    ),
    Scheduler(
        "ChainedScheduler",
        schedulers=[Scheduler("ExponentialLR", gamma=0.99), Scheduler("StepLR", step_size=5)],
    ),
)
LONGER = {
    "SGD": TINY,
    "momentum": replace(TINY, optimizer=Optimizer("SGD", lr=0.02, momentum=0.9)),
    "Adam": replace(TINY, optimizer=Optimizer("Adam", lr=0.01)),
    "groups": replace(
        TINY,
        optimizer=Optimizer("SGD", lr=0.02, momentum=0.9, groups=[Group("*.bias", lr=0.01)]),
    ),
    "clipped": replace(TINY, loop=Loop(clip_norm=0.1, clip_value=0.05)),
    "LBFGS": replace(TINY, optimizer=Optimizer("LBFGS", lr=0.1, max_iter=4)),
    "mini-batches": replace(TINY, loop=Loop(batch=7)),
    "zero_grad never": replace(TINY, loop=Loop(zero_grad="never")),
    "zero_grad after": replace(TINY, loop=Loop(zero_grad="after", train_mode="every_epoch")),
    "float64": replace(
        TINY, dtype="float64", loop=Loop(loss="half_sum"), optimizer=Optimizer("SGD", lr=3e-3)
    ),
    "another loss": replace(
        TINY,
        loop=Loop(loss=Loss("SmoothL1Loss", beta=0.5, reduction="sum")),
        optimizer=Optimizer("SGD", lr=1e-3),
    ),
    "dropout and batch norm": NOISY,
    "dropout and batch norm in mini-batches": replace(NOISY, loop=Loop(batch=10)),
}


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
