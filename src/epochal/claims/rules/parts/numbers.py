"""Rules about a number of each seed, decided by an interval over seeds inside or outside a band."""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from epochal.claims.rules.base import Outcome
from epochal.claims.rules.parts.compositions import OfConditions
from epochal.claims.rules.parts.conditions import Condition
from epochal.claims.statistics import band_decision
from epochal.errors import SpecError
from epochal.experiments.checks import number, positive
from epochal.experiments.runs import Runs

__all__ = ["AboutNumber", "RatioOfEpochs", "in_words"]

Between = tuple[float | None, float | None]
"""Bounds of a number that is censored; None is no bound."""


@dataclass(frozen=True, kw_only=True)
class AboutNumber(OfConditions):
    """A number made of the first epochs at which conditions are met lies in [low, high].

    One bound of the band will do. Decided by an interval of the mean over seeds.
    """

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("low", "high"):
            if (bound := getattr(self, field)) is not None:
                (positive if self.logarithmic else number)(f"rule.{field}", bound)
        if self.low is None and self.high is None:
            rule, step = "a band has at least one bound", "give low or high"
            raise SpecError("rule.low", None, rule, step)
        if self.low is not None and self.high is not None and self.low >= self.high:
            rule = f"it must exceed low = {self.low}"
            raise SpecError("rule.high", self.high, rule, "exchange them")

    @property
    def band(self) -> tuple[float, float]:
        low, high = self.low, self.high
        return -math.inf if low is None else low, math.inf if high is None else high

    @property
    def logarithmic(self) -> bool:
        """Whether the interval is that of the mean logarithm."""
        return False

    @property
    @abstractmethod
    def called(self) -> tuple[str, ...]:
        """What a row calls the number, and then the epochs that it is made of."""

    def numbers(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """One number a seed, None where a setting diverged, is censored or passes at once."""
        found, seeds = [], runs[self._arms[0]].seeds.tolist()
        epochs_of_seeds = zip(*self._firsts(runs), strict=True)
        for seed, lost, epochs in zip(seeds, self._lost(runs), epochs_of_seeds, strict=True):
            value, between = (None, None) if lost is not None else self._number(epochs)
            numbers = dict(zip(self.called, (value, *epochs), strict=True))
            outcome = Outcome(seed, False, numbers, lost, between)
            known = outcome.interval
            holds = known is not None and band_decision(known, *self.band) is True
            found.append(replace(outcome, holds=holds))
        return found

    @abstractmethod
    def _number(self, epochs: Sequence[int | None]) -> tuple[float | None, Between | None]:
        """The number, from the epochs at which conditions are met, or bounds of it."""


@dataclass(frozen=True, kw_only=True)
class RatioOfEpochs(AboutNumber):
    """The epochs until ``condition`` is met, divided by those until ``other`` is, lie in a band.

    Decided by an interval of the mean log ratio over seeds. A seed of which one condition is not
    met within ``epoch`` is censored, and its ratio known to lie on one side of a number; such seeds
    decide only where all seeds lie on one side of the band's edge. Where neither is met nothing is
    known.
    """

    condition: Condition
    other: Condition

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.condition == self.other:
            rule = "a condition is compared with itself"
            raise SpecError("rule.other", str(self.other), rule, "give another")

    @property
    def conditions(self) -> tuple[Condition, Condition]:
        return self.condition, self.other

    @property
    def logarithmic(self) -> bool:
        return True

    @property
    def called(self) -> tuple[str, ...]:
        return "ratio", f"epoch for {self.condition}", f"epoch for {self.other}"

    def describe(self) -> str:
        ratio = f"epochs to {self.condition} over epochs to {self.other}"
        return f"{ratio}, {in_words(self.low, self.high)}, within {self.epoch}"

    def _number(self, epochs: Sequence[int | None]) -> tuple[float | None, Between | None]:
        over, under = epochs
        if over and under:
            return over / under, None
        if over is None and under:
            return None, (self.epoch / under, None)
        return None, ((None, over / self.epoch) if over and under is None else None)


def in_words(low: float | None, high: float | None) -> str:
    """A closed band of which a bound may be missing.

    >>> in_words(1, 2), in_words(None, 2), in_words(1, None)
    ('in [1, 2]', 'at most 2', 'at least 1')
    """
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"in [{low:g}, {high:g}]"
