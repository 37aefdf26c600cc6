"""Rules that ask several settings the same."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from epochal.claims.rules.base import PlotHints, diverged_by
from epochal.claims.rules.named.base import NamedRule
from epochal.claims.rules.parts.compositions import All, Composed, Judged
from epochal.claims.rules.parts.conditions import Condition
from epochal.claims.rules.parts.functions import mse
from epochal.errors import SpecError
from epochal.experiments.checks import number, record, text
from epochal.experiments.runs import Runs

__all__ = ["Cell", "EpochsMap", "WhichFit"]


MOST_SHOWN = 3
"""How many experiments a line of text names."""


@dataclass(frozen=True, kw_only=True)
class WhichFit(NamedRule):
    """Each of ``fits`` gets below ``mse_below`` by ``epoch``, and none of ``fails`` does.

    With ``fits`` empty it says that the best of several does not get there. An arm that diverges
    has not fitted; if it was below before, it has not failed either, and the rule is false.
    """

    mse_below: float
    fits: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("fits", "fails"):
            given = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given))
        arms = [*self.fits, *self.fails]
        if not arms:
            step = 'name experiments, such as fits=("deep",), fails=("shallow",)'
            raise SpecError("rule.fits", (), "no experiment is named", step)
        twice = sorted({arm for arm in arms if arms.count(arm) > 1})
        if twice:
            raise SpecError("rule.fails", twice[0], "it is named twice", "name it once")
        super().__post_init__()

    @property
    def made(self) -> All:
        fits = (self._fitted(arm).by(self.epoch) for arm in self.fits)
        fails = (self._fitted(arm).not_by(self.epoch) for arm in self.fails)
        return All(rules=(*fits, *fails))

    def _fitted(self, arm: str) -> Condition:
        return mse(arm).below(self.mse_below, "rule.mse_below")

    @property
    def called(self) -> tuple[str | None, ...]:
        """The first epoch below of each that should fit, the least error of each other."""
        fits = [(f"first epoch below, {arm}", None) for arm in self.fits]
        return tuple(chain(*fits, *((None, f"least MSE, {arm}") for arm in self.fails)))

    def describe(self) -> str:
        parts = [_some(self.fits)] if self.fits else []
        parts += [f"not {_some(self.fails)}"] if self.fails else []
        return f"MSE < {self.mse_below:g} by epoch {self.epoch}: {'; '.join(parts)}"

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,), mse=(self.mse_below,))


def _some(arms: Sequence[str]) -> str:
    """As many of ``arms`` as fit into a line."""
    shown = ", ".join(arms[:MOST_SHOWN])
    return shown if len(arms) <= MOST_SHOWN else f"{shown} nor {len(arms) - MOST_SHOWN} others"


@dataclass(frozen=True)
class Cell:
    """One setting of a map: the experiment ``arm`` at column ``x`` and row ``y``."""

    arm: str
    x: float
    y: float

    def __post_init__(self) -> None:
        text("cell.arm", self.arm)
        for name in ("x", "y"):
            object.__setattr__(self, name, number(f"cell.{name}", getattr(self, name)))


@dataclass(frozen=True, kw_only=True)
class EpochsMap(Composed):
    """In every row of a map of settings the epochs to a threshold grow along ``x``.

    Each cell is the epochs until the training error is below ``mse_below``. In no row do they get
    fewer with x, and from its first cell to its last they get more. A cell that does not get there
    by ``epoch`` is censored, and counts as later than any that does; so does one that diverges.
    """

    mse_below: float
    cells: tuple[Cell, ...]
    x: str = "x"
    y: str = "y"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "cells", tuple(self.cells))
        for each in self.cells:
            record("rule.cells", each, Cell, "give Cell(arm, x, y) for each")
        places = [(each.x, each.y) for each in self.cells]
        arms = [each.arm for each in self.cells]
        if len(set(places)) < len(places) or len(set(arms)) < len(arms):
            rule = "two cells have one place or one experiment"
            raise SpecError("rule.cells", arms, rule, "leave one out")
        short = [y for y, row in self.rows.items() if len(row) < 2]
        if short or not self.cells:
            rule = "a row of a map has at least two cells"
            raise SpecError("rule.cells", short, rule, "add cells to these rows")
        _ = self.conditions  # which checks the threshold

    @property
    def rows(self) -> dict[float, list[Cell]]:
        """The cells of each row, by y and then by x."""
        found: dict[float, list[Cell]] = {}
        for each in sorted(self.cells, key=lambda cell: (cell.y, cell.x)):
            found.setdefault(each.y, []).append(each)
        return found

    @property
    def conditions(self) -> tuple[Condition, ...]:
        below = self.mse_below
        return tuple(mse(each.arm).below(below, "rule.mse_below") for each in self.cells)

    @property
    def _fatal(self) -> tuple[str, ...]:
        return ()

    def describe(self) -> str:
        return (
            f"epochs to MSE < {self.mse_below:g} (of {self.epoch}) grow with {self.x}, "
            f"row by row of {self.y}"
        )

    def marks(self) -> PlotHints:
        return replace(super().marks(), kind="map")

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        """The first number is how many cells are fitted; then come the epochs of each."""
        epochs: dict[str, list[int | None]] = {}
        for cell, firsts in zip(self.cells, self._firsts(runs), strict=True):
            gone = diverged_by(runs[cell.arm], self.epoch)
            pairs = zip(firsts, gone, strict=True)
            epochs[cell.arm] = [first if lost is None else None for first, lost in pairs]
        seeds = range(len(runs[self.cells[0].arm].seeds))
        holds = [
            all(_grows([epochs[cell.arm][i] for cell in row]) for row in self.rows.values())
            for i in seeds
        ]
        fitted = [float(sum(each[i] is not None for each in epochs.values())) for i in seeds]
        return holds, {"cells fitted": fitted, **epochs}


def _grows(epochs: Sequence[int | None]) -> bool:
    known = [math.inf if each is None else each for each in epochs]
    return known == sorted(known) and known[-1] > known[0]
