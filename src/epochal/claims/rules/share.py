"""Rules about how often another one holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from epochal.claims.rules.base import Outcome, PlotHints
from epochal.claims.rules.thresholds import Threshold
from epochal.claims.statistics import Bounds
from epochal.errors import SpecError
from epochal.experiments.checks import members, number, whole
from epochal.experiments.own_loop import Experiments
from epochal.experiments.runs import Runs

__all__ = ["AnyOfSeeds", "OverSeeds", "ShareOfSeeds", "check_estimate"]

LEAST = 10
"""Where 5 of 10 seeds hold, the 95% interval is [0.19, 0.81]: fewer say next to nothing."""


@dataclass(frozen=True, kw_only=True)
class OverSeeds:
    """What rules share that ask how often another rule, ``of``, holds."""

    of: Any

    def __post_init__(self) -> None:
        step = "give one such as FitsBy(epoch=800, mse_below=0.05)"
        if hasattr(self.of, "numbers") or isinstance(self.of, OverSeeds):
            rule = "it does not hold or fail for a seed"
            raise SpecError("rule.of", type(self.of).__name__, rule, step)
        members("rule.of", self.of, ("outcomes", "needs"), "a rule", step)

    @property
    def epoch(self) -> int:
        """The epoch that ``of`` asks about."""
        return int(self.of.epoch)

    def needs(self) -> dict[str, int]:
        return dict(self.of.needs())

    def check(self, experiments: Experiments) -> None:
        self.of.check(experiments)

    def thresholds(self) -> tuple[Threshold, ...]:
        return tuple(getattr(self.of, "thresholds", tuple)())

    def marks(self) -> PlotHints:
        marks: PlotHints = self.of.marks()
        return marks

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Those of ``of``."""
        return list(self.of.outcomes(runs))


@dataclass(frozen=True, kw_only=True)
class AnyOfSeeds(OverSeeds):
    """Of ``seeds`` seeds, such as random restarts, ``of`` holds for one at least.

    That is so with probability 1 − (1 − p)^seeds, where p is the share of seeds for which it holds.
    So the sequential test between two shares of such groups, by default 1 in 5 and 4 in 5, is one
    between two smaller shares of single seeds, 2% and 15% for groups of ten. It takes more seeds.

    >>> from epochal import mse
    >>> AnyOfSeeds(of=mse().below(0.05).by(800), seeds=10).describe()
    'at least 1 of 10 seeds: MSE < 0.05 by epoch 800'
    """

    seeds: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("rule.seeds", self.seeds, 2)

    def describe(self) -> str:
        return f"at least 1 of {self.seeds} seeds: {self.of.describe()}"

    def bounds(self, groups: Bounds) -> Bounds:
        """The test between shares of ``groups`` of seeds, as one between shares of seeds."""
        low, high = (1 - (1 - share) ** (1 / self.seeds) for share in (groups.low, groups.high))
        return replace(groups, low=low, high=high, max_seeds=self.seeds * groups.max_seeds)


@dataclass(frozen=True, kw_only=True)
class ShareOfSeeds(OverSeeds):
    """The share of seeds for which ``of`` holds: judged against [low, high], or estimated.

    Decided by the exact (Clopper-Pearson) interval of the share over a fixed number of ``seeds``:
    reproduced where all of it lies in the band, refuted where none of it does, else undecided. The
    sequential test of other rules asks between 1 in 5 and 4 in 5, and cannot tell a half.

    Without ``low`` and ``high`` nothing is decided: the share is estimated, with its interval.
    """

    low: float = 0.0
    high: float = 1.0
    seeds: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("low", "high"):
            share = number(f"rule.{name}", getattr(self, name))
            object.__setattr__(self, name, share)
            if not 0 <= share <= 1:
                step = "give one such as 0.5"
                raise SpecError(f"rule.{name}", share, "a share lies between 0 and 1", step)
        if self.low >= self.high:
            rule = f"it must exceed low = {self.low:g}"
            raise SpecError("rule.high", self.high, rule, "exchange them")
        whole("rule.seeds", self.seeds, LEAST)

    @property
    def band(self) -> tuple[float, float] | None:
        """The shares that the claim allows; None where it asks for an estimate."""
        return None if (self.low, self.high) == (0.0, 1.0) else (self.low, self.high)

    def describe(self) -> str:
        band = f" in [{self.low:g}, {self.high:g}]" if self.band else ", estimated"
        return f"of {self.seeds} seeds a share{band}: {self.of.describe()}"


def check_estimate(rule: object, **asked: Any) -> None:
    """Raises `SpecError` if a verdict is ``asked`` for of a rule that gives an estimate."""
    for field, value in asked.items():
        if value is not None and isinstance(rule, ShareOfSeeds) and rule.band is None:
            why = "a share of seeds without a band is an estimate, which has no verdict"
            raise SpecError(field, value, why, "leave it out, or give the rule low or high")
