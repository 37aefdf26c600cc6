"""The test of whether one command is better than another, by paired gains."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Paired"]


@dataclass(frozen=True, kw_only=True)
class Paired:
    """Is B better than A by more than ``by``? One-sided t tests of paired gains, at a few looks.

    Args:
        by: the gain that has to be exceeded.
        alpha: how often "better" may be said where the mean gain is ``by`` or less, in all looks.
        beta: how often "not better" may be said where it is more.
        looks: the numbers of seeds after which it is looked at.
        gives_up: whether it ends, undecided, at a look at which the mean gain is ``by`` or less.

    The rates hold for gains that scatter symmetrically, as those of two equal commands do.
    """

    by: float = 0.0
    alpha: float = 0.05
    beta: float = 0.05
    looks: tuple[int, ...] = (6, 10, 16, 24, 36)
    gives_up: bool = False

    def ends(self, gains: Sequence[float]) -> bool:
        """Whether no more seeds are asked for, at a look or after the last one."""
        n = len(gains)
        if n not in self.looks:
            return n >= self.looks[-1]
        hopeless = self.gives_up and float(np.mean(gains)) <= self.by
        return hopeless or n == self.looks[-1] or self.decide(gains) is not None

    def decide(self, gains: Sequence[float]) -> bool | None:
        """True for "better", False for "not better", None while that is open.

        >>> test = Paired()
        >>> test.decide([1.0, 1.2, 0.9, 1.1, 1.0, 0.8]), test.decide([1.0, -1.2, 0.9, -1.1, 0, 0])
        (True, None)
        """
        from scipy import stats

        n, mean = len(gains), float(np.mean(gains))
        error = float(np.std(gains, ddof=1)) / math.sqrt(n)
        up, down = (
            float(stats.t.ppf(1 - level / len(self.looks), n - 1))
            for level in (self.alpha, self.beta)
        )
        if mean - up * error > self.by:
            return True
        return False if mean + down * error < self.by else None
