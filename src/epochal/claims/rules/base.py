"""What every rule has, and the readings of runs that several rules share."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from epochal.errors import SpecError
from epochal.experiments.checks import natural, positive
from epochal.experiments.experiment import Experiments
from epochal.experiments.inputs import Array
from epochal.experiments.runs import Runs, at_window

if TYPE_CHECKING:
    from epochal.claims.rules.compositions import All

__all__ = [
    "POINTS",
    "RUN",
    "NumberRule",
    "OneRun",
    "Outcome",
    "PlotHints",
    "Ratio",
    "Rule",
    "SeedRule",
    "UpTo",
    "at",
    "at_snapshots",
    "diverged_by",
    "earliest",
    "finite",
    "first_below",
    "least",
    "mse_threshold",
    "wave_index",
]

POINTS = ("training", "probe")
"""Where an error is measured: on the training points of every epoch, or on the probe grid."""

RUN = "run"
"""The name of a claim's experiment where it has only one."""

LEAST_MSE = 1e-14
"""About the square of float32's resolution of numbers near 1: no float32 loss gets below it."""


@dataclass(frozen=True)
class Outcome:
    """What one seed showed.

    Attributes:
        seed: the seed.
        holds: whether the rule held; for a rule about a number, whether the number lies in band.
        numbers: what was measured, the most telling first; None is "never reached" (censored).
        diverged: the first epoch with a non-finite loss, or None.
        between: the bounds of a first number that is censored, where one is known.
    """

    seed: int
    holds: bool
    numbers: Mapping[str, float | None]
    diverged: int | None = None
    between: tuple[float | None, float | None] | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the first number is known to lie; None where nothing is known of it."""
        value = next(iter(self.numbers.values()))
        if value is not None:
            return value, value
        if self.between is None:
            return None
        low, high = self.between
        return (-math.inf if low is None else low), (math.inf if high is None else high)


@dataclass(frozen=True)
class PlotHints:
    """What a picture of the rule should show.

    Attributes:
        epochs: the epochs that the rule speaks of; the last is the one at which the fit is shown.
        mse: thresholds of the mean squared error on the training points.
        variance_share: the same, as shares of the target's variance.
        shares: thresholds of projections, by angular frequency.
        regions: radii |position| that part the centre from the edges.
        kind: ``mse``, ``shares``, ``regions``, ``map`` or ``slope``: which picture tells it. A map
            and a slope are drawn from their numbers, and no curves of their experiments are kept.
        looks: more epochs whose predictions the rule needs, and of which no fit is shown.
    """

    epochs: tuple[int, ...]
    mse: tuple[float, ...] = ()
    variance_share: tuple[float, ...] = ()
    shares: Mapping[float, tuple[float, ...]] = field(default_factory=dict)
    regions: tuple[float, ...] = ()
    kind: str = "mse"
    looks: tuple[int, ...] = ()


class Rule(Protocol):
    """What the verdict, the planner and the report need of a rule."""

    def needs(self) -> dict[str, int]:
        """The epochs that each experiment must be trained for, by its name in the claim."""

    def check(self, experiments: Experiments) -> None:
        """Raises `SpecError` if the rule cannot be asked of these experiments."""

    def describe(self) -> str:
        """The predicate in one line."""

    def marks(self) -> PlotHints:
        """What a picture of it should show."""


class SeedRule(Rule, Protocol):
    """A rule that holds or fails for each seed."""

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """One outcome for each seed of ``runs``, in their order."""


class NumberRule(Rule, Protocol):
    """A rule about a number, decided by an interval over seeds inside or outside a band."""

    @property
    def band(self) -> tuple[float, float]:
        """The band in which the number should lie."""

    @property
    def logarithmic(self) -> bool:
        """Whether the interval is computed on the log scale (ratios)."""

    def numbers(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """One outcome for each seed, its first number the one that is judged."""


@dataclass(frozen=True, kw_only=True)
class UpTo:
    """What all rules share: the epoch up to which they look."""

    epoch: int

    def __post_init__(self) -> None:
        natural("rule.epoch", self.epoch)

    def check(self, experiments: Experiments) -> None:
        """Raises nothing: rules that ask more of their experiments override it."""

    def __and__(self, other: object) -> "All":
        """The rule that both this one and ``other`` hold."""
        from epochal.claims.rules.compositions import All

        return All(rules=(self, other))


@dataclass(frozen=True, kw_only=True)
class OneRun(UpTo):
    """A rule about one experiment, ``arm`` by its name in the claim."""

    arm: str = RUN

    def needs(self) -> dict[str, int]:
        return {self.arm: self.epoch}


@dataclass(frozen=True, kw_only=True)
class Ratio(UpTo):
    """A rule about what ``over`` shows divided by what ``under`` shows, seed by seed."""

    over: str
    under: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.over == self.under:
            raise SpecError(
                "rule.under", self.under, "a setting is divided by itself", "name the other arm"
            )

    def needs(self) -> dict[str, int]:
        return {self.over: self.epoch, self.under: self.epoch}


def mse_threshold(name: str, value: object) -> float:
    """``value`` as a mean squared error that a loss can reach."""
    checked = positive(name, value)
    if checked < LEAST_MSE:
        raise SpecError(name, value, "no float32 loss can reach it", f"give {LEAST_MSE} or more")
    return checked


def at(values: Array, epoch: int) -> Array:
    """``values`` (seed, epoch) "at" an epoch: the median over the last 5% of epochs up to it."""
    middle: Array = np.median(values[:, at_window(np.arange(values.shape[1]), epoch)], axis=1)
    return middle


def at_snapshots(values: Array, runs: Runs, epoch: int) -> Array:
    """``values`` (seed, snapshot) "at" an epoch: the median over the snapshots of that window."""
    middle: Array = np.median(values[:, at_window(runs.snapshots, epoch)], axis=1)
    return middle


def first_below(values: Array, threshold: float, within: int) -> list[int | None]:
    """For each row the first epoch up to ``within`` with a value below ``threshold``, or None."""
    with np.errstate(invalid="ignore"):
        passed = values[:, : within + 1] < threshold
    return [int(row.argmax()) if row.any() else None for row in passed]


def least(values: Array, within: int) -> list[float | None]:
    """For each row the least value up to epoch ``within``, or None where none is finite."""
    until = values[:, : within + 1]
    return [finite(row.min()) for row in np.where(np.isnan(until), np.inf, until)]


def wave_index(runs: Runs, angular_frequency: float) -> int:
    """The position of a wave on the axis ``component``."""
    return int(np.flatnonzero(runs.waves == angular_frequency)[0])


def diverged_by(runs: Runs, epoch: int) -> list[int | None]:
    """For each seed the epoch at which it diverged, if that is not after ``epoch``."""
    return [each if each is not None and each <= epoch else None for each in runs.diverged_at()]


def earliest(epochs: Iterable[int | None]) -> int | None:
    """The least of some epochs that may not be there."""
    return min((epoch for epoch in epochs if epoch is not None), default=None)


def finite(value: float) -> float | None:
    """``value`` as a float, or None where it is not finite."""
    return float(value) if np.isfinite(value) else None
