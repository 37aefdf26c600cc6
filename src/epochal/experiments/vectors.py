"""Targets with several outputs, and what is the same for all targets whatever they have."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from epochal.errors import SpecError
from epochal.experiments.checks import members, record
from epochal.experiments.inputs import Array
from epochal.experiments.targets import Target, Wave

__all__ = ["OneOutput", "Vector", "columns_of", "each_output", "outputs_of", "parts_of"]


@dataclass(frozen=True)
class Vector:
    """Several targets that one net learns, an output for each.

    The net gets as many outputs, and errors are means over points and outputs. It declares no
    components, so that rules about their coefficients cannot be asked of it.

    Args:
        parts: the targets, each with one output.

    >>> from epochal import Formula, Sine
    >>> both = Vector((Sine(1), Formula("cos(x)")))
    >>> both.outputs, both.values(np.array([0.0])).tolist()
    (2, [[0.0, 1.0]])
    """

    parts: tuple[Target, ...]

    scale: ClassVar[str] = "as_is"
    waves: ClassVar[tuple[Wave, ...]] = ()

    def __post_init__(self) -> None:
        step = 'give one such as Vector((Sine(1), Formula("cos(x)")))'
        record("target.parts", self.parts, (tuple, list), step)
        object.__setattr__(self, "parts", tuple(self.parts))
        for each in self.parts:
            members("target.parts", each, ("waves", "scale", "values"), "a target", step)
            if outputs_of(each) > 1 or hasattr(each, "grid") or hasattr(each, "classes"):
                rule = "each part is a function with one output"
                raise SpecError("target.parts", str(each), rule, "give its outputs one by one")
            if each.scale != "as_is":
                rule = "each part is learned in its own units"
                raise SpecError("target.parts", str(each), rule, "leave its scale out")
        if len(self.parts) < 2:
            rule = "a vector has at least two parts"
            raise SpecError("target.parts", self.parts, rule, "give another, or the part alone")

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return len(self.parts)

    def values(self, positions: Array) -> Array:
        """The parts at each of ``positions``, ``(n, outputs)``."""
        return np.stack([each.values(positions) for each in self.parts], axis=1)

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.parts))})"


@dataclass(frozen=True)
class OneOutput:
    """One output of a target, as a target by itself."""

    of: Target
    place: int

    scale: ClassVar[str] = "as_is"
    waves: ClassVar[tuple[Wave, ...]] = ()

    def values(self, positions: Array) -> Array:
        """The output at each of ``positions``, ``(n,)``."""
        found: Array = np.asarray(self.of.values(positions), np.float64)
        wanted = len(positions), outputs_of(self.of)
        if found.shape != wanted:
            rule = f"for {len(positions)} positions it makes {found.shape} where {wanted} is needed"
            raise SpecError("target.values", str(self.of), rule, "return a row for each position")
        return found[:, self.place]

    def __str__(self) -> str:
        return f"output {self.place}"


def outputs_of(target: object) -> int:
    """The number of outputs of a target.

    >>> from epochal import Sine
    >>> outputs_of(Sine(1))
    1
    """
    outputs: int = getattr(target, "outputs", 1)
    return outputs


def parts_of(target: Target) -> tuple[Target, ...]:
    """The targets that ``target`` is made of; itself where it is not made of others."""
    return target.parts if isinstance(target, Vector) else (target,)


def each_output(target: Target) -> tuple[Target, ...]:
    """Each output of ``target`` as a target with one output."""
    if isinstance(target, Vector) or outputs_of(target) == 1:
        return parts_of(target)
    return tuple(OneOutput(target, place) for place in range(outputs_of(target)))


def columns_of(values: Array) -> Array:
    """``values`` ``(n,)`` or ``(n, k)`` as an array with an axis of outputs."""
    return values[:, None] if values.ndim == 1 else values
