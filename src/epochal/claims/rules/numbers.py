"""Rules about a number: a ratio of epochs, an exponent."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from epochal.claims.rules.base import (
    Outcome,
    PlotHints,
    Ratio,
    UpTo,
    diverged_by,
    earliest,
    first_below,
    mse_threshold,
)
from epochal.claims.rules.places import check_waves
from epochal.claims.rules.thresholds import SLOWEST, Threshold, passages
from epochal.claims.rules.waves import first_share
from epochal.claims.statistics import band_decision
from epochal.errors import SpecError
from epochal.experiments.checks import number, positive
from epochal.experiments.experiment import Experiments
from epochal.experiments.runs import Runs

__all__ = ["EpochsRatio", "Exponent"]


@dataclass(frozen=True, kw_only=True)
class EpochsRatio(Ratio):
    """The epochs that ``over`` takes, divided by those of ``under``, lie in [low, high].

    Taken until the training error is below ``mse_below``, or until the share of the slowest wave
    of the arm's own target is above ``share_above``: one of them.

    One bound of the band will do: without ``low`` the ratio is at most ``high``, and the other way
    round. Decided by an interval of the mean log ratio over seeds. A seed of which one arm does not
    get there within ``epoch`` is censored, and its ratio known to lie on one side of a number; such
    seeds decide only where all seeds lie on one side of the band's edge. Where neither arm gets
    there nothing is known.
    """

    mse_below: float | None = None
    share_above: float | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.mse_below is None) == (self.share_above is None):
            rule = "one of mse_below and share_above is needed, and not both"
            raise SpecError("rule.mse_below", self.mse_below, rule, "give one such as 0.05")
        if self.mse_below is not None:
            mse_threshold("rule.mse_below", self.mse_below)
        if self.share_above is not None:
            positive("rule.share_above", self.share_above)
        for field, bound in (("rule.low", self.low), ("rule.high", self.high)):
            if bound is not None:
                positive(field, bound)
        _check_band(self.low, self.high)

    def check(self, experiments: Experiments) -> None:
        for arm in self.needs() if self.share_above is not None else ():
            check_waves(experiments[arm], arm)

    def thresholds(self) -> tuple[Threshold, ...]:
        if self.mse_below is not None:
            return passages(self.mse_below, (self.over, self.under))
        field, value = "rule.share_above", self.share_above or 0.0
        arms = (self.over, self.under)
        return tuple(Threshold(field=field, value=value, arm=arm, wave=SLOWEST) for arm in arms)

    def describe(self) -> str:
        if self.mse_below is not None:
            reached = f"MSE < {self.mse_below:g}"
        else:
            reached = f"a share > {self.share_above:g} of the slowest wave"
        ratio = f"epochs to {reached}, {self.over} over {self.under}"
        return f"{ratio}, {in_words(self.low, self.high)}"

    def marks(self) -> PlotHints:
        return PlotHints(
            epochs=(self.epoch,), mse=() if self.mse_below is None else (self.mse_below,)
        )

    @property
    def band(self) -> tuple[float, float]:
        return _band(self.low, self.high)

    @property
    def logarithmic(self) -> bool:
        return True

    def numbers(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """One ratio a seed, None where an arm diverged, is censored or passes before epoch 1."""
        arms = {name: runs[name] for name in (self.over, self.under)}
        passed = {name: self._passed(run) for name, run in arms.items()}
        gone = [diverged_by(run, self.epoch) for run in arms.values()]
        found = []
        for i, seed in enumerate(runs[self.over].seeds):
            over, under = passed[self.over][i], passed[self.under][i]
            lost = earliest(each[i] for each in gone)
            ratio = over / under if over and under and lost is None else None
            between = self._between(over, under) if ratio is None and lost is None else None
            numbers = {"ratio": ratio, self.over: over, self.under: under}
            outcome = Outcome(int(seed), False, numbers, lost, between)
            known = outcome.interval
            holds = known is not None and band_decision(known, *self.band) is True
            found.append(replace(outcome, holds=holds))
        return found

    def _passed(self, run: Runs) -> list[int | None]:
        if self.mse_below is not None:
            return first_below(run.mse, self.mse_below, self.epoch)
        return first_share(run, float(run.waves.min()), self.share_above or 0.0, self.epoch)

    def _between(
        self, over: int | None, under: int | None
    ) -> tuple[float | None, float | None] | None:
        if over is None and under:
            return self.epoch / under, None
        return (None, over / self.epoch) if over and under is None else None


@dataclass(frozen=True, kw_only=True)
class Exponent(UpTo):
    """Epochs to ``mse_below`` grow like frequency^p with p in [low, high].

    For each seed p is the least-squares slope of log epochs on log frequency over ``arms``. One of
    the two bounds alone will do. Drawn on logarithmic axes, together with ``beside``, more
    experiments and frequencies that take no part in the slope, with ``predicted``, frequencies and
    the epochs that theory has for them, and with ``stated``, the exponent that the source has.
    """

    arms: tuple[tuple[str, float], ...]
    mse_below: float
    low: float | None = None
    high: float | None = None
    beside: tuple[tuple[str, float], ...] = ()
    predicted: tuple[tuple[float, float], ...] = ()
    stated: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        mse_threshold("rule.mse_below", self.mse_below)
        for field, bound in (("rule.low", self.low), ("rule.high", self.high)):
            if bound is not None:
                number(field, bound)
        _check_band(self.low, self.high)
        if self.stated is not None:
            number("rule.stated", self.stated)
        for field in ("arms", "beside", "predicted"):
            pairs = tuple((first, float(second)) for first, second in getattr(self, field))
            object.__setattr__(self, field, pairs)
        if len({frequency for _, frequency in self.arms}) < 2:
            raise SpecError("rule.arms", self.arms, "a slope needs two frequencies", "add one")

    def needs(self) -> dict[str, int]:
        return {name: self.epoch for name, _ in (*self.arms, *self.beside)}

    def thresholds(self) -> tuple[Threshold, ...]:
        return passages(self.mse_below, self.needs())

    def describe(self) -> str:
        band = in_words(self.low, self.high)
        return f"epochs to MSE < {self.mse_below:g} ~ k^p, p {band}"

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,), mse=(self.mse_below,), kind="slope")

    @property
    def band(self) -> tuple[float, float]:
        return _band(self.low, self.high)

    @property
    def logarithmic(self) -> bool:
        return False

    def numbers(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """One exponent a seed, None where an arm diverged, is censored or passes before epoch 1.

        After it come the epochs of each experiment.
        """
        every = {n: first_below(runs[n].mse, self.mse_below, self.epoch) for n in self.needs()}
        passed = [every[name] for name, _ in self.arms]
        logs = [math.log(frequency) for _, frequency in self.arms]
        gone = [diverged_by(runs[name], self.epoch) for name, _ in self.arms]
        found = []
        for i, seed in enumerate(runs[self.arms[0][0]].seeds):
            epochs = [each[i] for each in passed]
            slope = None
            lost = earliest(each[i] for each in gone)
            if all(epochs) and lost is None:
                slope = float(np.polyfit(logs, np.log(np.array(epochs, float)), 1)[0])
            holds = slope is not None and self.band[0] <= slope <= self.band[1]
            numbers = {"exponent": slope, **{name: each[i] for name, each in every.items()}}
            found.append(Outcome(int(seed), holds, numbers, lost))
        return found


def in_words(low: float | None, high: float | None) -> str:
    """A closed band of which a bound may be missing.

    >>> in_words(1, 2), in_words(None, 2), in_words(1, None)
    ('in [1, 2]', 'at most 2', 'at least 1')
    """
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"in [{low:g}, {high:g}]"


def _band(low: float | None, high: float | None) -> tuple[float, float]:
    return -math.inf if low is None else low, math.inf if high is None else high


def _check_band(low: float | None, high: float | None) -> None:
    if low is None and high is None:
        raise SpecError("rule.low", None, "a band has at least one bound", "give low or high")
    if low is not None and high is not None and low >= high:
        raise SpecError("rule.high", high, f"it must exceed low = {low}", "exchange them")
