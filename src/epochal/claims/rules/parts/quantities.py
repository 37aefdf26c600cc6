"""Quantities that a rule speaks of: what a run has at each epoch, its words and its marks.

A quantity of one's own is a frozen dataclass that derives from `OfOneRun`, in a case file or in a
module that it imports.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from epochal.claims.rules.base import RUN, PlotHints
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import number, text, whole
from epochal.experiments.inputs import Array
from epochal.experiments.own_loop import Experiments
from epochal.experiments.runs import Runs
from epochal.experiments.snapshots import at_window

if TYPE_CHECKING:
    from epochal.claims.rules.parts.combined import Product, Quotient
    from epochal.claims.rules.parts.conditions import Condition

__all__ = ["OfOneRun", "Quantity", "Series"]


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
        """The value "at" an epoch, ``(seed,)``: the median over the last 5% of the epochs.

        Where nothing is known there, it is the last that is known before.
        """
        window = at_window(self.epochs, epoch)
        if not window.any():
            window[np.searchsorted(self.epochs, epoch, side="right") - 1] = True
        middle: Array = np.median(self.values[:, window], axis=1)
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
        from epochal.claims.rules.parts.combined import Quotient

        return Quotient(self, other)

    def __mul__(self, other: "Quantity") -> "Product":
        from epochal.claims.rules.parts.combined import Product

        return Product(self, other)


@dataclass(frozen=True)
class OfOneRun(Quantity):
    """A quantity of one setting, ``arm`` by its name in the claim, and of all its outputs or one.

    Args:
        arm: the setting.
        output: of a target with several outputs the one that is meant, from 0 on; None is all.
    """

    arm: str = RUN
    output: int | None = field(default=None, kw_only=True)

    word = ""
    """What it is called in the text of a rule."""

    short = ""
    """What its value is called in a row of numbers, where that is shorter."""

    def __post_init__(self) -> None:
        text("quantity.arm", self.arm)
        if self.output is not None:
            whole("quantity.output", self.output, 0)
        text("quantity.word", self.name)

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm,)

    def run(self, runs: Mapping[str, Runs]) -> Runs:
        """The runs of its setting, as if they had the one output that is meant."""
        found = runs[self.arm]
        return found if self.output is None else found.of_output(self.output)

    @property
    def where(self) -> str:
        """What its name says in brackets beside the setting."""
        return ""

    @property
    def name(self) -> str:
        output = "" if self.output is None else f"output {self.output}"
        arm = "" if self.arm == RUN else self.arm
        inside = ", ".join(filter(None, (arm, output, self.where)))
        return f"{self.word}({inside})" if inside else self.word

    @property
    def label(self) -> str:
        output = "" if self.output is None else f" of output {self.output}"
        label = f"{self.short or self.word}{output}"
        return label if self.arm == RUN else f"{label} {self.arm}"
