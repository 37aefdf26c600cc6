"""How the predictions of a seed moved over epochs, small enough to be kept for every setting.

`epochal film` and the page are made of them. A `Film` has errors and coefficients of its own, so
that everything it shows is of one run.
"""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epochal.experiments.runs import Runs
from epochal.experiments.snapshots import film_epochs
from epochal.judging.rounding import rounded, significant

__all__ = ["VALUES", "Film", "films"]

VALUES = 303
"""So many predictions an epoch are kept at most: on large grids those of fewer seeds, never of
none."""

LEAST = 3
"""Fewer frames make no film: nothing was trained."""

STEPS = 1000
"""Into so many steps the target's range is divided: less than a pixel of any plot."""

OFF = -(2**15)
"""Stands for a prediction that is not finite, or too far off for a picture."""


@dataclass(frozen=True, kw_only=True)
class Film:
    """The predictions of one seed over epochs.

    Attributes:
        seed: the seed.
        epochs: ``(frame,)``.
        mse: on the training points, ``(frame,)``; None where not finite.
        shares: coefficients of the target's components as shares of its own, ``(component,
            frame)``.
        unit: the step between two values of a prediction.
        packed: the predictions at the positions of the curves, ``(frame, value)``, in units: 16-bit
            integers, differences between frames, all low bytes before all high bytes, deflated, in
            base64.
    """

    seed: int
    epochs: list[int]
    mse: list[float | None]
    shares: list[list[float | None]]
    unit: float
    packed: str

    @property
    def fits(self) -> NDArray[np.float64]:
        """The predictions, ``(frame, value)``; NaN where not finite or too far off."""
        low, high = np.frombuffer(zlib.decompress(base64.b64decode(self.packed)), np.uint8).reshape(
            2, len(self.epochs), -1
        )
        steps = (low.astype(np.uint16) | high.astype(np.uint16) << 8).astype(np.uint16)
        values = np.cumsum(steps, axis=0, dtype=np.uint16).astype(np.int16)
        return np.where(values == OFF, np.nan, values * self.unit)

    def until(self, epoch: int) -> "Film":
        """The same film as if it had ended at ``epoch``."""
        count = sum(each <= epoch for each in self.epochs)
        return replace(
            self,
            epochs=self.epochs[:count],
            mse=self.mse[:count],
            shares=[row[:count] for row in self.shares],
            packed=_packed(self.fits[:count], self.unit),
        )


def films(runs: Runs, kept: Sequence[int], every: int) -> list[Film]:
    """The predictions of the first seeds of ``runs``, thinned.

    Args:
        runs: the runs.
        kept: epochs that have a frame besides the usual ones, if there is a snapshot.
        every: of how many grid points one is kept.
    """
    wanted = {*film_epochs(runs.epochs_done), *kept, runs.epochs_done}
    at = np.flatnonzero(np.isin(runs.snapshots, sorted(wanted)))
    if len(at) < LEAST:
        return []
    fits = runs.predictions[:, at, ::every].astype(np.float64)
    fits = fits.reshape(*fits.shape[:2], -1)
    unit, epochs = _unit(runs.probe_target), runs.snapshots[at].tolist()
    return [
        Film(
            seed=int(runs.seeds[place]),
            epochs=epochs,
            mse=rounded(runs.mse[place, epochs]),
            shares=rounded(runs.projections[place, epochs].T),
            unit=unit,
            packed=_packed(fits[place], unit),
        )
        for place in range(min(len(fits), max(1, VALUES // fits.shape[2])))
    ]


def _unit(target: NDArray[Any]) -> float:
    """One digit is enough: steps need not be exact parts of the range."""
    known = target[np.isfinite(target)]
    span = float(np.ptp(known)) if known.size else 0.0
    return significant((span or 1.0) / STEPS, 1) or 1.0


def _packed(fits: NDArray[np.float64], unit: float) -> str:
    with np.errstate(invalid="ignore", over="ignore"):
        steps = np.round(fits / unit)
        known = np.abs(steps) < -OFF
    values = np.where(known, steps, OFF).astype(np.int16).astype(np.uint16)
    moved = np.diff(values, axis=0, prepend=np.zeros_like(values[:1]))
    both = np.stack([moved & 255, moved >> 8]).astype(np.uint8)
    return base64.b64encode(zlib.compress(both.tobytes(), 9)).decode()
