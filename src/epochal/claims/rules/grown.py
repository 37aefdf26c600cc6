"""How far from 0 a net fits, and whether that grows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import OneRun, Outcome, PlotHints, diverged_by, finite, mse_threshold
from epochal.claims.rules.places import check_between
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import fraction, natural, positive
from epochal.experiments.experiment import Experiments
from epochal.experiments.inputs import Array, radius
from epochal.experiments.runs import Runs, at_window

__all__ = ["RadiusGrows"]

LEAST_LOOKS = 5


@dataclass(frozen=True, kw_only=True)
class RadiusGrows(OneRun):
    """The net is fitted around 0 first, and the fitted range widens until ``epoch``.

    The fitted radius is the largest r such that for every r' ≤ r the mean squared error over the
    probe points with r' − ``window`` ≤ |position| ≤ r' is below ``mse_below``; 0 where there is
    none. It is taken at ``looks`` epochs, evenly up to ``epoch``, each time as the median over the
    last 5% of the epochs. Its rank correlation with the epoch (Spearman's, ties at their mean rank)
    must exceed ``correlation``, and its last value be at least ``ends_at``. A radius that never
    changes has no correlation, and the rule is false.
    """

    mse_below: float
    ends_at: float
    window: float = 1.0
    correlation: float = 0.9
    looks: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        mse_threshold("rule.mse_below", self.mse_below)
        positive("rule.ends_at", self.ends_at)
        positive("rule.window", self.window)
        fraction("rule.correlation", self.correlation)
        if not LEAST_LOOKS <= natural("rule.looks", self.looks) <= self.epoch:
            rule = f"from {LEAST_LOOKS} looks to one an epoch, {self.epoch}, are possible"
            raise SpecError("rule.looks", self.looks, rule, "give as many")

    def check(self, experiments: Experiments) -> None:
        check_between(experiments, self.needs())
        experiment = experiments[self.arm]
        if experiment.probed is not None:
            reach = float(radius(experiment.probed.grid(experiment.probe)).max())
            if self.ends_at > reach:
                rule, step = f"the probe grid ends at {reach:g}", "give less"
                raise SpecError("rule.ends_at", self.ends_at, rule, step)

    def thresholds(self) -> tuple[Threshold, ...]:
        field, region = "rule.mse_below", (0.0, self.ends_at)
        value = self.mse_below
        return (Threshold(field=field, value=value, arm=self.arm, region=region, probed=True),)

    def describe(self) -> str:
        return (
            f"fitted radius (MSE < {self.mse_below:g}) grows to ≥ {self.ends_at:g} by "
            f"{self.epoch}, Spearman > {self.correlation:g}"
        )

    @property
    def _looks(self) -> tuple[int, ...]:
        return tuple(round(self.epoch * each / self.looks) for each in range(1, self.looks + 1))

    def marks(self) -> PlotHints:
        regions = (self.ends_at,)
        return PlotHints(epochs=(self.epoch,), regions=regions, kind="regions", looks=self._looks)

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where the radius grows as far; a diverged seed fails."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        radii = _radii(run, self.mse_below, self.window)
        windows = [at_window(run.snapshots, epoch) for epoch in self._looks]
        grown = np.stack([np.median(radii[:, window], axis=1) for window in windows], axis=1)
        found = []
        for seed, row, gone in zip(run.seeds, grown, diverged, strict=True):
            rank = _spearman(np.array(self._looks, float), row)
            holds = rank is not None and rank > self.correlation and row[-1] >= self.ends_at
            numbers = {"last radius": finite(row[-1]), "Spearman": rank}
            found.append(Outcome(int(seed), bool(holds) and gone is None, numbers, gone))
        return found


def _radii(run: Runs, mse_below: float, window: float) -> Array:
    """The fitted radius of each seed and snapshot."""
    distances = radius(run.probe)
    radii = np.unique(distances)
    near = (distances[:, None] <= radii) & (distances[:, None] >= radii - window)
    error = run.predictions - run.probe_target[:, None]
    mse = np.square(error, dtype=np.float64) @ near / near.sum(axis=0)
    misses = ~(mse < mse_below)  # what is not finite misses
    first = np.where(misses.any(axis=2), misses.argmax(axis=2), len(radii))
    return np.concatenate([[0.0], radii])[first]


def _spearman(epochs: Array, radii: Array) -> float | None:
    from scipy import stats  # late, as in `epochal.claims.statistics.t_interval`

    if np.ptp(radii) == 0:
        return None
    return float(stats.spearmanr(epochs, radii).statistic)
