"""Quantities that are made of others: a quotient, a product, the least of several."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from epochal.claims.rules.base import PlotHints
from epochal.claims.rules.parts.measured import LearningRate
from epochal.claims.rules.parts.quantities import Quantity, Series
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import number
from epochal.experiments.inputs import Array
from epochal.experiments.own_loop import Experiments
from epochal.experiments.runs import Runs

__all__ = ["Least", "Product", "Quotient"]


@dataclass(frozen=True)
class OfTwo(Quantity):
    """What is computed of two quantities, seed by seed."""

    over: Quantity
    under: Quantity

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.over.arms, *self.under.arms)))

    @property
    def probed(self) -> bool:  # type: ignore[override]
        return self.over.probed or self.under.probed

    @abstractmethod
    def _computed(self, over: Array, under: Array) -> Array:
        """It, of the two's values."""

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        over, under = (each.series(runs, epoch) for each in (self.over, self.under))
        common, ours, theirs = np.intersect1d(over.epochs, under.epochs, return_indices=True)
        return Series(common, self._computed(over.values[:, ours], under.values[:, theirs]))

    def at(self, runs: Mapping[str, Runs], epoch: int) -> Array:
        return self._computed(self.over.at(runs, epoch), self.under.at(runs, epoch))

    def numbers(self, runs: Mapping[str, Runs], epoch: int) -> dict[str, Array]:
        parts = (*self.over.numbers(runs, epoch).items(), *self.under.numbers(runs, epoch).items())
        return {self.label: self.at(runs, epoch), **dict(parts)}

    def check(self, experiments: Experiments) -> None:
        self.over.check(experiments)
        self.under.check(experiments)

    RATE: ClassVar[int] = 0
    """The power of the learning rate that it has, where the second quantity is that."""

    def hints(self, bounds: tuple[float, ...]) -> PlotHints:
        over = self.over.hints(bounds)
        if isinstance(self.under, LearningRate) and over.kind == "measured":
            return replace(over, rate=self.RATE)
        parts = [each.hints(()) for each in (self.over, self.under)]
        return next((each for each in parts if each.kind == "measured"), PlotHints(epochs=()))


@dataclass(frozen=True)
class Quotient(OfTwo):
    """One quantity divided by another: ``mse("with") / mse("without")``."""

    positive = True
    RATE = -1

    def __post_init__(self) -> None:
        if self.over == self.under:
            rule = "a quantity is divided by itself"
            raise SpecError("quantity.under", self.under.name, rule, "name another")

    @property
    def name(self) -> str:
        return f"{self.over.name} / {self.under.name}"

    @property
    def label(self) -> str:
        return "ratio"

    def _computed(self, over: Array, under: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(over / under, np.float64)

    def check_bound(self, field: str, value: float) -> float:
        if number(field, value) < 0:
            raise SpecError(field, value, "a ratio is not negative", "give 0 or more")
        return float(value)


@dataclass(frozen=True)
class Product(OfTwo):
    """One quantity times another: ``measured("sharpness") * learning_rate()``."""

    RATE = 1

    @property
    def name(self) -> str:
        return f"{self.over.name} × {self.under.name}"

    @property
    def label(self) -> str:
        return "product"

    def _computed(self, over: Array, under: Array) -> Array:
        return np.asarray(over * under, np.float64)


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
