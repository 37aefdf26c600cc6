"""Quantities that a rule speaks of: what a run has at each epoch, its words and its marks.

A quantity of one's own is a frozen dataclass that derives from `OfOneRun`, in a case file or in a
module that it imports.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from epochal.claims.rules.base import RUN, PlotHints
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import number, text
from epochal.experiments.experiment import Experiments
from epochal.experiments.inputs import Array
from epochal.experiments.runs import Runs, at_window

if TYPE_CHECKING:
    from epochal.claims.rules.parts.conditions import Condition

__all__ = ["Least", "OfOneRun", "Quantity", "Quotient", "Series"]


@dataclass(frozen=True, eq=False)
class Series:
    """Values ``(seed, place)`` at ``epochs`` ``(place,)``, in ascending order."""

    epochs: NDArray[np.int64]
    values: Array

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.epochs):
            rule = f"it has a row for each seed and a column for each of {len(self.epochs)} epochs"
            step = "return Series(epochs, values) with values of the shape (seed, epoch)"
            raise SpecError("series.values.shape", self.values.shape, rule, step)

    def at(self, epoch: int) -> Array:
        """The value "at" an epoch, ``(seed,)``: the median over the last 5% of the epochs."""
        middle: Array = np.median(self.values[:, at_window(self.epochs, epoch)], axis=1)
        return middle


class Quantity(ABC):
    """What a rule speaks of. `below`, `above` and `within` make it a condition."""

    unit = ""
    """What bounds are given in, with a space before it; nothing where in the quantity's own."""

    positive = False
    """Whether it is never negative, so that a lower bound of 0 goes without saying."""

    probed = False
    """Whether it is measured on the evaluation grid, and so known at snapshots only."""

    @property
    @abstractmethod
    def arms(self) -> tuple[str, ...]:
        """The settings that it is of, by their names in the claim."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in the text of a rule."""

    @property
    def label(self) -> str:
        """What its value is called in a row of numbers."""
        return self.name

    @abstractmethod
    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        """Its values up to ``epoch``, at all epochs at which it is known."""

    def at(self, runs: Mapping[str, Runs], epoch: int) -> Array:
        """Its value "at" an epoch, ``(seed,)``."""
        return self.series(runs, epoch).at(epoch)

    def numbers(self, runs: Mapping[str, Runs], epoch: int) -> dict[str, Array]:
        """What a row shows of it at an epoch: its value, and what that is made of."""
        return {self.label: self.at(runs, epoch)}

    def check(self, experiments: Experiments) -> None:  # noqa: B027 (most have nothing to check)
        """Raises `SpecError` if it is not known of these settings."""

    def check_bound(self, field: str, value: float) -> float:
        """``value`` as a bound of it; raises `SpecError` if it is none."""
        return number(field, value)

    def thresholds(self, field: str, value: float, upper: bool) -> tuple[Threshold, ...]:
        """Thresholds for which a constant or a straight line is tried; ``upper`` is below them."""
        return ()

    def hints(self, bounds: tuple[float, ...]) -> PlotHints:
        """What a picture shows of it, apart from the epochs."""
        return PlotHints(epochs=())

    def below(self, bound: float, field: str = "condition.high") -> "Condition":
        """The condition that it is less than ``bound``, which errors call ``field``."""
        return self.within(None, bound, high_field=field)

    def above(self, bound: float, field: str = "condition.low") -> "Condition":
        """The condition that it is more than ``bound``, which errors call ``field``."""
        return self.within(bound, None, low_field=field)

    def within(
        self,
        low: float | None,
        high: float | None,
        low_field: str = "condition.low",
        high_field: str = "condition.high",
    ) -> "Condition":
        """The condition that it lies strictly between ``low`` and ``high``; None is no bound."""
        from epochal.claims.rules.parts.conditions import Condition

        return Condition(self, low, high, (low_field, high_field))

    def __truediv__(self, other: "Quantity") -> "Quotient":
        return Quotient(self, other)


