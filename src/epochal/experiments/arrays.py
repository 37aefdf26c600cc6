"""Arrays that settings are given, checked once and told by a hash of their bytes."""

import hashlib
from typing import Any

import numpy as np

from epochal.errors import SpecError
from epochal.experiments.inputs import Array

__all__ = ["columns", "content", "named_rows", "numbers"]


def numbers(field: str, given: Any) -> Array:
    """``given`` as a float64 array of its own that cannot be changed.

    Raises:
        SpecError: it is empty, ragged, holds what is no number, or what is not finite.
    """
    step = "give a list of numbers, or of rows with as many numbers each"
    try:
        values = np.array(given, np.float64)
    except (TypeError, ValueError) as error:
        raise SpecError(field, given, f"these are not numbers ({error})", step) from error
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


def named_rows(field: str, given: Any, rows: int) -> tuple[int, ...]:
    """The numbers of those of so many ``rows`` that are named by number or by a mask, in order.

    >>> named_rows("held_out", range(2, 4), 5), named_rows("held_out", [True, False, False], 3)
    ((2, 3), (0,))
    """
    step = f"give a part such as 0.2, numbers from 0 to {rows - 1}, or {rows} times True or False"
    try:
        named = np.asarray(sorted(given) if isinstance(given, set) else given)
    except ValueError as error:
        raise SpecError(field, given, "it names no rows", step) from error
    if named.dtype == bool and named.shape == (rows,):
        named = np.flatnonzero(named)
    if named.ndim != 1 or not len(named) or named.dtype.kind not in "iu":
        raise SpecError(field, given, f"it names none of the {rows} rows", step)
    found = np.unique(named)
    if found[0] < 0 or found[-1] >= rows:
        wrong = int(found[0] if found[0] < 0 else found[-1])
        raise SpecError(field, wrong, f"there are {rows} rows", step)
    if len(found) < len(named):
        raise SpecError(field, given, "it names a row twice", step)
    if len(found) == rows:
        raise SpecError(field, given, f"of {rows} rows it leaves none to train on", step)
    return tuple(found.tolist())


def content(*arrays: Array) -> str:
    """16 hexadecimal digits that stand for the shapes and bytes of arrays."""
    text = hashlib.sha256()
    for each in arrays:
        text.update(f"{each.shape}".encode())
        text.update(np.ascontiguousarray(each, "<f8").tobytes())
    return text.hexdigest()[:16]
