"""What the journal is asked about: units of work, and the session that asks."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

__all__ = ["LeaseOutcome", "Session", "Unit"]


@dataclass(frozen=True)
class Unit:
    """What is trained once: an experiment's seed in an environment.

    Attributes:
        experiment: the experiment's digest.
        seed: the seed.
        environment: the reuse key.
    """

    experiment: str
    seed: int
    environment: str

    @property
    def key(self) -> tuple[str, int, str]:
        """As SQLite is given it."""
        return (self.experiment, self.seed, self.environment)


@dataclass(frozen=True)
class Session:
    """One call of pytest, or one `Runner`: what it trains carries its id.

    Attributes:
        id: shared by all processes of the call.
        started: when, in seconds since 1970.
        fresh: whether rows that are older than the session do not count for it.
        checkpoint: how often a long training is put into the journal, in seconds.
        command: what was typed.
        record: what is recorded beside each row, such as versions and the git revision.
    """

    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    started: float = field(default_factory=time.time)
    fresh: bool = False
    checkpoint: float = 30.0
    command: str = ""
    record: Mapping[str, str] = field(default_factory=dict)

    @property
    def since(self) -> float:
        """When the oldest row that counts for this session was finished."""
        return self.started if self.fresh else 0.0


class LeaseOutcome(Enum):
    """What came of the attempt to take up a unit."""

    READY = "its row is there"
    ELSEWHERE = "another process is training it"
    FAILED = "its training has failed in this session"
    LEASED = "it is ours to train"
