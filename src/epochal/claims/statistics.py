"""The statistics that verdicts rest on, each with the error rate that it promises.

**Yes or no a seed.** Wald's sequential probability ratio test between "holds for at most ``low``
of the seeds" and "holds for at least ``high`` of them". After k of n seeds the log likelihood
ratio is

    Λ = k·ln(high/low) + (n − k)·ln((1 − high)/(1 − low)),

and the test stops with "holds" at Λ ≥ ln((1 − β)/α), with "fails" at Λ ≤ ln(β/(1 − α)). Cut off
after ``max_seeds`` it may stay undecided. Its real error rates are not Wald's bounds but are
enumerated exactly by `error_rates`.

**A number a seed.** A Student t interval at pre-declared looks. Look i has the two-sided level
αᵢ, and Σ αᵢ = α, so by the union bound all intervals cover the mean with probability at least
1 − α whatever the looks' dependence: a decision that the mean lies in or out of a band is wrong
at most that often.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice

import numpy as np

from epochal.errors import SpecError
from epochal.experiments.checks import fraction, natural

__all__ = [
    "Bounds",
    "Looks",
    "Rates",
    "band_decision",
    "bounds_for",
    "error_rates",
    "exact_interval",
    "least_more",
    "probabilities",
    "sequential_decision",
    "t_interval",
]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The shares of seeds that the sequential test distinguishes, and its error rates.

    Args:
        low: the share of seeds up to which a claim counts as failing.
        high: the share from which it counts as holding.
        alpha: how often "holds" may be said at ``low``.
        beta: how often "fails" may be said at ``high``.
        max_seeds: after that many seeds it stays undecided.
    """

    low: float = 0.2
    high: float = 0.8
    alpha: float = 0.05
    beta: float = 0.05
    max_seeds: int = 15

    def __post_init__(self) -> None:
        for name in ("low", "high", "alpha", "beta"):
            fraction(f"bounds.{name}", getattr(self, name))
        natural("bounds.max_seeds", self.max_seeds)
        if self.low >= self.high:
            raise SpecError(
                "bounds.high", self.high, f"it must exceed low = {self.low}", "raise it"
            )

    def ratio(self, k: int, n: int) -> float:
        """The log likelihood ratio Λ after k of n seeds."""
        gain = math.log(self.high / self.low)
        loss = math.log((1 - self.high) / (1 - self.low))
        return k * gain + (n - k) * loss

    def decide(self, k: int, n: int) -> bool | None:
        """True for "holds", False for "fails", None while neither bound is reached.

        >>> Bounds().decide(3, 3), Bounds().decide(2, 2), Bounds().decide(0, 3)
        (True, None, False)
        """
        ratio = self.ratio(k, n)
        if ratio >= math.log((1 - self.beta) / self.alpha):
            return True
        return False if ratio <= math.log(self.beta / (1 - self.alpha)) else None


SETTLED, MOST_SEEDS = 0.01, 500
"""How often a test may stay undecided, and its largest number of seeds, where no limit is given."""


def bounds_for(
    *,
    holds_for: float = 0.8,
    not_for: float = 0.2,
    wrong_at_most: float = 0.05,
    limit: int | None = None,
) -> Bounds:
    """Bounds whose exact error rates are no larger than ``wrong_at_most``.

    Args:
        holds_for: the share of seeds from which a test holds.
        not_for: the share up to which it does not.
        wrong_at_most: how often it may be called holding at ``not_for``, and failing at
            ``holds_for``.
        limit: the most seeds. Without one there are as many as leave 1% undecided, at most 500.

    >>> bounds = bounds_for(holds_for=0.9, not_for=0.6)
    >>> rates = error_rates(bounds)
    >>> bounds.max_seeds, round(rates.false_holds, 3), round(rates.false_fails, 3)
    (39, 0.04, 0.027)
    """
    for name, share in (("holds_for", holds_for), ("not_for", not_for)):
        fraction(f"seeds.{name}", share)
    fraction("seeds.wrong_at_most", wrong_at_most)
    if limit is not None:
        natural("seeds.limit", limit)
    if not_for >= holds_for:
        rule = f"it must exceed not_for = {not_for}"
        raise SpecError("seeds.holds_for", holds_for, rule, "raise it, or lower not_for")
    for part in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5):  # Wald's bounds are near the real rates
        level = part * wrong_at_most
        found = Bounds(
            low=not_for, high=holds_for, alpha=level, beta=level, max_seeds=limit or MOST_SEEDS
        )
        if limit is None:
            found = replace(found, max_seeds=_seeds_until_settled(found))
        rates = error_rates(found)
        if max(rates.false_holds, rates.false_fails) <= wrong_at_most:
            break
    return found


def _seeds_until_settled(bounds: Bounds) -> int:
    """After how many seeds the test is undecided in no more than `SETTLED` of the cases."""
    each = (_seed_by_seed(bounds, share) for share in (bounds.low, bounds.high))
    for n, steps in enumerate(islice(zip(*each, strict=True), bounds.max_seeds), start=1):
        if max(left for *_, left in steps) <= SETTLED:
            return n
    return bounds.max_seeds


def sequential_decision(outcomes: Sequence[bool], bounds: Bounds) -> tuple[bool | None, int]:
    """The decision of the sequential test on outcomes in seed order, and how many it used.

    >>> sequential_decision([True, True, False, True, True, True], Bounds())
    (True, 5)
    """
    k = 0
    for n, holds in enumerate(outcomes[: bounds.max_seeds], start=1):
        k += holds
        decision = bounds.decide(k, n)
        if decision is not None:
            return decision, n
    return None, min(len(outcomes), bounds.max_seeds)


