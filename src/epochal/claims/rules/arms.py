"""Rules that ask several experiments the same."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from epochal.claims.rules.base import (
    Outcome,
    PlotHints,
    UpTo,
    diverged_by,
    earliest,
    first_below,
    least,
    mse_threshold,
)
from epochal.claims.rules.thresholds import Threshold, passages
from epochal.errors import SpecError
from epochal.experiments.checks import number, record, text
from epochal.experiments.runs import Runs

__all__ = ["Cell", "EpochsMap", "WhichFit"]


MOST_SHOWN = 3
"""How many experiments a line of text names."""


@dataclass(frozen=True, kw_only=True)
class WhichFit(UpTo):
    """Each of ``fits`` gets below ``mse_below`` by ``epoch``, and none of ``fails`` does.

    With ``fits`` empty it says that the best of several does not get there. An arm that diverges
    has not fitted; if it was below before, it has not failed either, and the rule is false.
    """

    mse_below: float
    fits: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        mse_threshold("rule.mse_below", self.mse_below)
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

    def needs(self) -> dict[str, int]:
        return dict.fromkeys((*self.fits, *self.fails), self.epoch)

    def thresholds(self) -> tuple[Threshold, ...]:
        return passages(self.mse_below, self.needs())

    def describe(self) -> str:
        parts = [_some(self.fits)] if self.fits else []
        parts += [f"not {_some(self.fails)}"] if self.fails else []
        return f"MSE < {self.mse_below:g} by epoch {self.epoch}: {'; '.join(parts)}"

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,), mse=(self.mse_below,))

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Numbers are the first epoch below of each that should fit, the least error of others."""
        asked = {arm: runs[arm] for arm in self.needs()}
        passed = {n: first_below(run.mse, self.mse_below, self.epoch) for n, run in asked.items()}
        gone = {name: diverged_by(run, self.epoch) for name, run in asked.items()}
        lows = {arm: least(runs[arm].mse, self.epoch) for arm in self.fails}
        found = []
        for i, seed in enumerate(runs[next(iter(passed))].seeds):
            fitted = all(passed[arm][i] is not None and gone[arm][i] is None for arm in self.fits)
            failed = all(passed[arm][i] is None for arm in self.fails)
            numbers: dict[str, float | None] = {}
            numbers |= {f"first epoch below, {arm}": passed[arm][i] for arm in self.fits}
            numbers |= {f"least MSE, {arm}": lows[arm][i] for arm in self.fails}
            lost = earliest(gone[arm][i] for arm in self.fits)
            found.append(Outcome(int(seed), fitted and failed, numbers, lost))
        return found


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
class EpochsMap(UpTo):
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
        mse_threshold("rule.mse_below", self.mse_below)
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

    @property
    def rows(self) -> dict[float, list[Cell]]:
        """The cells of each row, by y and then by x."""
        found: dict[float, list[Cell]] = {}
        for each in sorted(self.cells, key=lambda cell: (cell.y, cell.x)):
            found.setdefault(each.y, []).append(each)
        return found

    def needs(self) -> dict[str, int]:
        return dict.fromkeys((each.arm for each in self.cells), self.epoch)

    def thresholds(self) -> tuple[Threshold, ...]:
        return passages(self.mse_below, self.needs())

    def describe(self) -> str:
        return (
            f"epochs to MSE < {self.mse_below:g} (of {self.epoch}) grow with {self.x}, "
            f"row by row of {self.y}"
        )

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,), mse=(self.mse_below,), kind="map")

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """The first number is how many cells are fitted; then the epochs of each."""
        passed = {}
        for arm in self.needs():
            first = first_below(runs[arm].mse, self.mse_below, self.epoch)
            gone = diverged_by(runs[arm], self.epoch)
            passed[arm] = [e if lost is None else None for e, lost in zip(first, gone, strict=True)]
        found = []
        for i, seed in enumerate(runs[self.cells[0].arm].seeds):
            epochs = {arm: each[i] for arm, each in passed.items()}
            holds = all(_grows([epochs[cell.arm] for cell in row]) for row in self.rows.values())
            fitted = float(sum(each is not None for each in epochs.values()))
            found.append(Outcome(int(seed), holds, {"cells fitted": fitted, **epochs}))
        return found


def _grows(epochs: Sequence[int | None]) -> bool:
    known = [math.inf if each is None else each for each in epochs]
    return known == sorted(known) and known[-1] > known[0]
