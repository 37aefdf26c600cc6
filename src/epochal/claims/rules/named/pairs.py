"""Rules that compare two settings, paired by seed."""

from abc import abstractmethod
from dataclasses import dataclass

from epochal.claims.rules.named.base import NamedRule
from epochal.claims.rules.parts.functions import different_bits, mse, mse_difference, share
from epochal.claims.rules.parts.quantities import Quantity
from epochal.claims.rules.parts.times import At, Throughout
from epochal.errors import SpecError
from epochal.experiments.checks import fraction, number, positive

__all__ = ["MseRatioAt", "SameBits", "SameLosses", "ShareRatioAt"]


@dataclass(frozen=True, kw_only=True)
class RatioAt(NamedRule):
    """What rules share that divide what two settings have at one epoch.

    One bound alone will do: ``low`` without ``high`` asks for a ratio that is larger.
    """

    over: str
    under: str
    high: float | None = None
    low: float = 0.0

    def __post_init__(self) -> None:
        if self.over == self.under:
            rule = "a setting is divided by itself"
            raise SpecError("rule.under", self.under, rule, "name the other arm")
        if self.high is not None:
            positive("rule.high", self.high)
        number("rule.low", self.low)
        if self.high is None and not self.low:
            step = "give high, or low, or both"
            raise SpecError("rule.high", None, "without a bound every ratio is in", step)
        if self.high is not None and self.low >= self.high:
            rule = f"it must be below high = {self.high:g}"
            raise SpecError("rule.low", self.low, rule, "correct it")
        super().__post_init__()

    @property
    def made(self) -> At:
        ratio = self._of(self.over) / self._of(self.under)
        return ratio.within(self.low, self.high, "rule.low", "rule.high").at(self.epoch)

    def describe(self) -> str:
        ratio = self.made.condition.quantity.name
        alone = f"at {self.epoch}: {self.low:g} < {ratio}"
        return alone if self.high is None else self.made.describe()

    @abstractmethod
    def _of(self, arm: str) -> Quantity:
        """What is divided, of one setting."""


@dataclass(frozen=True, kw_only=True)
class MseRatioAt(RatioAt):
    """At ``epoch`` the error of ``over`` divided by that of ``under`` is in (low, high).

    The errors are those on the training points, or with ``on="probe"`` those on the probe grid.
    """

    on: str = "training"

    def _of(self, arm: str) -> Quantity:
        return mse(arm, on=self.on)


@dataclass(frozen=True, kw_only=True)
class ShareRatioAt(RatioAt):
    """At ``epoch`` the share of its slowest wave that ``over`` has, by that of ``under``, is in
    (low, high).
    """

    def _of(self, arm: str) -> Quantity:
        return share(arm=arm)


@dataclass(frozen=True, kw_only=True)
class SameLosses(NamedRule):
    """In every epoch up to ``epoch`` the training errors of two settings agree within a share.

    ``within`` is the largest relative difference, as a share of the first one's error.
    """

    first: str
    second: str
    within: float

    @property
    def made(self) -> Throughout:
        fraction("rule.within", self.within)
        apart = mse_difference(self.first, self.second)
        return apart.below(self.within, "rule.within").throughout(self.epoch)

    @property
    def called(self) -> tuple[str, None]:
        return "largest", None

    def describe(self) -> str:
        return f"{self.first} and {self.second}: MSE within {self.within:g} up to {self.epoch}"


@dataclass(frozen=True, kw_only=True)
class SameBits(NamedRule):
    """Bit-equal losses in every epoch, and bit-equal weights at each snapshot, of two settings."""

    first: str
    second: str

    @property
    def made(self) -> Throughout:
        return different_bits(self.first, self.second).below(1).throughout(self.epoch)

    @property
    def called(self) -> tuple[None, str]:
        return None, "first difference"

    def describe(self) -> str:
        return f"{self.first} and {self.second}: equal bits up to epoch {self.epoch}"
