"""What the journal is asked about: units of work, their rows, and the session that asks."""

import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

__all__ = ["Row", "Session", "Take", "Unit"]


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
class Row:
    """What a row says beside its arrays.

    Attributes:
        session: who trained it last.
        began: the epoch from which that session trained; above 0 it went on from before.
        finished: when, in seconds since 1970.
        state: ``finished``, ``diverged``, or ``unfinished`` if its training was to go on.
        epochs_done: how many epochs it has.
        adopted: the fingerprint of the older code that measured it, where it was taken over.
        snapshots: the epochs of which predictions are kept; None where none was left out.
        has_state: whether its training can be gone on from.
    """

    session: str
    began: int
    finished: float
    state: str
    epochs_done: int
    adopted: str = ""
    snapshots: frozenset[int] | None = None
    has_state: bool = True

    def has(self, epochs: int, snapshots: Collection[int] = ()) -> bool:
        """Whether it goes to ``epochs`` and has the predictions of ``snapshots``."""
        kept = self.snapshots
        return self.epochs_done >= epochs and (kept is None or kept.issuperset(snapshots))


@dataclass(frozen=True)
class Session:
    """One call of pytest, or one `Campaign`: what it trains carries its id.

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

    def accepts(self, row: Row | None) -> bool:
        """Whether ``row`` counts for this session."""
        return row is not None and (not self.fresh or row.finished >= self.started)


class Take(Enum):
    """What came of the attempt to take up a unit."""

    READY = "its row is there"
    ELSEWHERE = "another process is training it"
    FAILED = "its training has failed in this session"
    LEASED = "it is ours to train"
