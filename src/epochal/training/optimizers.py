"""Optimizers and schedulers from their records, and whether they take a net."""

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn
from torch.optim import lr_scheduler

from epochal.errors import SpecError
from epochal.experiments.experiment import Experiment
from epochal.experiments.frames import summary
from epochal.experiments.loops import Loop, Scheduler
from epochal.experiments.parts import Optimizer

__all__ = ["clip", "first_step", "make_optimizer", "make_scheduler", "needs_closure", "step"]


def make_optimizer(record: Optimizer, net: nn.Module) -> torch.optim.Optimizer:
    """The optimizer of ``record`` over all parameters of ``net``, in its groups.

    Raises:
        SpecError: a group takes no parameter.
    """
    make: Callable[..., torch.optim.Optimizer] = getattr(torch.optim, record.name)
    if not record.groups:
        return make(net.parameters(), **record.keywords)
    return make(list(_groups(record, net)), **record.keywords)


def _groups(record: Optimizer, net: nn.Module) -> Iterator[dict[str, Any]]:
    """Torch's parameter groups: the declared ones in their order, then the rest if there is any."""
    left = dict(net.named_parameters())
    known = list(left)
    for group in record.groups:
        taken = [name for name in left if fnmatchcase(name, group.name)]
        if not taken:
            before = any(fnmatchcase(name, group.name) for name in known)
            rule = "groups before it take all that it names" if before else "it names no parameter"
            step = f"the net has {', '.join(known)}"
            raise SpecError("optimizer.groups", group.name, rule, step)
        yield {"params": [left.pop(name) for name in taken], **group.keywords}
    if left:
        yield {"params": list(left.values())}


def make_scheduler(record: Scheduler | None, optimizer: torch.optim.Optimizer) -> Any:
    """The scheduler of ``record`` with those that it is made of, None where there is none."""
    if record is None:
        return None
    given = record.keywords
    if record.parts:
        given["schedulers"] = [make_scheduler(each, optimizer) for each in record.parts]
    return getattr(lr_scheduler, record.name)(optimizer=optimizer, **given)


def step(scheduler: Any, loss: torch.Tensor) -> None:
    """Steps ``scheduler``, which may ask for the ``loss``."""
    plateau = isinstance(scheduler, lr_scheduler.ReduceLROnPlateau)
    scheduler.step(*([float(loss)] if plateau else []))


def needs_closure(optimizer: torch.optim.Optimizer) -> bool:
    """Whether ``step`` must be given a function that recomputes the loss (LBFGS)."""
    return isinstance(optimizer, torch.optim.LBFGS)


def clip(loop: Loop, net: nn.Module) -> None:
    """Clips the gradients of ``net`` as ``loop`` asks."""
    if loop.clip_norm is not None:
        nn.utils.clip_grad_norm_(net.parameters(), loop.clip_norm)
    if loop.clip_value is not None:
        nn.utils.clip_grad_value_(net.parameters(), loop.clip_value)


def first_step(experiment: Experiment, net: nn.Module, loss: Callable[[], torch.Tensor]) -> None:
    """Makes the optimizer and the scheduler of ``experiment`` for ``net``, and takes one step.

    Raises:
        SpecError: torch refuses to.
    """
    name = str(experiment.optimizer)

    def closure() -> torch.Tensor:
        net.zero_grad()
        found = loss()
        found.backward()  # type: ignore[no-untyped-call]
        clip(experiment.loop, net)
        return found

    scheduler, written = experiment.scheduler, str(experiment.scheduler)
    optimizer = _taken("optimizer", name, lambda: make_optimizer(experiment.optimizer, net))
    made = _taken("scheduler", written, lambda: make_scheduler(scheduler, optimizer))
    _taken("optimizer", name, lambda: optimizer.step(closure))
    if made is not None:
        _taken("scheduler", written, lambda: step(made, loss().detach()))


def _taken(field: str, value: str, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except SpecError:
        raise
    except Exception as error:
        rule = f"torch refuses it ({summary(error)})"
        raise SpecError(field, value, rule, "correct it, or give another") from error
