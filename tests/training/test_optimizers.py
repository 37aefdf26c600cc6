"""Optimizers with groups of parameters, schedulers made of others, clipped gradients."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from epochal import MLP, Experiment, Group, Loop, ModuleNet, Optimizer, Output, Scheduler
from epochal.errors import SpecError
from epochal.experiments.data import draw
from epochal.training.checks import check
from epochal.training.nets import build
from epochal.training.optimizers import make_optimizer
from epochal.training.train import train
from epochal_testing.settings import TINY

pytestmark = pytest.mark.usefixtures("one_thread")

WARM = [
    Scheduler("LinearLR", start_factor=0.1, total_iters=10),
    Scheduler("CosineAnnealingLR", T_max=30),
]
WARM_THEN_COSINE = Scheduler("SequentialLR", schedulers=WARM, milestones=[10])
BIASES = Optimizer("SGD", lr=0.1, groups=[Group("*.bias", lr=0.01), Group("0.*", momentum=0.5)])


def with_optimizer(name: str, **given: Any) -> Experiment:
    return replace(TINY, optimizer=Optimizer(name, **given))


def by_hand(
    experiment: Experiment,
    optimizer: Callable[[nn.Module], torch.optim.Optimizer],
    scheduler: Callable[[Any], Any] = lambda optimizer: None,
    clip: Callable[[nn.Module], object] = lambda net: None,
) -> list[float]:
    """The losses of 40 epochs of a plain loop."""
    data, net = draw(experiment, 3), build(experiment.net, 1, 3)
    x, y = (torch.from_numpy(each).float() for each in (data.features, data.target[:, None]))
    stepped = optimizer(net)
    scheduled = scheduler(stepped)
    losses = []
    for _ in range(40):
        stepped.zero_grad()
        loss = nn.functional.mse_loss(net(x), y)
        losses.append(loss.item())
        loss.backward()  # type: ignore[no-untyped-call]
        clip(net)
        stepped.step()
        if scheduled is not None:
            scheduled.step()
    return losses


def trained(experiment: Experiment) -> list[float]:
    losses: list[float] = train(experiment, [3], epochs=39).loss[0].tolist()
    return losses


def sgd(net: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(net.parameters(), lr=0.1)


def test_groups_are_those_of_a_plain_loop() -> None:
    def grouped(net: nn.Module) -> torch.optim.Optimizer:
        named = dict(net.named_parameters())
        biases = [each for name, each in named.items() if name.endswith("bias")]
        weights = [named["0.weight"]]
        rest = [each for name, each in named.items() if name[-6:] == "weight" and name[0] != "0"]
        groups: list[dict[str, Any]] = [
            {"params": biases, "lr": 0.01},
            {"params": weights, "momentum": 0.5},
            {"params": rest},
        ]
        return torch.optim.SGD(groups, lr=0.1)

    assert trained(replace(TINY, optimizer=BIASES)) == by_hand(TINY, grouped)
    assert trained(replace(TINY, optimizer=BIASES)) != by_hand(TINY, sgd)


def test_a_warm_up_before_a_cosine_is_that_of_a_plain_loop() -> None:
    def scheduled(optimizer: Any) -> Any:
        from torch.optim import lr_scheduler as of

        parts = [of.LinearLR(optimizer, 0.1, total_iters=10), of.CosineAnnealingLR(optimizer, 30)]
        return of.SequentialLR(optimizer, parts, [10])

    made = replace(TINY, optimizer=Optimizer("SGD", lr=0.1), scheduler=WARM_THEN_COSINE)
    assert trained(made) == by_hand(TINY, sgd, scheduled)


@pytest.mark.parametrize(
    ("loop", "clip"),
    [
        (Loop(clip_norm=0.1), lambda net: nn.utils.clip_grad_norm_(net.parameters(), 0.1)),
        (Loop(clip_value=0.02), lambda net: nn.utils.clip_grad_value_(net.parameters(), 0.02)),
    ],
)
def test_clipped_gradients_are_those_of_a_plain_loop(
    loop: Loop, clip: Callable[[nn.Module], object]
) -> None:
    made = replace(TINY, optimizer=Optimizer("SGD", lr=0.1), loop=loop)
    assert trained(made) == by_hand(TINY, sgd, clip=clip)
    assert trained(made) != by_hand(TINY, sgd)


def test_lbfgs_clips_in_its_closure() -> None:
    free = with_optimizer("LBFGS", lr=0.1, max_iter=4)
    clipped = replace(free, loop=Loop(clip_value=1e-3))
    assert not np.array_equal(trained(free), trained(clipped))


def test_prefix_sum_has_groups_clipping_and_warm_up_too() -> None:
    made = replace(
        TINY,
        net=MLP(widths=(30,)),
        optimizer=BIASES,
        loop=Loop(clip_norm=0.1, clip_value=0.05),
        scheduler=WARM_THEN_COSINE,
        dtype="float64",
    )
    fast, reference = (
        train(made, [3], epochs=39, engine=name) for name in ("prefix_sum", "reference")
    )
    np.testing.assert_allclose(fast.loss, reference.loss, rtol=1e-9)


def test_what_is_left_of_the_parameters_is_the_last_group() -> None:
    net = build(MLP(widths=(4,)), 1, 0)
    sizes = [len(each["params"]) for each in make_optimizer(BIASES, net).param_groups]
    assert sizes == [2, 1, 1]
    every = Optimizer("SGD", lr=0.1, groups=[Group("*", lr=0.2)])
    assert [each["lr"] for each in make_optimizer(every, net).param_groups] == [0.2]


@pytest.mark.parametrize("name", ["Muon", "ASGD", "Adafactor", "Rprop", "Adamax", "NAdam"])
def test_what_torch_trains_with_the_nets_parameters_is_not_refused(name: str) -> None:
    if not hasattr(torch.optim, name):
        pytest.skip(f"this torch has no {name}")
    made = replace(with_optimizer(name), net=MLP(widths=(8,), bias=False, output_bias=False))
    check(made)
    assert len(trained(made)) == 40


def plain(bias: bool = True) -> nn.Module:
    return nn.Sequential(nn.Linear(1, 8, bias=bias), nn.Tanh(), nn.Linear(8, 1, bias=bias))


OWN = ModuleNet(plain, weights=16)
REFUSED: dict[str, tuple[Experiment, str]] = {
    "sparse gradients alone": (
        with_optimizer("SparseAdam"),
        "optimizer = 'SparseAdam()': torch refuses it (RuntimeError: SparseAdam does not support",
    ),
    "with a net of one's own": (
        replace(with_optimizer("SparseAdam"), net=OWN),
        "optimizer = 'SparseAdam()': torch refuses it (RuntimeError: SparseAdam does not support",
    ),
    "a group that names nothing": (
        with_optimizer("SGD", lr=0.1, groups=[Group("*.bais", lr=0.2)]),
        "optimizer.groups = '*.bais': it names no parameter; the net has 0.weight, 0.bias, ",
    ),
    "the same, in a net of one's own": (
        replace(with_optimizer("SGD", lr=0.1, groups=[Group("1.*", lr=0.2)]), net=OWN),
        "optimizer.groups = '1.*': it names no parameter; the net has 0.weight, 0.bias, 2.weight",
    ),
    "a group that is left nothing": (
        with_optimizer("SGD", lr=0.1, groups=[Group("*", lr=0.2), Group("0.*", lr=0.3)]),
        "optimizer.groups = '0.*': groups before it take all that it names; the net has ",
    ),
    "an argument that the optimizer lacks": (
        with_optimizer("SGD", lr=0.1, groups=[Group("*", betas=(0.9, 0.9))]),
        "optimizer.groups.betas = (0.9, 0.9): SGD has no such argument; ",
    ),
    "a wrong value in a group": (
        with_optimizer("SGD", lr=0.1, groups=[Group("*", momentum=float("nan"))]),
        "optimizer.groups.momentum = nan: it must be finite; give a number",
    ),
    "too few milestones": (
        replace(TINY, scheduler=Scheduler("SequentialLR", schedulers=WARM, milestones=[])),
        "torch refuses it (ValueError: ",
    ),
    "a part that torch has not": (
        replace(
            TINY,
            scheduler=Scheduler(
                "SequentialLR", schedulers=[WARM[0], Scheduler("Cosine")], milestones=[3]
            ),
        ),
        "scheduler = 'Cosine': torch.optim.lr_scheduler has no such class; ",
    ),
    "halved units": (
        replace(TINY, net=MLP(widths=(8,), activation="GLU")),
        "net.activation = 'GLU()': of 4 units a point it makes (2,), and it must keep their number",
    ),
    "an output that is halved": (
        replace(TINY, net=MLP(widths=(8,), output=Output(activation="GLU"))),
        "net.output.activation = 'GLU()': torch refuses to run it (RuntimeError: ",
    ),
    "an activation of pictures": (
        replace(TINY, net=MLP(widths=(8,), activation="Softmax2d")),
        "net.activation = 'Softmax2d()': torch refuses to run it (ValueError: ",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_torch_does_not_train_is_told_before_anything_trains(name: str) -> None:
    experiment, told = REFUSED[name]
    with pytest.raises(SpecError) as error:
        train(experiment, [0], epochs=3)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"schedulers": [0.1]}, "scheduler.schedulers = 0.1: Scheduler is needed"),
        ({"schedulers": WARM, "milestones": ["a"]}, "scheduler.milestones = 'a': a whole number"),
        ({"schedulers": WARM[0]}, "give [Scheduler(…), …]"),
    ],
)
def test_a_sequence_of_what_is_none_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(SpecError) as error:
        Scheduler("SequentialLR", **given)
    assert told in str(error.value)
