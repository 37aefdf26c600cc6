"""Rules about one experiment's training error."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import (
    Marks,
    OneRun,
    Outcome,
    at,
    diverged_by,
    finite,
    first_below,
    mse_threshold,
)
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import positive
from epochal.experiments.inputs import Array
from epochal.experiments.runs import Runs

__all__ = ["FitsBy", "MseAt", "StaysAbove"]


@dataclass(frozen=True, kw_only=True)
class FitsBy(OneRun):
    """The training error is below a threshold at some epoch up to ``epoch``.

    The threshold is an error, ``mse_below``, or a share of the variance of the seed's target,
    ``variance_share_below``: one of them.
    """

    mse_below: float | None = None
    variance_share_below: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.mse_below is None) == (self.variance_share_below is None):
            rule = "one of mse_below and variance_share_below is needed, and not both"
            raise SpecError(
                "rule.mse_below", self.mse_below, rule, "give one such as mse_below=0.01"
            )
        if self.mse_below is not None:
            mse_threshold("rule.mse_below", self.mse_below)
        if self.variance_share_below is not None:
            mse_threshold("rule.variance_share_below", self.variance_share_below)

    @property
    def _threshold(self) -> Threshold:
        if self.variance_share_below is None:
            return Threshold(field="rule.mse_below", value=self.mse_below or 0.0, arm=self.arm)
        field, value = "rule.variance_share_below", self.variance_share_below
        return Threshold(field=field, value=value, arm=self.arm, relative=True)

    def thresholds(self) -> tuple[Threshold, ...]:
        return (self._threshold,)

    def describe(self) -> str:
        of = " of the target's variance" if self._threshold.relative else ""
        return f"MSE < {self._threshold.value:g}{of} by epoch {self.epoch}"

    def marks(self) -> Marks:
        value = (self._threshold.value,)
        if self._threshold.relative:
            return Marks(epochs=(self.epoch,), variance_share=value)
        return Marks(epochs=(self.epoch,), mse=value)

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where the first passage is at most ``epoch``; a diverged seed fails."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        relative = self._threshold.relative
        errors = run.mse / run.train_target.var(axis=1)[:, None] if relative else run.mse
        passed = first_below(errors, self._threshold.value, self.epoch)
        name = "least MSE / variance" if relative else "least MSE"
        return [
            Outcome(
                int(seed),
                first is not None and gone is None,
                {"first epoch below": first, name: low},
                gone,
            )
            for seed, first, low, gone in zip(
                run.seeds, passed, _least(errors, self.epoch), diverged, strict=True
            )
        ]


@dataclass(frozen=True, kw_only=True)
class StaysAbove(OneRun):
    """The training error is never below ``mse_above`` up to ``epoch``."""

    mse_above: float

    def __post_init__(self) -> None:
        super().__post_init__()
        mse_threshold("rule.mse_above", self.mse_above)

    def thresholds(self) -> tuple[Threshold, ...]:
        return (Threshold(field="rule.mse_above", value=self.mse_above, arm=self.arm),)

    def describe(self) -> str:
        return f"MSE never < {self.mse_above:g} up to epoch {self.epoch}"

    def marks(self) -> Marks:
        return Marks(epochs=(self.epoch,), mse=(self.mse_above,))

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where no epoch passes the threshold; a diverged seed fails."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        passed = first_below(run.mse, self.mse_above, self.epoch)
        least = _least(run.mse, self.epoch)
        return [
            Outcome(
                int(seed),
                first is None and gone is None,
                {"least MSE": low, "first epoch below": first},
                gone,
            )
            for seed, first, low, gone in zip(run.seeds, passed, least, diverged, strict=True)
        ]


@dataclass(frozen=True, kw_only=True)
class MseAt(OneRun):
    """The training error at ``epoch``, as a share of the target's variance, exceeds ``above``."""

    variance_share_above: float

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("rule.variance_share_above", self.variance_share_above)

    def thresholds(self) -> tuple[Threshold, ...]:
        field, value = "rule.variance_share_above", self.variance_share_above
        return (Threshold(field=field, value=value, arm=self.arm, relative=True),)

    def describe(self) -> str:
        return f"MSE > {self.variance_share_above:g} of the target's variance at {self.epoch}"

    def marks(self) -> Marks:
        return Marks(epochs=(self.epoch,), variance_share=(self.variance_share_above,))

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where the share at ``epoch`` exceeds the bound; a diverged seed fails."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        shares = at(run.mse, self.epoch) / run.train_target.var(axis=1)
        return [
            Outcome(
                int(seed),
                bool(share > self.variance_share_above) and gone is None,
                {"MSE / variance": finite(share)},
                gone,
            )
            for seed, share, gone in zip(run.seeds, shares, diverged, strict=True)
        ]


def _least(errors: Array, epoch: int) -> list[float | None]:
    until = errors[:, : epoch + 1]
    return [finite(row.min()) for row in np.where(np.isnan(until), np.inf, until)]
