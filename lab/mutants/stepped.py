"""Faults in the step: gradients, their zeroing, and what the optimizer makes of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import nn

from lab.mutants.mutant import Mutant, SeedTraining, Step

__all__ = ["STEPPED"]


def _every(
    count: int, instead: Callable[[SeedTraining, Step], None]
) -> Callable[[SeedTraining, Step], None]:
    """Every so many epochs something else than the update."""

    def step(training: SeedTraining, update: Step) -> None:
        if training.epoch % count == count - 1:
            instead(training, update)
        else:
            update()

    return step


def _without_zeroing(training: SeedTraining, update: Step) -> None:
    """The gradients of this epoch stay, and are added to those of the next."""
    loop = training.loop
    training.loop = replace(loop, zero_grad="never")
    update()
    training.loop = loop


@contextmanager
def _stepping(training: SeedTraining, instead: Callable[[Step], None]) -> Iterator[None]:
    """Within this block the optimizer's step is ``instead``, which is given the real one."""
    optimizer = training.optimizer
    original = optimizer.step
    optimizer.step = lambda *given: instead(lambda: original(*given))
    try:
        yield
    finally:
        optimizer.step = original


def _skipped(training: SeedTraining, update: Step) -> None:
    """The loss is measured, and no step is made."""
    with _stepping(training, lambda step: None):
        update()


def _stale(training: SeedTraining, update: Step) -> None:
    """The step is made with the gradients of the update before."""
    parameters, before = list(training.net.parameters()), getattr(training, "stale", None)

    def late(step: Step) -> None:
        training.stale = [None if p.grad is None else p.grad.clone() for p in parameters]
        for parameter, old in zip(parameters, before or training.stale, strict=True):
            parameter.grad = old
        step()

    with _stepping(training, late):
        update()


def _before_step(work: Callable[[SeedTraining], None]) -> Callable[[SeedTraining, Step], None]:
    """Something between the gradients and the step."""

    def changed(training: SeedTraining, update: Step) -> None:
        def worked(step: Step) -> None:
            work(training)
            step()

        with _stepping(training, worked):
            update()

    return changed


def _halved(training: SeedTraining) -> None:
    """As where half of the points count in the mean, and all in the sum."""
    for parameter in training.net.parameters():
        if parameter.grad is not None:
            parameter.grad *= 2


def _clipped(training: SeedTraining) -> None:
    nn.utils.clip_grad_norm_(training.net.parameters(), 0.1)


def _first_bias_kept(training: SeedTraining) -> None:
    first = next(each for each in training.net.modules() if isinstance(each, nn.Linear))
    if first.bias is not None:
        first.bias.grad = None


def _after_step(work: Callable[[SeedTraining], None]) -> Callable[[SeedTraining, Step], None]:
    def step(training: SeedTraining, update: Step) -> None:
        update()
        with torch.no_grad():
            work(training)

    return step


def _decayed(training: SeedTraining) -> None:
    for group in training.optimizer.param_groups:
        group["lr"] *= 0.9998


def _rounded(dtype: torch.dtype) -> Callable[[SeedTraining], None]:
    def work(training: SeedTraining) -> None:
        for parameter in training.net.parameters():
            parameter.copy_(parameter.to(dtype).to(parameter.dtype))

    return work


STEPPED: tuple[Mutant, ...] = (
    Mutant(
        name="step-decays",
        what="learning rate × 0.9998 after every update",
        declared="drift",
        step=_after_step(_decayed),
    ),
    Mutant(
        name="step-skipped",
        what="no step in every 20th epoch",
        declared="drift",
        step=_every(20, _skipped),
    ),
    Mutant(
        name="stale-gradient",
        what="each step with the gradients of the one before",
        declared="drift",
        step=_stale,
    ),
    Mutant(
        name="zero-grad-forgotten",
        what="gradients not zeroed in every 50th epoch",
        declared="drift",
        step=_every(50, _without_zeroing),
    ),
    Mutant(
        name="gradient-doubled",
        what="a loss of twice the size: the mean over half the points",
        declared="drift",
        step=_before_step(_halved),
    ),
    Mutant(
        name="gradient-clipped",
        what="gradients clipped to a norm of 0.1",
        declared="either",
        step=_before_step(_clipped),
    ),
    Mutant(
        name="first-bias-frozen",
        what="biases of the first layer are not trained",
        declared="drift",
        step=_before_step(_first_bias_kept),
    ),
    Mutant(
        name="weights-bfloat16",
        what="weights rounded to bfloat16 after every update",
        declared="either",
        step=_after_step(_rounded(torch.bfloat16)),
    ),
)
