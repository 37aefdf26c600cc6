"""What rules with a name share that are made of parts."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from epochal.claims.rules.base import Outcome, PlotHints, UpTo
from epochal.claims.rules.compositions import All, Composed
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.experiment import Experiments
from epochal.experiments.runs import Runs

__all__ = ["NamedRule", "one_of"]


@dataclass(frozen=True, kw_only=True)
class NamedRule(UpTo, ABC):
    """A rule with a name: a constructor of one that is made of parts."""

    NUMBERS: ClassVar[Mapping[str, str]] = {}
    """What it calls numbers that its parts call otherwise."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.made  # which checks all that it is given

    @property
    @abstractmethod
    def made(self) -> Composed | All:
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

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Those of the rule that it stands for."""
        return [
            replace(
                each, numbers={self.NUMBERS.get(name, name): v for name, v in each.numbers.items()}
            )
            for each in self.made.outcomes(runs)
        ]


def one_of(step: str, **given: float | None) -> str:
    """The name of the one field that is given; raises `SpecError` unless it is one."""
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        first = next(iter(given))
        rule = f"one of {' and '.join(given)} is needed, and not both"
        raise SpecError(f"rule.{first}", given[first], rule, step)
    return named[0]
