"""Rules about a loss that does not only fall."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from epochal.claims.rules.base import (
    RUN,
    OneRun,
    Outcome,
    PlotHints,
    diverged_by,
    first_below,
    mse_threshold,
)
from epochal.claims.rules.compositions import Ever, Never
from epochal.claims.rules.conditions import Condition
from epochal.claims.rules.named import NamedRule
from epochal.claims.rules.parts import loss_rise
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.runs import Runs

__all__ = ["LosesFit", "LossRises", "RisesAtMost"]


@dataclass(frozen=True, kw_only=True)
class LossRises(NamedRule):
    """After epoch ``after`` the training error exceeds ``times`` its own running minimum."""

    arm: str = RUN
    after: int
    times: float

    NUMBERS: ClassVar[Mapping[str, str]] = {"first epoch above": "first rise"}

    @property
    def made(self) -> Ever:
        return self._risen.ever(self.epoch, self.after)

    @property
    def _risen(self) -> Condition:
        return loss_rise(self.arm).above(self.times, "rule.times")


@dataclass(frozen=True, kw_only=True)
class RisesAtMost(LossRises):
    """After epoch ``after`` the training error never exceeds ``times`` its running minimum.

    A diverged seed fails here, too.
    """

    @property
    def made(self) -> Never:
        return self._risen.never(self.epoch, self.after)

    def describe(self) -> str:
        return f"{self._risen.text('never')} from epoch {self.after} to {self.epoch}"


@dataclass(frozen=True, kw_only=True)
class LosesFit(OneRun):
    """The error gets below ``mse_below`` and later exceeds ``mse_above`` or is not finite.

    Lost is an error above ``mse_above``, or one that is not finite, up to ``epoch``. So a seed that
    fits and then diverges holds; one that diverges before it fits does not.
    """

    mse_below: float
    mse_above: float

    def __post_init__(self) -> None:
        super().__post_init__()
        mse_threshold("rule.mse_below", self.mse_below)
        if mse_threshold("rule.mse_above", self.mse_above) < self.mse_below:
            rule = f"it must not lie under mse_below = {self.mse_below:g}"
            raise SpecError("rule.mse_above", self.mse_above, rule, "give more")

    def thresholds(self) -> tuple[Threshold, ...]:
        return tuple(
            Threshold(field=f"rule.{name}", value=getattr(self, name), arm=self.arm)
            for name in ("mse_below", "mse_above")
        )

    def describe(self) -> str:
        return (
            f"MSE < {self.mse_below:g}, and later > {self.mse_above:g} or not finite, "
            f"by epoch {self.epoch}"
        )

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,), mse=(self.mse_below, self.mse_above))

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where a fit is found and then lost."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        fitted = first_below(run.mse, self.mse_below, self.epoch)
        found = []
        for row, (seed, first, gone) in enumerate(zip(run.seeds, fitted, diverged, strict=True)):
            lost = None
            if first is not None and (gone is None or first < gone):
                later = run.mse[row, first : self.epoch + 1]
                bad = np.flatnonzero(~(later <= self.mse_above))
                lost = first + int(bad[0]) if len(bad) else None
            numbers = {"first epoch below": first, "lost at": lost}
            found.append(Outcome(int(seed), lost is not None, numbers, gone))
        return found
