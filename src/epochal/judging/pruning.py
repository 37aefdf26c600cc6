"""Makes a journal smaller: states and predictions that no claim will ask for are dropped."""

from collections.abc import Iterable
from dataclasses import dataclass

from epochal.claims.claim import Claim
from epochal.claims.wishes import wishes
from epochal.experiments.thin import thinned
from epochal.journal.arrays import pack
from epochal.journal.store import Journal
from epochal.journal.units import Unit

__all__ = ["Pruned", "prune"]


@dataclass(frozen=True)
class Pruned:
    """What pruning does, or would do.

    Attributes:
        rows: how many rows there are.
        thinned: how many of them lose what no claim asks for; the others are packed tighter.
        before: bytes of all rows.
        after: bytes of all rows then.
    """

    rows: int
    thinned: int
    before: int
    after: int


def prune(journal: Journal, claims: Iterable[Claim], really: bool = False) -> Pruned:
    """Thins finished rows of ``claims`` that none of them trains further, row by row.

    Rows of experiments that none of ``claims`` has, and those that are not finished, keep all that
    they have. Unless ``really``, nothing is changed.
    """
    asked = wishes(claims)
    contents, after, count = journal.contents(), 0, 0
    for row in contents:
        unit = Unit(row["experiment"], row["seed"], row["environment"])
        held, wish = journal.runs(unit), asked.get(unit.experiment)
        is_last = wish is not None and row["epochs_done"] >= wish.epochs
        ends = is_last and row["state"] != "unfinished"
        runs = thinned(held, wish.snapshots, wish.points) if wish is not None and ends else held
        drops_state = ends and row["state_bytes"] > 0
        count += drops_state or runs.predictions.size < held.predictions.size
        after += len(pack(runs)) + (0 if ends else row["state_bytes"])
        if really:
            journal.repack(unit, runs, row["finished"], keep_state=not ends)
    if really:
        journal.compact()
    return Pruned(len(contents), count, sum(row["bytes"] for row in contents), after)
