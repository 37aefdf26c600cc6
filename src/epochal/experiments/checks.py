"""The checks that specifications make of their own fields at construction."""

import math
from collections.abc import Iterable

from epochal.errors import SpecError, nearest

__all__ = ["choice", "fraction", "natural", "number", "positive", "whole"]


def number(field: str, value: object) -> float:
    """``value`` as a finite float.

    >>> number("low", 3)
    3.0
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SpecError(field, value, "a finite number is needed", "give one such as 1.5")
    return float(value) + 0.0  # -0.0 becomes 0.0: equal records have one digest


def positive(field: str, value: object) -> float:
    """``value`` as a finite float above 0."""
    checked = number(field, value)
    if checked <= 0:
        raise SpecError(field, value, "it must be above 0", "give a positive number")
    return checked


def fraction(field: str, value: object) -> float:
    """``value`` as a float strictly between 0 and 1."""
    checked = number(field, value)
    if not 0 < checked < 1:
        raise SpecError(
            field, value, "it must lie strictly between 0 and 1", "give one such as 0.05"
        )
    return checked


def whole(field: str, value: object, least: int) -> int:
    """``value`` as an integer of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SpecError(
            field, value, f"a whole number of at least {least} is needed", f"give {least} or more"
        )
    return value


def natural(field: str, value: object) -> int:
    """``value`` as an integer of at least 1."""
    return whole(field, value, 1)


def choice(field: str, value: object, names: Iterable[str]) -> str:
    """``value``, if it is one of ``names``.

    >>> choice("loop.loss", "men", ["mean", "half_sum"])
    Traceback (most recent call last):
    epochal.errors.SpecError: loop.loss = 'men': not one of half_sum, mean; did you mean 'mean'?
    """
    known = sorted(names)
    if value not in known:
        raise SpecError(field, value, f"not one of {', '.join(known)}", nearest(str(value), known))
    return str(value)
