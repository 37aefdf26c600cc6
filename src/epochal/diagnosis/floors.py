"""The least error that a net can have on given points, whatever its weights are."""

from collections.abc import Callable
from typing import Any

import numpy as np

from epochal.experiments.inputs import Array

__all__ = ["of_even", "of_line", "of_odd", "of_range", "of_rays"]

LOGITS = np.linspace(-8.0, 8.0, 321)
"""Values before an output activation that are tried for the constant part and for the odd one."""


def of_range(target: Array, low: float, high: float) -> float:
    """The mean squared error of the nearest values within [low, high].

    >>> round(of_range(np.sin(np.linspace(0, 2 * np.pi, 10001)), 0, np.inf), 3)
    0.25
    """
    return float(np.mean((target - np.clip(target, low, high)) ** 2))


def of_line(features: Array, target: Array) -> float:
    """The mean squared error of the best linear function of ``features`` ``(n, d)``."""
    return _residual(np.column_stack([features, np.ones(len(features))]), target)


def of_rays(x: Array, target: Array, constant: bool) -> float:
    """That of the best straight line on each side of 0, which meet there, of ``x`` ``(n,)``."""
    columns = [np.maximum(x, 0), np.minimum(x, 0), *([np.ones(len(x))] if constant else [])]
    return _residual(np.column_stack(columns), target)


def of_even(features: Array, target: Array, mirrored: Array) -> float:
    """That of the best linear function of ``features`` plus an even one.

    Args:
        features: ``(n, d)``.
        target: ``(n,)``.
        mirrored: the target at ``-features``; NaN where nobody knows it, and no error is counted.
    """
    both = np.isfinite(mirrored)
    odd = (target[both] - mirrored[both]) / 2
    return _residual(features[both], odd) * float(both.mean()) if both.any() else 0.0


def of_odd(target: Array, mirrored: Array, constant: bool, output: Callable[[Array], Any]) -> float:
    """That of the best odd function, plus a constant if there is one, through ``output``.

    Args:
        target: ``(n,)``.
        mirrored: the target at the mirrored points; NaN where nobody knows it.
        constant: whether a constant is added.
        output: the activation after the sum, monotone.

    >>> x = np.linspace(-1, 1, 101)
    >>> round(of_odd(np.cos(3 * x), np.cos(3 * x), True, np.asarray), 3)
    0.48
    """
    both = np.isfinite(mirrored)
    if not both.any():
        return 0.0
    ahead, behind, share = target[both], mirrored[both], float(both.mean())
    if output is np.asarray:
        even = (ahead + behind) / 2
        return float(np.mean((even - constant * even.mean()) ** 2)) * share
    constants = LOGITS[::4] if constant else np.zeros(1)
    found = []
    for each in constants:
        one, other = output(each + LOGITS), output(each - LOGITS)
        errors = (ahead[:, None] - one) ** 2 + (behind[:, None] - other) ** 2
        found.append(float(errors.min(axis=1).mean()) / 2)
    return min(found) * share


def _residual(columns: Array, target: Array) -> float:
    fitted = columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
    return float(np.mean((target - fitted) ** 2))
