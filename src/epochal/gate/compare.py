"""What moved between two sets of results: verdicts, and epochs to threshold seed by seed.

A later gate gives drift its statistics and time its place beside it; until then learning counts as
drifted where the median over seeds of the paired ratio leaves a wide margin, which no measurement
of benign spread stands behind yet.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any

from epochal.judging.result import Result
from epochal.training.environment import differences

__all__ = ["MARGIN", "Comparison", "Moved", "compare", "surroundings"]

MARGIN = 1.25
"""The median ratio, either way, from which on learning counts as drifted; provisional."""

KEYS = ("key", "hardware key", "pytest", "epochal", "system")
"""What a comparison of environments need not name: the keys follow from the rest."""


class Moved(StrEnum):
    """What can have happened to a claim between two measurements."""

    BIT_EQUAL = "bit-equal"
    SAME = "same verdict"
    DRIFTED = "learning drifted"
    VERDICT = "verdict changed"
    UNDECIDED = "now undecided"
    BROKEN = "now broken"
    OTHER = "not comparable"
    ALONE = "on one side only"


@dataclass(frozen=True)
class Pair:
    """One seed's number on both sides; None where it never got there."""

    seed: int
    before: float | None
    after: float | None

    @property
    def log_ratio(self) -> float:
        """log(after / before), infinite where only one side got there."""
        before = math.inf if self.before is None else self.before
        after = math.inf if self.after is None else self.after
        if before == after:
            return 0.0
        if math.inf in (before, after) or min(before, after) <= 0:
            return math.inf if after > before else -math.inf
        return math.log(after / before)


@dataclass(frozen=True)
class Comparison:
    """A case before and after; one of the two may be missing."""

    before: Result | None
    after: Result | None

    @property
    def either(self) -> Result:
        """Whichever is there."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def moved(self) -> Moved:
        """What happened."""
        before, after = self.before, self.after
        if before is None or after is None:
            return Moved.ALONE
        if (before.experiments, before.rule) != (after.experiments, after.rule):
            return Moved.OTHER
        if before.status != after.status:
            turned = {"broken": Moved.BROKEN, "undecided": Moved.UNDECIDED}
            return turned.get(after.status, Moved.VERDICT)
        if self.bit_equal:
            return Moved.BIT_EQUAL
        drifted = self.about_epochs and self.ratio is not None and self.ratio_is_large
        return Moved.DRIFTED if drifted else Moved.SAME

    @property
    def common(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """The outcomes of the seeds that both sides have."""
        sides = (self.before, self.after)
        one, other = ({o["seed"]: o for o in each.outcomes} if each else {} for each in sides)
        return [(one[seed], other[seed]) for seed in sorted(one.keys() & other.keys())]

    @property
    def bit_equal(self) -> bool:
        """Whether every loss of every common seed is the same, bit for bit."""
        pairs = self.common
        return bool(pairs) and all(
            one.get("losses") == other.get("losses") is not None for one, other in pairs
        )

    @property
    def number(self) -> str | None:
        """The name of the number that is compared: epochs to a threshold, else the first one."""
        names = next((list(one["numbers"]) for one, _ in self.common), [])
        return next(filter(is_epoch, names), names[0] if names else None)

    @property
    def about_epochs(self) -> bool:
        """Whether the compared number is an epoch."""
        return self.number is not None and is_epoch(self.number)

    @property
    def pairs(self) -> list[Pair]:
        """The compared number of each common seed."""
        name = self.number
        if name is None:
            return []
        return [
            Pair(one["seed"], one["numbers"].get(name), other["numbers"].get(name))
            for one, other in self.common
        ]

    @property
    def ratio(self) -> float | None:
        """The median over seeds of after / before, None where there is nothing to compare."""
        logs = [pair.log_ratio for pair in self.pairs]
        middle = median(logs) if logs else math.nan
        return math.exp(middle) if middle == middle else None

    @property
    def ratio_is_large(self) -> bool:
        """Whether the ratio leaves the margin, either way."""
        return self.ratio is not None and not 1 / MARGIN <= self.ratio <= MARGIN

    def to_json(self) -> dict[str, Any]:
        """As JSON values; a ratio that is not finite is None."""
        ratio = self.ratio
        return {
            "claim": self.either.claim,
            "kind": self.either.kind,
            "moved": self.moved.value,
            "before": _side(self.before),
            "after": _side(self.after),
            "number": self.number,
            "ratio": ratio if ratio is not None and math.isfinite(ratio) else None,
            "seeds": [
                {"seed": pair.seed, "before": pair.before, "after": pair.after}
                for pair in self.pairs
            ],
        }


def is_epoch(name: str) -> bool:
    """Whether a number of a rule is an epoch, by its name.

    >>> is_epoch("first epoch below"), is_epoch("epoch for 4"), is_epoch("least MSE")
    (True, True, False)
    """
    return name.startswith(("first ", "epoch for "))


def compare(before: Iterable[Result], after: Iterable[Result]) -> list[Comparison]:
    """Pairs the results of two measurements by claim and kind, in the order of ``after``.

    A result on a device is paired with one on the same device, else with one on any other. What
    only ``before`` has comes last.
    """
    old, new = list(before), list(after)
    pairs = [Comparison(_partner(old, each), each) for each in new]
    met = {(each.claim, each.kind) for each in new}
    return pairs + [Comparison(each, None) for each in old if (each.claim, each.kind) not in met]


def surroundings(pairs: Iterable[Comparison]) -> dict[str, tuple[str, str]]:
    """The fields in which the two sides' environments differ, with both values."""
    found: dict[str, tuple[str, str]] = {}
    for pair in pairs:
        if pair.before is not None and pair.after is not None:
            found |= differences(pair.before.environment, pair.after.environment)
    return {name: both for name, both in found.items() if name not in KEYS}


def _partner(results: Iterable[Result], wanted: Result) -> Result | None:
    same = [each for each in results if (each.claim, each.kind) == (wanted.claim, wanted.kind)]
    return next((each for each in same if each.device == wanted.device), next(iter(same), None))


def _side(result: Result | None) -> Mapping[str, Any] | None:
    if result is None:
        return None
    return {
        "verdict": result.status,
        "k": result.k,
        "n": result.n,
        "device": result.device,
        "repeat": result.repeat,
    }
