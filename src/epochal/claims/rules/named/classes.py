"""Rules about the share of points that get a wrong class."""

from dataclasses import dataclass

from epochal.claims.rules.base import RUN
from epochal.claims.rules.named.base import NamedRule, one_of
from epochal.claims.rules.parts.functions import error_rate
from epochal.claims.rules.parts.times import At, By

__all__ = ["ErrorRateAt", "ErrorRateBy"]


@dataclass(frozen=True, kw_only=True)
class ErrorRateBy(NamedRule):
    """The error rate is below a bound at some epoch up to ``epoch``, and not up to ``after``.

    It is that of the ``training`` points, or of the rows that a table has ``held_out``. A bound
    that the most frequent class passes is refused.
    """

    arm: str = RUN
    below: float
    after: int = 0
    on: str = "training"

    @property
    def made(self) -> By:
        rate = error_rate(self.arm, on=self.on)
        return rate.below(self.below, "rule.below").by(self.epoch, self.after)


@dataclass(frozen=True, kw_only=True)
class ErrorRateAt(NamedRule):
    """The error rate at ``epoch`` lies above or below a bound: one of the two."""

    arm: str = RUN
    above: float | None = None
    below: float | None = None
    on: str = "training"

    @property
    def made(self) -> At:
        field = one_of("give one such as below=0.05", above=self.above, below=self.below)
        rate = error_rate(self.arm, on=self.on)
        side = rate.above if field == "above" else rate.below
        return side(getattr(self, field), f"rule.{field}").at(self.epoch)

    def describe(self) -> str:
        return f"{self.made.condition} at {self.epoch}"
