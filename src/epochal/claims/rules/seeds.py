"""Rules about one experiment's training error."""

from collections.abc import Mapping
from dataclasses import dataclass

from epochal.claims.rules.base import (
    POINTS,
    OneRun,
    Outcome,
    PlotHints,
    diverged_by,
    error_at,
    error_name,
    finite,
    first_below,
    known_errors,
    least,
    mse_threshold,
)
from epochal.claims.rules.places import check_between
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import choice, positive, whole
from epochal.experiments.experiment import Experiments
from epochal.experiments.runs import Runs

__all__ = ["FitsBy", "MseAt", "StaysAbove"]


@dataclass(frozen=True, kw_only=True)
class FitsBy(OneRun):
    """The training error is below a threshold at some epoch up to ``epoch``.

    With ``after`` it gets there too early if it does so up to that epoch. The threshold is an
    error, ``mse_below``, or a share of the variance of the seed's target, ``variance_share_below``:
    one of them. With ``on="probe"`` the error is that of the probe grid, which may be another range
    than the training points' and is known at snapshots only, a tenth apart from epoch 100 on.
    """

    mse_below: float | None = None
    variance_share_below: float | None = None
    after: int = 0
    on: str = "training"

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
        if whole("rule.after", self.after, 0) >= self.epoch:
            rule = f"it must come before epoch = {self.epoch}"
            raise SpecError("rule.after", self.after, rule, "give less")
        choice("rule.on", self.on, POINTS)

    def check(self, experiments: Experiments) -> None:
        if self.on == "probe":
            check_between(experiments, self.needs())

    @property
    def _threshold(self) -> Threshold:
        relative = self.variance_share_below is not None
        return Threshold(
            field="rule.variance_share_below" if relative else "rule.mse_below",
            value=self.variance_share_below or self.mse_below or 0.0,
            arm=self.arm,
            relative=relative,
            probed=self.on == "probe",
        )

    def thresholds(self) -> tuple[Threshold, ...]:
        return (self._threshold,)

    def describe(self) -> str:
        of = " of the target's variance" if self._threshold.relative else ""
        early = f", and not by {self.after}" if self.after else ""
        return f"{error_name(self.on)} < {self._threshold.value:g}{of} by epoch {self.epoch}{early}"

    def marks(self) -> PlotHints:
        value = (self._threshold.value,) if self.on == "training" else ()
        epochs = (self.after, self.epoch) if self.after else (self.epoch,)
        if self._threshold.relative:
            return PlotHints(epochs=epochs, variance_share=value)
        return PlotHints(epochs=epochs, mse=value)

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where the first passage lies after ``after`` and not after ``epoch``.

        A diverged seed fails. Without ``after`` epoch 0 counts.
        """
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        errors = known_errors(run, self.epoch, self.on)
        if self._threshold.relative:
            target = run.train_target if self.on == "training" else run.probe_target
            errors = errors / target.var(axis=1)[:, None]
        passed = first_below(errors, self._threshold.value, self.epoch)
        name = f"least {error_name(self.on)}{' / variance' * self._threshold.relative}"
        return [
            Outcome(
                int(seed),
                first is not None and (first > self.after or not self.after) and gone is None,
                {"first epoch below": first, name: low},
                gone,
            )
            for seed, first, low, gone in zip(
                run.seeds, passed, least(errors, self.epoch), diverged, strict=True
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

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,), mse=(self.mse_above,))

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where no epoch passes the threshold; a diverged seed fails."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        passed = first_below(run.mse, self.mse_above, self.epoch)
        lows = least(run.mse, self.epoch)
        return [
            Outcome(
                int(seed),
                first is None and gone is None,
                {"least MSE": low, "first epoch below": first},
                gone,
            )
            for seed, first, low, gone in zip(run.seeds, passed, lows, diverged, strict=True)
        ]


@dataclass(frozen=True, kw_only=True)
class MseAt(OneRun):
    """The error at ``epoch``, as a share of the target's variance, lies above or below a bound.

    One of the two. It is the training error, or with ``on="probe"`` that of the probe grid.
    """

    variance_share_above: float | None = None
    variance_share_below: float | None = None
    on: str = "training"

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.variance_share_above is None) == (self.variance_share_below is None):
            rule = "one of variance_share_above and variance_share_below is needed, and not both"
            value = self.variance_share_above
            raise SpecError("rule.variance_share_above", value, rule, "give one such as 0.8")
        positive(f"rule.{self._field}", self._bound)
        choice("rule.on", self.on, POINTS)

    def check(self, experiments: Experiments) -> None:
        if self.on == "probe":
            check_between(experiments, self.needs())

    @property
    def _field(self) -> str:
        above = self.variance_share_above is not None
        return "variance_share_above" if above else "variance_share_below"

    @property
    def _bound(self) -> float:
        bound: float = getattr(self, self._field)
        return bound

    def thresholds(self) -> tuple[Threshold, ...]:
        field, probed = f"rule.{self._field}", self.on == "probe"
        return (
            Threshold(field=field, value=self._bound, arm=self.arm, relative=True, probed=probed),
        )

    def describe(self) -> str:
        side = ">" if self.variance_share_above is not None else "<"
        share = f"{self._bound:g} of the target's variance"
        return f"{error_name(self.on)} {side} {share} at {self.epoch}"

    def marks(self) -> PlotHints:
        value = (self._bound,) if self.on == "training" else ()
        return PlotHints(epochs=(self.epoch,), variance_share=value)

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where the share at ``epoch`` lies on that side; a diverged seed fails."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        target = run.train_target if self.on == "training" else run.probe_target
        shares = error_at(run, self.epoch, self.on) / target.var(axis=1)
        above = self.variance_share_above is not None
        return [
            Outcome(
                int(seed),
                bool(share > self._bound if above else share < self._bound) and gone is None,
                {f"{error_name(self.on)} / variance": finite(share)},
                gone,
            )
            for seed, share, gone in zip(run.seeds, shares, diverged, strict=True)
        ]
