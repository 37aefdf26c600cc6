"""What is measured of a run: errors, components, and how a loss rises."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from epochal.claims.rules.base import POINTS, PlotHints, RunsOf, mse_threshold
from epochal.claims.rules.parts.quantities import OfOneRun, Series
from epochal.claims.rules.places import check_between, check_values
from epochal.claims.rules.thresholds import SLOWEST, Threshold, variance_of
from epochal.errors import SpecError
from epochal.experiments.checks import choice, number, positive
from epochal.experiments.experiment import Experiment
from epochal.experiments.inputs import radius
from epochal.experiments.own_loop import Experiments, Training
from epochal.experiments.runs import Runs

__all__ = ["LearningRate", "LossRise", "Mse", "Share", "learning_rate_of"]


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
    def word(self) -> str:  # type: ignore[override]
        return "probe MSE" if self.probed and self.region is None else "MSE"

    @property
    def short(self) -> str:  # type: ignore[override]
        where = f"({self.where})" if self.where else ""
        return f"{'probe ' * self.probed}MSE{where}{' / variance' * self.relative}"

    @property
    def where(self) -> str:
        if self.region is None:
            return ""
        low, high = self.region
        parts = (f"{low:g} ≤ " if low else "", "|x|", "" if math.isinf(high) else f" ≤ {high:g}")
        return f"|x| ≥ {low:g}" if math.isinf(high) else "".join(parts)

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run = self.run(runs)
        epochs, errors, target = np.arange(epoch + 1), run.mse[:, : epoch + 1], run.train_target
        if self.probed:
            kept = run.snapshots <= epoch
            epochs, target = run.snapshots[kept], run.probe_target
            errors = run.region_mse(*(self.region or (0, np.inf)))[:, kept]
        return Series(epochs, errors / variance_of(target)[:, None] if self.relative else errors)

    def check(self, experiments: Experiments) -> None:
        check_values(experiments, self.arm, self.output)
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
        kind = {"relative": self.relative, "probed": self.probed, "output": self.output, **region}
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

    word = "share"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.angular_frequency is not None:
            checked = positive("quantity.angular_frequency", self.angular_frequency)
            object.__setattr__(self, "angular_frequency", checked)

    @property
    def where(self) -> str:
        return "" if self.angular_frequency is None else f"ω = {self.angular_frequency:g}"

    @property
    def short(self) -> str:  # type: ignore[override]
        return "" if self.angular_frequency is None else f"share of {self.angular_frequency:g}"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run, wave = runs[self.arm], self.angular_frequency
        place = run.waves.argmin() if wave is None else np.flatnonzero(run.waves == wave)[0]
        return Series(np.arange(epoch + 1), run.projections[:, : epoch + 1, place])

    def check(self, experiments: Experiments) -> None:
        target, wave = experiments[self.arm].target, self.angular_frequency
        if target is None:
            return
        field, value = ("rule", self.arm) if wave is None else ("rule.angular_frequency", wave)
        waves = [each.angular_frequency for each in target.waves]
        if not waves:
            step = "give it waves, or ask for errors instead"
            raise SpecError(field, value, "the target names no waves", step)
        if wave is not None and wave not in waves:
            rule = f"the target has waves of {', '.join(f'{each:g}' for each in waves)}"
            raise SpecError(field, value, rule, "name one of these")

    def thresholds(self, field: str, value: float, upper: bool) -> tuple[Threshold, ...]:
        wave = SLOWEST if self.angular_frequency is None else self.angular_frequency
        return () if upper else (Threshold(field=field, value=value, arm=self.arm, wave=wave),)

    def hints(self, bounds: tuple[float, ...]) -> PlotHints:
        if self.angular_frequency is None:
            return PlotHints(epochs=())
        return PlotHints(epochs=(), shares={self.angular_frequency: bounds}, kind="shares")


@dataclass(frozen=True)
class LearningRate(OfOneRun):
    """The learning rate, of a setting in which it is one number."""

    word = "learning rate"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run = cast(RunsOf, runs[self.arm])
        rate, _ = learning_rate_of(run.setting)
        return Series(np.arange(epoch + 1), np.full((len(run.seeds), epoch + 1), rate))

    def check(self, experiments: Experiments) -> None:
        rate, why = learning_rate_of(experiments[self.arm])
        if rate is None:
            step = "give the optimizer one lr, or the bound as a number"
            raise SpecError("quantity.arm", self.arm, f"it has no one learning rate: {why}", step)


def learning_rate_of(setting: Experiment | Training) -> tuple[float | None, str]:
    """The one learning rate of a setting, or why there is none."""
    if not isinstance(setting, Experiment):
        return None, "its training is a function of the claim's own"
    if setting.scheduler is not None:
        return None, "a scheduler changes it"
    given = setting.optimizer.keywords
    if any("lr" in each.keywords for each in setting.optimizer.groups):
        return None, "some parameters have their own"
    return (float(given["lr"]), "") if "lr" in given else (None, "its optimizer names none")


@dataclass(frozen=True)
class LossRise(OfOneRun):
    """The training error divided by its own running minimum: 1 while it falls."""

    word, short = "MSE", "rise"
    unit = " times its running minimum"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        errors = self.run(runs).mse[:, : epoch + 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            return Series(np.arange(epoch + 1), errors / np.fmin.accumulate(errors, axis=1))

    def check(self, experiments: Experiments) -> None:
        check_values(experiments, self.arm, self.output)

    def check_bound(self, field: str, value: float) -> float:
        if positive(field, value) <= 1:
            rule = "every error is as large as its own minimum"
            raise SpecError(field, value, rule, "give more than 1")
        return float(value)
