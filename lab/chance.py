"""How often chance alone would alarm: verdicts that move though nothing changed.

Where nothing changed, the same seeds give the same bits, and no verdict moves. Another processor or
torch may draw a chaotic net's seeds anew, as it were: then each verdict is one more draw of its
test, and alarms where it and those of all fresh seeds come out otherwise than in the baseline.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from epochal.claims.claim import Claim
from epochal.claims.statistics import probabilities
from epochal.judging.findings import FRESH
from epochal.judging.result import Result, case_of

__all__ = ["Chance", "by_chance"]


@dataclass(frozen=True)
class Chance:
    """What a gate would say of so many claims if all of their seeds were drawn anew.

    Attributes:
        claims: how many.
        moved: the probability that at least one verdict moves.
        alarm: the probability that at least one moves on every set of fresh seeds, too.
    """

    claims: int
    moved: float
    alarm: float


def by_chance(results: Iterable[Result], claims: Mapping[str, Claim]) -> Chance:
    """The chance of an alarm over ``results``, without rules about a number and what draws nothing.

    A seed holds with the probability (k + ½) / (n + 1), where k of n did.

    Args:
        results: of the baseline.
        claims: by their ids.
    """
    moves = [
        _moves(each, claims[each.claim])
        for each in results
        if each.claim in claims
        and each.n
        and each.rates(claims[each.claim]) is not None
        and claims[each.claim].draws
    ]
    draws = 1 + len(FRESH)
    alarm = 1 - prod(1 - move**draws for move in moves)
    return Chance(len(moves), 1 - prod(1 - move for move in moves), alarm)


def _moves(result: Result, claim: Claim) -> float:
    """The probability that the claim's test, drawn anew, says something else."""
    share = (result.k + 0.5) / (result.n + 1)
    holds, fails, undecided, _ = probabilities(case_of(claim, result).bounds, share)
    said = {"reproduced": holds, "refuted": fails, "undecided": undecided}
    return 1 - said.get(result.status, 1.0)
