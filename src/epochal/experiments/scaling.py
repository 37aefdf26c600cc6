"""Scaling of what the net is given and of what it is to give, by a seed's training points."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from epochal.experiments.checks import choice
from epochal.experiments.inputs import Array

__all__ = ["Scaling"]

Affine = tuple[Array, Array]
"""What is taken away, and what the rest is divided by."""


def _standardised(values: Array) -> Affine:
    return values.mean(axis=0), values.std(axis=0)


def _min_max(values: Array) -> Affine:
    return values.min(axis=0), np.ptp(values, axis=0)


def _as_is(values: Array) -> Affine:
    return np.zeros(values.shape[1:]), np.ones(values.shape[1:])


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """How inputs and target are scaled for training: ``as_is``, ``standardise`` or ``min_max``.

    ``standardise`` takes the mean away and divides by the standard deviation (by n), ``min_max``
    maps onto [0, 1]: both by the seed's training points, each input by itself, the target as
    training sees it. What does not vary is divided by 1. The loss is that of scaled targets;
    errors, thresholds and pictures are in the target's own units.

    >>> offset, unit = Scaling.by("min_max", np.array([2.0, 4.0]))
    >>> float(offset), float(unit)
    (2.0, 2.0)
    """

    inputs: str = "as_is"
    target: str = "as_is"

    KINDS: ClassVar[Mapping[str, Callable[[Array], Affine]]] = {
        "as_is": _as_is,
        "standardise": _standardised,
        "min_max": _min_max,
    }

    def __post_init__(self) -> None:
        choice("scaling.inputs", self.inputs, self.KINDS)
        choice("scaling.target", self.target, self.KINDS)

    @classmethod
    def by(cls, kind: str, values: Array) -> Affine:
        """What is taken away and divided by, of ``values`` ``(n,)`` or ``(n, columns)``."""
        offset, unit = cls.KINDS[kind](values)
        return offset, np.where(unit == 0, 1.0, unit)

    def __str__(self) -> str:
        kinds = {"inputs": self.inputs, "target": self.target}
        parts = [f"{name} by {kind}" for name, kind in kinds.items() if kind != "as_is"]
        return f"scaled: {', '.join(parts)}" if parts else "as they are"
