"""The rounds of seeds that a verdict takes: a sequential test asks for some, then for more."""

from collections.abc import Sequence

from epochal.claims.case import Case
from epochal.claims.rules.share import ShareOfSeeds
from epochal.claims.statistics import least_more
from epochal.claims.verdicts import first_seeds

__all__ = ["rounds"]


def rounds(
    case: Case, holds: Sequence[bool] = (), seeds: int | None = None, device: str = "cpu"
) -> list[range]:
    """Return the seeds of ``case`` that are trained together, in order.

    Args:
        case: what will be judged.
        holds: whether its last verdict held for each seed; further seeds, and all seeds of a claim
            without a verdict, are assumed to go as its expected verdict says.
        seeds: a fixed number of seeds instead of the sequential test.
        device: the device that the expected verdict is for.
    """
    if seeds is not None or isinstance(case.rule, ShareOfSeeds):
        return [first_seeds(case, seeds)]
    if hasattr(case.rule, "numbers"):
        return _looks(case, len(holds))
    assumed = [case.expected(device) != "refuted"] * case.bounds.max_seeds
    return _tested(case, [*holds, *assumed])


def _looks(case: Case, used: int) -> list[range]:
    first, found = case.claim.first_seed, list[range]()
    for look in case.claim.looks.seeds:
        done = found[-1].stop - first if found else 0
        if found and done >= used:
            break
        found.append(range(first + done, first + look))
    return found


def _tested(case: Case, holds: Sequence[bool]) -> list[range]:
    first, bounds, found = case.claim.first_seed, case.bounds, list[range]()
    k = n = 0
    while more := least_more(k, n, bounds):
        found.append(range(first + n, first + n + more))
        k, n = k + sum(holds[n : n + more]), n + more
        if bounds.decide(k, n) is not None:
            break
    return found
