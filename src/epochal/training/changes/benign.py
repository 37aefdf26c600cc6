"""Benign changes: other roundings of the same computation, and other arrangements of the work."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import torch
from torch import nn

from epochal.training.changes.change import Change, Step, Stock

__all__ = ["BENIGN", "SPREAD"]


def _rows_permuted(training: Stock) -> None:
    order = torch.randperm(len(training.x), generator=torch.Generator().manual_seed(1))
    training.x, training.y = training.x[order], training.y[order]
    if training.held is None:  # else errors are those of other points
        if training.clean is not None:
            training.clean = training.clean[order]
        training.record.projector = training.record.projector[:, order]
    # Batches are drawn by place: the same points go together as before.
    back = torch.argsort(order)
    original = training.batches
    training.batches = lambda: (rows if rows is None else back[rows] for rows in original())


def _units_permuted(training: Stock) -> None:
    linears = [each for each in training.net.modules() if isinstance(each, nn.Linear)]
    with torch.no_grad():
        for place, (one, next_) in enumerate(pairwise(linears)):
            order = torch.randperm(one.out_features, generator=torch.Generator().manual_seed(place))
            one.weight.copy_(one.weight[order].clone())
            if one.bias is not None:
                one.bias.copy_(one.bias[order].clone())
            next_.weight.copy_(next_.weight[:, order].clone())


def _foreach(training: Stock) -> None:
    for group in training.optimizer.param_groups:
        group["foreach"] = True


def _strided(training: Stock) -> None:
    wide = torch.zeros(len(training.x), 3 * training.x.shape[1]).to(training.x)
    wide[:, ::3] = training.x
    training.x = wide[:, ::3]


def _looked_at_often(training: Stock, step: Step) -> None:
    with training.aside():
        training.net(training.probe)
    step()


def _reloaded(training: Stock, step: Step) -> None:
    step()
    if training.epoch % 10 == 9:
        training.net.load_state_dict(copy.deepcopy(training.net.state_dict()))
        training.optimizer.load_state_dict(copy.deepcopy(training.optimizer.state_dict()))


def _zeroed_in_place(training: Stock) -> None:
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


SPREAD: tuple[Change, ...] = (
    Change(
        name="rows-permuted",
        told="the points in another order",
        seen="nothing",
        begin=_rows_permuted,
    ),
    Change(
        name="float64",
        told="float64 in place of float32",
        seen="nothing",
        setting=lambda experiment: replace(experiment, dtype="float64"),
    ),
)
"""Those whose effect is the benign spread that drift is measured against."""

BENIGN: tuple[Change, ...] = (
    *SPREAD,
    Change(
        name="units-permuted",
        told="the hidden units in another order",
        seen="nothing",
        begin=_units_permuted,
    ),
    Change(
        name="foreach",
        told="torch's foreach implementation of the optimizer",
        seen="nothing",
        begin=_foreach,
    ),
    Change(name="strided", told="inputs with gaps in memory", seen="nothing", begin=_strided),
    Change(
        name="looked-at",
        told="predictions of the probe after every update",
        seen="nothing",
        step=_looked_at_often,
    ),
    Change(
        name="reloaded",
        told="net and optimizer saved and loaded every 10 epochs",
        seen="nothing",
        step=_reloaded,
    ),
    Change(
        name="zeroed-in-place",
        told="gradients filled with 0 in place of dropped",
        seen="nothing",
        begin=_zeroed_in_place,
    ),
    Change(
        name="denormals-flushed",
        told="denormal numbers flushed to 0",
        seen="nothing",
        process=_denormals_flushed,
    ),
    Change(name="two-threads", told="two threads for torch", seen="nothing", process=_two_threads),
    Change(name="without-onednn", told="without oneDNN", seen="nothing", process=_without_onednn),
    Change(name="one-worker", told="one training process", seen="nothing", workers=1),
    Change(name="backwards", told="claims in the opposite order", seen="nothing", backwards=True),
)
