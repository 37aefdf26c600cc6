"""Rules made of parts: a quantity, a condition on it, and a time.

``mse().below(0.02).by(800)`` is a rule, and so is ``(mse("a") / mse("b")).within(0, 0.5).at(400)``.
Two rules joined by ``&`` hold where both do.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from epochal.claims.rules.base import Outcome, PlotHints, UpTo, diverged_by, earliest, finite
from epochal.claims.rules.conditions import Condition, first_met, known
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import members, whole
from epochal.experiments.experiment import Experiments
from epochal.experiments.runs import Runs

__all__ = ["All", "At", "Before", "By", "Composed", "Ever", "Never"]

Numbers = dict[str, Sequence[float | None]]
"""What each seed showed, by name."""

Judged = tuple[Sequence[bool], Numbers]
"""Of each seed whether it holds, and the numbers."""


@dataclass(frozen=True, kw_only=True)
class Composed(UpTo, ABC):
    """What rules share that are made of conditions."""

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
        return tuple(
            threshold
            for each in self.conditions
            for called, value, upper in zip(
                each.fields, (each.low, each.high), (False, True), strict=True
            )
            if value is not None
            for threshold in each.quantity.thresholds(called, value, upper)
        )

    def marks(self) -> PlotHints:
        return joined([each.quantity.hints(each.bounds) for each in self.conditions], self._marked)

    @property
    def _marked(self) -> tuple[int, ...]:
        return (self.epoch,)

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """One outcome for each seed; a seed that diverged in one of the settings fails."""
        holds, numbers = self._judged(runs)
        gone = [diverged_by(runs[arm], self.epoch) for arm in self._arms]
        found = []
        for place, seed in enumerate(runs[self._arms[0]].seeds):
            lost = earliest(each[place] for each in gone)
            shown = {name: _shown(values[place]) for name, values in numbers.items()}
            found.append(Outcome(int(seed), bool(holds[place]) and lost is None, shown, lost))
        return found

    @abstractmethod
    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        """Of each seed whether it holds, and its numbers by name."""


@dataclass(frozen=True, kw_only=True)
class OneCondition(Composed):
    """A rule about one condition, from epoch ``after`` to ``epoch``."""

    condition: Condition
    after: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if whole("rule.after", self.after, 0) >= self.epoch:
            rule = f"it must come before epoch = {self.epoch}"
            raise SpecError("rule.after", self.after, rule, "give less")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return (self.condition,)

    def _looked_at(self, runs: Mapping[str, Runs], since: int) -> tuple[list[int | None], Numbers]:
        """The first epoch from ``since`` on at which it is met, and the value nearest to it."""
        condition = self.condition
        epochs, values = known(condition, runs, self.epoch, since)
        if condition.direction == "within":
            return first_met(condition, epochs, values), {}
        finite_ones = np.where(np.isfinite(values), values, np.nan)
        below = condition.direction == "below"
        reduce, word = (np.fmin, "least") if below else (np.fmax, "largest")
        extreme = reduce.reduce(finite_ones, axis=1).tolist()
        return first_met(condition, epochs, values), {f"{word} {condition.quantity.label}": extreme}

    def _first(self, firsts: list[int | None]) -> Numbers:
        return {f"first epoch {self.condition.direction}": firsts}


@dataclass(frozen=True, kw_only=True)
class By(OneCondition):
    """The condition is met by ``epoch``, and for the first time after ``after``, if it is given."""

    @property
    def _marked(self) -> tuple[int, ...]:
        return (self.after, self.epoch) if self.after else (self.epoch,)

    def describe(self) -> str:
        early = f", and not by {self.after}" if self.after else ""
        return f"{self.condition} by epoch {self.epoch}{early}"

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        firsts, extreme = self._looked_at(runs, 0)
        holds = [each is not None and (each > self.after or not self.after) for each in firsts]
        return holds, self._first(firsts) | extreme


@dataclass(frozen=True, kw_only=True)
class Ever(OneCondition):
    """The condition is met at some epoch from ``after`` to ``epoch``."""

    def describe(self) -> str:
        return f"{self.condition} at some epoch from {self.after} to {self.epoch}"

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        firsts, extreme = self._looked_at(runs, self.after)
        return [each is not None for each in firsts], extreme | self._first(firsts)


@dataclass(frozen=True, kw_only=True)
class Never(Ever):
    """The condition is met at no epoch from ``after`` to ``epoch``."""

    def describe(self) -> str:
        since = f"from epoch {self.after} to" if self.after else "up to epoch"
        return f"{self.condition.text('never')} {since} {self.epoch}"

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        holds, numbers = super()._judged(runs)
        return [not each for each in holds], numbers


@dataclass(frozen=True, kw_only=True)
class At(Composed):
    """The condition is met "at" ``epoch``: by the median over the last 5% of the epochs."""

    condition: Condition

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return (self.condition,)

    def describe(self) -> str:
        return f"at {self.epoch}: {self.condition}"

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        numbers = self.condition.quantity.numbers(runs, self.epoch)
        values = next(iter(numbers.values()))
        shown = {name: each.tolist() for name, each in numbers.items()}
        return self.condition.met(values).tolist(), shown


@dataclass(frozen=True, kw_only=True)
class Before(Composed):
    """The condition is met earlier than ``other``, which may not be met at all, by ``epoch``."""

    condition: Condition
    other: Condition

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.condition == self.other:
            rule = "a condition is not met before itself"
            raise SpecError("rule.other", str(self.other), rule, "give another")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return self.condition, self.other

    def describe(self) -> str:
        return f"{self.condition} before {self.other}, by epoch {self.epoch}"

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        ours, theirs = (first_met(each, *known(each, runs, self.epoch)) for each in self.conditions)
        holds = [
            one is not None and (other is None or one < other)
            for one, other in zip(ours, theirs, strict=True)
        ]
        return holds, {f"epoch for {self.condition}": ours, f"epoch for {self.other}": theirs}


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
        if all(isinstance(each, At) and each.epoch == self.epoch for each in self.rules):
            return f"at {self.epoch}: {', '.join(str(each.condition) for each in self.rules)}"
        return "; ".join(each.describe() for each in self.rules)

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Those of all rules together: numbers of one name get the text of their rule."""
        each_rule = [rule.outcomes(runs) for rule in self.rules]
        return [_together(self.rules, outcomes) for outcomes in zip(*each_rule, strict=True)]


