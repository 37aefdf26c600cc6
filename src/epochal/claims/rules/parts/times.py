"""When a condition is met: by an epoch, at it, never, before another one.

``mse().below(0.02).by(800)`` is a rule, and so is ``(mse("a") / mse("b")).within(0, 0.5).at(400)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.rules.parts.compositions import Composed, Judged, Numbers
from epochal.claims.rules.parts.conditions import Condition, first_met, known
from epochal.errors import SpecError
from epochal.experiments.checks import positive, whole
from epochal.experiments.runs import Runs

__all__ = ["At", "Before", "By", "Ever", "Never", "NotBy", "Over", "Throughout"]


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
        if condition.direction not in ("below", "above"):
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
class NotBy(By):
    """The condition is not met by ``epoch``.

    A seed that diverges has not got below a bound; of any other condition it fails.
    """

    def describe(self) -> str:
        return f"not {super().describe()}"

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        holds, numbers = super()._judged(runs)
        return [not each for each in holds], numbers

    @property
    def _fatal(self) -> tuple[str, ...]:
        return () if self.condition.direction == "below" else self._arms


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
class Throughout(OneCondition):
    """The condition is met at every epoch from ``after`` to ``epoch`` at which it is known."""

    def describe(self) -> str:
        since = f"from epoch {self.after} to" if self.after else "up to epoch"
        return f"{self.condition} throughout, {since} {self.epoch}"

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        epochs, values = known(self.condition, runs, self.epoch, self.after)
        met, label = self.condition.met(values), self.condition.quantity.label
        firsts = [None if row.all() else int(epochs[row.argmin()]) for row in met]
        numbers: Numbers = {}
        if self.condition.direction in ("below", "above"):
            below = self.condition.direction == "below"
            furthest = values.max(axis=1) if below else values.min(axis=1)
            numbers[f"{'largest' if below else 'least'} {label}"] = furthest.tolist()
        return [each is None for each in firsts], numbers | {"first epoch not met": firsts}


@dataclass(frozen=True, kw_only=True)
class At(Composed):
    """The condition is met "at" ``epoch``: by the median over the last 5% of the epochs."""

    condition: Condition

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_once(self.condition)

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
class Over(OneCondition):
    """The condition is met by the median over the epochs from ``after`` to ``epoch``."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_once(self.condition)

    def describe(self) -> str:
        return f"{self.condition}, as a median from epoch {self.after} to {self.epoch}"

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        _, values = known(self.condition, runs, self.epoch, self.after)
        label = self.condition.quantity.label
        if not values.shape[1]:
            rule = f"{label} is not known from there to {self.epoch}"
            raise SpecError("rule.after", self.after, rule, "give a wider range")
        middle = np.median(values, axis=1)
        return self.condition.met(middle).tolist(), {f"median {label}": middle.tolist()}


@dataclass(frozen=True, kw_only=True)
class Before(Composed):
    """The condition is met, and ``other`` only after more than ``times`` as many epochs.

    An ``other`` that is not met by ``epoch`` counts as if it were met there.
    """

    condition: Condition
    other: Condition
    times: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("rule.times", self.times)
        if self.condition == self.other:
            rule = "a condition is not met before itself"
            raise SpecError("rule.other", str(self.other), rule, "give another")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return self.condition, self.other

    def describe(self) -> str:
        times = "" if self.times == 1 else f", in less than 1/{self.times:g} of its epochs"
        return f"{self.condition} before {self.other}{times}, by epoch {self.epoch}"

    def _judged(self, runs: Mapping[str, Runs]) -> Judged:
        ours, theirs = self._firsts(runs)
        holds = [
            one is not None and (self.epoch if other is None else other) > self.times * one
            for one, other in zip(ours, theirs, strict=True)
        ]
        return holds, {f"epoch for {self.condition}": ours, f"epoch for {self.other}": theirs}


def _check_once(condition: Condition) -> None:
    """Raises `SpecError` if a condition is asked of one value, and is to last."""
    if condition.lasting:
        rule, step = "it is asked of one value", "leave for_good() out, or ask by an epoch"
        raise SpecError("rule.condition", str(condition), rule, step)
