"""Long trainings in parts, so that a kill costs no more than the last part.

A part is the same training with a nearer end, and going on from one gives the bits of a training
that was never interrupted. So a checkpoint is an ordinary, shorter `Runs`.
"""

import time
from collections.abc import Callable, Iterator

from epochal.experiments.runs import Runs

__all__ = ["LONG", "in_parts"]

FIRST_EPOCHS = 16
"""The first part, from which it is estimated how long the whole takes."""

LONG = 10
"""A training is long if it takes this many times the time between two checkpoints."""

Train = Callable[[int, Runs | None], Runs]
"""Trains up to an epoch, going on from shorter runs."""


def in_parts(
    train: Train,
    epochs: int,
    earlier: Runs | None,
    every: float,
    clock: Callable[[], float] = time.perf_counter,
    long: float = LONG,
) -> Iterator[Runs]:
    """Yield runs that grow up to ``epochs``: a long training does so about every ``every`` seconds.

    A training that takes less than ``long`` times ``every`` yields its runs once, when it is done.
    """
    start = 0 if earlier is None else earlier.epochs_done
    began, end, runs = clock(), min(epochs, start + FIRST_EPOCHS), earlier
    while True:
        runs = train(end, runs)
        if end >= epochs:
            yield runs
            return
        an_epoch = (clock() - began) / (end - start)
        if an_epoch * (epochs - start) < long * every or runs.diverged_at() != [None]:
            end = epochs
        else:
            yield runs
            end = min(epochs, end + max(1, int(every / an_epoch)))
