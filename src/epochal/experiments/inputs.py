"""Where the training points lie: on a line or on a circle.

An input has *positions*, the number that a target is a function of (x on a line, the angle θ on a
circle; in `epochal.experiments.boxes` a row of them), and *features*, what the net is given. On a
line an embedding makes the features; on a circle they are (cos θ, sin θ). All of it is float64
numpy: the engine casts it once.

A new input is one frozen dataclass with these members; nothing else needs to know of it.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from epochal.errors import SpecError
from epochal.experiments.checks import choice, natural, number, positive, record

__all__ = ["Array", "Circle", "Embedding", "Input", "Line", "axes_of", "radius"]

Array = NDArray[np.float64]


class Input(Protocol):
    """What the engine needs of an input.

    One whose positions have several coordinates says how many by ``axes``; then positions have the
    shape ``(points, axes)`` wherever ``(points,)`` stands here.
    """

    @property
    def points(self) -> int: ...

    @property
    def dimensions(self) -> int:
        """How many features a point has."""

    @property
    def span(self) -> float:
        """The length of the range of positions."""

    def positions(self, random: RandomState) -> Array:
        """The training positions, shape ``(points,)``; a random input draws from ``random``."""

    def grid(self, points: int) -> Array:
        """A regular grid of positions over the whole range, shape ``(points,)``."""

    def features(self, positions: Array) -> Array:
        """What the net is given for ``positions``, shape ``(len(positions), dimensions)``."""


def axes_of(inputs: object) -> int:
    """How many coordinates the positions of an input have."""
    axes: int = getattr(inputs, "axes", 1)
    return axes


def radius(positions: Array) -> Array:
    """How far each position is from 0, shape ``(len(positions),)``."""
    return np.abs(positions) if positions.ndim == 1 else np.linalg.norm(positions, axis=1)


@dataclass(frozen=True)
class Embedding:
    """The net's features, made from a position on a line.

    ``as_is`` gives x; ``constant`` gives (x, ``value``); ``angle`` gives (cos ωx, sin ωx) with
    ω = ``value`` in radians per unit of x; ``modulo`` folds x into [0, ``value``).

    >>> Embedding("modulo", 3.0).features(np.array([-1.0, 4.0])).tolist()
    [[2.0], [1.0]]
    """

    kind: str = "as_is"
    value: float = 1.0

    KINDS: ClassVar[tuple[str, ...]] = ("as_is", "constant", "angle", "modulo")

    def __post_init__(self) -> None:
        choice("embedding.kind", self.kind, self.KINDS)
        check = number if self.kind == "constant" else positive
        object.__setattr__(self, "value", check("embedding.value", self.value))

    @property
    def dimensions(self) -> int:
        return 2 if self.kind in ("constant", "angle") else 1

    def features(self, positions: Array) -> Array:
        """The features of ``positions``, shape ``(len(positions), dimensions)``."""
        if self.kind == "constant":
            columns = [positions, np.full_like(positions, self.value)]
        elif self.kind == "angle":
            columns = [np.cos(self.value * positions), np.sin(self.value * positions)]
        elif self.kind == "modulo":
            columns = [np.mod(positions, self.value)]
        else:
            columns = [positions]
        return np.stack(columns, axis=1)


@dataclass(frozen=True, kw_only=True)
class Line:
    """Points on the interval [low, high]: ``uniform`` at random, or a regular ``grid``.

    A grid holds both ends. Random points come from the seed's own ``RandomState``, the first
    thing drawn from it.

    >>> Line(low=-1, high=1, points=3, draw="grid").positions(RandomState(0)).tolist()
    [-1.0, 0.0, 1.0]
    """

    low: float
    high: float
    points: int
    draw: str = "uniform"
    embedding: Embedding = Embedding()

    DRAWS: ClassVar[tuple[str, ...]] = ("uniform", "grid")
    coordinates: ClassVar[tuple[str, ...]] = ("x",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", number("inputs.low", self.low))
        object.__setattr__(self, "high", number("inputs.high", self.high))
        natural("inputs.points", self.points)
        choice("inputs.draw", self.draw, self.DRAWS)
        step = 'give one such as Embedding("angle", 0.4)'
        record("inputs.embedding", self.embedding, Embedding, step)
        if self.low >= self.high:
            raise SpecError(
                "inputs.high", self.high, f"it must lie above low = {self.low}", "exchange them"
            )

    @property
    def dimensions(self) -> int:
        return self.embedding.dimensions

    @property
    def span(self) -> float:
        return self.high - self.low

    def positions(self, random: RandomState) -> Array:
        """Training positions x, shape ``(points,)``."""
        if self.draw == "uniform":
            return random.uniform(self.low, self.high, self.points)
        return self.grid(self.points)

    def grid(self, points: int) -> Array:
        """A regular grid over [low, high], both ends included, shape ``(points,)``."""
        return np.linspace(self.low, self.high, points)

    def features(self, positions: Array) -> Array:
        """The embedded positions, shape ``(len(positions), dimensions)``."""
        return self.embedding.features(positions)

    def __str__(self) -> str:
        kind = "" if self.embedding.kind == "as_is" else f", embedding {self.embedding.kind}"
        return f"{self.points} points on [{self.low:g}, {self.high:g}], {self.draw}{kind}"


@dataclass(frozen=True, kw_only=True)
class Circle:
    """Points on the unit circle by their angle θ in [−π, π): ``regular`` or ``uniform`` at random.

    The net is given (cos θ, sin θ). Regular angles start at −π and leave π out.

    >>> np.round(Circle(points=4).positions(RandomState(0)), 2).tolist()
    [-3.14, -1.57, 0.0, 1.57]
    """

    points: int
    draw: str = "regular"

    DRAWS: ClassVar[tuple[str, ...]] = ("regular", "uniform")
    coordinates: ClassVar[tuple[str, ...]] = ("theta",)
    dimensions: ClassVar[int] = 2
    span: ClassVar[float] = 2 * np.pi

    def __post_init__(self) -> None:
        natural("inputs.points", self.points)
        choice("inputs.draw", self.draw, self.DRAWS)

    def positions(self, random: RandomState) -> Array:
        """Training angles θ, shape ``(points,)``."""
        if self.draw == "uniform":
            return random.uniform(-np.pi, np.pi, self.points)
        return self.grid(self.points)

    def grid(self, points: int) -> Array:
        """Regular angles on [−π, π), shape ``(points,)``."""
        return np.linspace(-np.pi, np.pi, points, endpoint=False)

    def features(self, positions: Array) -> Array:
        """(cos θ, sin θ), shape ``(len(positions), 2)``."""
        return np.stack([np.cos(positions), np.sin(positions)], axis=1)

    def __str__(self) -> str:
        return f"{self.points} points on the circle, {self.draw}"
