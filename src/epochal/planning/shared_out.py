"""Which claims go to which kind of worker: each claim wholly to one, so that no verdict mixes them.

Claims that share a setting go together, since its runs are trained once.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from epochal.claims.case import Case

__all__ = ["components", "share_out"]

Kind = TypeVar("Kind")
Together = Sequence[Case]


def components(cases: Sequence[Case]) -> list[list[Case]]:
    """Return ``cases`` in groups, such that no two groups share a setting."""
    groups: list[tuple[set[str], list[Case]]] = []
    for case in cases:
        settings, members = {case.experiments[name].digest for name in case.horizons}, [case]
        for group in [group for group in groups if group[0] & settings]:
            groups.remove(group)
            settings, members = settings | group[0], [*group[1], *members]
        groups.append((settings, members))
    return [members for _, members in groups]


def share_out(
    groups: Sequence[Together],
    kinds: Sequence[tuple[Kind, int]],
    seconds: Callable[[Together, Kind], tuple[float, float]],
) -> list[tuple[Together, Kind]]:
    """Return each group with its kind of worker, so that all kinds end at about the same time.

    The longest group goes first, each to the kind that would be done with it first.

    Args:
        groups: claims that go together.
        kinds: each with its number of workers.
        seconds: the training time of a group on a kind, with one worker and with one for each run.
    """
    counts, loads = [count for _, count in kinds], [0.0] * len(kinds)
    times = [[seconds(group, kind) for kind, _ in kinds] for group in groups]

    def ends(place: int, kind: int) -> float:
        work, least = times[place][kind]
        return max(loads[kind] + work / counts[kind], least)

    places = sorted(range(len(groups)), key=lambda i: min(times[i]), reverse=True)
    found = []
    for place in places:
        chosen = min(range(len(kinds)), key=lambda kind: ends(place, kind))
        loads[chosen] += times[place][chosen][0] / counts[chosen]
        found.append((groups[place], kinds[chosen][0]))
    return found
