"""A change, and how soon it fits: what the ranked list is made of, without torch."""

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import median

import numpy as np

from epochal.claims.statistics import t_interval
from epochal.diagnosis.asked import Asked
from epochal.diagnosis.changes import Change
from epochal.diagnosis.plan import SEEDS
from epochal.experiments.experiment import Experiment
from epochal.experiments.runs import Runs

__all__ = ["Row"]


@dataclass(frozen=True)
class Row:
    """A change, and what came of it.

    Attributes:
        change: the change.
        experiment: the changed setting.
        runs: all seeds, as far as they were trained; None where training failed.
        asked: the setting that was asked about, which says what a fit is.
        why: why training failed, in one line.
    """

    change: Change
    experiment: Experiment
    runs: Runs | None
    asked: Asked
    why: str = ""

    @cached_property
    def fits_at(self) -> list[int | None]:
        """For each seed the first epoch with an error below the goal, or None."""
        return [None] * SEEDS if self.runs is None else self.asked.fits_at(self.runs)

    @property
    def fits(self) -> bool:
        """Whether every seed fits."""
        return None not in self.fits_at

    @property
    def epochs(self) -> float:
        """The median epoch at which seeds fit; infinite where one does not."""
        known = [each for each in self.fits_at if each is not None]
        return float(median(known)) if self.fits else math.inf

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95% interval of the mean, on the log scale, where every seed fits."""
        known = [math.log(max(each, 1)) for each in self.fits_at if each is not None]
        if not self.fits or len(known) < 2:
            return None
        low, high = t_interval(known, 0.95)
        return math.exp(low), math.exp(high)

    @property
    def error(self) -> float:
        """The median over seeds of the least error so far; infinite where none is finite."""
        if self.runs is None:
            return math.inf
        _, errors = self.asked.errors(self.runs)
        return float(np.median(np.where(np.isfinite(errors), errors, np.inf).min(axis=1)))

    @property
    def seconds(self) -> float:
        """Seconds of one process and seed until it fits, or as far as it was trained."""
        if self.runs is None:
            return 0.0
        share = min(1.0, self.epochs / max(1, self.runs.epochs_done))
        return float(np.median(self.runs.seconds)) * share

    @property
    def rank(self) -> tuple[float, float]:
        """Sooner comes first; where not all seeds fit, a lower error."""
        return self.epochs, self.error
