"""What is kept of a stored run: what any claim may ask of it, and no more.

Weights do not compress and predictions are large. So a run that no claim trains further is stored
without its state and with its predictions thinned: on `POINTS` points, at the
epochs of `always_kept`. Snapshots that a rule looks at stay, and losses, errors and shares of every
epoch.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.experiments.runs import POINTS, Runs
from epochal.experiments.snapshots import always_kept
from epochal.journal.arrays import pack
from epochal.journal.store import Journal
from epochal.journal.units import Unit

__all__ = ["Needed", "Pruned", "needed_by", "prune", "thinned"]


@dataclass(frozen=True)
class Needed:
    """What is asked of an experiment; a run of so many epochs will not be resumed.

    Attributes:
        epochs: the longest training; those of controls count only where they are planned.
        snapshots: the epochs of which predictions are looked at.
        points: the fewest points of the probe grid that stand for a prediction.
    """

    epochs: int
    snapshots: frozenset[int]
    points: int


def needed_by(claims: Iterable[Claim], planned: Iterable[Case] = ()) -> dict[str, Needed]:
    """By an experiment's digest, what ``claims``, or what is planned, may ask of it.

    Controls run seldom, and the states that would save them a part of their training are large.
    """
    cases = [(case, case.kind != "control") for claim in claims for case in claim.cases]
    found: dict[str, Needed] = {}
    for case, goes_on in [*cases, *((case, True) for case in planned)]:
        for name, epochs in case.horizons.items():
            experiment, snapshots = case.experiments[name], case.looked_at(name)
            had = found.get(experiment.digest, Needed(0, frozenset(), experiment.points_kept))
            far = max(epochs if goes_on else 0, had.epochs)
            found[experiment.digest] = Needed(far, had.snapshots | snapshots, had.points)
    return found


def thinned(runs: Runs, wanted: Collection[int], points: int = POINTS) -> Runs:
    """``runs`` without states, with the predictions of the snapshots that are kept.

    Args:
        runs: of which nothing was left out yet, or less.
        wanted: epochs whose snapshots stay.
        points: how many points of the probe grid stay at least, if it has as many.
    """
    every = max(1, (len(runs.probe) - 1) // (points - 1))
    kept = np.flatnonzero(_kept(runs.snapshots, wanted))
    return replace(
        runs,
        snapshots=runs.snapshots[kept],
        predictions=np.ascontiguousarray(runs.predictions[:, kept][:, :, ::every]),
        weight_hash=runs.weight_hash[:, kept],
        probe=runs.probe[::every],
        probe_target=np.ascontiguousarray(runs.probe_target[:, ::every]),
        states=(),
    )


def _kept(snapshots: NDArray[np.int64], wanted: Collection[int]) -> NDArray[np.bool_]:
    last = snapshots[-1]
    return np.isin(snapshots, [*wanted, *always_kept(int(last)), last])


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
    asked = needed_by(claims)
    contents, after, count = journal.contents(), 0, 0
    for row in contents:
        unit = Unit(row["experiment"], row["seed"], row["environment"])
        held, needed = journal.runs(unit), asked.get(unit.experiment)
        is_last = needed is not None and row["epochs_done"] >= needed.epochs
        ends = is_last and row["state"] != "unfinished"
        runs = held
        if needed is not None and ends:
            runs = thinned(held, needed.snapshots, needed.points)
        drops_state = ends and row["state_bytes"] > 0
        count += drops_state or runs.predictions.size < held.predictions.size
        after += len(pack(runs)) + (0 if ends else row["state_bytes"])
        if really:
            journal.repack(unit, runs, row["finished"], keep_state=not ends)
    if really:
        journal.compact()
    return Pruned(len(contents), count, sum(row["bytes"] for row in contents), after)
