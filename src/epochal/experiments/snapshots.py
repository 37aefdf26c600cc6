"""The epochs at which predictions are kept: a fixed grid, whatever the horizon is."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["always_kept", "at_window", "film_epochs", "looked_at", "snapshot_epochs"]

MANTISSAS = (
    *(m / 10 for m in range(100, 200, 5)),
    *range(20, 50),
    *range(50, 100, 2),
)
"""Two-digit steps of at most 5%: every round epoch (50, 500, 800, 1500 …) is a snapshot."""

FIRST, STEP = 100, 1.1
"""From which epoch on, and in which steps, snapshots are kept however long a training is."""

FILM_FIRST, FILM_STEP = 5, 1.25
"""The same of films, which show every epoch up to the first of them."""

LAST_PART = 0.05
"""The part of the epochs up to e over which "at e" takes the median: losses spike."""


def snapshot_epochs(epochs: int) -> NDArray[np.int64]:
    """The fixed log grid of epochs at which predictions are kept, up to ``epochs``.

    It does not depend on the horizon: a longer training has the same first snapshots.

    >>> snapshot_epochs(14).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    >>> [e for e in snapshot_epochs(1000).tolist() if 180 <= e <= 230]
    [180, 185, 190, 195, 200, 210, 220, 230]
    """
    marks = {0, *range(1, min(epochs, 9) + 1)}
    power = 1
    while power * 10 <= epochs:
        for mantissa in MANTISSAS:
            mark = mantissa * power
            if mark == int(mark):
                marks.add(int(mark))
        power *= 10
    return np.array(sorted(mark for mark in marks if mark <= epochs), dtype=np.int64)


def at_window(epochs: NDArray[np.int64], epoch: int) -> NDArray[np.bool_]:
    """Which of ``epochs`` count for "at ``epoch``": the last 5% of the epochs up to it."""
    window: NDArray[np.bool_] = (epochs >= (1 - LAST_PART) * epoch) & (epochs <= epoch)
    return window


def looked_at(epochs: Iterable[int]) -> frozenset[int]:
    """The snapshots that "at" any of ``epochs`` means.

    >>> sorted(looked_at([100]))
    [96, 98, 100]
    """
    found = set[int]()
    for epoch in epochs:
        grid = snapshot_epochs(epoch)
        found |= set(grid[at_window(grid, epoch)].tolist())
    return frozenset(found)


def always_kept(epoch: int) -> list[int]:
    """The snapshots up to ``epoch`` that are kept however long a training is.

    >>> always_kept(150)[-6:]
    [96, 98, 100, 115, 130, 145]
    """
    found = [0]
    for each in snapshot_epochs(epoch).tolist()[1:]:
        if each <= FIRST or each >= STEP * found[-1]:
            found.append(each)
    return found


def film_epochs(epochs: int) -> list[int]:
    """The snapshots up to ``epochs`` that a film shows.

    >>> film_epochs(30)
    [0, 1, 2, 3, 4, 5, 7, 9, 12, 15, 19, 24, 30]
    """
    found = [0]
    for each in always_kept(epochs)[1:]:
        if each <= FILM_FIRST or each >= FILM_STEP * found[-1]:
            found.append(each)
    return found
