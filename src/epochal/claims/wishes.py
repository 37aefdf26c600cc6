"""What all claims of a folder together may ask of an experiment, which is what is worth keeping."""

from collections.abc import Iterable
from dataclasses import dataclass

from epochal.claims.claim import Case, Claim

__all__ = ["Wish", "wishes"]


@dataclass(frozen=True)
class Wish:
    """What is asked of an experiment.

    Attributes:
        epochs: the longest training; those of controls count only where they are planned.
        snapshots: the epochs of which predictions are looked at.
        points: the fewest points of the probe grid that stand for a prediction.
    """

    epochs: int
    snapshots: frozenset[int]
    points: int


def wishes(claims: Iterable[Claim], planned: Iterable[Case] = ()) -> dict[str, Wish]:
    """By an experiment's digest, what ``claims``, or what is planned, may ask of it.

    Controls run seldom, and the states that would save them a part of their training are large.
    """
    cases = [(case, case.kind != "control") for claim in claims for case in claim.cases]
    found: dict[str, Wish] = {}
    for case, goes_on in [*cases, *((case, True) for case in planned)]:
        for name, epochs in case.horizons.items():
            experiment, snapshots = case.experiments[name], case.looked_at(name)
            had = found.get(experiment.digest, Wish(0, frozenset(), experiment.points_kept))
            far = max(epochs if goes_on else 0, had.epochs)
            found[experiment.digest] = Wish(far, had.snapshots | snapshots, had.points)
    return found
