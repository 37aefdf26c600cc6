"""What is measured of the shape of a fit over the range: how far it is off, how bent, how wide."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import PlotHints, mse_threshold
from epochal.claims.rules.parts.quantities import OfOneRun, Series
from epochal.claims.rules.places import check_between, check_values
from epochal.claims.rules.thresholds import Threshold, straight
from epochal.errors import SpecError
from epochal.experiments.checks import positive
from epochal.experiments.inputs import Array, radius
from epochal.experiments.own_loop import Experiments
from epochal.experiments.runs import Runs
from epochal.experiments.tables import table_of

__all__ = ["Departure", "FittedRadius", "LargestError", "MseOverLine"]


@dataclass(frozen=True)
class OfLast(OfOneRun):
    """A quantity whose value "at" an epoch is that of the last predictions, not a median."""

    def at(self, runs: Mapping[str, Runs], epoch: int) -> Array:
        return self.series(runs, epoch).values[:, -1]

    def check_bound(self, field: str, value: float) -> float:
        return positive(field, value)


@dataclass(frozen=True)
class LargestError(OfLast):
    """The largest distance of the net from the target on the evaluation grid."""

    word, short = "largest error on the probe grid", "largest error"
    probed = True

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run = self.run(runs).until(epoch)
        errors = np.abs(run.predictions - run.probe_target[:, None])
        largest = errors.max(axis=tuple(range(2, errors.ndim)))
        return Series(run.snapshots, np.asarray(largest, np.float64))

    def check(self, experiments: Experiments) -> None:
        check_values(experiments, self.arm, self.output)
        check_between(experiments, self.arms)


@dataclass(frozen=True)
class Departure(OfLast):
    """The largest distance of the net from its own least-squares line on the evaluation grid."""

    word, short = "departure from a straight line", "departure"
    probed = True

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run = self.run(runs).until(epoch)
        shown = run.predictions.astype(np.float64)
        bent = [[_departure(run.probe, each) for each in seed] for seed in shown]
        return Series(run.snapshots, np.array(bent))

    def check(self, experiments: Experiments) -> None:
        check_values(experiments, self.arm, self.output)
        target = table_of(experiments[self.arm].target)
        if target is not None and target.dimensions > 1 and not target.plane:
            rule = f"the probe grid of {target} is its rows, which lie on no line"
            raise SpecError("rule", self.arm, rule, "ask for errors instead")


@dataclass(frozen=True)
class MseOverLine(OfLast):
    """The training error divided by that of the best straight line through the training points."""

    word = "MSE / best line"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run = self.run(runs)
        points = zip(run.train_positions, run.train_target, strict=True)
        lines = np.array([np.mean((y - straight(x, y)) ** 2) for x, y in points])
        return Series(np.arange(epoch + 1), run.mse[:, : epoch + 1] / lines[:, None])

    def check(self, experiments: Experiments) -> None:
        check_values(experiments, self.arm, self.output)


@dataclass(frozen=True)
class FittedRadius(OfOneRun):
    """How far from 0 the net is fitted without a gap.

    It is the largest r such that for every r' ≤ r the mean squared error over the evaluation grid's
    points with r' − ``window`` ≤ |position| ≤ r' is below ``mse_below``; 0 where there is none.
    """

    mse_below: float = 0.05
    window: float = 1.0

    word = "fitted radius"
    probed = True

    def __post_init__(self) -> None:
        super().__post_init__()
        mse_threshold("rule.mse_below", self.mse_below)
        positive("rule.window", self.window)

    @property
    def where(self) -> str:
        return f"MSE < {self.mse_below:g}"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run = self.run(runs).until(epoch)
        distances = radius(run.probe)
        radii = np.unique(distances)
        near = (distances[:, None] <= radii) & (distances[:, None] >= radii - self.window)
        error = np.square(run.predictions - run.probe_target[:, None], dtype=np.float64)
        error = error.mean(axis=3) if error.ndim == 4 else error
        mse = error @ near / near.sum(axis=0)
        misses = ~(mse < self.mse_below)  # what is not finite misses
        first = np.where(misses.any(axis=2), misses.argmax(axis=2), len(radii))
        return Series(run.snapshots, np.concatenate([[0.0], radii])[first])

    def check(self, experiments: Experiments) -> None:
        check_values(experiments, self.arm, self.output)
        check_between(experiments, self.arms)

    def check_bound(self, field: str, value: float) -> float:
        return positive(field, value)

    def thresholds(self, field: str, value: float, upper: bool) -> tuple[Threshold, ...]:
        within, error = (0.0, value), self.mse_below
        asked = Threshold(
            field="rule.mse_below",
            value=error,
            arm=self.arm,
            region=within,
            probed=True,
            output=self.output,
        )
        return () if upper else (asked,)

    def hints(self, bounds: tuple[float, ...]) -> PlotHints:
        return PlotHints(epochs=(), regions=bounds, kind="regions")


def _departure(x: Array, y: Array) -> float:
    return float(np.abs(y - straight(x, y)).max()) if np.isfinite(y).all() else float("nan")
