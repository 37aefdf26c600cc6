"""Rules about a number a seed, and runs that give a wanted number."""

from collections.abc import Sequence

import numpy as np

from epochal import EpochsRatio, Exponent, Runs
from epochal.claims.rules.base import NumberRule
from epochal_testing.synthetic import Values, runs

RATIO = EpochsRatio(over="a", under="b", mse_below=0.1, low=1, high=4, epoch=2000)
POWER = Exponent(
    arms=(("k1", 1), ("k2", 2), ("k4", 4), ("k8", 8)), mse_below=0.1, low=1.5, high=2.5, epoch=4000
)
NUMBERS: dict[str, NumberRule] = {"EpochsRatio": RATIO, "Exponent": POWER}


def passage(at: Values, epochs: int) -> Values:
    """Errors that first fall below 0.1 at ``at``, rounded to an epoch."""
    mse: Values = np.where(np.arange(epochs + 1)[None] >= np.round(at)[:, None], 0.01, 1.0)
    return mse


def ratio_runs(ratios: Values, seeds: Sequence[int]) -> dict[str, Runs]:
    under = np.full(len(ratios), 100.0)
    return {
        "a": runs(seeds, passage(under * ratios, RATIO.epoch)),
        "b": runs(seeds, passage(under, RATIO.epoch)),
    }


def power_runs(exponents: Values, seeds: Sequence[int], c: float = 20.0) -> dict[str, Runs]:
    return {
        name: runs(seeds, passage(c * frequency**exponents, POWER.epoch))
        for name, frequency in POWER.arms
    }
