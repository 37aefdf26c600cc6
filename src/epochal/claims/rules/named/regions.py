"""Rules about where a fit comes first: in the middle of the range, or at its edges."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from epochal.claims.rules.base import RUN, PlotHints
from epochal.claims.rules.parts.compositions import Composed, Judged
from epochal.claims.rules.parts.conditions import Condition
from epochal.claims.rules.parts.functions import fitted_radius, mse
from epochal.claims.rules.places import check_between
from epochal.errors import SpecError
from epochal.experiments.checks import fraction, natural, positive
from epochal.experiments.experiment import Experiment
from epochal.experiments.inputs import Array, radius
from epochal.experiments.own_loop import Experiments, Training
from epochal.experiments.runs import Runs

__all__ = ["CentreBeforeEdges", "EdgesBeforeCentre", "RadiusGrows"]


@dataclass(frozen=True, kw_only=True)
class _Regions(Composed):
    """What both have: the centre is |position| ≤ ``centre``, the edges |position| ≥ ``edges``."""

    arm: str = RUN
    centre: float
    edges: float
    mse_above: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("rule.centre", self.centre)
        if self.edges < self.centre:
            rule = f"it must not be below centre = {self.centre}"
            raise SpecError("rule.edges", self.edges, rule, "raise it")
        _ = self.conditions  # which checks the bounds

    @property
    def conditions(self) -> tuple[Condition, ...]:
        inner, outer = (0.0, self.centre), (self.edges, math.inf)
        found = []
        for name, region in (("centre", inner), ("edges", outer), ("mse", None)):
            error = mse(self.arm, region=region)
            for side, condition in (("below", error.below), ("above", error.above)):
                bound = getattr(self, field := f"{name}_{side}", None)
                found += [] if bound is None else [condition(bound, f"rule.{field}")]
        return tuple(found)

    def check(self, experiments: Experiments) -> None:
        check_between(experiments, (self.arm,))
        radii = _radii(experiments[self.arm])
        if self.centre < min(radii, default=math.inf):
            rule = f"no probe point lies within it, the nearest at {min(radii):g}"
            raise SpecError("rule.centre", self.centre, rule, "give more")
        if self.edges >= max(radii, default=math.inf):
            rule = f"the probe grid ends at {max(radii):g}"
            raise SpecError("rule.edges", self.edges, rule, "give less")

    def describe(self) -> str:
        return f"at {self.epoch}: {', '.join(map(str, self.conditions))}"

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,), regions=(self.centre, self.edges), kind="regions")

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        centre, edges, *_ = errors = [
            each.quantity.at(runs, self.epoch) for each in self.conditions
        ]
        met = [each.met(values) for each, values in zip(self.conditions, errors, strict=True)]
        whole = mse(self.arm).at(runs, self.epoch)
        numbers = {"centre": centre.tolist(), "edges": edges.tolist(), "MSE": whole.tolist()}
        return np.all(met, axis=0).tolist(), numbers


@dataclass(frozen=True, kw_only=True)
class CentreBeforeEdges(_Regions):
    """At ``epoch`` the middle of the range is fitted and its edges are not.

    Both errors are mean squared errors on the probe grid: the centre is |position| ≤ ``centre``,
    the edges are |position| ≥ ``edges``. ``mse_above`` asks more: the training error at
    ``epoch`` is still above it.
    """

    centre_below: float
    edges_above: float


@dataclass(frozen=True, kw_only=True)
class EdgesBeforeCentre(_Regions):
    """At ``epoch`` the edges of the range are fitted and its middle is not.

    The regions and ``mse_above`` are those of `CentreBeforeEdges`.
    """

    edges_below: float
    centre_above: float


LEAST_LOOKS = 5
"""A rank correlation of fewer says next to nothing."""


@dataclass(frozen=True, kw_only=True)
class RadiusGrows(Composed):
    """The net is fitted around 0 first, and the fitted range widens until ``epoch``.

    The fitted radius, that of `FittedRadius`, is taken at ``looks`` epochs, evenly up to ``epoch``,
    each time as the median over the last 5% of the epochs. Its rank correlation with the epoch
    (Spearman's, ties at their mean rank) must exceed ``correlation``, and its last value be at
    least ``ends_at``. A radius that never changes has no correlation, and the rule is false.
    """

    arm: str = RUN
    mse_below: float
    ends_at: float
    window: float = 1.0
    correlation: float = 0.9
    looks: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.conditions  # which checks the bounds
        fraction("rule.correlation", self.correlation)
        if not LEAST_LOOKS <= natural("rule.looks", self.looks) <= self.epoch:
            rule = f"from {LEAST_LOOKS} looks to one an epoch, {self.epoch}, are possible"
            raise SpecError("rule.looks", self.looks, rule, "give as many")

    @property
    def conditions(self) -> tuple[Condition]:
        fitted = fitted_radius(self.mse_below, self.arm, window=self.window)
        return (fitted.above(self.ends_at, "rule.ends_at"),)

    def check(self, experiments: Experiments) -> None:
        super().check(experiments)
        reach = max(_radii(experiments[self.arm]), default=math.inf)
        if self.ends_at > reach:
            rule, step = f"the probe grid ends at {reach:g}", "give less"
            raise SpecError("rule.ends_at", self.ends_at, rule, step)

    def describe(self) -> str:
        return (
            f"fitted radius (MSE < {self.mse_below:g}) grows to ≥ {self.ends_at:g} by "
            f"{self.epoch}, Spearman > {self.correlation:g}"
        )

    @property
    def _looks(self) -> tuple[int, ...]:
        return tuple(round(self.epoch * each / self.looks) for each in range(1, self.looks + 1))

    def marks(self) -> PlotHints:
        return replace(super().marks(), looks=self._looks)

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        radii = self.conditions[0].quantity.series(runs, self.epoch)
        grown = np.stack([radii.at(epoch) for epoch in self._looks], axis=1)
        ranks = [_spearman(np.array(self._looks, float), row) for row in grown]
        far = grown[:, -1] >= self.ends_at
        holds = [rank is not None and rank > self.correlation for rank in ranks] & far
        return holds.tolist(), {"last radius": grown[:, -1].tolist(), "Spearman": ranks}


def _radii(setting: Experiment | Training) -> list[float]:
    """The distances from 0 of the evaluation grid; none where it is not known before training."""
    if setting.probed is None:
        return []
    distances: list[float] = radius(setting.probed.grid(setting.probe)).tolist()
    return distances


def _spearman(epochs: Array, radii: Array) -> float | None:
    from scipy import stats  # late, as in `epochal.claims.statistics.t_interval`

    if np.ptp(radii) == 0:
        return None
    return float(stats.spearmanr(epochs, radii).statistic)
