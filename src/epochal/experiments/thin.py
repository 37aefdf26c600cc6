"""What is kept of runs that will not be gone on from: less of the predictions, all of the losses.

Weights do not compress and predictions are large, so a finished training is stored without its
state and with its predictions thinned: on `POINTS` points, and from epoch `FIRST` on in steps of
`STEP`. Snapshots that a rule looks at stay, and the losses, errors and shares of every epoch.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epochal.experiments.runs import Runs, at_window, snapshot_epochs

__all__ = ["POINTS", "always_kept", "looked_at", "thinned"]

POINTS = 301
"""How many points of the probe grid are kept, or more where waves are too fast for them."""

FIRST, STEP = 100, 1.1


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


def thinned(runs: Runs, wanted: Collection[int], points: int = POINTS) -> Runs:
    """``runs`` without states, with the predictions of the snapshots that are kept.

    Args:
        runs: of which nothing was left out yet, or less.
        wanted: epochs whose snapshots stay.
        points: how many points of the probe grid stay at least, if it has as many.
    """
    every = max(1, (len(runs.probe) - 1) // (points - 1))
    kept = np.flatnonzero(_kept(runs.snapshots, wanted))
    return replace(
        runs,
        snapshots=runs.snapshots[kept],
        predictions=np.ascontiguousarray(runs.predictions[:, kept][:, :, ::every]),
        weight_hash=runs.weight_hash[:, kept],
        probe=runs.probe[::every],
        probe_target=np.ascontiguousarray(runs.probe_target[:, ::every]),
        states=(),
    )


def _kept(snapshots: NDArray[np.int64], wanted: Collection[int]) -> NDArray[np.bool_]:
    last = snapshots[-1]
    return np.isin(snapshots, [*wanted, *always_kept(int(last)), last])


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
