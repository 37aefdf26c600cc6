"""Rules about the error of one setting: whether it falls, rises, or is lost again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from epochal.claims.rules.base import RUN, Outcome
from epochal.claims.rules.named.base import NamedRule, one_of
from epochal.claims.rules.parts.compositions import Composed, Judged
from epochal.claims.rules.parts.conditions import Condition
from epochal.claims.rules.parts.functions import loss_rise, mse
from epochal.claims.rules.parts.times import At, By, Ever, Never
from epochal.errors import SpecError
from epochal.experiments.runs import Runs

__all__ = ["FitsBy", "LosesFit", "LossRises", "MseAt", "RisesAtMost", "StaysAbove"]


@dataclass(frozen=True, kw_only=True)
class FitsBy(NamedRule):
    """The training error is below a threshold at some epoch up to ``epoch``.

    With ``after`` it gets there too early if it does so up to that epoch. The threshold is an
    error, ``mse_below``, or a share of the variance of the seed's target, ``variance_share_below``:
    one of them. With ``on="probe"`` the error is that of the probe grid, which may be another range
    than the training points' and is known at snapshots only, a tenth apart from epoch 100 on.
    """

    arm: str = RUN
    mse_below: float | None = None
    variance_share_below: float | None = None
    after: int = 0
    on: str = "training"

    @property
    def made(self) -> By:
        field = one_of(
            "give one such as mse_below=0.01",
            mse_below=self.mse_below,
            variance_share_below=self.variance_share_below,
        )
        error = mse(self.arm, on=self.on, relative=field == "variance_share_below")
        return error.below(getattr(self, field), f"rule.{field}").by(self.epoch, self.after)


@dataclass(frozen=True, kw_only=True)
class StaysAbove(NamedRule):
    """The training error is never below ``mse_above`` up to ``epoch``."""

    arm: str = RUN
    mse_above: float

    @property
    def made(self) -> Never:
        return mse(self.arm).below(self.mse_above, "rule.mse_above").never(self.epoch)


@dataclass(frozen=True, kw_only=True)
class MseAt(NamedRule):
    """The error at ``epoch``, as a share of the target's variance, lies above or below a bound.

    One of the two. It is the training error, or with ``on="probe"`` that of the probe grid.
    """

    arm: str = RUN
    variance_share_above: float | None = None
    variance_share_below: float | None = None
    on: str = "training"

    @property
    def made(self) -> At:
        field = one_of(
            "give one such as 0.8",
            variance_share_above=self.variance_share_above,
            variance_share_below=self.variance_share_below,
        )
        error = mse(self.arm, on=self.on, relative=True)
        side = error.above if field == "variance_share_above" else error.below
        return side(getattr(self, field), f"rule.{field}").at(self.epoch)

    def describe(self) -> str:
        return f"{self.made.condition} at {self.epoch}"


@dataclass(frozen=True, kw_only=True)
class LossRises(NamedRule):
    """After epoch ``after`` the training error exceeds ``times`` its own running minimum."""

    arm: str = RUN
    after: int
    times: float

    @property
    def called(self) -> tuple[str, str]:
        return "largest rise", "first rise"

    @property
    def made(self) -> Ever:
        return self._risen.ever(self.epoch, self.after)

    @property
    def _risen(self) -> Condition:
        return loss_rise(self.arm).above(self.times, "rule.times")


@dataclass(frozen=True, kw_only=True)
class RisesAtMost(LossRises):
    """After epoch ``after`` the training error never exceeds ``times`` its running minimum.

    A diverged seed fails here, too.
    """

    @property
    def made(self) -> Never:
        return self._risen.never(self.epoch, self.after)

    def describe(self) -> str:
        return f"{self._risen.text('never')} from epoch {self.after} to {self.epoch}"


@dataclass(frozen=True, kw_only=True)
class LosesFit(Composed):
    """The error gets below ``mse_below`` and later exceeds ``mse_above`` or is not finite.

    Lost is an error above ``mse_above``, or one that is not finite, up to ``epoch``. So a seed that
    fits and then diverges holds; one that diverges before it fits does not.
    """

    arm: str = RUN
    mse_below: float
    mse_above: float

    def __post_init__(self) -> None:
        super().__post_init__()
        fitted, lost = self.conditions
        if fitted.bounds > lost.bounds:
            rule = f"it must not lie under mse_below = {self.mse_below:g}"
            raise SpecError("rule.mse_above", self.mse_above, rule, "give more")

    @property
    def conditions(self) -> tuple[Condition, Condition]:
        error = mse(self.arm)
        return (
            error.below(self.mse_below, "rule.mse_below"),
            error.above(self.mse_above, "rule.mse_above"),
        )

    def describe(self) -> str:
        fitted, lost = self.conditions
        later = str(lost).removeprefix(f"{lost.quantity.name} ")
        return f"{fitted}, and later {later} or not finite, by epoch {self.epoch}"

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where a fit is found and then lost, be it by diverging."""
        found = super().outcomes(runs)
        return [replace(each, holds=each.numbers["lost at"] is not None) for each in found]

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        firsts, gone = self._firsts(runs)[0], self._lost(runs)
        errors = runs[self.arm].mse[:, : self.epoch + 1]
        lost: list[int | None] = []
        for row, first, end in zip(errors, firsts, gone, strict=True):
            bad = []
            if first is not None and (end is None or first < end):
                bad = np.flatnonzero(~(row[first:] <= self.mse_above)).tolist()
            lost.append(first + bad[0] if first is not None and bad else None)
        return [each is not None for each in lost], {"first epoch below": firsts, "lost at": lost}
