"""Faults in the step: gradients, their zeroing, and what the optimizer makes of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import nn

from epochal.training.changes.change import Change, Step, Stock

__all__ = ["STEPPED"]


def _every(count: int, instead: Callable[[Stock, Step], None]) -> Callable[[Stock, Step], None]:
    """Every so many epochs something else than the update."""

    def step(training: Stock, update: Step) -> None:
        if training.epoch % count == count - 1:
            instead(training, update)
        else:
            update()

    return step


def _without_zeroing(training: Stock, update: Step) -> None:
    """The gradients of this epoch stay, and are added to those of the next."""
    loop = training.loop
    training.loop = replace(loop, zero_grad="never")
    update()
    training.loop = loop


@contextmanager
def _stepping(training: Stock, instead: Callable[[Step], None]) -> Iterator[None]:
    """Within this block the optimizer's step is ``instead``, which is given the real one."""
    optimizer = training.optimizer
    original = optimizer.step
    optimizer.step = lambda *given: instead(lambda: original(*given))
    try:
        yield
    finally:
        optimizer.step = original


def _skipped(training: Stock, update: Step) -> None:
    """The loss is measured, and no step is made."""
    with _stepping(training, lambda step: None):
        update()


def _stale(training: Stock, update: Step) -> None:
    """The step is made with the gradients of the update before."""
    parameters, before = list(training.net.parameters()), getattr(training, "stale", None)

    def late(step: Step) -> None:
        training.stale = [None if p.grad is None else p.grad.clone() for p in parameters]
        for parameter, old in zip(parameters, before or training.stale, strict=True):
            parameter.grad = old
        step()

    with _stepping(training, late):
        update()


def _before_step(work: Callable[[Stock], None]) -> Callable[[Stock, Step], None]:
    """Something between the gradients and the step."""

    def changed(training: Stock, update: Step) -> None:
        def worked(step: Step) -> None:
            work(training)
            step()

        with _stepping(training, worked):
            update()

    return changed


def _halved(training: Stock) -> None:
    """As where half of the points count in the mean, and all in the sum."""
    for parameter in training.net.parameters():
        if parameter.grad is not None:
            parameter.grad *= 2


def _clipped(training: Stock) -> None:
    nn.utils.clip_grad_norm_(training.net.parameters(), 0.1)


def _first_bias_kept(training: Stock) -> None:
    first = next(each for each in training.net.modules() if isinstance(each, nn.Linear))
    if first.bias is not None:
        first.bias.grad = None


def _after_step(work: Callable[[Stock], None]) -> Callable[[Stock, Step], None]:
    def step(training: Stock, update: Step) -> None:
        update()
        with torch.no_grad():
            work(training)

    return step


def _decayed(training: Stock) -> None:
    for group in training.optimizer.param_groups:
        group["lr"] *= 0.9998


def _rounded(dtype: torch.dtype) -> Callable[[Stock], None]:
    def work(training: Stock) -> None:
        for parameter in training.net.parameters():
            parameter.copy_(parameter.to(dtype).to(parameter.dtype))

    return work


STEPPED: tuple[Change, ...] = (
    Change(
        name="step-decays",
        told="learning rate × 0.9998 after every update",
        seen="drift",
        step=_after_step(_decayed),
    ),
    Change(
        name="step-skipped",
        told="no step in every 20th epoch",
        seen="drift",
        step=_every(20, _skipped),
    ),
    Change(
        name="stale-gradient",
        told="each step with the gradients of the one before",
        seen="drift",
        step=_stale,
    ),
    Change(
        name="zero-grad-forgotten",
        told="gradients not zeroed in every 50th epoch",
        seen="drift",
        step=_every(50, _without_zeroing),
    ),
    Change(
        name="gradient-doubled",
        told="a loss of twice the size: the mean over half the points",
        seen="drift",
        step=_before_step(_halved),
    ),
    Change(
        name="gradient-clipped",
        told="gradients clipped to a norm of 0.1",
        seen="either",
        step=_before_step(_clipped),
    ),
    Change(
        name="first-bias-frozen",
        told="biases of the first layer are not trained",
        seen="drift",
        step=_before_step(_first_bias_kept),
    ),
    Change(
        name="weights-bfloat16",
        told="weights rounded to bfloat16 after every update",
        seen="either",
        step=_after_step(_rounded(torch.bfloat16)),
    ),
)
