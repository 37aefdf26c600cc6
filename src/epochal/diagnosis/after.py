"""The facts of a setting after some training: errors of all seeds, and the inside of their nets."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from epochal.claims.rules.thresholds import line_errors, rate_of_most_frequent, variance_of
from epochal.diagnosis.asked import Asked
from epochal.experiments.inputs import Array
from epochal.experiments.runs import Runs

if TYPE_CHECKING:
    from epochal.training.inside import Inside

__all__ = ["After", "Component", "Regions"]

LAST = 0.05
"""The part of the epochs over which a last error is a median."""

INNER = 0.5
"""The part of the range that counts as its middle."""

COMPONENT = 0.05
"""A frequency counts if it has this share of the target's power."""


@dataclass(frozen=True)
class Regions:
    """The error in the middle half of the range, and outside it; what a constant has inside."""

    low: float
    high: float
    inner: float
    outer: float
    constant: float


@dataclass(frozen=True)
class Component:
    """A frequency of the target: its oscillations over the range, and the share of it learned."""

    oscillations: float
    learned: float


@dataclass(frozen=True)
class After:
    """A setting whose first seeds were trained.

    Attributes:
        asked: the setting.
        runs: of all these seeds.
        start: the untrained nets.
        end: the nets after the last epoch.
    """

    asked: Asked
    runs: Runs
    start: "Sequence[Inside]"
    end: "Sequence[Inside]"

    @property
    def seeds(self) -> int:
        """The number of seeds."""
        return len(self.runs.seeds)

    @property
    def epochs(self) -> int:
        """The epochs trained."""
        return self.runs.epochs_done

    @cached_property
    def fits_at(self) -> list[int | None]:
        """For each seed the first epoch with an error below the goal, or None."""
        return self.asked.fits_at(self.runs)

    @property
    def trained(self) -> float:
        """The median over seeds of the last error on the training points."""
        return float(np.median(np.nan_to_num(self.runs.mse[:, -1], nan=np.inf)))

    @property
    def fits(self) -> bool:
        """Whether every seed fits."""
        return None not in self.fits_at

    @cached_property
    def errors(self) -> Array:
        """The last error of each seed, ``(seed,)``; NaN where it diverged."""
        epochs, errors = self.asked.errors(self.runs)
        return np.median(errors[:, epochs >= (1 - LAST) * self.epochs], axis=1)

    @property
    def error(self) -> float:
        """The median of `errors`; infinite where most seeds diverged."""
        return float(np.median(np.nan_to_num(self.errors, nan=np.inf)))

    @cached_property
    def finite(self) -> NDArray[np.bool_]:
        """Which seeds have not diverged, ``(seed,)``."""
        return np.array([each is None for each in self.runs.diverged_at()])

    @property
    def constant(self) -> float:
        """The error of the best constant, or of the most frequent class."""
        targets = self.runs.train_target
        if self.runs.classes:
            return float(np.median([rate_of_most_frequent(row) for row in targets]))
        return float(np.median(variance_of(targets)))

    @property
    def line(self) -> float | None:
        """The error of the best straight line or plane; None on a circle, and of classes."""
        found = line_errors(self.asked.experiment, self.runs)
        return None if found is None else float(np.median(found))

    @property
    def plain(self) -> bool:
        """Whether each step is the learning rate times a gradient."""
        optimizer = self.asked.experiment.optimizer
        return optimizer.name == "SGD" and not optimizer.keywords.get("momentum")

    @property
    def step(self) -> float | None:
        """The learning rate times the largest curvature, at the start and at the end the larger.

        None where steps are not those of plain gradient descent.
        """
        rate = self.asked.experiment.optimizer.keywords.get("lr", 1e-3)
        known = [each.sharpness for each in (*self.start, *self.end)]
        known = [each for each in known if np.isfinite(each)]
        return float(rate * max(known)) if self.plain and known else None

    def quarters(self) -> Array:
        """The median loss of each quarter of the epochs, ``(seed, 4)``."""
        parts = np.array_split(self.runs.loss[:, 1:].astype(np.float64), 4, axis=1)
        return np.stack([np.median(each, axis=1) for each in parts if each.size], axis=1)

    @cached_property
    def regions(self) -> Regions | None:
        """The error of the median seed by region, on one coordinate whose target is known."""
        runs = self.runs
        if not self._drawn or self.asked.beyond:
            return None
        low, high = float(runs.train_positions.min()), float(runs.train_positions.max())
        middle, half = (low + high) / 2, INNER * (high - low) / 2
        trained = (runs.probe >= low) & (runs.probe <= high)
        inside = np.abs(runs.probe - middle) <= half
        square = (runs.predictions[:, -1] - runs.probe_target) ** 2
        inner, outer = (
            float(np.median(square[:, which].mean(axis=1))) for which in (inside, trained & ~inside)
        )
        constant = float(runs.probe_target[0, inside].var())
        return Regions(middle - half, middle + half, inner, outer, constant)

    @cached_property
    def components(self) -> list[Component]:
        """The target's frequencies from slow to fast, and the share of each that is learned."""
        runs = self.runs
        if not self._drawn or self.asked.experiment.probe_inputs is not None:
            return []
        target = runs.probe_target[0] - runs.probe_target[0].mean()
        wave = np.fft.rfft(target)
        fitted = np.median([_projected(each[-1], wave) for each in runs.predictions], axis=0)
        power = np.abs(wave) ** 2
        strong = np.flatnonzero(power > COMPONENT * power.sum())
        return [Component(float(place), float(fitted[place])) for place in strong if place]

    @property
    def _drawn(self) -> bool:
        """Whether predictions are along a line on which the target is known."""
        runs = self.runs
        one = runs.probe.ndim == 1 and runs.predictions.ndim == 3 and not runs.classes
        return one and bool(np.isfinite(runs.probe_target).all())


def _projected(prediction: Any, wave: NDArray[np.complex128]) -> Array:
    """The share of each frequency of ``wave`` that ``prediction`` has, in phase with it."""
    given = np.fft.rfft(np.nan_to_num(prediction - np.mean(prediction)))
    size = np.maximum(np.abs(wave) ** 2, 1e-300)
    return np.asarray(np.real(given * np.conj(wave)) / size, np.float64)
