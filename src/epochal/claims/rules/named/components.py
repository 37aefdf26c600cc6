"""Rules about a target's components: how much of each wave the net has learned.

A *share* is the prediction's coefficient on a wave by joint least squares over the training
points, divided by the target's own: 0 is nothing of it, 1 all of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from epochal.claims.rules.base import RUN, Outcome, finite
from epochal.claims.rules.named.base import NamedRule
from epochal.claims.rules.parts.compositions import All
from epochal.claims.rules.parts.conditions import Condition
from epochal.claims.rules.parts.functions import share
from epochal.claims.rules.parts.times import Before, By
from epochal.errors import SpecError
from epochal.experiments.checks import positive, record
from epochal.experiments.runs import Runs

__all__ = ["Band", "LowBeforeHigh", "ShareBy", "SharesAt"]


MOST_SHOWN = 4
"""How many bands a line of text names."""


@dataclass(frozen=True)
class Band:
    """The share of one wave lies strictly between ``low`` and ``high``; None is no bound."""

    angular_frequency: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        checked = positive("band.angular_frequency", self.angular_frequency)
        object.__setattr__(self, "angular_frequency", checked)
        self.condition(RUN)  # which checks the bounds

    def condition(self, arm: str) -> Condition:
        """That the share of ``arm`` lies in it."""
        wave = share(self.angular_frequency, arm)
        return wave.within(self.low, self.high, "band.low", "band.high")

    def __str__(self) -> str:
        low = "" if self.low is None else f"{self.low:g} < "
        high = "" if self.high is None else f" < {self.high:g}"
        return f"{low}share(ω = {self.angular_frequency:g}){high}"


@dataclass(frozen=True, kw_only=True)
class SharesAt(NamedRule):
    """At ``epoch`` the share of each wave lies in its band."""

    arm: str = RUN
    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "bands", tuple(self.bands))
        if not self.bands:
            rule = "without a band every seed holds"
            raise SpecError("rule.bands", (), rule, "give at least one")
        super().__post_init__()

    @property
    def made(self) -> All:
        return All(rules=tuple(each.condition(self.arm).at(self.epoch) for each in self.bands))

    def describe(self) -> str:
        shown = [str(band) for band in self.bands]
        if len(shown) > MOST_SHOWN:
            shown[MOST_SHOWN:] = [f"and {len(shown) - MOST_SHOWN} more"]
        return f"at epoch {self.epoch}: {', '.join(shown)}"


@dataclass(frozen=True, kw_only=True)
class ShareBy(NamedRule):
    """The share of one wave exceeds ``share_above`` at some epoch up to ``epoch``."""

    arm: str = RUN
    angular_frequency: float
    share_above: float

    @property
    def made(self) -> By:
        learned = share(self.angular_frequency, self.arm)
        return learned.above(self.share_above, "rule.share_above").by(self.epoch)

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Those of the rule that it stands for, with the share "at" the epoch."""
        shares = self.made.condition.quantity.at(runs, self.epoch)
        return [
            replace(each, numbers={f"share at {self.epoch}": finite(value), **_first(each)})
            for each, value in zip(super().outcomes(runs), shares, strict=True)
        ]


def _first(outcome: Outcome) -> dict[str, float | None]:
    return {"first epoch above": outcome.numbers["first epoch above"]}


@dataclass(frozen=True, kw_only=True)
class LowBeforeHigh(NamedRule):
    """The low wave passes ``share_above`` at least ``times`` as early as the high one.

    A high wave that has not passed by ``epoch`` bounds the ratio from below. With ``stays`` a wave
    counts as passed from the epoch on after which its share is never again below, up to ``epoch``.
    """

    arm: str = RUN
    low: float
    high: float
    share_above: float = 0.5
    times: float = 1.0
    stays: bool = False

    def __post_init__(self) -> None:
        for field in ("low", "high"):
            value = positive(f"rule.{field}", getattr(self, field))
            object.__setattr__(self, field, value)
        record("rule.stays", self.stays, bool, "give True or False")
        super().__post_init__()

    @property
    def made(self) -> Before:
        return self._passed(self.low).before(self._passed(self.high), self.epoch, self.times)

    def _passed(self, frequency: float) -> Condition:
        passed = share(frequency, self.arm).above(self.share_above, "rule.share_above")
        return passed.for_good() if self.stays else passed

    @property
    def called(self) -> tuple[str, str]:
        return f"epoch for {self.low:g}", f"epoch for {self.high:g}"

    def describe(self) -> str:
        share = f"share > {self.share_above:g}{' for good' if self.stays else ''}"
        return (
            f"{share}: epochs for ω = {self.high:g} over epochs for ω = {self.low:g} "
            f"> {self.times:g}, within {self.epoch}"
        )
