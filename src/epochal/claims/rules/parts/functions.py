"""Quantities as claims write them: ``mse().below(0.02).by(800)``."""

from epochal.claims.rules.base import RUN
from epochal.claims.rules.parts.combined import Least
from epochal.claims.rules.parts.measured import LearningRate, LossRise, Mse, Share
from epochal.claims.rules.parts.measures import OfMeasure
from epochal.claims.rules.parts.quantities import Quantity
from epochal.claims.rules.parts.shapes import Departure, FittedRadius, LargestError, MseOverLine
from epochal.claims.rules.parts.twins import Difference, DifferentBits
from epochal.experiments.checks import choice
from epochal.experiments.runs import BY_CLASSES, HELD_OUT

__all__ = [
    "best_of",
    "departure",
    "different_bits",
    "error_rate",
    "fitted_radius",
    "largest_error",
    "learning_rate",
    "loss_rise",
    "measured",
    "mse",
    "mse_difference",
    "mse_over_line",
    "share",
]


def mse(
    arm: str = RUN,
    *,
    on: str = "training",
    region: tuple[float, float] | None = None,
    relative: bool = False,
    output: int | None = None,
) -> Mse:
    """The mean squared error of a setting: see `Mse`.

    >>> mse().below(0.02).by(800).describe()
    'MSE < 0.02 by epoch 800'
    >>> mse(output=1).below(0.02).by(800).describe()
    'MSE(output 1) < 0.02 by epoch 800'
    """
    return Mse(arm, on, region, relative, output=output)


def error_rate(arm: str = RUN, *, on: str = "training") -> OfMeasure:
    """The share of points of which the net gives a wrong class: see `Labels`.

    Args:
        arm: the setting.
        on: ``training`` points, or the rows that a table has ``held_out``.

    >>> held, trained = (error_rate(on=on).below(0.05) for on in ("held_out", "training"))
    >>> held.ratio_of_epochs(trained, epoch=2000, low=2).describe()
    'epochs to held-out error rate < 0.05 over epochs to error rate < 0.05, at least 2, within 2000'
    """
    held = choice("quantity.on", on, ("training", "held_out")) == "held_out"
    return OfMeasure(arm, held * HELD_OUT + BY_CLASSES[0])


def share(angular_frequency: float | None = None, arm: str = RUN) -> Share:
    """The part of one component of the target that is learned, 1 for all of it: see `Share`.

    >>> (share(4).above(0.9).at(500) & share(14).below(0.25).at(500)).describe()
    'at 500: share(ω = 4) > 0.9, share(ω = 14) < 0.25'
    """
    return Share(arm, angular_frequency)


def largest_error(arm: str = RUN, *, output: int | None = None) -> LargestError:
    """The largest distance of the net from the target on the evaluation grid."""
    return LargestError(arm, output=output)


def departure(arm: str = RUN, *, output: int | None = None) -> Departure:
    """The largest distance of the net from its own best straight line on the evaluation grid."""
    return Departure(arm, output=output)


def mse_over_line(arm: str = RUN, *, output: int | None = None) -> MseOverLine:
    """The training error divided by that of the best straight line: 1 for that line itself."""
    return MseOverLine(arm, output=output)


def fitted_radius(
    mse_below: float, arm: str = RUN, *, window: float = 1.0, output: int | None = None
) -> FittedRadius:
    """How far from 0 the net is fitted without a gap: see `FittedRadius`.

    >>> fitted_radius(0.05).above(7).by(800).describe()
    'fitted radius(MSE < 0.05) > 7 by epoch 800'
    """
    return FittedRadius(arm, mse_below, window, output=output)


def measured(
    name: str, arm: str = RUN, *, component: int | None = None, growth: bool = False
) -> OfMeasure:
    """What a measure of the setting gives: see `OfMeasure`.

    >>> (measured("sharpness") * learning_rate()).within(1.8, 2.2).over(400, 800).describe()
    '1.8 < sharpness × learning rate < 2.2, as a median from epoch 400 to 800'
    """
    return OfMeasure(arm, name, component, growth)


def mse_difference(first: str, second: str) -> Difference:
    """The difference of two settings' training errors, as a share of the first one's.

    >>> mse_difference("one", "two").below(0.01).throughout(800).describe()
    'difference of MSE(one), MSE(two) < 0.01 throughout, up to epoch 800'
    """
    return Difference(first, second)


def different_bits(first: str, second: str) -> DifferentBits:
    """1 in an epoch in which two settings are not bit for bit equal, else 0."""
    return DifferentBits(first, second)


def learning_rate(arm: str = RUN) -> LearningRate:
    """The learning rate of a setting in which it is one number.

    >>> (mse() / learning_rate()).below(10).at(800).describe()
    'at 800: MSE / learning rate < 10'
    """
    return LearningRate(arm)


def loss_rise(arm: str = RUN, *, output: int | None = None) -> LossRise:
    """The training error over its own running minimum.

    >>> loss_rise().above(2).never(1000).describe()
    'MSE never > 2 times its running minimum up to epoch 1000'
    """
    return LossRise(arm, output=output)


def best_of(*quantities: Quantity) -> Least:
    """The least of several quantities, seed by seed.

    >>> (mse("new") / best_of(mse("a"), mse("b"))).below(2).at(500).describe()
    'at 500: MSE(new) / least of MSE(a), MSE(b) < 2'
    """
    return Least(quantities)
