"""Rules about the shape of a fit over the range: how far off it is, and whether it is a line."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import (
    OneRun,
    Outcome,
    PlotHints,
    diverged_by,
    error_at,
    finite,
)
from epochal.claims.rules.places import check_between
from epochal.claims.rules.thresholds import straight
from epochal.errors import SpecError
from epochal.experiments.checks import positive
from epochal.experiments.experiment import Experiments
from epochal.experiments.inputs import Array
from epochal.experiments.runs import Runs
from epochal.experiments.tables import Table

__all__ = ["IsAffine", "MaxErrorAt", "ProbeAgrees"]


@dataclass(frozen=True, kw_only=True)
class IsAffine(OneRun):
    """At ``epoch`` the net is a straight line in the position, about as good as the best one.

    It departs from its own least-squares line on the probe grid by less than ``tolerance``
    everywhere, and its training error is at least ``1 - slack`` times the best line's.
    """

    tolerance: float = 1e-5
    slack: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("rule.tolerance", self.tolerance)
        positive("rule.slack", self.slack)

    def check(self, experiments: Experiments) -> None:
        target = experiments[self.arm].target
        if isinstance(target, Table) and target.dimensions > 1:
            rule = f"the probe grid of {target} is its rows, which lie on no line"
            raise SpecError("rule", self.arm, rule, "ask for errors instead")

    def describe(self) -> str:
        return (
            f"at {self.epoch}: within {self.tolerance:g} of a straight line, "
            f"and MSE ≥ {1 - self.slack:g} of the best line's"
        )

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,))

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where both do; a diverged seed fails."""
        run = runs[self.arm].until(self.epoch)
        diverged = run.diverged_at()
        found = []
        for i, seed in enumerate(run.seeds):
            bend = _departure(run.probe, run.predictions[i, -1].astype(np.float64))
            line = _line_mse(run.train_positions[i], run.train_target[i])
            ratio = float(run.mse[i, -1]) / line
            holds = bend < self.tolerance and ratio >= 1 - self.slack
            numbers = {"departure": finite(bend), "MSE / best line": finite(ratio)}
            found.append(Outcome(int(seed), bool(holds), numbers, diverged[i]))
        return found


@dataclass(frozen=True, kw_only=True)
class MaxErrorAt(OneRun):
    """At ``epoch`` the net is within ``below`` of the target everywhere on the probe grid."""

    below: float

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("rule.below", self.below)

    def check(self, experiments: Experiments) -> None:
        check_between(experiments, self.needs())

    def describe(self) -> str:
        return f"at {self.epoch}: largest error on the probe grid < {self.below:g}"

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,))

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where the largest error is smaller; a diverged seed fails."""
        run = runs[self.arm].until(self.epoch)
        diverged = run.diverged_at()
        largest = np.abs(run.predictions[:, -1] - run.probe_target).max(axis=1)
        return [
            Outcome(
                int(seed),
                bool(error < self.below) and gone is None,
                {"largest error": finite(error)},
                gone,
            )
            for seed, error, gone in zip(run.seeds, largest, diverged, strict=True)
        ]


@dataclass(frozen=True, kw_only=True)
class ProbeAgrees(OneRun):
    """At ``epoch`` the error on the probe grid over that on the training points is in (low, high).

    So a regular grid, such as one plots, shows the same net as the points that it was trained on.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("rule.low", self.low)
        if positive("rule.high", self.high) <= self.low:
            raise SpecError(
                "rule.high", self.high, f"it must exceed low = {self.low:g}", "exchange them"
            )

    def check(self, experiments: Experiments) -> None:
        check_between(experiments, self.needs())

    def describe(self) -> str:
        return f"at {self.epoch}: {self.low:g} < probe MSE / training MSE < {self.high:g}"

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,))

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where the ratio lies in the band; a diverged seed fails."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        probe, training = (error_at(run, self.epoch, on) for on in ("probe", "training"))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = probe / training
        return [
            Outcome(
                int(seed),
                bool(self.low < ratios[i] < self.high) and diverged[i] is None,
                {
                    "ratio": finite(ratios[i]),
                    "probe MSE": finite(probe[i]),
                    "MSE": finite(training[i]),
                },
                diverged[i],
            )
            for i, seed in enumerate(run.seeds)
        ]


def _departure(x: Array, y: Array) -> float:
    return float(np.abs(y - straight(x, y)).max()) if np.isfinite(y).all() else float("nan")


def _line_mse(x: Array, y: Array) -> float:
    return float(np.mean((y - straight(x, y)) ** 2))