@dataclass(frozen=True)
class OfOneRun(Quantity):
    """A quantity of one setting, ``arm`` by its name in the claim."""

    arm: str = RUN

    word = ""
    """What it is called in the text of a rule."""

    short = ""
    """What its value is called in a row of numbers, where that is shorter."""

    def __post_init__(self) -> None:
        text("quantity.arm", self.arm)
        text("quantity.word", self.name)

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm,)

    @property
    def where(self) -> str:
        """What its name says in brackets beside the setting."""
        return ""

    @property
    def name(self) -> str:
        inside = ", ".join(filter(None, ("" if self.arm == RUN else self.arm, self.where)))
        return f"{self.word}({inside})" if inside else self.word

    @property
    def label(self) -> str:
        label = self.short or self.word
        return label if self.arm == RUN else f"{label} {self.arm}"


@dataclass(frozen=True)
class Quotient(Quantity):
    """One quantity divided by another, seed by seed: ``mse("with") / mse("without")``."""

    over: Quantity
    under: Quantity

    positive = True

    def __post_init__(self) -> None:
        if self.over == self.under:
            rule = "a quantity is divided by itself"
            raise SpecError("quantity.under", self.under.name, rule, "name another")

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.over.arms, *self.under.arms)))

    @property
    def probed(self) -> bool:  # type: ignore[override]
        return self.over.probed or self.under.probed

    @property
    def name(self) -> str:
        return f"{self.over.name} / {self.under.name}"

    @property
    def label(self) -> str:
        return "ratio"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        over, under = (each.series(runs, epoch) for each in (self.over, self.under))
        common, ours, theirs = np.intersect1d(over.epochs, under.epochs, return_indices=True)
        return Series(common, _divided(over.values[:, ours], under.values[:, theirs]))

    def at(self, runs: Mapping[str, Runs], epoch: int) -> Array:
        return _divided(self.over.at(runs, epoch), self.under.at(runs, epoch))

    def numbers(self, runs: Mapping[str, Runs], epoch: int) -> dict[str, Array]:
        parts = (*self.over.numbers(runs, epoch).items(), *self.under.numbers(runs, epoch).items())
        return {self.label: self.at(runs, epoch), **dict(parts)}

    def check(self, experiments: Experiments) -> None:
        self.over.check(experiments)
        self.under.check(experiments)

    def check_bound(self, field: str, value: float) -> float:
        if number(field, value) < 0:
            raise SpecError(field, value, "a ratio is not negative", "give 0 or more")
        return float(value)


@dataclass(frozen=True)
class Least(Quantity):
    """The least of several quantities, seed by seed: the best of several settings."""

    of: tuple[Quantity, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", tuple(self.of))
        if len(set(self.of)) < 2:
            rule = "it is the least of several quantities"
            raise SpecError("quantity.of", len(self.of), rule, "give two that differ, or more")

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(arm for each in self.of for arm in each.arms))

    @property
    def probed(self) -> bool:  # type: ignore[override]
        return any(each.probed for each in self.of)

    @property
    def unit(self) -> str:  # type: ignore[override]
        return self.of[0].unit

    @property
    def name(self) -> str:
        return f"least of {', '.join(each.name for each in self.of)}"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        first, *others = [each.series(runs, epoch) for each in self.of]
        epochs, values = first.epochs, first.values
        for each in others:
            epochs, ours, theirs = np.intersect1d(epochs, each.epochs, return_indices=True)
            values = np.fmin(values[:, ours], each.values[:, theirs])
        return Series(epochs, values)

    def at(self, runs: Mapping[str, Runs], epoch: int) -> Array:
        least: Array = np.fmin.reduce([each.at(runs, epoch) for each in self.of])
        return least

    def check(self, experiments: Experiments) -> None:
        for each in self.of:
            each.check(experiments)

    def check_bound(self, field: str, value: float) -> float:
        return self.of[0].check_bound(field, value)

    def thresholds(self, field: str, value: float, upper: bool) -> tuple[Threshold, ...]:
        return tuple(found for each in self.of for found in each.thresholds(field, value, upper))

    def hints(self, bounds: tuple[float, ...]) -> PlotHints:
        return self.of[0].hints(bounds)


def _divided(over: Array, under: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(over / under, np.float64)
