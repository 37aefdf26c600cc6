"""Rules about the shape of a fit over the range: how far off it is, and whether it is a line."""

from dataclasses import dataclass

from epochal.claims.rules.base import RUN
from epochal.claims.rules.named.base import NamedRule
from epochal.claims.rules.parts.compositions import All
from epochal.claims.rules.parts.functions import departure, largest_error, mse, mse_over_line
from epochal.claims.rules.parts.times import At
from epochal.experiments.checks import positive

__all__ = ["IsAffine", "MaxErrorAt", "ProbeAgrees"]


@dataclass(frozen=True, kw_only=True)
class IsAffine(NamedRule):
    """At ``epoch`` the net is a straight line in the position, about as good as the best one.

    It departs from its own least-squares line on the probe grid by less than ``tolerance``
    everywhere, and its training error is more than ``1 - slack`` times the best line's.
    """

    arm: str = RUN
    tolerance: float = 1e-5
    slack: float = 0.01

    @property
    def made(self) -> All:
        least = 1 - positive("rule.slack", self.slack)
        bent = departure(self.arm).below(self.tolerance, "rule.tolerance")
        return bent.at(self.epoch) & mse_over_line(self.arm).above(least, "rule.slack").at(
            self.epoch
        )

    def describe(self) -> str:
        return (
            f"at {self.epoch}: within {self.tolerance:g} of a straight line, "
            f"and MSE ≥ {1 - self.slack:g} of the best line's"
        )


@dataclass(frozen=True, kw_only=True)
class MaxErrorAt(NamedRule):
    """At ``epoch`` the net is within ``below`` of the target everywhere on the probe grid."""

    arm: str = RUN
    below: float

    @property
    def made(self) -> At:
        return largest_error(self.arm).below(self.below, "rule.below").at(self.epoch)


@dataclass(frozen=True, kw_only=True)
class ProbeAgrees(NamedRule):
    """At ``epoch`` the error on the probe grid over that on the training points is in (low, high).

    So a regular grid, such as one plots, shows the same net as the points that it was trained on.
    """

    arm: str = RUN
    low: float
    high: float

    @property
    def made(self) -> At:
        positive("rule.low", self.low)
        ratio = mse(self.arm, on="probe") / mse(self.arm)
        return ratio.within(self.low, self.high, "rule.low", "rule.high").at(self.epoch)

    def describe(self) -> str:
        return f"at {self.epoch}: {self.low:g} < probe MSE / training MSE < {self.high:g}"
