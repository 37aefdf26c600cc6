"""One thing to judge of a claim: it in full, reduced, or its control."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from epochal.claims.rules.base import Rule
from epochal.claims.rules.places import remarks
from epochal.claims.rules.share import AnyOfSeeds
from epochal.claims.rules.thresholds import notes
from epochal.claims.statistics import Bounds
from epochal.experiments.own_loop import Experiments
from epochal.experiments.snapshots import looked_at

if TYPE_CHECKING:
    from epochal.claims.claim import Claim

__all__ = ["EXPECTED", "Case", "opposite"]

EXPECTED = ("reproduced", "refuted")


@dataclass(frozen=True)
class Case:
    """One thing to judge: a claim in full, reduced, or its control."""

    claim: "Claim"
    rule: Rule
    experiments: Experiments
    kind: str = "full"

    KINDS: ClassVar[tuple[str, ...]] = ("full", "reduced", "control")

    @property
    def id(self) -> str:
        """The claim's id, with the control marked."""
        return f"{self.claim.id}~control" if self.kind == "control" else self.claim.id

    def expected(self, device: str) -> str | None:
        """The verdict that should come out on ``device``; for a control the opposite one."""
        claim = self.claim
        override = claim.expected_on.get(device.split(":")[0])
        expected = override[0] if override else claim.expected
        if self.kind == "reduced" and claim.reduced and claim.reduced.expected:
            expected = claim.reduced.expected
        if self.kind == "control" and expected is not None:
            return opposite(expected)
        return expected

    @property
    def bounds(self) -> Bounds:
        """Those of the sequential test: the claim's, unless the rule asks of groups of seeds."""
        bounds = self.claim.bounds
        return self.rule.bounds(bounds) if isinstance(self.rule, AnyOfSeeds) else bounds

    @property
    def horizons(self) -> dict[str, int]:
        """The epochs for which each of its experiments is trained, by name."""
        return self.rule.needs()

    def looked_at(self, name: str) -> frozenset[int]:
        """The snapshots of an experiment that the rule, or its picture, looks at."""
        last, marks = self.horizons[name], self.rule.marks()
        asked = (*marks.epochs, *marks.looks)
        return looked_at({last, *(each for each in asked if each <= last)})

    @property
    def notes(self) -> list[str]:
        """What a reader should know of its thresholds, and of the points of its errors."""
        return [*notes(self.rule, self.experiments), *remarks(self.rule, self.experiments)]

    @property
    def flops_a_seed(self) -> float:
        """Floating-point operations of one seed, all its experiments together."""
        needs = self.horizons
        return sum(self.experiments[name].flops(needs[name]) for name in needs)


def opposite(verdict: str) -> str:
    """What ``refuted`` is to ``reproduced``.

    >>> opposite("refuted")
    'reproduced'
    """
    return EXPECTED[1 - EXPECTED.index(verdict)]
