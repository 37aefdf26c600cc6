"""What rules with a name share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace

from epochal.claims.rules.base import Outcome, PlotHints, UpTo
from epochal.claims.rules.parts.compositions import All, Composed, OfConditions
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.own_loop import Experiments
from epochal.experiments.runs import Runs

__all__ = ["Named", "NamedRule", "one_of"]


@dataclass(frozen=True, kw_only=True)
class Named(UpTo, ABC):
    """A rule with a name: a constructor of one that is made of parts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            _ = self.made  # which checks all that it is given
        except SpecError as error:
            field = f"rule.{error.field.rpartition('.')[2]}"
            raise SpecError(field, error.value, error.rule, error.next_step) from error

    @property
    @abstractmethod
    def made(self) -> OfConditions | All:
        """The rule that it stands for."""

    def needs(self) -> dict[str, int]:
        return self.made.needs()

    def check(self, experiments: Experiments) -> None:
        self.made.check(experiments)

    def thresholds(self) -> tuple[Threshold, ...]:
        return self.made.thresholds()

    def describe(self) -> str:
        return self.made.describe()

    def marks(self) -> PlotHints:
        return self.made.marks()

    @property
    def called(self) -> tuple[str | None, ...]:
        """What it calls the numbers of its parts, None for those that it leaves out."""
        return ()

    def _renamed(self, outcome: Outcome) -> Outcome:
        names = self.called or tuple(outcome.numbers)
        pairs = zip(names, outcome.numbers.values(), strict=True)
        return replace(outcome, numbers={name: value for name, value in pairs if name})


@dataclass(frozen=True, kw_only=True)
class NamedRule(Named):
    """One that holds or fails for each seed."""

    @property
    @abstractmethod
    def made(self) -> Composed | All:
        """The rule that it stands for."""

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Those of the rule that it stands for."""
        return [self._renamed(each) for each in self.made.outcomes(runs)]


def one_of(step: str, **given: float | None) -> str:
    """The name of the one field that is given; raises `SpecError` unless it is one."""
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        first = next(iter(given))
        rule = f"one of {' and '.join(given)} is needed, and not both"
        raise SpecError(f"rule.{first}", given[first], rule, step)
    return named[0]
