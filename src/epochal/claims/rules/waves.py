"""Rules about a target's components: how much of each wave the net has learned.

A *share* is the prediction's coefficient on a wave by joint least squares over the training
points, divided by the target's own: 0 is nothing of it, 1 all of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.base import (
    RUN,
    OneRun,
    Outcome,
    PlotHints,
    at,
    diverged_by,
    finite,
    wave_index,
)
from epochal.claims.rules.compositions import All
from epochal.claims.rules.named import NamedRule
from epochal.claims.rules.parts import share
from epochal.claims.rules.places import check_wave
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import number, positive, record
from epochal.experiments.experiment import Experiments
from epochal.experiments.runs import Runs

__all__ = ["Band", "LowBeforeHigh", "ShareBy", "SharesAt"]


MOST_SHOWN = 4
"""How many bands a line of text names."""


@dataclass(frozen=True)
class Band:
    """The share of one wave lies strictly between ``low`` and ``high``; None is no bound."""

    angular_frequency: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        checked = positive("band.angular_frequency", self.angular_frequency)
        object.__setattr__(self, "angular_frequency", checked)
        if self.low is None and self.high is None:
            raise SpecError("band.low", None, "a band has at least one bound", "give low or high")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise SpecError(
                "band.high", self.high, f"it must exceed low = {self.low}", "exchange them"
            )

    def __str__(self) -> str:
        low = "" if self.low is None else f"{self.low:g} < "
        high = "" if self.high is None else f" < {self.high:g}"
        return f"{low}share(ω = {self.angular_frequency:g}){high}"


@dataclass(frozen=True, kw_only=True)
class SharesAt(NamedRule):
    """At ``epoch`` the share of each wave lies in its band."""

    arm: str = RUN
    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "bands", tuple(self.bands))
        if not self.bands:
            rule = "without a band every seed holds"
            raise SpecError("rule.bands", (), rule, "give at least one")
        super().__post_init__()

    @property
    def made(self) -> All:
        return All(
            rules=tuple(
                share(band.angular_frequency, self.arm)
                .within(band.low, band.high, "band.low", "band.high")
                .at(self.epoch)
                for band in self.bands
            )
        )

    def describe(self) -> str:
        shown = [str(band) for band in self.bands]
        if len(shown) > MOST_SHOWN:
            shown[MOST_SHOWN:] = [f"and {len(shown) - MOST_SHOWN} more"]
        return f"at epoch {self.epoch}: {', '.join(shown)}"


@dataclass(frozen=True, kw_only=True)
class ShareBy(OneRun):
    """The share of one wave exceeds ``share_above`` at some epoch up to ``epoch``."""

    angular_frequency: float
    share_above: float

    def __post_init__(self) -> None:
        super().__post_init__()
        frequency = positive("rule.angular_frequency", self.angular_frequency)
        object.__setattr__(self, "angular_frequency", frequency)
        number("rule.share_above", self.share_above)

    def check(self, experiments: Experiments) -> None:
        check_wave(experiments[self.arm], self.angular_frequency)

    def thresholds(self) -> tuple[Threshold, ...]:
        return learned(self, (self.angular_frequency,))

    def describe(self) -> str:
        share = f"share(ω = {self.angular_frequency:g})"
        return f"{share} > {self.share_above:g} by epoch {self.epoch}"

    def marks(self) -> PlotHints:
        shares = {self.angular_frequency: (self.share_above,)}
        return PlotHints(epochs=(self.epoch,), shares=shares, kind="shares")

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where the first passage is at most ``epoch``; a diverged seed fails."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        passed = first_share(run, self.angular_frequency, self.share_above, self.epoch)
        shares = at(run.projections[:, :, wave_index(run, self.angular_frequency)], self.epoch)
        return [
            Outcome(
                int(seed),
                first is not None and gone is None,
                {f"share at {self.epoch}": finite(share), "first epoch above": first},
                gone,
            )
            for seed, first, share, gone in zip(run.seeds, passed, shares, diverged, strict=True)
        ]


@dataclass(frozen=True, kw_only=True)
class LowBeforeHigh(OneRun):
    """The low wave passes ``share_above`` at least ``times`` as early as the high one.

    A high wave that has not passed by ``epoch`` bounds the ratio from below. With ``stays`` a wave
    counts as passed from the epoch on after which its share is never again below, up to ``epoch``.
    """

    low: float
    high: float
    share_above: float = 0.5
    times: float = 1.0
    stays: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "low", positive("rule.low", self.low))
        object.__setattr__(self, "high", positive("rule.high", self.high))
        number("rule.share_above", self.share_above)
        positive("rule.times", self.times)
        record("rule.stays", self.stays, bool, "give True or False")

    def check(self, experiments: Experiments) -> None:
        for frequency in (self.low, self.high):
            check_wave(experiments[self.arm], frequency)

    def thresholds(self) -> tuple[Threshold, ...]:
        return learned(self, (self.low, self.high))

    def describe(self) -> str:
        share = f"share > {self.share_above:g}{' for good' if self.stays else ''}"
        return (
            f"{share}: epochs for ω = {self.high:g} over epochs for ω = {self.low:g} "
            f"> {self.times:g}, within {self.epoch}"
        )

    def marks(self) -> PlotHints:
        shares = {self.low: (self.share_above,), self.high: (self.share_above,)}
        return PlotHints(epochs=(self.epoch,), shares=shares, kind="shares")

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where the ratio, or its bound, exceeds ``times``; a diverged seed fails."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        first = last_share if self.stays else first_share
        lows = first(run, self.low, self.share_above, self.epoch)
        highs = first(run, self.high, self.share_above, self.epoch)
        found = []
        for seed, low, high, gone in zip(run.seeds, lows, highs, diverged, strict=True):
            late = self.epoch if high is None else high
            holds = low is not None and late > self.times * low and gone is None
            numbers = {f"epoch for {self.low:g}": low, f"epoch for {self.high:g}": high}
            found.append(Outcome(int(seed), holds, numbers, gone))
        return found


def first_share(run: Runs, frequency: float, above: float, within: int) -> list[int | None]:
    """For each seed the first epoch up to ``within`` at which a share exceeds ``above``."""
    with np.errstate(invalid="ignore"):
        passed = run.projections[:, : within + 1, wave_index(run, frequency)] > above
    return [int(row.argmax()) if row.any() else None for row in passed]


def last_share(run: Runs, frequency: float, above: float, within: int) -> list[int | None]:
    """For each seed the first epoch from which on a share exceeds ``above`` up to ``within``."""
    with np.errstate(invalid="ignore"):
        passed = run.projections[:, : within + 1, wave_index(run, frequency)] > above
    epochs = [int(len(row) - row[::-1].argmin()) if not row.all() else 0 for row in passed]
    return [epoch if epoch <= within else None for epoch in epochs]


def learned(rule: "ShareBy | LowBeforeHigh", waves: Iterable[float]) -> tuple[Threshold, ...]:
    """That ``rule`` asks of each of ``waves`` that its share pass ``share_above``."""
    field, value = "rule.share_above", rule.share_above
    return tuple(Threshold(field=field, value=value, arm=rule.arm, wave=each) for each in waves)
