"""Arrays that settings are given, checked once and told by a hash of their bytes."""

import hashlib
from typing import Any

import numpy as np

from epochal.errors import SpecError
from epochal.experiments.inputs import Array

__all__ = ["columns", "content", "numbers"]


def numbers(field: str, given: Any) -> Array:
    """``given`` as a float64 array of its own that cannot be changed.

    Raises:
        SpecError: it is empty, ragged, holds what is no number, or what is not finite.
    """
    step = "give a list of numbers, or of rows with as many numbers each"
    try:
        values = np.array(given, np.float64)
    except (TypeError, ValueError) as error:
        raise SpecError(field, given, f"these are no numbers ({error})", step) from error
    if values.ndim not in (1, 2) or not values.size:
        raise SpecError(field, given, f"its shape is {values.shape}", step)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        where = ", column ".join(map(str, bad[0]))
        value = float(values[tuple(bad[0])])
        raise SpecError(field, value, f"at row {where} it is not finite", "drop or replace it")
    values = values + 0.0  # -0.0 becomes 0.0: equal numbers have one hash
    values.setflags(write=False)
    return values


def columns(field: str, given: Any) -> Array:
    """As `numbers`; a single column loses its axis."""
    values = numbers(field, given)
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def content(*arrays: Array) -> str:
    """16 hexadecimal digits that stand for the shapes and bytes of arrays."""
    text = hashlib.sha256()
    for each in arrays:
        text.update(f"{each.shape}".encode())
        text.update(np.ascontiguousarray(each, "<f8").tobytes())
    return text.hexdigest()[:16]
