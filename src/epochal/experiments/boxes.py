"""Inputs of several coordinates, and points that are given by hand.

A position is then a row of coordinates, so positions have the shape ``(points, axes)``; with one
axis they stay ``(points,)``. The net is given the coordinates themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState

from epochal.errors import SpecError
from epochal.experiments.arrays import columns, content
from epochal.experiments.checks import choice, natural, number, record
from epochal.experiments.inputs import Array

__all__ = ["Box", "Points", "coordinates_of", "over"]

NAMES = ("x", "y", "z")
"""What formulas call the coordinates, as long as there are no more."""

SEED = 0
"""Of the sample that stands for a grid on more than two axes."""


def coordinates_of(axes: int) -> tuple[str, ...]:
    """What formulas call so many coordinates; nothing where they have no names."""
    return NAMES[:axes] if axes <= len(NAMES) else ()


def over(low: Array, high: Array, points: int) -> Array:
    """Positions all over the box from ``low`` to ``high``, both ``(axes,)``.

    A regular grid with both ends: of ``points`` points on one axis, on two of the largest square
    number within it, row by row. On more axes a grid would have two or three points a side: there
    they are a uniform sample, always the same.

    >>> over(np.zeros(2), np.ones(2), 4).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    if len(low) == 1:
        return np.linspace(low[0], high[0], points)
    if len(low) > 2:
        return RandomState(SEED).uniform(low, high, (points, len(low)))
    return _regular(low, high, max(2, int(points**0.5)))


def _regular(low: Array, high: Array, side: int) -> Array:
    axes = [np.linspace(a, b, side) for a, b in zip(low, high, strict=True)]
    return np.stack([each.ravel() for each in np.meshgrid(*axes, indexing="ij")], axis=1)


@dataclass(frozen=True, kw_only=True)
class Box:
    """Points in a box of two or more axes: ``uniform`` at random, or a regular ``grid``.

    A grid holds the corners, and has as many points on each axis. Formulas call the coordinates
    x, y and z; on more axes a target is a `Function` of positions ``(points, axes)``.

    >>> Box(low=(-1, 0), high=(1, 4), points=4, draw="grid").positions(RandomState(0)).tolist()
    [[-1.0, 0.0], [-1.0, 4.0], [1.0, 0.0], [1.0, 4.0]]
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    points: int
    draw: str = "uniform"

    DRAWS: ClassVar[tuple[str, ...]] = ("uniform", "grid")

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            given = getattr(self, name)
            step = "give one number an axis, such as (-1, -1)"
            record(f"inputs.{name}", given, (tuple, list), step)
            checked = tuple(number(f"inputs.{name}", each) for each in given)
            object.__setattr__(self, name, checked)
        natural("inputs.points", self.points)
        choice("inputs.draw", self.draw, self.DRAWS)
        if len(self.low) != len(self.high):
            rule = f"low has {len(self.low)} axes, but this has {len(self.high)}"
            raise SpecError("inputs.high", self.high, rule, "give as many")
        if len(self.low) < 2:
            rule, step = "a box has two axes or more", "write Line(low=…, high=…, points=…)"
            raise SpecError("inputs.low", self.low, rule, step)
        for low, high in zip(self.low, self.high, strict=True):
            if low >= high:
                rule = f"each must lie above that of low, and {high:g} is not above {low:g}"
                raise SpecError("inputs.high", self.high, rule, "exchange them")
        if self.draw == "grid" and self._side**self.axes != self.points:
            rule = f"a grid has as many points on each of the {self.axes} axes"
            near = [max(2, self._side + more) ** self.axes for more in (0, 1)]
            step = f"give one such as {near[0]} or {near[1]}"
            raise SpecError("inputs.points", self.points, rule, step)

    @property
    def _side(self) -> int:
        """The largest whole number whose power is no more than the points."""
        side = round(self.points ** (1 / self.axes))
        return int(side - (side**self.axes > self.points))

    @property
    def axes(self) -> int:
        """How many coordinates a position has."""
        return len(self.low)

    @property
    def dimensions(self) -> int:
        return self.axes

    @property
    def coordinates(self) -> tuple[str, ...]:
        """What formulas call the coordinates."""
        return coordinates_of(self.axes)

    @property
    def span(self) -> float:
        """The length of the longest side."""
        return max(high - low for low, high in zip(self.low, self.high, strict=True))

    def positions(self, random: RandomState) -> Array:
        """Training positions, shape ``(points, axes)``."""
        low, high = np.array(self.low), np.array(self.high)
        if self.draw == "uniform":
            return random.uniform(low, high, (self.points, self.axes))
        return _regular(low, high, self._side)

    def grid(self, points: int) -> Array:
        """Positions all over the box, as of `over`."""
        return over(np.array(self.low), np.array(self.high), points)

    def features(self, positions: Array) -> Array:
        """The coordinates, shape ``(len(positions), axes)``."""
        return positions

    def __str__(self) -> str:
        sides = " × ".join(f"[{a:g}, {b:g}]" for a, b in zip(self.low, self.high, strict=True))
        return f"{self.points} points on {sides}, {self.draw}"


@dataclass(frozen=True)
class Points:
    """Points given by hand: a list of numbers, or of rows with one number an axis.

    What counts in a digest is a hash of them. The probe grid goes from the least to the greatest.

    >>> str(Points([0, 1, 4]))
    '3 points given by hand, from 0 to 4'
    """

    x: Sequence[Any] | Array = field(compare=False, repr=False)
    content: str = field(init=False)
    shape: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        given = columns("inputs.x", self.x)
        object.__setattr__(self, "x", given)
        object.__setattr__(self, "content", content(given))
        object.__setattr__(self, "shape", given.shape)
        if np.ptp(given, axis=0).max() == 0:
            rule = "all points are the same"
            raise SpecError("inputs.x", given.flat[0], rule, "give two or more that differ")

    @property
    def points(self) -> int:
        return self.shape[0]

    @property
    def axes(self) -> int:
        """How many coordinates a position has."""
        return self.shape[1] if len(self.shape) == 2 else 1

    @property
    def dimensions(self) -> int:
        return self.axes

    @property
    def coordinates(self) -> tuple[str, ...]:
        """What formulas call the coordinates."""
        return coordinates_of(self.axes)

    @property
    def span(self) -> float:
        """The length of the longest side of the box that holds them."""
        return float(np.ptp(np.asarray(self.x), axis=0).max())

    def positions(self, random: RandomState) -> Array:
        """The points as they were given, shape ``(points,)`` or ``(points, axes)``."""
        return np.array(self.x)

    def grid(self, points: int) -> Array:
        """Positions all over the box that holds the points, as of `over`."""
        rows = self.features(np.asarray(self.x))
        return over(rows.min(axis=0), rows.max(axis=0), points)

    def features(self, positions: Array) -> Array:
        """The coordinates, shape ``(len(positions), axes)``."""
        return positions.reshape(len(positions), self.axes)

    def __str__(self) -> str:
        given = np.asarray(self.x)
        of = f"of {self.axes} coordinates " if self.axes > 1 else ""
        return f"{self.points} points {of}given by hand, from {given.min():g} to {given.max():g}"
