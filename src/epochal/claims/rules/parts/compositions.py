"""What all rules made of parts share, and several of them joined by ``&``."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from epochal.claims.rules.base import Outcome, PlotHints, UpTo, diverged_by, earliest, finite
from epochal.claims.rules.parts.conditions import Condition, first_met, known
from epochal.claims.rules.share import OverSeeds
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import members
from epochal.experiments.own_loop import Experiments
from epochal.experiments.runs import Runs

__all__ = ["All", "Composed", "Judged", "Numbers", "OfConditions", "joined"]

Numbers = dict[str, Sequence[float | None]]
"""What each seed showed, by name."""

Judged = tuple[Sequence[bool], Numbers]
"""Of each seed whether it holds, and the numbers."""


@dataclass(frozen=True, kw_only=True)
class OfConditions(UpTo, ABC):
    """What rules share that are made of conditions, on a seed or about a number."""

    @abstractmethod
    def describe(self) -> str:
        """The rule in one line."""

    @property
    @abstractmethod
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions that it asks about."""

    @property
    def on(self) -> str:
        """``probe`` where it asks about the evaluation grid."""
        return "probe" if any(each.quantity.probed for each in self.conditions) else "training"

    @property
    def _arms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(arm for each in self.conditions for arm in each.quantity.arms))

    def needs(self) -> dict[str, int]:
        return dict.fromkeys(self._arms, self.epoch)

    def check(self, experiments: Experiments) -> None:
        for each in self.conditions:
            each.quantity.check(experiments)

    def thresholds(self) -> tuple[Threshold, ...]:
        return tuple(found for each in self.conditions for found in each.thresholds())

    def marks(self) -> PlotHints:
        return joined([each.quantity.hints(each.bounds) for each in self.conditions], self._marked)

    @property
    def _marked(self) -> tuple[int, ...]:
        return (self.epoch,)

    def _firsts(self, runs: Mapping[str, Runs]) -> list[list[int | None]]:
        """For each condition the first epoch at which each seed meets it."""
        return [first_met(each, *known(each, runs, self.epoch)) for each in self.conditions]

    @property
    def _fatal(self) -> tuple[str, ...]:
        """The settings in which a seed may not diverge."""
        return self._arms

    def _lost(self, runs: Mapping[str, Runs]) -> list[int | None]:
        """For each seed the first epoch at which it diverged in one of those settings."""
        gone = [diverged_by(runs[arm], self.epoch) for arm in self._fatal]
        seeds = range(len(runs[self._arms[0]].seeds))
        return [earliest(epochs[place] for epochs in gone) for place in seeds]


@dataclass(frozen=True, kw_only=True)
class Composed(OfConditions):
    """A rule made of conditions that holds or fails for each seed; one that diverges fails."""

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """One outcome for each seed."""
        holds, numbers = self._judged(runs)
        found = []
        for place, lost in enumerate(self._lost(runs)):
            seed = int(runs[self._arms[0]].seeds[place])
            shown = {name: _shown(values[place]) for name, values in numbers.items()}
            found.append(Outcome(seed, bool(holds[place]) and lost is None, shown, lost))
        return found

    @abstractmethod
    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        """Of each seed whether it holds, and its numbers by name."""


@dataclass(frozen=True, kw_only=True)
class All(UpTo):
    """Every one of several rules holds, of whatever kind they are."""

    rules: tuple[Any, ...]
    epoch: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        parts = [each.rules if isinstance(each, All) else (each,) for each in self.rules]
        object.__setattr__(self, "rules", tuple(each for part in parts for each in part))
        for each in self.rules:
            step = "join rules that hold or fail for a seed, such as FitsBy(epoch=9, mse_below=0.1)"
            members("rule", each, ("outcomes", "needs", "epoch"), "a rule", step)
            if isinstance(each, OverSeeds):
                rule = "it does not hold or fail for a seed"
                raise SpecError("rule", type(each).__name__, rule, step)
        object.__setattr__(self, "epoch", max(each.epoch for each in self.rules))
        super().__post_init__()

    @property
    def on(self) -> str:
        """``probe`` where one of them asks about the evaluation grid."""
        return "probe" if any(getattr(e, "on", "") == "probe" for e in self.rules) else "training"

    def needs(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for each in self.rules:
            for arm, epoch in each.needs().items():
                found[arm] = max(epoch, found.get(arm, 0))
        return found

    def check(self, experiments: Experiments) -> None:
        for each in self.rules:
            each.check(experiments)

    def thresholds(self) -> tuple[Threshold, ...]:
        return tuple(t for each in self.rules for t in getattr(each, "thresholds", tuple)())

    def marks(self) -> PlotHints:
        marks = [each.marks() for each in self.rules]
        return joined(marks, tuple(sorted({epoch for each in marks for epoch in each.epochs})))

    def describe(self) -> str:
        each_one, at = [each.describe() for each in self.rules], f"at {self.epoch}: "
        if all(each.startswith(at) for each in each_one):
            return at + ", ".join(each.removeprefix(at) for each in each_one)
        return "; ".join(each_one)

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Those of all rules together: numbers of one name get the text of their rule."""
        each_rule = [rule.outcomes(runs) for rule in self.rules]
        return [_together(self.rules, outcomes) for outcomes in zip(*each_rule, strict=True)]


def joined(hints: Iterable[PlotHints], epochs: tuple[int, ...]) -> PlotHints:
    """One picture of all ``hints``: of regions if there are any, else of components, or errors."""
    every = list(hints)
    shares: dict[float, tuple[float, ...]] = {}
    measured: dict[str, tuple[float, ...]] = {}
    rates = {each.rate for each in every if each.measured}
    for each in every:
        for wave, bounds in each.shares.items():
            shares[wave] = (*shares.get(wave, ()), *bounds)
        for name, bounds in each.measured.items():
            own = bounds if len(rates) == 1 or not each.rate else ()  # in one unit, or not at all
            measured[name] = (*measured.get(name, ()), *own)
    kinds = [each.kind for each in every]
    return PlotHints(
        epochs=epochs,
        mse=tuple(dict.fromkeys(value for each in every for value in each.mse)),
        variance_share=tuple(dict.fromkeys(v for each in every for v in each.variance_share)),
        shares=shares,
        regions=tuple(sorted({value for each in every for value in each.regions})),
        measured=measured,
        rate=rates.pop() if len(rates) == 1 else 0,
        kind=next((kind for kind in ("regions", "measured", "shares") if kind in kinds), "mse"),
        looks=tuple(sorted({value for each in every for value in each.looks})),
    )


def _together(rules: Sequence[Any], outcomes: Sequence[Outcome]) -> Outcome:
    numbers: dict[str, float | None] = {}
    for rule, each in zip(rules, outcomes, strict=True):
        for name, value in each.numbers.items():
            numbers[name if name not in numbers else f"{name}, {rule.describe()}"] = value
    holds = all(each.holds for each in outcomes)
    return Outcome(outcomes[0].seed, holds, numbers, earliest(each.diverged for each in outcomes))


def _shown(value: float | None) -> float | None:
    return None if value is None else value if isinstance(value, int) else finite(value)
