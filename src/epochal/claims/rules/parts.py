"""The parts that claims write: ``mse().below(0.02).by(800)``."""

from epochal.claims.rules.base import RUN
from epochal.claims.rules.measured import LargestError, LossRise, Mse, Share
from epochal.claims.rules.quantities import Least, Quantity

__all__ = ["best_of", "largest_error", "loss_rise", "mse", "share"]


def mse(
    arm: str = RUN,
    *,
    on: str = "training",
    region: tuple[float, float] | None = None,
    relative: bool = False,
) -> Mse:
    """The mean squared error of a setting: see `Mse`.

    >>> mse().below(0.02).by(800).describe()
    'MSE < 0.02 by epoch 800'
    """
    return Mse(arm, on, region, relative)


def share(angular_frequency: float | None = None, arm: str = RUN) -> Share:
    """The part of one component of the target that is learned, 1 for all of it: see `Share`.

    >>> (share(4).above(0.9).at(500) & share(14).below(0.25).at(500)).describe()
    'at 500: share(ω = 4) > 0.9, share(ω = 14) < 0.25'
    """
    return Share(arm, angular_frequency)


def largest_error(arm: str = RUN) -> LargestError:
    """The largest distance of the net from the target on the evaluation grid."""
    return LargestError(arm)


def loss_rise(arm: str = RUN) -> LossRise:
    """The training error over its own running minimum.

    >>> loss_rise().above(2).never(1000).describe()
    'MSE never > 2 times its running minimum up to epoch 1000'
    """
    return LossRise(arm)


def best_of(*quantities: Quantity) -> Least:
    """The least of several quantities, seed by seed.

    >>> (mse("new") / best_of(mse("a"), mse("b"))).below(2).at(500).describe()
    'at 500: MSE(new) / least of MSE(a), MSE(b) < 2'
    """
    return Least(quantities)
