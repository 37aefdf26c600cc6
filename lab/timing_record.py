"""Recorded timings of unchanged code, and of code slowed on purpose.

From them the page of the gate takes how often it raises a false alarm and how often it sees a
slowdown; `simulated` says what follows for whole sessions of several claims.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, variance
from typing import Any

from epochal.ab.statistics import AbbaBlock, Pace, Timing, TimingSession, judged

__all__ = ["Simulated", "TimingRecord", "between", "simulated"]


@dataclass(frozen=True, kw_only=True)
class TimingRecord:
    """A recorded timing: one session, and a second one where the first said slower.

    Attributes:
        claim: whose setting was timed.
        slowed: the share of its time that arm B burnt besides; 0 for unchanged code.
        busy: whether the load generator kept a core busy meanwhile.
        timing: what was measured and said.
        epochs: of a block.
        benchmark: whether pytest-benchmark's ``mean:5%`` was ``red`` or ``green`` beside it.
        seconds: how long it took.
        machine: processor and torch.
        day: the date.
        clock: what it ran over: ``epochs``, or ``rounds``, with the start of each.
    """

    claim: str
    slowed: float
    busy: bool
    timing: Timing
    epochs: int
    benchmark: str = ""
    seconds: float = 0.0
    machine: Mapping[str, str] = field(default_factory=dict)
    day: str = ""
    clock: str = "epochs"

    @property
    def logs(self) -> list[float]:
        """The log ratios of the first session's ABBA blocks."""
        return [each.log_ratio for each in self.timing.sessions[0].blocks]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "claim": self.claim,
            "slowed": self.slowed,
            "busy": self.busy,
            "pace": self.timing.pace.value,
            "sessions": [
                {
                    "pace": each.pace.value,
                    "blocks": [[round(s, 4) for s in q.seconds] for q in each.blocks],
                }
                for each in self.timing.sessions
            ],
            "epochs": self.epochs,
            "benchmark": self.benchmark,
            "seconds": round(self.seconds, 1),
            "machine": dict(self.machine),
            "day": self.day,
            "clock": self.clock,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "TimingRecord":
        """What `to_json` gave."""
        sessions = tuple(
            TimingSession(
                tuple(AbbaBlock(tuple(seconds)) for seconds in each["blocks"]),
                Pace(each["pace"]),
            )
            for each in value["sessions"]
        )
        names = ("claim", "slowed", "busy", "epochs", "benchmark", "seconds", "machine", "day")
        fields = {name: value[name] for name in names}
        return cls(timing=Timing(sessions), clock=value["clock"], **fields)


@dataclass(frozen=True)
class Simulated:
    """What resampling the record says of sessions that time several claims.

    Attributes:
        slowed: by how much arm B is slowed.
        sessions: how many were simulated.
        claims: how many each of them times.
        slower: in how many at least one claim was called slower.
        undecided: in how many, of the others, at least one stayed undecided.
        bias: the standard deviation of the bias of a session, as a log ratio.
        records: how many recorded timings were resampled.
    """

    slowed: float
    sessions: int
    claims: int
    slower: int
    undecided: int
    bias: float
    records: int


def between(sessions: Sequence[Sequence[float]]) -> float:
    """The standard deviation between the means of sessions, beyond what their blocks explain.

    >>> between([[0.0, 0.02], [0.0, 0.02]])
    0.0
    >>> round(between([[0.1, 0.1], [-0.1, -0.1]]), 4)
    0.1414
    """
    if len(sessions) < 2:
        return 0.0
    within = fmean(variance(logs) / len(logs) for logs in sessions)
    return math.sqrt(max(0.0, variance([fmean(logs) for logs in sessions]) - within))


def simulated(
    record: Sequence[TimingRecord], slowed: float = 0.0, sessions: int = 10_000, claims: int = 3
) -> Simulated:
    """Resamples recorded sessions over unchanged code into whole sessions.

    Each simulated session takes one recorded session, draws its blocks with replacement, and
    adds a bias of its own with the spread that was measured between sessions: so a bias that a
    recorded session had counts twice, which errs to the side of alarms.

    Args:
        record: what was recorded; sessions over slowed code are left out.
        slowed: what is added to every block, as a share.
        sessions: how many.
        claims: how many each of them times.
    """
    known = [each.logs for each in record if not each.slowed]
    bias, draw = between(known), random.Random(0)

    def session() -> Iterator[AbbaBlock]:
        logs, shift = draw.choice(known), draw.gauss(0, bias) + math.log1p(slowed)
        while True:
            ratio = math.exp(draw.choice(logs) + shift)
            yield AbbaBlock((1.0, ratio, ratio, 1.0))

    slower = undecided = 0
    for _ in range(sessions):
        paces = {judged(session).pace for _ in range(claims)}
        slower += Pace.SLOWER in paces
        undecided += Pace.SLOWER not in paces and Pace.UNDECIDED in paces
    return Simulated(slowed, sessions, claims, slower, undecided, bias, len(known))
