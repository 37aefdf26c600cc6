"""What the net is to learn: sines, a formula, or a function of the position.

"Frequency" means three things in this field, so the word does not stand alone here: a sine on a
line has an ``angular_frequency`` ω, sin(ωx), and makes ω·span/2π oscillations over the range; on
the circle the same number is its wavenumber k, sin(kθ), and makes k of them.

A new target is one frozen dataclass with ``values``, ``waves`` and ``scale``.
"""

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np

from epochal.errors import SpecError
from epochal.experiments import formula
from epochal.experiments.checks import choice, maker, natural, number, positive, record, text
from epochal.experiments.inputs import Array

__all__ = ["Formula", "Function", "Noise", "Sine", "SumOfSines", "Target", "Wave"]


@dataclass(frozen=True)
class Wave:
    """One component: amplitude · sin(angular_frequency · position + phase), phase in radians."""

    angular_frequency: float
    amplitude: float = 1.0
    phase: float = 0.0

    def __post_init__(self) -> None:
        frequency = positive("wave.angular_frequency", self.angular_frequency)
        object.__setattr__(self, "angular_frequency", frequency)
        object.__setattr__(self, "amplitude", positive("wave.amplitude", self.amplitude))
        object.__setattr__(self, "phase", number("wave.phase", self.phase))

    def values(self, positions: Array) -> Array:
        """The wave at ``positions``, the same shape."""
        values: Array = self.amplitude * np.sin(self.angular_frequency * positions + self.phase)
        return values

    def __str__(self) -> str:
        amplitude = "" if self.amplitude == 1 else f"{self.amplitude:g}·"
        phase = "" if self.phase == 0 else f" + {self.phase:g}"
        frequency = "" if self.angular_frequency == 1 else f"{self.angular_frequency:g}·"
        return f"{amplitude}sin({frequency}position{phase})"


class Target(Protocol):
    """What the engine and the rules need of a target."""

    @property
    def waves(self) -> tuple[Wave, ...]:
        """The components on which predictions are projected."""

    @property
    def scale(self) -> str:
        """``as_is``, or ``unit_norm``: divided by its Euclidean norm over the training points."""

    def values(self, positions: Array) -> Array:
        """The unscaled target at ``positions``, the same shape."""


SCALES = ("as_is", "unit_norm")

MOST_SHOWN = 6
"""How many waves a line of text names."""


@dataclass(frozen=True)
class Sine:
    """amplitude · sin(angular_frequency · position + phase).

    >>> Sine(2).oscillations(span=15)
    4.7746...
    """

    angular_frequency: float
    amplitude: float = 1.0
    phase: float = 0.0
    scale: str = "as_is"

    SCALES: ClassVar[tuple[str, ...]] = SCALES

    def __post_init__(self) -> None:
        wave = Wave(self.angular_frequency, self.amplitude, self.phase)
        object.__setattr__(self, "angular_frequency", wave.angular_frequency)
        object.__setattr__(self, "amplitude", wave.amplitude)
        object.__setattr__(self, "phase", wave.phase)
        choice("target.scale", self.scale, SCALES)

    @property
    def waves(self) -> tuple[Wave, ...]:
        return (Wave(self.angular_frequency, self.amplitude, self.phase),)

    def values(self, positions: Array) -> Array:
        """The sine at ``positions``, the same shape, before any scaling."""
        return self.waves[0].values(positions)

    def __str__(self) -> str:
        return f"{self.waves[0]}{_norm(self.scale)}"

    def oscillations(self, span: float) -> float:
        """How many oscillations a range of length ``span`` holds."""
        return self.angular_frequency * span / (2 * math.pi)


@dataclass(frozen=True)
class SumOfSines:
    """The sum of several waves.

    >>> both = SumOfSines((Wave(4), Wave(14)), scale="unit_norm")
    >>> [wave.angular_frequency for wave in both.waves]
    [4.0, 14.0]
    """

    waves: tuple[Wave, ...]
    scale: str = "as_is"

    SCALES: ClassVar[tuple[str, ...]] = SCALES

    def __post_init__(self) -> None:
        step = "give one such as SumOfSines((Wave(4), Wave(14)))"
        record("target.waves", self.waves, (tuple, list), step)
        for wave in self.waves:
            record("target.waves", wave, Wave, step)
        object.__setattr__(self, "waves", tuple(self.waves))
        choice("target.scale", self.scale, SCALES)
        frequencies = [wave.angular_frequency for wave in self.waves]
        if not frequencies:
            raise SpecError("target.waves", self.waves, "a sum has at least one wave", "add one")
        if len(set(frequencies)) < len(frequencies):
            raise SpecError(
                "target.waves",
                frequencies,
                "two waves of one frequency cannot be distinguished by projection",
                "merge them into one",
            )

    def values(self, positions: Array) -> Array:
        """The sum at ``positions``, the same shape, before any scaling."""
        total: Array = np.sum([wave.values(positions) for wave in self.waves], axis=0)
        return total

    def __str__(self) -> str:
        shown = [str(wave) for wave in self.waves]
        if len(shown) > MOST_SHOWN:
            shown[MOST_SHOWN - 1 : -1] = [f"… ({len(shown)} waves) …"]
        return " + ".join(shown) + _norm(self.scale)