def least_more(k: int, n: int, bounds: Bounds) -> int:
    """How many more seeds are needed before any decision can fall, 0 at the end of the budget.

    >>> least_more(0, 0, Bounds()), least_more(1, 2, Bounds())
    (3, 3)
    """
    for more in range(1, bounds.max_seeds - n + 1):
        if bounds.decide(k + more, n + more) is not None or bounds.decide(k, n + more) is not None:
            return more
    return max(bounds.max_seeds - n, 0)


@dataclass(frozen=True)
class Rates:
    """Exact error rates of a design.

    Attributes:
        false_holds: probability of "holds" when it holds for a share ``low`` of the seeds.
        false_fails: probability of "fails" when it holds for a share ``high``.
        undecided: the larger of the two probabilities of no decision at those shares.
        seeds: the larger of the two expected numbers of seeds there.
    """

    false_holds: float
    false_fails: float
    undecided: float
    seeds: float


def error_rates(bounds: Bounds, fixed: int | None = None) -> Rates:
    """The exact error rates of the sequential test, or of one decision after ``fixed`` seeds.

    The distribution of (n, k) is carried forward seed by seed, and what reaches a bound leaves it.

    >>> rates = error_rates(Bounds())
    >>> round(rates.false_holds, 4), round(rates.undecided, 4)
    (0.0153, 0.0059)
    """
    low, high = (probabilities(bounds, share, fixed) for share in (bounds.low, bounds.high))
    return Rates(low[0], high[1], max(low[2], high[2]), max(low[3], high[3]))


def probabilities(
    bounds: Bounds, share: float, fixed: int | None = None
) -> tuple[float, float, float, float]:
    """P(holds), P(fails), P(undecided) and E(seeds) when a seed holds with probability share."""
    last = fixed or bounds.max_seeds
    holds, fails, seeds, left = 0.0, 0.0, 0.0, 1.0
    steps = _seed_by_seed(bounds, share, fixed or 1)
    for more_hold, more_fail, after in islice(steps, last):
        holds, fails, seeds, left = holds + more_hold, fails + more_fail, seeds + left, after
    return holds, fails, left, seeds


def _seed_by_seed(
    bounds: Bounds, share: float, first_look: int = 1
) -> Iterator[tuple[float, float, float]]:
    """After each seed the probabilities that it decides "holds" or "fails", and that all is open.

    The distribution of k is carried forward, and what reaches a bound from ``first_look`` on leaves
    it.
    """
    alive = np.array([1.0])
    for n in count(1):
        alive = np.append(alive * (1 - share), 0.0) + np.append(0.0, alive * share)
        found: dict[bool | None, float] = {True: 0.0, False: 0.0}
        for k in range(n + 1) if n >= first_look else ():
            decision = bounds.decide(k, n)
            if decision is not None:
                found[decision] += float(alive[k])
                alive[k] = 0.0
        yield found[True], found[False], float(alive.sum())


@dataclass(frozen=True, kw_only=True)
class Looks:
    """The numbers of seeds after which a claim about a number is tested, and the level of a test.

    Args:
        seeds: the numbers of seeds at which it is looked at, at most three, the least at least 5.
        alpha: the error rate over all looks, spent evenly.
    """

    seeds: tuple[int, ...] = (5, 8, 12)
    alpha: float = 0.05

    def __post_init__(self) -> None:
        fraction("looks.alpha", self.alpha)
        increasing = list(self.seeds) == sorted(set(self.seeds))
        if not increasing or not 1 <= len(self.seeds) <= 3 or min(self.seeds) < 5:
            raise SpecError(
                "looks.seeds",
                self.seeds,
                "one to three increasing numbers of seeds, none below 5, are allowed",
                "give some such as (5, 8, 12)",
            )

    @property
    def confidence(self) -> float:
        """The confidence of the interval at each look."""
        return 1 - self.alpha / len(self.seeds)


def t_interval(values: Sequence[float], confidence: float) -> tuple[float, float]:
    """The two-sided Student t interval of the mean, mean ± t·s/√n with ddof 1.

    >>> low, high = t_interval([1.0, 2.0, 3.0, 4.0, 5.0], 0.95)
    >>> round(low, 3), round(high, 3)
    (1.037, 4.963)
    """
    from scipy import stats  # which takes longer to import than all else that a listing needs

    mean, n = float(np.mean(values)), len(values)
    half = float(stats.t.ppf(0.5 + confidence / 2, n - 1) * np.std(values, ddof=1) / math.sqrt(n))
    return mean - half, mean + half


def exact_interval(k: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The Clopper-Pearson interval of a rate of which ``k`` of ``n`` were seen.

    >>> [round(edge, 3) for edge in exact_interval(0, 20)]
    [0.0, 0.168]
    """
    from scipy import stats

    tail = (1 - confidence) / 2
    low = 0.0 if k == 0 else float(stats.beta.ppf(tail, k, n - k + 1))
    high = 1.0 if k == n else float(stats.beta.ppf(1 - tail, k + 1, n - k))
    return low, high


def band_decision(interval: tuple[float, float], low: float, high: float) -> bool | None:
    """True if the interval lies in [low, high], False if it lies outside, else None.

    >>> [band_decision(each, 1, 2) for each in ((1.1, 1.9), (2.1, 2.5), (0, 3))]
    [True, False, None]
    """
    if low <= interval[0] and interval[1] <= high:
        return True
    return False if interval[1] < low or interval[0] > high else None