def joined(hints: Iterable[PlotHints], epochs: tuple[int, ...]) -> PlotHints:
    """One picture of all ``hints``: of regions if there are any, else of components, or errors."""
    every = list(hints)
    shares: dict[float, tuple[float, ...]] = {}
    for each in every:
        for wave, bounds in each.shares.items():
            shares[wave] = (*shares.get(wave, ()), *bounds)
    kinds = [each.kind for each in every]
    return PlotHints(
        epochs=epochs,
        mse=tuple(value for each in every for value in each.mse),
        variance_share=tuple(value for each in every for value in each.variance_share),
        shares=shares,
        regions=tuple(sorted({value for each in every for value in each.regions})),
        kind=next((kind for kind in ("regions", "shares") if kind in kinds), "mse"),
        looks=tuple(sorted({value for each in every for value in each.looks})),
    )


def _together(rules: Sequence[Any], outcomes: Sequence[Outcome]) -> Outcome:
    numbers: dict[str, float | None] = {}
    for rule, each in zip(rules, outcomes, strict=True):
        for name, value in each.numbers.items():
            numbers[name if name not in numbers else f"{name}, {rule.describe()}"] = value
    holds = all(each.holds for each in outcomes)
    gone = earliest(each.diverged for each in outcomes)
    return Outcome(outcomes[0].seed, holds and gone is None, numbers, gone)


def _shown(value: float | None) -> float | None:
    return None if value is None else value if isinstance(value, int) else finite(value)
