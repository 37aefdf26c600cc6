"""Rules about a number: a ratio of epochs, an exponent."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from epochal.claims.rules.base import Outcome, PlotHints
from epochal.claims.rules.named.base import Named, one_of
from epochal.claims.rules.parts.conditions import Condition
from epochal.claims.rules.parts.functions import mse, share
from epochal.claims.rules.parts.numbers import AboutNumber, Between, RatioOfEpochs, in_words
from epochal.errors import SpecError
from epochal.experiments.checks import number, positive
from epochal.experiments.runs import Runs

__all__ = ["EpochsRatio", "Exponent"]


@dataclass(frozen=True, kw_only=True)
class EpochsRatio(Named):
    """The epochs that ``over`` takes, divided by those of ``under``, lie in [low, high].

    Taken until the training error is below ``mse_below``, or until the share of the slowest wave
    of the arm's own target is above ``share_above``: one of them. One bound of the band will do.
    How it is decided: see `RatioOfEpochs`.
    """

    over: str
    under: str
    mse_below: float | None = None
    share_above: float | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.over == self.under:
            rule = "a setting is divided by itself"
            raise SpecError("rule.under", self.under, rule, "name the other arm")
        step = "give one such as 0.05"
        one_of(step, mse_below=self.mse_below, share_above=self.share_above)
        if self.share_above is not None:
            positive("rule.share_above", self.share_above)
        super().__post_init__()

    @property
    def made(self) -> RatioOfEpochs:
        over, under = self._passed(self.over), self._passed(self.under)
        return over.ratio_of_epochs(under, self.epoch, self.low, self.high)

    def _passed(self, arm: str) -> Condition:
        if self.mse_below is not None:
            return mse(arm).below(self.mse_below, "rule.mse_below")
        return share(arm=arm).above(self.share_above or 0.0, "rule.share_above")

    @property
    def called(self) -> tuple[str, str, str]:
        return "ratio", self.over, self.under

    def describe(self) -> str:
        if self.mse_below is not None:
            reached = f"MSE < {self.mse_below:g}"
        else:
            reached = f"a share > {self.share_above:g} of the slowest wave"
        ratio = f"epochs to {reached}, {self.over} over {self.under}"
        return f"{ratio}, {in_words(self.low, self.high)}"

    @property
    def band(self) -> tuple[float, float]:
        return self.made.band

    @property
    def logarithmic(self) -> bool:
        return True

    def numbers(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Those of the rule that it stands for."""
        return [self._renamed(each) for each in self.made.numbers(runs)]


@dataclass(frozen=True, kw_only=True)
class Exponent(AboutNumber):
    """Epochs to ``mse_below`` grow like frequency^p with p in [low, high].

    For each seed p is the least-squares slope of log epochs on log frequency over ``arms``. One of
    the two bounds alone will do. Drawn on logarithmic axes, together with ``beside``, more
    experiments and frequencies that take no part in the slope, with ``predicted``, frequencies and
    the epochs that theory has for them, and with ``stated``, the exponent that the source has.
    """

    arms: tuple[tuple[str, float], ...]
    mse_below: float
    beside: tuple[tuple[str, float], ...] = ()
    predicted: tuple[tuple[float, float], ...] = ()
    stated: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stated is not None:
            number("rule.stated", self.stated)
        for field in ("arms", "beside", "predicted"):
            pairs = tuple((first, float(second)) for first, second in getattr(self, field))
            object.__setattr__(self, field, pairs)
        if len({frequency for _, frequency in self.arms}) < 2:
            raise SpecError("rule.arms", self.arms, "a slope needs two frequencies", "add one")
        _ = self.conditions  # which checks the threshold

    @property
    def conditions(self) -> tuple[Condition, ...]:
        names = [name for name, _ in (*self.arms, *self.beside)]
        return tuple(mse(name).below(self.mse_below, "rule.mse_below") for name in names)

    @property
    def _fatal(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.arms)

    @property
    def called(self) -> tuple[str, ...]:
        return "exponent", *self._arms

    def describe(self) -> str:
        band = in_words(self.low, self.high)
        return f"epochs to MSE < {self.mse_below:g} ~ k^p, p {band}"

    def marks(self) -> PlotHints:
        return replace(super().marks(), kind="slope")

    def _number(self, epochs: Sequence[int | None]) -> tuple[float | None, Between | None]:
        known = [epoch for epoch in epochs[: len(self.arms)] if epoch]
        if len(known) < len(self.arms):
            return None, None
        logs = [math.log(frequency) for _, frequency in self.arms]
        return float(np.polyfit(logs, np.log(np.array(known, float)), 1)[0]), None
