"""What every rule has, and the readings of runs that several rules share."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from epochal.errors import SpecError
from epochal.experiments.checks import natural, positive
from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Experiments, Training
from epochal.experiments.runs import Measurements, Runs

if TYPE_CHECKING:
    from epochal.claims.rules.parts.compositions import All

__all__ = [
    "POINTS",
    "RUN",
    "NumberRule",
    "Outcome",
    "PlotHints",
    "Rule",
    "RunsOf",
    "SeedRule",
    "UpTo",
    "diverged_by",
    "earliest",
    "finite",
    "mse_threshold",
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


@dataclass(frozen=True, kw_only=True, eq=False)
class RunsOf(Runs):
    """Runs with the setting that they are of, as a verdict gives them to a rule: read-only."""

    setting: Experiment | Training

    @classmethod
    def of(cls, runs: Runs, setting: Experiment | Training) -> "RunsOf":
        """``runs`` with their ``setting``."""
        kept = {each.name: _read_only(getattr(runs, each.name)) for each in fields(Runs)}
        return cls(**kept, setting=setting)


def _read_only(value: Any) -> Any:
    """``value`` with arrays that no rule can change, so that other rules see the same."""
    if isinstance(value, np.ndarray):
        value = value.view()
        value.flags.writeable = False
    elif isinstance(value, Measurements):
        return Measurements(_read_only(value.epochs), _read_only(value.values))
    elif isinstance(value, Mapping):
        return {name: _read_only(each) for name, each in value.items()}
    return value


@dataclass(frozen=True)
class PlotHints:
    """What a picture of the rule should show.

    Attributes:
        epochs: the epochs that the rule speaks of; the last is the one at which the fit is shown.
        mse: thresholds of the mean squared error on the training points.
        variance_share: the same, as shares of the target's variance.
        shares: thresholds of projections, by angular frequency.
        regions: radii |position| that part the centre from the edges.
        measured: thresholds of what is measured, by the measure's name.
        rate: the power of the learning rate that these are of what is measured times.
        kind: ``mse``, ``shares``, ``regions``, ``measured``, ``map`` or ``slope``: which picture
            tells it. A map and a slope are drawn from their numbers, and no curves of their
            experiments are kept.
        looks: more epochs whose predictions the rule needs, and of which no fit is shown.
    """

    epochs: tuple[int, ...]
    mse: tuple[float, ...] = ()
    variance_share: tuple[float, ...] = ()
    shares: Mapping[float, tuple[float, ...]] = field(default_factory=dict)
    regions: tuple[float, ...] = ()
    measured: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    rate: int = 0
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
        from epochal.claims.rules.parts.compositions import All

        return All(rules=(self, other))


def mse_threshold(name: str, value: object) -> float:
    """``value`` as a mean squared error that a loss can reach."""
    checked = positive(name, value)
    if checked < LEAST_MSE:
        raise SpecError(name, value, "no float32 loss can reach it", f"give {LEAST_MSE} or more")
    return checked


def diverged_by(runs: Runs, epoch: int) -> list[int | None]:
    """For each seed the epoch at which it diverged, if that is not after ``epoch``."""
    return [each if each is not None and each <= epoch else None for each in runs.diverged_at()]


def earliest(epochs: Iterable[int | None]) -> int | None:
    """The least of some epochs that may not be there."""
    return min((epoch for epoch in epochs if epoch is not None), default=None)


def finite(value: float) -> float | None:
    """``value`` as a float, or None where it is not finite."""
    return float(value) if np.isfinite(value) else None
