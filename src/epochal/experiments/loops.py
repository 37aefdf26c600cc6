"""How a net is trained: the loop, its loss and its scheduler, as records that check themselves."""

from dataclasses import dataclass
from typing import Any, ClassVar

from epochal.errors import SpecError
from epochal.experiments.checks import choice, natural, positive
from epochal.experiments.parts import Named

__all__ = ["Loop", "Loss", "Scheduler"]


class Scheduler(Named):
    """A learning-rate scheduler of ``torch.optim.lr_scheduler``, stepped after every epoch.

    ``ReduceLROnPlateau`` is given the loss that the epoch began with. One that is bound to a number
    of steps needs it written out: ``Scheduler("OneCycleLR", max_lr=0.1, total_steps=800)``.
    """


class Loss(Named):
    """An elementwise loss of ``torch.nn``, such as ``Loss("SmoothL1Loss", beta=0.5)``.

    Its ``reduction`` is ``mean``, as torch has it, or ``sum``. The loss must be smallest where the
    output equals the target: errors are taken from the output, so one of logits is refused.
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
    """The training loop, with the two lines that people move about.

    Args:
        loss: ``mean`` is the mean squared error, ``half_sum`` is ½Σ(f − y)²; or a `Loss`.
        zero_grad: ``before`` the backward pass, ``after`` the step, or ``never``.
        train_mode: ``model.train()`` in ``every_epoch``, ``once`` before them, or ``never``.
        batch: points an update, in an order drawn anew each epoch; None is the full batch.
        drop_last: whether a last batch with fewer points is left out.
        stop_below: training ends at the first epoch whose loss on all points, as ``loss`` has it,
            is below this; the net stays as it is then. None trains to the horizon.
    """

    loss: "Loss | str" = "mean"
    zero_grad: str = "before"
    train_mode: str = "once"
    batch: int | None = None
    drop_last: bool = False
    stop_below: float | None = None

    LOSSES: ClassVar[tuple[str, ...]] = ("mean", "half_sum")
    ZERO_GRADS: ClassVar[tuple[str, ...]] = ("before", "after", "never")
    TRAIN_MODES: ClassVar[tuple[str, ...]] = ("every_epoch", "once", "never")

    def __post_init__(self) -> None:
        if not isinstance(self.loss, Loss):
            choice("loop.loss", self.loss, self.LOSSES)
        choice("loop.zero_grad", self.zero_grad, self.ZERO_GRADS)
        choice("loop.train_mode", self.train_mode, self.TRAIN_MODES)
        if self.batch is not None:
            natural("loop.batch", self.batch)
        if self.stop_below is not None:
            object.__setattr__(self, "stop_below", positive("loop.stop_below", self.stop_below))

    def mse_factor(self, points: int) -> float | None:
        """What multiplies a loss on all ``points`` to give their mean squared error, if any."""
        if isinstance(self.loss, Loss):
            if self.loss.name != "MSELoss":
                return None
            return 1.0 if self.loss.reduction == "mean" else 1.0 / points
        return 1.0 if self.loss == "mean" else 2.0 / points
