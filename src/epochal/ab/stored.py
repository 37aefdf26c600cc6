"""Timings of `epochal ab` as a journal keeps them: whoever compares versions reads them there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epochal.ab.session import Bench
from epochal.ab.statistics import Timing
from epochal.journal.store import Journal
from epochal.journal.units import Session

__all__ = ["Kept", "keep", "kept"]


@dataclass(frozen=True)
class Kept:
    """One claim's timing.

    Attributes:
        claim: whose first setting was timed.
        setting: that setting's digest.
        a: what arm A ran on: versions and device.
        b: the same of arm B.
        device: ``cpu`` or ``cuda``.
        is_same_code: whether both arms ran the same source tree and engine.
        ratio: an epoch of B over one of A, in the first session.
        interval: its two-sided 90% t interval.
        pace: what was said, such as ``not slower``.
    """

    claim: str
    setting: str
    a: Mapping[str, str]
    b: Mapping[str, str]
    device: str
    is_same_code: bool
    ratio: float
    interval: tuple[float, float]
    pace: str


def keep(
    journal: Journal, command: str, found: Mapping[str, Timing], benches: Mapping[str, Bench]
) -> None:
    """Commits timings as a session of their own, with the seconds of every period.

    Args:
        journal: where.
        command: what was typed.
        found: the timings by claim.
        benches: by claim where it was timed.
    """
    if not found:
        return
    session = Session(command=command)
    journal.begin(session)
    journal.end(session, {"timings": [_row(found[each], benches[each]) for each in found]})


def kept(journal: Journal) -> list[Kept]:
    """Every timing that ``journal`` has, oldest first; not those in an older epochal's form."""
    summaries = [each["summary"] or {} for each in journal.sessions()]
    rows = [row for each in summaries for row in each.get("timings", ())]
    return [_kept(row) for row in rows if "sessions" in row]


def _row(timing: Timing, bench: Bench) -> dict[str, Any]:
    a, b = bench.a, bench.b
    return {
        "claim": bench.claim,
        "a": dict(bench.facts[0]),
        "b": dict(bench.facts[1]),
        "device": bench.device.partition(":")[0],
        "same code": (a.source, a.engine) == (b.source, b.engine),
        **timing.to_json(),
    }


def _kept(row: Mapping[str, Any]) -> Kept:
    first, setting = row["sessions"][0], row["a"]["setting"]
    low, high = first["interval"]
    where = row["a"], row["b"], row["device"], row["same code"]
    return Kept(row["claim"], setting, *where, first["ratio"], (low, high), row["pace"])
