"""What is measured of a run: errors, components, and how a loss rises."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import POINTS, PlotHints, mse_threshold, wave_index
from epochal.claims.rules.places import check_between, check_wave, check_waves
from epochal.claims.rules.quantities import OfOneRun, Series
from epochal.claims.rules.thresholds import SLOWEST, Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import choice, number, positive
from epochal.experiments.experiment import Experiments
from epochal.experiments.inputs import Array, radius
from epochal.experiments.runs import Runs

__all__ = ["LargestError", "LossRise", "Mse", "Share"]


@dataclass(frozen=True)
class Mse(OfOneRun):
    """The mean squared error on the training points, or on the evaluation grid.

    Args:
        arm: the setting.
        on: ``training`` or ``probe``, the evaluation grid.
        region: positions with ``region[0] <= |x| <= region[1]``, on the evaluation grid.
        relative: as a share of the variance of the seed's target.
    """

    on: str = "training"
    region: tuple[float, float] | None = None
    relative: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.region is not None:
            low, high = self.region
            number("quantity.region", low if math.isinf(high) else high)
            if not 0 <= number("quantity.region", low) < high:
                step = "give distances from 0, such as (0, 2.5)"
                raise SpecError("quantity.region", self.region, "it holds no position", step)
            object.__setattr__(self, "on", "probe")
        choice("quantity.on", self.on, POINTS)

    @property
    def probed(self) -> bool:  # type: ignore[override]
        return self.on == "probe"

    @property
    def unit(self) -> str:  # type: ignore[override]
        return " of the target's variance" if self.relative else ""

    @property
    def name(self) -> str:
        return self._named("probe MSE" if self._on_grid else "MSE", self._where)

    @property
    def label(self) -> str:
        label = f"{'probe ' * self._on_grid}MSE{f'({self._where})' if self._where else ''}"
        return self._labelled(f"{label} / variance" if self.relative else label)

    @property
    def _on_grid(self) -> bool:
        return self.probed and self.region is None

    @property
    def _where(self) -> str:
        if self.region is None:
            return ""
        low, high = self.region
        parts = (f"{low:g} ≤ " if low else "", "|x|", "" if math.isinf(high) else f" ≤ {high:g}")
        return f"|x| ≥ {low:g}" if math.isinf(high) else "".join(parts)

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run = runs[self.arm]
        epochs, errors, target = np.arange(epoch + 1), run.mse[:, : epoch + 1], run.train_target
        if self.probed:
            kept = run.snapshots <= epoch
            epochs, target = run.snapshots[kept], run.probe_target
            errors = run.region_mse(*(self.region or (0, np.inf)))[:, kept]
        return Series(epochs, errors / target.var(axis=1)[:, None] if self.relative else errors)

    def check(self, experiments: Experiments) -> None:
        if not self.probed:
            return
        check_between(experiments, self.arms)
        setting = experiments[self.arm]
        if self.region is not None and setting.probed is not None:
            distances = radius(setting.probed.grid(setting.probe))
            if not ((distances >= self.region[0]) & (distances <= self.region[1])).any():
                rule = (
                    f"no point of the evaluation grid, which ends at {distances.max():g}, is in it"
                )
                raise SpecError("quantity.region", self.region, rule, "give another")

    def check_bound(self, field: str, value: float) -> float:
        return mse_threshold(field, value)

    def thresholds(self, field: str, value: float, upper: bool) -> tuple[Threshold, ...]:
        region = {} if self.region is None else {"region": self.region}
        kind = {"relative": self.relative, "probed": self.probed, **region}
        return (Threshold(field=field, value=value, arm=self.arm, **kind),)  # type: ignore[arg-type]

    def hints(self, bounds: tuple[float, ...]) -> PlotHints:
        if self.region is not None:
            ends = tuple(each for each in self.region if 0 < each < math.inf)
            return PlotHints(epochs=(), regions=ends, kind="regions")
        if self.probed:
            return PlotHints(epochs=())
        return PlotHints(epochs=(), **{"variance_share" if self.relative else "mse": bounds})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Share(OfOneRun):
    """The coefficient of one component of the target, as a share of the target's own.

    Args:
        arm: the setting.
        angular_frequency: of the component; None is the slowest one.
    """

    angular_frequency: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.angular_frequency is not None:
            checked = positive("quantity.angular_frequency", self.angular_frequency)
            object.__setattr__(self, "angular_frequency", checked)

    @property
    def name(self) -> str:
        wave = self.angular_frequency
        return self._named("share", "" if wave is None else f"ω = {wave:g}")

    @property
    def label(self) -> str:
        wave = self.angular_frequency
        return self._labelled("share" if wave is None else f"share of {wave:g}")

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run, wave = runs[self.arm], self.angular_frequency
        place = int(run.waves.argmin()) if wave is None else wave_index(run, wave)
        return Series(np.arange(epoch + 1), run.projections[:, : epoch + 1, place])

    def check(self, experiments: Experiments) -> None:
        if self.angular_frequency is None:
            check_waves(experiments[self.arm], self.arm)
        else:
            check_wave(experiments[self.arm], self.angular_frequency)

    def thresholds(self, field: str, value: float, upper: bool) -> tuple[Threshold, ...]:
        wave = SLOWEST if self.angular_frequency is None else self.angular_frequency
        return () if upper else (Threshold(field=field, value=value, arm=self.arm, wave=wave),)

    def hints(self, bounds: tuple[float, ...]) -> PlotHints:
        if self.angular_frequency is None:
            return PlotHints(epochs=())
        return PlotHints(epochs=(), shares={self.angular_frequency: bounds}, kind="shares")


@dataclass(frozen=True)
class LargestError(OfOneRun):
    """The largest distance of the net from the target on the evaluation grid.

    "At" an epoch it is that of the last predictions, not a median.
    """

    probed = True

    @property
    def name(self) -> str:
        return self._named("largest error on the probe grid")

    @property
    def label(self) -> str:
        return self._labelled("largest error")

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run = runs[self.arm].until(epoch)
        errors = np.abs(run.predictions - run.probe_target[:, None]).max(axis=2)
        return Series(run.snapshots, np.asarray(errors, np.float64))

    def at(self, runs: Mapping[str, Runs], epoch: int) -> Array:
        return self.series(runs, epoch).values[:, -1]

    def check(self, experiments: Experiments) -> None:
        check_between(experiments, self.arms)

    def check_bound(self, field: str, value: float) -> float:
        return positive(field, value)


@dataclass(frozen=True)
class LossRise(OfOneRun):
    """The training error divided by its own running minimum: 1 while it falls."""

    unit = " times its running minimum"

    @property
    def name(self) -> str:
        return self._named("MSE")

    @property
    def label(self) -> str:
        return self._labelled("rise")

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        errors = runs[self.arm].mse[:, : epoch + 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            return Series(np.arange(epoch + 1), errors / np.fmin.accumulate(errors, axis=1))

    def check_bound(self, field: str, value: float) -> float:
        if positive(field, value) <= 1:
            rule = "every error is as large as its own minimum"
            raise SpecError(field, value, rule, "give more than 1")
        return float(value)
