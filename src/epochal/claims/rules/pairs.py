"""Rules that compare two experiments, paired by seed."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import (
    POINTS,
    Outcome,
    PlotHints,
    UpTo,
    diverged_by,
    earliest,
    finite,
)
from epochal.claims.rules.compositions import At
from epochal.claims.rules.named import NamedRule
from epochal.claims.rules.parts import mse, share
from epochal.claims.rules.quantities import Quantity
from epochal.errors import SpecError
from epochal.experiments.checks import choice, fraction, number, positive
from epochal.experiments.runs import Runs

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
        choice("rule.on", self.on, POINTS)
        return mse(arm, on=self.on)


@dataclass(frozen=True, kw_only=True)
class ShareRatioAt(RatioAt):
    """At ``epoch`` the share of its slowest wave that ``over`` has, by that of ``under``, is in
    (low, high).
    """

    def _of(self, arm: str) -> Quantity:
        return share(arm=arm)


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
