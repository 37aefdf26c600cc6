"""Rules about a number: a ratio of epochs, an exponent."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import (
    Marks,
    Outcome,
    Ratio,
    UpTo,
    diverged_by,
    earliest,
    first_below,
    mse_threshold,
)
from epochal.errors import SpecError
from epochal.experiments.checks import number, positive
from epochal.experiments.runs import Runs

__all__ = ["EpochsRatio", "Exponent"]


@dataclass(frozen=True, kw_only=True)
class EpochsRatio(Ratio):
    """Epochs to ``mse_below`` of ``over`` divided by those of ``under`` lie in [low, high].

    Finding by an interval of the mean log ratio over seeds. A seed of which an arm never gets
    there within ``epoch`` is censored, and censored seeds leave the claim undecided.
    """

    mse_below: float
    low: float
    high: float

    def __post_init__(self) -> None:
        super().__post_init__()
        mse_threshold("rule.mse_below", self.mse_below)
        positive("rule.low", self.low)
        _check_band(self.low, self.high)

    def describe(self) -> str:
        return (
            f"epochs to MSE < {self.mse_below:g}, {self.over} over {self.under}, "
            f"in [{self.low:g}, {self.high:g}]"
        )

    def marks(self) -> Marks:
        return Marks(epochs=(self.epoch,), mse=(self.mse_below,))

    @property
    def band(self) -> tuple[float, float]:
        return self.low, self.high

    @property
    def logarithmic(self) -> bool:
        return True

    def numbers(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """One ratio a seed, None where an arm diverged, is censored or passes before epoch 1."""
        arms = {name: runs[name] for name in (self.over, self.under)}
        passed = {n: first_below(r.mse, self.mse_below, self.epoch) for n, r in arms.items()}
        gone = [diverged_by(run, self.epoch) for run in arms.values()]
        found = []
        for i, seed in enumerate(runs[self.over].seeds):
            over, under = passed[self.over][i], passed[self.under][i]
            lost = earliest(each[i] for each in gone)
            ratio = over / under if over and under and lost is None else None
            holds = ratio is not None and self.low <= ratio <= self.high
            numbers = {"ratio": ratio, self.over: over, self.under: under}
            found.append(Outcome(int(seed), holds, numbers, lost))
        return found


@dataclass(frozen=True, kw_only=True)
class Exponent(UpTo):
    """Epochs to ``mse_below`` grow like frequency^p with p in [low, high].

    For each seed p is the least-squares slope of log epochs on log frequency over ``arms``.
    """

    arms: tuple[tuple[str, float], ...]
    mse_below: float
    low: float
    high: float

    def __post_init__(self) -> None:
        super().__post_init__()
        mse_threshold("rule.mse_below", self.mse_below)
        number("rule.low", self.low)
        _check_band(self.low, self.high)
        object.__setattr__(self, "arms", tuple((name, float(each)) for name, each in self.arms))
        if len({frequency for _, frequency in self.arms}) < 2:
            raise SpecError("rule.arms", self.arms, "a slope needs two frequencies", "add one")

    def needs(self) -> dict[str, int]:
        return {name: self.epoch for name, _ in self.arms}

    def describe(self) -> str:
        return f"epochs to MSE < {self.mse_below:g} ~ k^p, p in [{self.low:g}, {self.high:g}]"

    def marks(self) -> Marks:
        return Marks(epochs=(self.epoch,), mse=(self.mse_below,))

    @property
    def band(self) -> tuple[float, float]:
        return self.low, self.high

    @property
    def logarithmic(self) -> bool:
        return False

    def numbers(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """One exponent a seed, None where an arm diverged, is censored or passes before epoch 1."""
        passed = [first_below(runs[name].mse, self.mse_below, self.epoch) for name, _ in self.arms]
        logs = [math.log(frequency) for _, frequency in self.arms]
        gone = [diverged_by(runs[name], self.epoch) for name, _ in self.arms]
        found = []
        for i, seed in enumerate(runs[self.arms[0][0]].seeds):
            epochs = [each[i] for each in passed]
            slope = None
            lost = earliest(each[i] for each in gone)
            if all(epochs) and lost is None:
                slope = float(np.polyfit(logs, np.log(np.array(epochs, float)), 1)[0])
            holds = slope is not None and self.low <= slope <= self.high
            found.append(Outcome(int(seed), holds, {"exponent": slope}, lost))
        return found


def _check_band(low: float, high: float) -> None:
    if low >= high:
        raise SpecError("rule.high", high, f"it must exceed low = {low}", "exchange them")
