"""Numbers as they are kept: to a few significant digits, and None where not finite."""

from typing import Any

import numpy as np

__all__ = ["rounded", "significant"]


def significant(value: float | None, digits: int = 4) -> float | None:
    """``value`` to some significant digits, None where it is not finite.

    >>> significant(0.0123456), significant(float("nan"))
    (0.01235, None)
    """
    if value is None or not np.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def rounded(values: Any, digits: int = 4) -> Any:
    """An array as nested lists of `significant` values."""
    array = np.asarray(values)
    if array.ndim == 0:
        return significant(float(array), digits)
    return [rounded(each, digits) for each in array]