@dataclass(frozen=True)
class Formula:
    """A formula of ``x`` on a line, ``theta`` on a circle, ``x``, ``y`` and ``z`` in a box.

    Numbers, ``pi`` and ``e``, + - * / ** and comparisons (1 where they hold), and the functions of
    `epochal.experiments.formula`; it is parsed and worked out by numpy, and never run as code. It
    declares no waves, so that rules about shares cannot be asked of it.

    >>> step = Formula("where(x > 0, 1, -1)")
    >>> step.values(np.array([-2.0, 3.0])).tolist()
    [-1.0, 1.0]
    >>> Formula("( x-0.5 )**2") == Formula("(x - 0.5) ** 2")
    True
    """

    text: str
    scale: str = "as_is"

    SCALES: ClassVar[tuple[str, ...]] = SCALES
    waves: ClassVar[tuple[Wave, ...]] = ()

    def __post_init__(self) -> None:
        tree = formula.parsed("target.text", text("target.text", self.text))
        object.__setattr__(self, "text", ast.unparse(tree))
        choice("target.scale", self.scale, SCALES)

    @cached_property
    def tree(self) -> ast.expr:
        """The formula, taken apart."""
        return formula.parsed("target.text", self.text)

    @property
    def coordinates(self) -> tuple[str, ...]:
        """The coordinates that it is a formula of."""
        return formula.names(self.tree)

    def values(self, positions: Array) -> Array:
        """The formula at each of ``positions``; not finite where it is not."""
        known = dict.fromkeys(formula.COORDINATES, positions)
        if positions.ndim == 2:
            known = dict(zip(formula.COORDINATES, positions.T, strict=False))
        with np.errstate(all="ignore"):
            found = formula.worked_out(self.tree, known)
        return np.array(np.broadcast_to(found, len(positions)), np.float64)

    def __str__(self) -> str:
        return f"{self.text}{_norm(self.scale)}"


@dataclass(frozen=True)
class Function:
    """A function of the case file, from positions ``(n,)`` or ``(n, axes)`` to values ``(n,)``.

    Its code counts in the digest, with all own code that it reaches. It declares no waves.

    Args:
        function: a function at the top level of a case file.
        name: what pages call it; its own name where it is left out.
        scale: as of any target.
        outputs: how many outputs it has; with more than one, values are ``(n, outputs)``.
    """

    function: Callable[[Array], Any]
    name: str = ""
    scale: str = "as_is"
    outputs: int = 1

    SCALES: ClassVar[tuple[str, ...]] = SCALES
    waves: ClassVar[tuple[Wave, ...]] = ()

    def __post_init__(self) -> None:
        maker("target.function", self.function, "it is called for the target's values")
        called = getattr(self.function, "__name__", "")
        object.__setattr__(self, "name", text("target.name", self.name or called))
        choice("target.scale", self.scale, SCALES)
        natural("target.outputs", self.outputs)

    def values(self, positions: Array) -> Array:
        """The function at each of ``positions``."""
        return np.asarray(self.function(positions), np.float64)

    def __str__(self) -> str:
        return f"{self.name}{_norm(self.scale)}"


@dataclass(frozen=True)
class Noise:
    """Normal noise on the training targets, with mean 0 and standard deviation ``sd``.

    In units of the scaled target, drawn from the seed after the positions. Training sees it;
    errors, shares and pictures are those against the target without it.
    """

    sd: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "sd", positive("noise.sd", self.sd))

    def __str__(self) -> str:
        return f"noise of standard deviation {self.sd:g}, a variance of {self.sd**2:.3g}"


def _norm(scale: str) -> str:
    return ", scaled to norm 1" if scale == "unit_norm" else ""
