"""Whether a stored run can be used in place of training, and if not, why.

All reuse is decided here. A run is stored under its setting's digest, its seed and the key of its
environment; it is used where these are equal and it has the epochs and predictions that are needed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from epochal.identity.environment import differences

__all__ = ["Refusal", "Row", "Wanted", "usable"]

REASONS = {
    "device": "another device",
    "gpu": "another GPU",
    "cuda": "another CUDA or cuDNN",
    "processor": "another processor",
    "vector": "another vector extension",
    "torch": "another torch",
    "torch build": "another torch build",
    "numpy": "another numpy",
    "libc": "another C library",
    "numerics": "other numerics",
    "variables": "other environment variables",
    "engine name": "another engine",
    "engine code": "code of the engine changed",
    "engine own net": "the claim's own net gives other values",
    "engine numba": "another numba",
    "engine block": "another block of seeds",
}
"""What a fact stands for where it differs; the first that differs is the reason."""


@dataclass(frozen=True)
class Row:
    """A stored run without its arrays.

    Attributes:
        session: who trained it last.
        began: the epoch from which that session trained; above 0 it was resumed there.
        finished: when, in seconds since 1970.
        state: ``finished``, ``diverged``, or ``unfinished`` if its training was to go on.
        epochs_done: how many epochs it has.
        adopted: the fingerprint of the older code that measured it, where it was adopted.
        snapshots: the epochs whose predictions are stored; None for all.
        has_state: whether its training can be resumed.
    """

    session: str
    began: int
    finished: float
    state: str
    epochs_done: int
    adopted: str = ""
    snapshots: frozenset[int] | None = None
    has_state: bool = True


@dataclass(frozen=True)
class Wanted:
    """What is needed of a run.

    Attributes:
        epochs: how far it must go.
        snapshots: the epochs whose predictions are needed.
        since: rows that were finished earlier do not count, in seconds since 1970.
        facts: of the environment in which it would be trained now.
    """

    epochs: int = 0
    snapshots: Collection[int] = ()
    since: float = 0.0
    facts: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Refusal:
    """Why a stored run is not used.

    Attributes:
        reason: in a few words, the same for all runs that are refused for it.
        detail: the values behind it.
    """

    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


def usable(row: Row, wanted: Wanted, facts: Mapping[str, str] | None = None) -> Refusal | None:
    """Return None if ``row`` can be used as ``wanted``, else why it cannot.

    Args:
        row: the stored run.
        wanted: what is needed.
        facts: of the environment in which the run was trained; None if it is stored under the key
            of the wanted environment.

    >>> row = Row("session", 0, 0.0, "finished", 500)
    >>> print(usable(row, Wanted(epochs=500)), usable(row, Wanted(epochs=2000)), sep="; ")
    None; too short (500 of 2000 epochs, resumed there)
    >>> here, there = {"torch": "2.15.0"}, {"torch": "2.13.0"}
    >>> print(usable(row, Wanted(facts=here), there))
    another torch (torch 2.13.0 → 2.15.0)
    """
    if facts is not None and wanted.facts is not None:
        other = differences(facts, wanted.facts)
        if other:
            first = next((name for name in REASONS if name in other), next(iter(other)))
            pairs = [f"{name} {was} → {now}" for name, (was, now) in sorted(other.items())]
            return Refusal(REASONS.get(first, f"another {first}"), ", ".join(pairs))
    if row.finished < wanted.since:
        return Refusal("older than this run, which trains everything afresh")
    if row.epochs_done < wanted.epochs:
        rest = "resumed there" if row.has_state else "no state to resume from"
        return Refusal("too short", f"{row.epochs_done} of {wanted.epochs} epochs, {rest}")
    missing = [] if row.snapshots is None else sorted({*wanted.snapshots} - row.snapshots)
    if missing:
        return Refusal("predictions were not stored", f"at epoch {missing[0]}")
    return None
