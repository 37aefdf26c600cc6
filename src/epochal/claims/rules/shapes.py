"""Rules about the shape of a fit over the range: how far off it is, and whether it is a line."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import RUN, OneRun, Outcome, PlotHints, finite
from epochal.claims.rules.compositions import At
from epochal.claims.rules.named import NamedRule
from epochal.claims.rules.parts import largest_error, mse
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
class MaxErrorAt(NamedRule):
    """At ``epoch`` the net is within ``below`` of the target everywhere on the probe grid."""

    arm: str = RUN
    below: float

    @property
    def made(self) -> At:
        return largest_error(self.arm).below(self.below, "rule.below").at(self.epoch)


@dataclass(frozen=True, kw_only=True)
class ProbeAgrees(NamedRule):
    """At ``epoch`` the error on the probe grid over that on the training points is in (low, high).

    So a regular grid, such as one plots, shows the same net as the points that it was trained on.
    """

    arm: str = RUN
    low: float
    high: float

    @property
    def made(self) -> At:
        positive("rule.low", self.low)
        ratio = mse(self.arm, on="probe") / mse(self.arm)
        return ratio.within(self.low, self.high, "rule.low", "rule.high").at(self.epoch)

    def describe(self) -> str:
        return f"at {self.epoch}: {self.low:g} < probe MSE / training MSE < {self.high:g}"


def _departure(x: Array, y: Array) -> float:
    return float(np.abs(y - straight(x, y)).max()) if np.isfinite(y).all() else float("nan")


def _line_mse(x: Array, y: Array) -> float:
    return float(np.mean((y - straight(x, y)) ** 2))
