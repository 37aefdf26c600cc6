"""How a number differs between two measurements of the same seed."""

import math
from collections.abc import Sequence
from statistics import fmean, median

__all__ = [
    "LEAST",
    "differ",
    "difference",
    "is_epoch",
    "is_rate",
    "log_ratio",
    "mean_change",
]

LEAST = 0.002
"""The smallest change that counts, relative where `change` is: stored digits resolve 0.0001."""

RESOLVED, ROUNDING = 1e-4, 1e-6
"""Numbers of bit-equal training differ where they are further apart than the digits that are kept
resolve, relative where `change` is, and than the rounding of float32."""


def is_epoch(name: str) -> bool:
    """Whether a number of a rule is an epoch, by its name.

    >>> is_epoch("first epoch below"), is_epoch("epoch for 4"), is_epoch("least MSE")
    (True, True, False)
    """
    return name.startswith(("first ", "epoch for "))


def is_rate(name: str) -> bool:
    """Whether a number of a rule is a share of points, often 0, which no ratio can compare."""
    return name.partition(", ")[0].endswith("rate")


def change(name: str, before: float | None, after: float | None) -> float:
    """The change of a number of a rule: after - before of a rate, else log(after / before).

    >>> change("least error rate", 0.0, 0.01), change("first epoch below", 100.0, 100.0)
    (0.01, 0.0)
    """
    return difference(before, after) if is_rate(name) else log_ratio(before, after)


def log_ratio(before: float | None, after: float | None) -> float:
    """log(after / before); infinite where one side has no number, 0, or the other sign.

    >>> log_ratio(2.0, 2.0), log_ratio(None, 2.0), log_ratio(2.0, None), log_ratio(-1.0, 1.0)
    (0.0, -inf, inf, inf)
    """
    if before == after:
        return 0.0
    if not before or not after:
        return math.inf if not after else -math.inf
    if (before > 0) == (after > 0):
        return math.log(after / before)
    return math.inf if after > before else -math.inf


def difference(before: float | None, after: float | None) -> float:
    """after - before; infinite where one side has no number."""
    if before is None or after is None:
        return 0.0 if before == after else math.inf
    return after - before


def mean_change(changes: Sequence[float]) -> float:
    """The mean over seeds; the median where one of them got there on one side alone.

    >>> mean_change([0.1, 0.3]), mean_change([0.1, 0.2, math.inf]), mean_change([])
    (0.2, 0.2, nan)
    """
    if not changes:
        return math.nan
    return fmean(changes) if all(map(math.isfinite, changes)) else median(changes)


def differ(name: str, before: float | None, after: float | None) -> bool:
    """Whether two numbers of bit-equal training are more than rounding apart."""
    if before is not None and after is not None and abs(after - before) <= ROUNDING:
        return False
    return abs(change(name, before, after)) > RESOLVED
