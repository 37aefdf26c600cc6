"""How a net is trained: the loop, its loss and its scheduler, as records that check themselves."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from epochal.errors import SpecError
from epochal.experiments.checks import choice, natural, positive, record
from epochal.experiments.parts import Named

__all__ = ["Loop", "Loss", "Scheduler"]


class Scheduler(Named):
    """A learning-rate scheduler of ``torch.optim.lr_scheduler``, stepped after every epoch.

    ``ReduceLROnPlateau`` is given the loss that the epoch began with. One that is bound to a number
    of steps needs it written out: ``Scheduler("OneCycleLR", max_lr=0.1, total_steps=800)``. One
    that is made of others is given them in a list.

    >>> warm = Scheduler("LinearLR", start_factor=0.1, total_iters=100)
    >>> cosine = Scheduler("CosineAnnealingLR", T_max=700)
    >>> both = Scheduler("SequentialLR", schedulers=[warm, cosine], milestones=[100])
    >>> both.parts == (warm, cosine), both.epochs
    (True, inf)
    """

    def __init__(self, name: str = "", /, **arguments: Any) -> None:
        super().__init__(name, **arguments)
        step = 'give one such as Scheduler("LinearLR", total_iters=100)'
        for each in _listed(arguments.get("schedulers", ())):
            record("scheduler.schedulers", each, Scheduler, step)
        if self.name == "SequentialLR":
            for each in _listed(arguments.get("milestones", ())):
                natural("scheduler.milestones", each)

    @property
    def parts(self) -> "tuple[Scheduler, ...]":
        """Those that it is made of."""
        return tuple(_listed(self.keywords.get("schedulers", ())))

    @property
    def epochs(self) -> float:
        """After how many epochs it cannot be stepped any more; infinite where it has no end."""
        given = self.keywords
        if self.name == "OneCycleLR":
            product = (given.get("epochs") or 0) * (given.get("steps_per_epoch") or 0)
            steps = given.get("total_steps") or product
            return steps if isinstance(steps, int) and steps else math.inf
        if self.name != "SequentialLR":
            return min((each.epochs for each in self.parts), default=math.inf)
        ends = [*_listed(given.get("milestones", ())), math.inf]
        for part, start, end in zip(self.parts, [0, *ends], ends, strict=False):
            if start + part.epochs < end:
                return float(start + part.epochs)
        return math.inf


def _listed(given: Any) -> Any:
    """``given``, if it is a list."""
    record("scheduler", given, (tuple, list), "give [Scheduler(…), …] and [100, …]")
    return given


class Loss(Named):
    """A loss of ``torch.nn``, such as ``Loss("SmoothL1Loss", beta=0.5)``.

    Its ``reduction`` is ``mean``, as torch has it, or ``sum``. It is elementwise and smallest where
    the output equals the target, since errors are taken from the output; of `Labels` it is one of
    ``CrossEntropyLoss``, ``BCEWithLogitsLoss``, ``MultiMarginLoss`` and ``MSELoss``.
    """

    def __init__(self, name: str = "", /, **arguments: Any) -> None:
        super().__init__(name, **arguments)
        for old in ("size_average", "reduce"):
            if old in arguments:
                rule, step = "torch deprecates it", 'give reduction="mean" or reduction="sum"'
                raise SpecError(f"loss.{old}", arguments[old], rule, step)
        if self.reduction not in ("mean", "sum"):
            rule, step = "training needs one number", 'give "mean" or "sum"'
            raise SpecError("loss.reduction", self.reduction, rule, step)

    @property
    def reduction(self) -> Any:
        """``mean`` or ``sum``."""
        return self.keywords.get("reduction", "mean")


@dataclass(frozen=True, kw_only=True)
class Loop:
    """The training loop: its loss, batches and clipping, and the two lines that people move.

    Args:
        loss: ``mean`` is the mean squared error, ``half_sum`` is ½Σ(f − y)²; ``hinge``, of two
            classes y = ±1, is the mean of max(0, 1 − y·f); or a `Loss`.
        zero_grad: ``before`` the backward pass, ``after`` the step, or ``never``.
        train_mode: ``model.train()`` in ``every_epoch``, ``once`` before them, or ``never``.
        batch: points an update, in an order drawn anew each epoch; None is the full batch.
        drop_last: whether a last batch with fewer points is left out.
        stop_below: training ends at the first epoch whose loss on all points, as ``loss`` has it,
            is below this; the net stays as it is then. None trains to the horizon.
        clip_norm: before each step all gradients together are scaled down to this norm, if theirs
            is larger (``torch.nn.utils.clip_grad_norm_``).
        clip_value: before each step each entry of a gradient is cut off at ± this
            (``clip_grad_value_``).
    """

    loss: "Loss | str" = "mean"
    zero_grad: str = "before"
    train_mode: str = "once"
    batch: int | None = None
    drop_last: bool = False
    stop_below: float | None = None
    clip_norm: float | None = None
    clip_value: float | None = None

    LOSSES: ClassVar[tuple[str, ...]] = ("mean", "half_sum", "hinge")
    ZERO_GRADS: ClassVar[tuple[str, ...]] = ("before", "after", "never")
    TRAIN_MODES: ClassVar[tuple[str, ...]] = ("every_epoch", "once", "never")

    def __post_init__(self) -> None:
        if not isinstance(self.loss, Loss):
            choice("loop.loss", self.loss, self.LOSSES)
        choice("loop.zero_grad", self.zero_grad, self.ZERO_GRADS)
        choice("loop.train_mode", self.train_mode, self.TRAIN_MODES)
        if self.batch is not None:
            natural("loop.batch", self.batch)
        for name in ("stop_below", "clip_norm", "clip_value"):
            if getattr(self, name) is not None:
                checked = positive(f"loop.{name}", getattr(self, name))
                object.__setattr__(self, name, checked)

    @property
    def clipped(self) -> str:
        """How gradients are clipped, in words; nothing where they are not."""
        norm = f"gradients clipped to norm {self.clip_norm:g}" if self.clip_norm else ""
        value = f"gradients cut off at ±{self.clip_value:g}" if self.clip_value else ""
        return ", ".join(filter(None, (norm, value)))

    def mse_factor(self, numbers: int) -> float | None:
        """What multiplies a loss on so many ``numbers`` to give their mean square, if any."""
        if isinstance(self.loss, Loss):
            if self.loss.name != "MSELoss":
                return None
            return 1.0 if self.loss.reduction == "mean" else 1.0 / numbers
        return {"mean": 1.0, "half_sum": 2.0 / numbers}.get(self.loss)
