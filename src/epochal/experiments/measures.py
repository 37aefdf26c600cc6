"""What is measured of a net while it trains, beside its errors: records, without torch.

Measurements change no bit of a training. They are taken at the epochs at which predictions are
kept, or at every multiple of ``every``, and `Runs.measured` has them by name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from epochal.errors import SpecError
from epochal.experiments.checks import maker, natural, number, positive, text
from epochal.experiments.snapshots import snapshot_epochs

__all__ = [
    "Confusion",
    "DeadUnits",
    "GradientNorm",
    "LayerNorms",
    "LinearRegions",
    "Measure",
    "Measured",
    "Sharpness",
    "WeightNorm",
]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What is measured of a net.

    Args:
        every: the epochs at which it is taken are multiples of this; None takes it at snapshots.
    """

    every: int | None = None

    NAME: ClassVar[str] = ""
    PASSES: ClassVar[float] = 0.4
    """About how many epochs one measurement takes, as timed with 200-200 ReLU on 500 points."""

    def __post_init__(self) -> None:
        if self.every is not None:
            natural("measure.every", self.every)

    @property
    def called(self) -> str:
        """Its name in `Runs.measured`, in rules and in pictures."""
        return self.NAME

    def epochs(self, last: int) -> list[int]:
        """The epochs up to ``last`` at which it is taken.

        >>> Sharpness(every=40).epochs(100)
        [0, 40, 80]
        """
        if self.every is not None:
            return [*range(0, last + 1, self.every)]
        return [int(epoch) for epoch in snapshot_epochs(last)]


@dataclass(frozen=True, kw_only=True)
class Sharpness(Measure):
    """The largest eigenvalue of the Hessian of the training loss, over all training points.

    It is that of the net in evaluation mode, by the implicitly restarted Lanczos method on products
    of the Hessian with vectors. Gradient descent with the learning rate lr is unstable on a
    quadratic where it exceeds 2 / lr.

    Args:
        tolerance: the relative error at which iterations stop.
    """

    tolerance: float = 1e-3

    NAME = "sharpness"
    PASSES = 14.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if positive("measure.tolerance", self.tolerance) > 0.1:
            rule = "an eigenvalue that is known no better says little"
            raise SpecError("measure.tolerance", self.tolerance, rule, "give 0.1 or less")


@dataclass(frozen=True, kw_only=True)
class WeightNorm(Measure):
    """The square root of the sum of all squared parameters."""

    NAME = "weight norm"


@dataclass(frozen=True, kw_only=True)
class LayerNorms(Measure):
    """For each parameter that is a matrix, in the net's order, its Frobenius norm."""

    NAME = "layer norms"


@dataclass(frozen=True, kw_only=True)
class GradientNorm(Measure):
    """The Euclidean norm of the gradient of the training loss over all training points."""

    NAME = "gradient norm"
    PASSES = 1.1


@dataclass(frozen=True, kw_only=True)
class DeadUnits(Measure):
    """The share of ReLU units that are 0 at every training point."""

    NAME = "dead units"
    PASSES = 0.75


@dataclass(frozen=True, kw_only=True)
class Confusion(Measure):
    """Of k classes k² counts of points, row by row: those of class i that the net gives class j.

    Of the rows that a table holds out, or else of the training points. It is taken wherever a
    target is `Labels` of up to `MOST` classes, and is not asked for.
    """

    MOST: ClassVar[int] = 10
    NAME = "confusion"
    PASSES = 0.6


@dataclass(frozen=True, kw_only=True)
class LinearRegions(Measure):
    """The number of linear pieces of a ReLU net's function along a line, exactly.

    Pieces are followed layer by layer: none is missed between points of a grid. A kink that the
    layers after it cancel is none.

    Args:
        low: where the line begins: a number, or one for each feature that the net is given.
        high: where it ends.
    """

    low: float | tuple[float, ...] = -1.0
    high: float | tuple[float, ...] = 1.0

    NAME = "linear regions"
    PASSES = 1.1

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("low", "high"):
            given = getattr(self, field)
            several = given if isinstance(given, tuple | list) else (given,)
            found = tuple(number(f"measure.{field}", each) for each in several)
            object.__setattr__(self, field, found if isinstance(given, tuple | list) else found[0])
        if self.low == self.high:
            rule = "the line has no length"
            raise SpecError("measure.high", self.high, rule, "give another end")


@dataclass(frozen=True, kw_only=True)
class Measured(Measure):
    """What a function of the claim's own gives: ``function(net, x, y)``, a number or several.

    It is given the net in evaluation mode, the features ``(n, d)`` and the targets ``(n, k)`` as
    training sees them, and may change neither. Of `Labels` targets are as the loss takes them.

    >>> def mean_output(net, x, y):
    ...     return net(x).mean()
    >>> Measured(name="mean output", function=mean_output).called
    'mean output'
    """

    name: str
    function: Callable[..., Any]

    PASSES = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        text("measure.name", self.name)
        maker("measure.function", self.function, "it is called with the net")

    @property
    def called(self) -> str:
        return self.name
