"""Equivalent changes: other roundings of a computation, and other arrangements of the work."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import torch
from torch import nn

from epochal.training.variants import ROUNDINGS
from lab.mutants.mutant import Mutant, SeedTraining, Step

__all__ = ["EQUIVALENT"]


def _units_permuted(training: SeedTraining) -> None:
    linears = [each for each in training.net.modules() if isinstance(each, nn.Linear)]
    with torch.no_grad():
        for place, (one, next_) in enumerate(pairwise(linears)):
            order = torch.randperm(one.out_features, generator=torch.Generator().manual_seed(place))
            one.weight.copy_(one.weight[order].clone())
            if one.bias is not None:
                one.bias.copy_(one.bias[order].clone())
            next_.weight.copy_(next_.weight[:, order].clone())


def _foreach(training: SeedTraining) -> None:
    for group in training.optimizer.param_groups:
        group["foreach"] = True


def _strided(training: SeedTraining) -> None:
    wide = torch.zeros(len(training.x), 3 * training.x.shape[1]).to(training.x)
    wide[:, ::3] = training.x
    training.x = wide[:, ::3]


def _looked_at_often(training: SeedTraining, step: Step) -> None:
    with training.aside():
        training.net(training.probe)
    step()


def _reloaded(training: SeedTraining, step: Step) -> None:
    step()
    if training.epoch % 10 == 9:
        training.net.load_state_dict(copy.deepcopy(training.net.state_dict()))
        training.optimizer.load_state_dict(copy.deepcopy(training.optimizer.state_dict()))


def _zeroed_in_place(training: SeedTraining) -> None:
    optimizer = training.optimizer
    original = optimizer.zero_grad
    optimizer.zero_grad = lambda: original(set_to_none=False)


@contextmanager
def _denormals_flushed() -> Iterator[None]:
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@contextmanager
def _two_threads() -> Iterator[None]:
    torch.set_num_threads(2)
    try:
        yield
    finally:
        torch.set_num_threads(1)


@contextmanager
def _without_onednn() -> Iterator[None]:
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = False  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before


WHAT = {"rows-permuted": "the points in another order", "float64": "float64 in place of float32"}
"""The roundings that tolerances are measured by, in words."""

EQUIVALENT: tuple[Mutant, ...] = (
    *(
        Mutant(name=e.name, what=WHAT[e.name], declared="nothing", setting=e.setting, begin=e.begin)
        for e in ROUNDINGS
    ),
    Mutant(
        name="units-permuted",
        what="the hidden units in another order",
        declared="nothing",
        begin=_units_permuted,
    ),
    Mutant(
        name="foreach",
        what="torch's foreach implementation of the optimizer",
        declared="nothing",
        begin=_foreach,
    ),
    Mutant(name="strided", what="inputs with gaps in memory", declared="nothing", begin=_strided),
    Mutant(
        name="looked-at",
        what="predictions of the probe after every update",
        declared="nothing",
        step=_looked_at_often,
    ),
    Mutant(
        name="reloaded",
        what="net and optimizer saved and loaded every 10 epochs",
        declared="nothing",
        step=_reloaded,
    ),
    Mutant(
        name="zeroed-in-place",
        what="gradients filled with 0 in place of dropped",
        declared="nothing",
        begin=_zeroed_in_place,
    ),
    Mutant(
        name="denormals-flushed",
        what="denormal numbers flushed to 0",
        declared="nothing",
        process=_denormals_flushed,
    ),
    Mutant(
        name="two-threads", what="two threads for torch", declared="nothing", process=_two_threads
    ),
    Mutant(
        name="without-onednn", what="without oneDNN", declared="nothing", process=_without_onednn
    ),
    Mutant(name="one-worker", what="one training process", declared="nothing", workers=1),
    Mutant(
        name="backwards", what="claims in the opposite order", declared="nothing", backwards=True
    ),
)
