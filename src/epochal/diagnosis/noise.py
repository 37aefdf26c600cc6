"""The variance of the noise in a table, as far as the table itself tells."""

from typing import Any

import numpy as np

from epochal.experiments.inputs import Array
from epochal.experiments.tables import table_of

__all__ = ["noise_of"]

EXTRA, ROWS = 5, 10
"""So many rows that repeat inputs, or so many in all on one input, tell of the noise."""


def noise_of(target: object) -> float | None:
    """The variance of the noise of a table's target; None of no table, or where it is not known.

    Of rows with equal inputs, the variance around their mean. Of one input without such rows, the
    differences of each value from the line between its neighbours, by Gasser et al. 1986, "Residual
    Variance and Residual Pattern in Nonlinear Regression": a target that turns between two rows
    counts as noise there.

    >>> from epochal import Table
    >>> x = np.linspace(0, 6, 301)
    >>> noise = np.random.RandomState(0).normal(0, 0.1, 301)
    >>> round(noise_of(Table(x, np.sin(x) + noise)), 3), round(noise_of(Table(x, np.sin(x))), 6)
    (0.011, 0.0)
    """
    table: Any = table_of(target)
    if table is None:
        return None
    x, y = (np.asarray(each).reshape(table.shape[0], -1) for each in (table.x, table.y))
    _, row, count = np.unique(x, axis=0, return_inverse=True, return_counts=True)
    row = row.ravel()
    extra = len(row) - len(count)
    if extra >= EXTRA:
        means = np.stack([np.bincount(row, each) / count for each in y.T], axis=1)
        return float(np.sum((y - means[row]) ** 2) / extra / y.shape[1])
    if x.shape[1] > 1 or len(x) < ROWS or extra:
        return None
    return _between(x[:, 0], y)


def _between(x: Array, y: Array) -> float:
    order = np.argsort(x)
    x, y = x[order], y[order]
    before = ((x[2:] - x[1:-1]) / (x[2:] - x[:-2]))[:, None]
    after = 1 - before
    off = before * y[:-2] + after * y[2:] - y[1:-1]
    return float(np.mean(off**2 / (before**2 + after**2 + 1)))
