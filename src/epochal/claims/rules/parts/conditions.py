"""Conditions on a quantity, and the first epoch at which each seed meets one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from epochal.claims.rules.parts.quantities import Quantity
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import members
from epochal.experiments.inputs import Array
from epochal.experiments.runs import Runs
from epochal.experiments.snapshots import always_kept

if TYPE_CHECKING:
    from epochal.claims.rules.parts.numbers import RatioOfEpochs
    from epochal.claims.rules.parts.times import (
        At,
        Before,
        By,
        Ever,
        Never,
        NotBy,
        Over,
        Throughout,
    )

__all__ = ["Condition", "first_met", "known"]


@dataclass(frozen=True)
class Condition:
    """A quantity lies strictly between two bounds, of which one may be missing.

    What is not finite meets no condition. A condition of one's own derives from it, and has a
    `met`, a `direction` and a `text` of its own.
    """

    quantity: Quantity
    low: float | None = None
    high: float | None = None
    fields: tuple[str, str] = field(
        default=("condition.low", "condition.high"), compare=False, repr=False
    )
    """What errors call the two bounds."""

    lasting: bool = False
    """Whether it is met from the epoch on after which it stays met."""

    def __post_init__(self) -> None:
        members("condition.quantity", self.quantity, ("series", "arms"), "a quantity", "give mse()")
        for name, called in zip(("low", "high"), self.fields, strict=True):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, self.quantity.check_bound(called, value))
        if not self.bounds:
            rule, step = "a condition has at least one bound", "give low, or high, or both"
            raise SpecError(self.fields[0], None, rule, step)
        if self.low is not None and self.high is not None and self.low >= self.high:
            rule = f"it must exceed low = {self.low:g}"
            raise SpecError(self.fields[1], self.high, rule, "exchange them")

    @property
    def bounds(self) -> tuple[float, ...]:
        """Those that are given."""
        return tuple(each for each in (self.low, self.high) if each is not None)

    def thresholds(self) -> tuple[Threshold, ...]:
        """Thresholds for which a constant or a straight line is tried."""
        low, high = self.fields
        lower = () if self.low is None else self.quantity.thresholds(low, self.low, upper=False)
        upper = () if self.high is None else self.quantity.thresholds(high, self.high, upper=True)
        return (*lower, *upper)

    @property
    def direction(self) -> str:
        """``below`` or ``above`` its one bound, or ``within`` both: a word for its numbers."""
        return "within" if len(self.bounds) == 2 else "below" if self.low is None else "above"

    def met(self, values: Array) -> NDArray[np.bool_]:
        """Where ``values`` meet it."""
        with np.errstate(invalid="ignore"):
            found = np.isfinite(values)
            if self.low is not None:
                found &= values > self.low
            if self.high is not None:
                found &= values < self.high
        return found

    def __str__(self) -> str:
        return self.text()

    def text(self, word: str = "") -> str:
        """It in words, with a ``word`` before the bounds, such as ``never``."""
        name, unit = " ".join(filter(None, (self.quantity.name, word))), self.quantity.unit
        if self.direction == "within":
            low = "" if self.quantity.positive and self.low == 0 else f"{self.low:g} < "
            return f"{low}{name} < {self.high:g}{unit}{self._last}"
        sign = "<" if self.low is None else ">"
        return f"{name} {sign} {self.bounds[0]:g}{unit}{self._last}"

    @property
    def _last(self) -> str:
        return " for good" if self.lasting else ""

    def for_good(self) -> "Condition":
        """The same, met from the epoch on after which it stays met as far as the rule looks."""
        return replace(self, lasting=True)

    def by(self, epoch: int, after: int = 0) -> "By":
        """The rule that it is met by ``epoch``, and for the first time after ``after``."""
        from epochal.claims.rules.parts.times import By

        return By(condition=self, epoch=epoch, after=after)

    def at(self, epoch: int) -> "At":
        """The rule that it is met "at" ``epoch``: by the median over the last 5% of the epochs."""
        from epochal.claims.rules.parts.times import At

        return At(condition=self, epoch=epoch)

    def ever(self, epoch: int, after: int = 0) -> "Ever":
        """The rule that it is met at some epoch from ``after`` to ``epoch``."""
        from epochal.claims.rules.parts.times import Ever

        return Ever(condition=self, epoch=epoch, after=after)

    def not_by(self, epoch: int) -> "NotBy":
        """The rule that it is not met by ``epoch``; what diverges has not got below a bound."""
        from epochal.claims.rules.parts.times import NotBy

        return NotBy(condition=self, epoch=epoch)

    def never(self, epoch: int, after: int = 0) -> "Never":
        """The rule that it is met at no epoch from ``after`` to ``epoch``."""
        from epochal.claims.rules.parts.times import Never

        return Never(condition=self, epoch=epoch, after=after)

    def throughout(self, epoch: int, after: int = 0) -> "Throughout":
        """The rule that it is met at every epoch from ``after`` to ``epoch``."""
        from epochal.claims.rules.parts.times import Throughout

        return Throughout(condition=self, epoch=epoch, after=after)

    def over(self, first: int, last: int) -> "Over":
        """The rule that it is met by the median over the epochs from ``first`` to ``last``."""
        from epochal.claims.rules.parts.times import Over

        return Over(condition=self, epoch=last, after=first)

    def before(self, other: "Condition", epoch: int, times: float = 1.0) -> "Before":
        """The rule that it is met, and ``other`` only after ``times`` as many epochs or more."""
        from epochal.claims.rules.parts.times import Before

        return Before(condition=self, other=other, epoch=epoch, times=times)

    def ratio_of_epochs(
        self, other: "Condition", epoch: int, low: float | None = None, high: float | None = None
    ) -> "RatioOfEpochs":
        """The rule that it takes ``low`` to ``high`` times as many epochs as ``other`` does."""
        from epochal.claims.rules.parts.numbers import RatioOfEpochs

        return RatioOfEpochs(condition=self, other=other, epoch=epoch, low=low, high=high)


def known(
    condition: Condition, runs: Mapping[str, Runs], epoch: int, after: int = 0
) -> tuple[NDArray[np.int64], Array]:
    """The epochs from ``after`` to ``epoch`` that are looked at, and the values there.

    On the evaluation grid they are those that every stored run has, however long it was trained.
    """
    series = condition.quantity.series(runs, epoch)
    kept = series.epochs >= after
    if condition.quantity.probed:
        kept &= np.isin(series.epochs, [*always_kept(epoch), epoch])
    return series.epochs[kept], series.values[:, kept]


def first_met(condition: Condition, epochs: NDArray[np.int64], values: Array) -> list[int | None]:
    """For each seed the first of ``epochs`` at which ``values`` meet it, or None."""
    met = condition.met(values)
    if condition.lasting:
        met = np.logical_and.accumulate(met[:, ::-1], axis=1)[:, ::-1]
    return [int(epochs[row.argmax()]) if row.any() else None for row in met]
