"""Rules about one experiment's training error."""

from dataclasses import dataclass

from epochal.claims.rules.base import POINTS, RUN
from epochal.claims.rules.compositions import At, By, Never
from epochal.claims.rules.named import NamedRule, one_of
from epochal.claims.rules.parts import mse
from epochal.experiments.checks import choice

__all__ = ["FitsBy", "MseAt", "StaysAbove"]


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
        choice("rule.on", self.on, POINTS)
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
        choice("rule.on", self.on, POINTS)
        error = mse(self.arm, on=self.on, relative=True)
        side = error.above if field == "variance_share_above" else error.below
        return side(getattr(self, field), f"rule.{field}").at(self.epoch)

    def describe(self) -> str:
        return f"{self.made.condition} at {self.epoch}"
