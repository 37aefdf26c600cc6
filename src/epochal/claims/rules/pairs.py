"""Rules that compare two experiments, paired by seed."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import (
    POINTS,
    Outcome,
    PlotHints,
    Ratio,
    UpTo,
    at,
    diverged_by,
    earliest,
    error_at,
    error_name,
    finite,
)
from epochal.claims.rules.places import check_between
from epochal.claims.rules.waves import check_waves
from epochal.errors import SpecError
from epochal.experiments.checks import choice, fraction, number, positive
from epochal.experiments.experiment import Experiments
from epochal.experiments.inputs import Array
from epochal.experiments.runs import Runs

__all__ = ["MseRatioAt", "SameBits", "SameLosses", "ShareRatioAt"]


@dataclass(frozen=True, kw_only=True)
class RatioAt(Ratio, ABC):
    """What rules share that divide what two settings have at one epoch.

    One bound alone will do: ``low`` without ``high`` asks for a ratio that is larger.
    """

    high: float | None = None
    low: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.high is not None:
            positive("rule.high", self.high)
        if number("rule.low", self.low) < 0:
            raise SpecError("rule.low", self.low, "a ratio is not negative", "give 0 or more")
        if self.high is None and not self.low:
            step = "give high, or low, or both"
            raise SpecError("rule.high", None, "without a bound every ratio is in", step)
        if self.high is not None and self.low >= self.high:
            raise SpecError(
                "rule.low", self.low, f"it must be below high = {self.high:g}", "correct it"
            )

    @property
    @abstractmethod
    def _name(self) -> str:
        """What is divided, in words."""

    @abstractmethod
    def _values(self, run: Runs) -> Array:
        """Of each seed of ``run`` what is divided."""

    def describe(self) -> str:
        low = f"{self.low:g} < " if self.low else ""
        high = "" if self.high is None else f" < {self.high:g}"
        return f"at {self.epoch}: {low}{self._name}({self.over}) / {self._name}({self.under}){high}"

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,))

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where the ratio lies in the band; a seed that diverged in either arm fails."""
        over, under = runs[self.over], runs[self.under]
        above, below = self._values(over), self._values(under)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = above / below
        gone = _either(over, under, self.epoch)
        found = []
        for i, seed in enumerate(over.seeds):
            ratio = float(ratios[i])
            numbers = {
                "ratio": finite(ratio),
                f"{self._name} {self.over}": finite(above[i]),
                f"{self._name} {self.under}": finite(below[i]),
            }
            inside = self.low < ratio < (math.inf if self.high is None else self.high)
            holds = inside and gone[i] is None
            found.append(Outcome(int(seed), holds, numbers, gone[i]))
        return found


@dataclass(frozen=True, kw_only=True)
class MseRatioAt(RatioAt):
    """At ``epoch`` the error of ``over`` divided by that of ``under`` is in (low, high).

    The errors are those on the training points, or with ``on="probe"`` those on the probe grid.
    """

    on: str = "training"

    def __post_init__(self) -> None:
        super().__post_init__()
        choice("rule.on", self.on, POINTS)

    def check(self, experiments: Experiments) -> None:
        if self.on == "probe":
            check_between(experiments, self.needs())

    @property
    def _name(self) -> str:
        return error_name(self.on)

    def _values(self, run: Runs) -> Array:
        return error_at(run, self.epoch, self.on)


@dataclass(frozen=True, kw_only=True)
class ShareRatioAt(RatioAt):
    """At ``epoch`` the share of its slowest wave that ``over`` has, by that of ``under``, is in
    (low, high).
    """

    def check(self, experiments: Experiments) -> None:
        for arm in self.needs():
            check_waves(experiments[arm], arm)

    @property
    def _name(self) -> str:
        return "share"

    def _values(self, run: Runs) -> Array:
        return at(run.projections[:, :, int(run.waves.argmin())], self.epoch)


@dataclass(frozen=True, kw_only=True)
class Twins(UpTo):
    """What rules share that ask whether two settings are the same."""

    first: str
    second: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.first == self.second:
            raise SpecError(
                "rule.second", self.second, "it is compared with itself", "name the other arm"
            )

    def needs(self) -> dict[str, int]:
        return {self.first: self.epoch, self.second: self.epoch}

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,))


@dataclass(frozen=True, kw_only=True)
class SameLosses(Twins):
    """In every epoch up to ``epoch`` the training errors of two settings agree within a share.

    ``within`` is the largest relative difference, as a share of the first one's error.
    """

    within: float

    def __post_init__(self) -> None:
        super().__post_init__()
        fraction("rule.within", self.within)

    def describe(self) -> str:
        return f"{self.first} and {self.second}: MSE within {self.within:g} up to {self.epoch}"

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where no epoch differs by more; a seed that diverged in either arm fails."""
        a, b = runs[self.first].until(self.epoch), runs[self.second].until(self.epoch)
        gone = _either(a, b, self.epoch)
        with np.errstate(divide="ignore", invalid="ignore"):
            differences = np.abs(b.mse - a.mse) / a.mse
        differences[a.mse == b.mse] = 0.0
        found = []
        for seed, row, lost in zip(a.seeds, differences, gone, strict=True):
            largest = float(row.max())
            holds = largest <= self.within and lost is None
            found.append(Outcome(int(seed), holds, {"largest": finite(largest)}, lost))
        return found


@dataclass(frozen=True, kw_only=True)
class SameBits(Twins):
    """Bit-equal losses in every epoch, and bit-equal weights at each snapshot, of two settings."""

    def describe(self) -> str:
        return f"{self.first} and {self.second}: equal bits up to epoch {self.epoch}"

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where all bits agree; the number is the first epoch at which they do not."""
        a, b = runs[self.first].until(self.epoch), runs[self.second].until(self.epoch)
        gone = _either(a, b, self.epoch)
        # Of one, other snapshots may be kept than of the other.
        common, ours, theirs = np.intersect1d(a.snapshots, b.snapshots, return_indices=True)
        found = []
        for i, seed in enumerate(a.seeds):
            losses = ~_equal_bits(a.loss[i], b.loss[i])
            weights = a.weight_hash[i, ours] != b.weight_hash[i, theirs]
            epochs = [*np.flatnonzero(losses).tolist(), *common[weights].tolist()]
            first = float(min(epochs)) if epochs else None
            holds = first is None and gone[i] is None
            found.append(Outcome(int(seed), holds, {"first difference": first}, gone[i]))
        return found


def _equal_bits(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    width = f"u{a.dtype.itemsize}"
    same: np.ndarray = a.view(width) == b.view(width)
    return same


def _either(a: Runs, b: Runs, epoch: int) -> list[int | None]:
    pairs = zip(diverged_by(a, epoch), diverged_by(b, epoch), strict=True)
    return [earliest(pair) for pair in pairs]
