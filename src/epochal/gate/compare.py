"""What moved between two sets of results: verdicts, and the numbers of rules seed by seed.

Where training is bit-equal, so are the numbers that a rule measures: else the code that measures
has changed. Whether learning drifted is judged by `drift`, against the tolerances.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from epochal.claims.verdicts import Status
from epochal.gate.changes import differ, is_epoch, is_rate, log_ratio, mean_change
from epochal.identity.environment import differences
from epochal.judging.result import Result

__all__ = ["Comparison", "Moved", "compare", "surroundings"]

KEYS = ("key", "hardware key", "adopted from", "pytest", "epochal", "system")
"""What a comparison of environments need not name: the keys follow from the rest."""


class Moved(StrEnum):
    """What can have happened to a claim between two measurements."""

    BIT_EQUAL = "bit-equal"
    SAME = "same verdict"
    NUMBERS = "other numbers from bit-equal training"
    VERDICT = "verdict changed"
    CHANCE = "verdict changed on these seeds only"
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
        return log_ratio(self.before, self.after)


@dataclass(frozen=True)
class Comparison:
    """A case before and after; one of the two may be missing.

    Attributes:
        before: the older result.
        after: the newer one.
        again: what sets of fresh seeds gave, where the verdict had moved.
    """

    before: Result | None
    after: Result | None
    again: Sequence[Result] = ()

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
        if self.other:
            return Moved.OTHER
        if before.status != after.status:
            if any(each.status == before.status for each in self.again):
                return Moved.CHANCE
            turned = {"broken": Moved.BROKEN, "undecided": Moved.UNDECIDED}
            return turned.get(after.status, Moved.VERDICT)
        if before.status == Status.ESTIMATED.value and _apart(before, after):
            return Moved.VERDICT
        if self.numbers_moved:
            return Moved.NUMBERS
        return Moved.BIT_EQUAL if self.bit_equal else Moved.SAME

    @property
    def is_compared(self) -> bool:
        """Whether there are two sides that can be compared."""
        return self.moved not in (Moved.ALONE, Moved.OTHER)

    @property
    def other(self) -> str:
        """Why the two sides are not about the same, in words; nothing where they are."""
        before, after = self.before, self.after
        if before is None or after is None:
            return ""
        names = sorted({*before.experiments, *after.experiments})
        changed = [n for n in names if before.experiments.get(n) != after.experiments.get(n)]
        if changed:
            return f"another setting: {', '.join(changed)}"
        if before.rule != after.rule:
            return f"another rule, was: {before.rule}"
        return "" if before.asked == after.asked else "the code of its rule has changed"

    @property
    def renamed(self) -> str:
        """What the claim was called before, where it has another name now."""
        before, after = self.before, self.after
        return before.claim if before and after and before.claim != after.claim else ""

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
    def numbers_moved(self) -> list[str]:
        """The numbers that differ for a seed of which every loss is the same."""
        same = [pair for pair in self.common if pair[0].get("losses") == pair[1].get("losses")]
        found = [
            name
            for one, other in same
            for name, before in one["numbers"].items()
            if one.get("losses") is not None and name in other["numbers"]
            if differ(name, before, other["numbers"][name])
        ]
        return list(dict.fromkeys(found))

    @property
    def number(self) -> str | None:
        """The name of the number that is shown: one that moved, else an epoch, else the first."""
        names = next((list(one["numbers"]) for one, _ in self.common), [])
        return next(iter((*self.numbers_moved, *filter(is_epoch, names), *names)), None)

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
        """The geometric mean over seeds of after / before; None without one, and of rates."""
        if self.number is None or is_rate(self.number):
            return None
        middle = mean_change([pair.log_ratio for pair in self.pairs])
        return math.exp(middle) if middle == middle else None

    def to_json(self) -> dict[str, Any]:
        """As JSON values; a ratio that is not finite is None."""
        ratio = self.ratio
        return {
            "claim": self.either.claim,
            "kind": self.either.kind,
            "moved": self.moved.value,
            "why": self.other,
            "renamed": self.renamed,
            "before": _side(self.before),
            "after": _side(self.after),
            "again": [_side(each) for each in self.again],
            "number": self.number,
            "ratio": ratio if ratio is not None and math.isfinite(ratio) else None,
            "seeds": [
                {"seed": pair.seed, "before": pair.before, "after": pair.after}
                for pair in self.pairs
            ],
        }


def _apart(before: Result, after: Result) -> bool:
    """Whether two estimates' intervals have nothing in common."""
    one, other = before.interval or (0, 1), after.interval or (0, 1)
    return one[1] < other[0] or other[1] < one[0]


def compare(
    before: Iterable[Result],
    after: Iterable[Result],
    again: Mapping[str, Sequence[Result]] | None = None,
    known: Collection[str] = (),
) -> list[Comparison]:
    """Pairs the results of two measurements by claim and kind, in the order of ``after``.

    A result on a device is paired with one on the same device, else with one on any other; a claim
    that ``before`` does not have, with one of another name that only ``before`` has, where settings
    and rule are the same. What only ``before`` has comes last.

    Args:
        before: the older results.
        after: the newer ones.
        again: what fresh seeds gave, by the keys of ``after``.
        known: claims that are still there under their name, whether they were run or not.
    """
    old, new, fresh = list(before), list(after), again or {}
    met = {(each.claim, each.kind) for each in new}
    lone = [each for each in old if (each.claim, each.kind) not in met]
    gone = [each for each in lone if each.claim not in known]
    pairs = [
        Comparison(_partner(old, each) or _renamed(gone, each), each, fresh.get(each.key, ()))
        for each in new
    ]
    used = [id(pair.before) for pair in pairs]
    return pairs + [Comparison(each, None) for each in lone if id(each) not in used]


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


def _renamed(lone: Iterable[Result], wanted: Result) -> Result | None:
    same = [each for each in lone if each.asked == wanted.asked]
    return next((each for each in same if each.device == wanted.device), None)


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
