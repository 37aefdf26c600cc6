"""Whether an epoch became slower: ABBA blocks, looks with α spent, a second timing session.

The unit is the *ABBA block*: four periods of equal work, by A, B, B and A, in many short rounds.
Half the log ratio of its two B to its two A is free of any steady drift of the machine, and of
which arm came first. After 5, 10 and 20 blocks a *timing session* looks at the mean:

- *slower* where the one-sided lower t bound lies above the margin, with α = 0.01 spent over the
  looks as 0.002, 0.003 and 0.005;
- *not slower* where the one-sided 95% upper bound lies below it;
- else it goes on, and after the last look it is *undecided*.

Slower is believed only where a second session finds it too, with α of 0.01, 0.02 and 0.02. So
unchanged code is called slower where two sessions err the same way, whatever the machine does to
one of them; what both looks miss counts in the rate of detection, which lab/ measures.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from statistics import fmean, stdev
from typing import Any

__all__ = [
    "ALPHAS",
    "LOOKS",
    "MARGIN",
    "AbbaBlock",
    "Pace",
    "Timing",
    "TimingSession",
    "judged",
    "sit",
]

LOOKS = (5, 10, 20)
ALPHAS = ((0.002, 0.003, 0.005), (0.01, 0.02, 0.02))
"""One-sided, at each look: of the first session, and of the one that must confirm it."""

NOT_SLOWER = 0.95
"""The confidence of the upper bound below which the margin is said not to be reached."""

MARGIN = 0.05
"""How much slower an epoch may become before it counts as slower."""


class Pace(StrEnum):
    """What a session, or two, say of arm B."""

    SLOWER = "slower"
    NOT_SLOWER = "not slower"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class AbbaBlock:
    """Seconds of four periods of equal work, in the order of each of their rounds: A, B, B, A."""

    seconds: tuple[float, float, float, float]

    @property
    def log_ratio(self) -> float:
        """The mean log of B over A.

        >>> round(AbbaBlock((1.0, 1.1, 1.1, 1.0)).log_ratio, 4) == round(math.log(1.1), 4)
        True
        >>> AbbaBlock((1.0, 2.0, 4.0, 8.0)).log_ratio  # a steady drift is no ratio
        0.0
        """
        a, b, second_b, second_a = self.seconds
        return (math.log(b / a) + math.log(second_b / second_a)) / 2


@dataclass(frozen=True)
class TimingSession:
    """Quadruples in one go, and what they say.

    Attributes:
        blocks: in order.
        pace: the decision.
    """

    blocks: tuple[AbbaBlock, ...]
    pace: Pace

    @property
    def ratio(self) -> float:
        """B over A, the geometric mean."""
        return math.exp(fmean(each.log_ratio for each in self.blocks))

    @property
    def interval(self) -> tuple[float, float]:
        """The two-sided 90% t interval of the ratio."""
        logs = [each.log_ratio for each in self.blocks]
        return math.exp(bound(logs, 0.05, -1)), math.exp(bound(logs, 0.05, +1))

    def to_json(self) -> dict[str, Any]:
        """As JSON values, with the seconds of every period."""
        return {
            "ratio": self.ratio,
            "interval": list(self.interval),
            "pace": self.pace.value,
            "seconds": [list(each.seconds) for each in self.blocks],
        }


@dataclass(frozen=True)
class Timing:
    """One or two sessions over the same work, and what they say together.

    Attributes:
        sessions: the first, and the one that had to confirm it.
    """

    sessions: tuple[TimingSession, ...] = field(default=())

    @property
    def pace(self) -> Pace:
        """The decision: slower only where both sessions say so.

        A second session that does not confirm leaves it undecided.
        """
        first = self.sessions[0].pace
        if first is not Pace.SLOWER or len(self.sessions) < 2:
            return first
        return Pace.SLOWER if self.sessions[1].pace is Pace.SLOWER else Pace.UNDECIDED

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {"pace": self.pace.value, "sessions": [each.to_json() for each in self.sessions]}


def sit(
    blocks: Iterator[AbbaBlock], alphas: Sequence[float], margin: float = MARGIN
) -> TimingSession:
    """Takes blocks until a look decides, or the last one has been taken."""
    taken, pace = list[AbbaBlock](), Pace.UNDECIDED
    for look, alpha in zip(LOOKS, alphas, strict=True):
        taken += [next(blocks) for _ in range(look - len(taken))]
        pace = decision([each.log_ratio for each in taken], alpha, margin)
        if pace is not Pace.UNDECIDED:
            break
    return TimingSession(tuple(taken), pace)


def judged(session: Callable[[], Iterator[AbbaBlock]], margin: float = MARGIN) -> Timing:
    """One session, and a second one where the first says slower.

    Args:
        session: gives the blocks of a session, anew at each call.
        margin: how much slower counts.
    """
    first = sit(session(), ALPHAS[0], margin)
    if first.pace is not Pace.SLOWER:
        return Timing((first,))
    return Timing((first, sit(session(), ALPHAS[1], margin)))


def decision(logs: Sequence[float], alpha: float, margin: float = MARGIN) -> Pace:
    """What the log ratios of blocks say at a look.

    >>> [decision([ratio] * 4 + [ratio + 0.001], 0.002).value for ratio in (0.0, 0.1, 0.0486)]
    ['not slower', 'slower', 'undecided']
    """
    edge = math.log1p(margin)
    if bound(logs, alpha, -1) > edge:
        return Pace.SLOWER
    if bound(logs, 1 - NOT_SLOWER, +1) < edge:
        return Pace.NOT_SLOWER
    return Pace.UNDECIDED


def bound(values: Sequence[float], alpha: float, side: int) -> float:
    """The one-sided t bound of the mean at the level ``alpha``: upper for +1, lower for -1."""
    half = quantile(alpha, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return fmean(values) + side * half


@cache
def quantile(alpha: float, freedom: int) -> float:
    """Student's t that is exceeded with probability ``alpha``."""
    from scipy import stats  # slow to import, and of no use to a listing

    return float(stats.t.ppf(1 - alpha, freedom))
