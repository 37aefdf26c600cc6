"""Rules about a loss that does not only fall."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import (
    OneRun,
    Outcome,
    PlotHints,
    diverged_by,
    finite,
    first_below,
    mse_threshold,
)
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import positive, whole
from epochal.experiments.runs import Runs

__all__ = ["LosesFit", "LossRises", "RisesAtMost"]


@dataclass(frozen=True, kw_only=True)
class LossRises(OneRun):
    """After epoch ``after`` the training error exceeds ``times`` its own running minimum."""

    after: int
    times: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if whole("rule.after", self.after, 0) >= self.epoch:
            rule = f"it must come before epoch = {self.epoch}"
            raise SpecError("rule.after", self.after, rule, "give less")
        if positive("rule.times", self.times) <= 1:
            rule = "every error is as large as its own minimum"
            raise SpecError("rule.times", self.times, rule, "give more than 1")

    def describe(self) -> str:
        return f"MSE > {self._times} at some epoch from {self.after} to {self.epoch}"

    @property
    def _times(self) -> str:
        return f"{self.times:g} times its running minimum"

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,))

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where such an epoch is found; a diverged seed fails."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        until = run.mse[:, : self.epoch + 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            rises = until / np.fmin.accumulate(until, axis=1)
        found = []
        for seed, row, gone in zip(run.seeds, rises, diverged, strict=True):
            late = np.where(np.isfinite(row), row, 0)[self.after :]
            passed = np.flatnonzero(late > self.times)
            first = int(passed[0]) + self.after if len(passed) else None
            numbers = {"largest rise": finite(late.max()), "first rise": first}
            holds = self._holds(first) and gone is None
            found.append(Outcome(int(seed), holds, numbers, gone))
        return found

    def _holds(self, first: int | None) -> bool:
        return first is not None


@dataclass(frozen=True, kw_only=True)
class RisesAtMost(LossRises):
    """After epoch ``after`` the training error never exceeds ``times`` its running minimum.

    A diverged seed fails here, too.
    """

    def describe(self) -> str:
        return f"MSE never > {self._times} from epoch {self.after} to {self.epoch}"

    def _holds(self, first: int | None) -> bool:
        return first is None


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
