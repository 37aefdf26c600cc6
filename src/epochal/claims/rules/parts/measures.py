"""What a setting measures of its net while it trains, as a quantity of rules."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import PlotHints
from epochal.claims.rules.parts.quantities import OfOneRun, Series
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import record, text, whole
from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Experiments
from epochal.experiments.runs import BY_CLASSES, HELD_OUT, Runs

__all__ = ["OfMeasure"]

RATE, HELD = BY_CLASSES[0], HELD_OUT + BY_CLASSES[0]

OTHERWISE = "add it to the setting, such as measure=(Sharpness(),)"
REMEDIES = {
    RATE: "give Labels(…) as target",
    HELD: "give Labels(…) of a table that holds rows out",
}
"""What to write where an error rate is not known."""


@dataclass(frozen=True)
class OfMeasure(OfOneRun):
    """What a measure of the setting gives, at the epochs at which it is taken.

    Args:
        arm: the setting.
        measure: the measure's name, such as ``sharpness``.
        component: which of several numbers, from 0; None where there is one.
        growth: divided by its value before training.
    """

    measure: str = ""
    component: int | None = None
    growth: bool = False

    def __post_init__(self) -> None:
        text("quantity.measure", self.measure)
        if self.component is not None:
            whole("quantity.component", self.component, 0)
        record("quantity.growth", self.growth, bool, "give True or False")
        super().__post_init__()

    @property
    def word(self) -> str:  # type: ignore[override]
        component = "" if self.component is None else f" {self.component}"
        return f"{'growth of ' * self.growth}{self.measure}{component}"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        found = runs[self.arm].measured[self.measure]
        several = found.values.shape[2:]
        if bool(several) != (self.component is not None) or (
            several and (self.component or 0) >= several[0]
        ):
            count = several[0] if several else 1
            step = f"name one from 0 to {count - 1}" if several else "leave it out"
            rule = f"{self.measure} is {count} number{'s' * (count > 1)}"
            raise SpecError("quantity.component", self.component, rule, step)
        values = found.values[:, :, self.component] if several else found.values
        if self.growth:
            with np.errstate(divide="ignore", invalid="ignore"):
                values = values / values[:, :1]
        kept = found.epochs <= epoch
        return Series(found.epochs[kept], values[:, kept])

    def check(self, experiments: Experiments) -> None:
        setting = experiments[self.arm]
        names = setting.recorded if isinstance(setting, Experiment) else ()
        if self.measure not in names:
            rule = f"the setting measures {', '.join(names) or 'nothing'}"
            step = REMEDIES.get(self.measure, OTHERWISE)
            raise SpecError("quantity.measure", self.measure, rule, step)

    def thresholds(self, field: str, value: float, upper: bool) -> tuple[Threshold, ...]:
        if not upper or self.growth or self.measure not in (RATE, HELD):
            return ()
        return (Threshold(field=field, value=value, arm=self.arm, labels=True),)

    def hints(self, bounds: tuple[float, ...]) -> PlotHints:
        if self.component is not None or self.growth:
            return PlotHints(epochs=())
        return PlotHints(epochs=(), measured={self.measure: bounds}, kind="measured")
