"""The facts of a setting before it is trained: what its net is given, and what it is to give."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from epochal.diagnosis.activations import Known, known
from epochal.diagnosis.asked import SEED, Asked
from epochal.diagnosis.noise import noise_of
from epochal.experiments.data import Data, draw
from epochal.experiments.inputs import Array, Circle, Embedding, axes_of
from epochal.experiments.layers import Siren
from epochal.experiments.loops import Loss
from epochal.experiments.nets import MLP
from epochal.experiments.scaling import Scaling
from epochal.experiments.tables import table_of

__all__ = ["Before"]

AS_IS = Embedding()

GRID = 4000
"""Points of the grid on which symmetry is looked for; an even number of them on a circle."""

FINEST = 40_001
"""Points of the grid on which turning points are counted, on a line."""

SWING = 0.1
"""A turning point counts if the target swings by this share of its range after it."""

RIPPLE = 6.0
"""And in a table by so many standard deviations of the noise."""


@dataclass(frozen=True)
class Before:
    """A setting with the data of its first seed."""

    asked: Asked

    @cached_property
    def data(self) -> Data:
        """The data of the first seed."""
        return draw(self.asked.experiment, SEED)

    @property
    def net(self) -> MLP | None:
        """The net, if it is a perceptron that is given coordinates."""
        net = self.asked.experiment.net
        return net if isinstance(net, MLP) and net.features is None else None

    @property
    def coordinates(self) -> bool:
        """Whether the first layer is given coordinates, and not sines of them."""
        net, inputs = self.asked.experiment.net, self.asked.experiment.inputs
        wound = isinstance(inputs, Circle) or getattr(inputs, "embedding", AS_IS) != AS_IS
        return not (isinstance(net, Siren) or getattr(net, "features", None) or wound)

    @property
    def features(self) -> Array:
        """What the net is given, ``(n, d)``."""
        return self.data.features

    @cached_property
    def clean(self) -> Array:
        """The target without noise, of which errors are told, ``(n, k)``."""
        return self.data.target.reshape(len(self.data.target), -1)

    @cached_property
    def given(self) -> Array:
        """What the net is to give without noise, scaled as training has it, ``(n, k)``."""
        return (self.clean - self.data.offset) / self.data.unit

    @property
    def unit(self) -> float:
        """The square of what a unit of the net's output is in the target's units."""
        return float(np.mean(np.square(self.data.unit)))

    @property
    def variance(self) -> float:
        """The variance of the target, as a mean over outputs."""
        return float(self.clean.var(axis=0).mean())

    @cached_property
    def hidden(self) -> Known | None:
        """The activation of the hidden layers."""
        return None if self.net is None else known(self.net.nonlinearity)

    @cached_property
    def last(self) -> Known | None:
        """The activation after the output layer; the identity where there is none."""
        return None if self.net is None else known(self.net.output.activation)

    @property
    def summed(self) -> bool:
        """Whether the loss is a sum over points."""
        loss = self.asked.experiment.loop.loss
        return loss.reduction == "sum" if isinstance(loss, Loss) else loss == "half_sum"

    @property
    def line(self) -> bool:
        """Whether the target is a function of one coordinate."""
        return axes_of(self.asked.experiment.inputs) == 1 and np.ndim(self.data.positions) == 1

    @cached_property
    def symmetric(self) -> tuple[Array, Array, Array]:
        """Features, target ``(m, k)`` and the target at mirrored features, NaN where unknown."""
        experiment = self.asked.experiment
        if table_of(experiment.target) is not None:
            features, target = self.features, self.clean
        else:
            positions = experiment.inputs.grid(GRID)
            target = np.asarray(experiment.target.values(positions), np.float64)
            features = experiment.inputs.features(positions)
            if experiment.scaling is not None:
                raw = experiment.inputs.features(self.data.positions)
                offset, unit = Scaling.by(experiment.scaling.inputs, raw)
                features = (features - offset) / unit
            target = self._scale * target.reshape(len(target), -1)
        return features, target, _mirrored(features, target)

    @property
    def _scale(self) -> float:
        """What a target that is scaled to norm 1 is multiplied by."""
        raw = self.asked.experiment.target.values(self.data.positions)
        size = float(np.abs(raw).max())
        return float(np.abs(self.clean).max()) / size if size else 1.0

    @cached_property
    def turns(self) -> int | None:
        """The number of turning points of a target of one coordinate; None of several."""
        experiment = self.asked.experiment
        if not self.line or self.asked.classes or self.clean.shape[1] > 1:
            return None
        if table_of(experiment.target) is not None:
            if self.features.shape[1] > 1:
                return None
            order = np.argsort(self.data.positions)
            noise = noise_of(self.asked.experiment.target)  # ripples of noise are no turning points
            return turning_points(self.clean[order, 0], least=RIPPLE * (noise or 0.0) ** 0.5)
        values = experiment.target.values(experiment.inputs.grid(FINEST))
        return turning_points(np.asarray(values, np.float64))

    @cached_property
    def noise(self) -> float | None:
        """The variance of the noise of the target: as stated, or as `noise_of` a table has it."""
        if self.asked.experiment.noise is not None:
            return float(self.asked.experiment.noise.sd**2)
        return None if self.asked.classes else noise_of(self.asked.experiment.target)


def turning_points(values: Array, least: float = 0.0) -> int:
    """How often ``values`` turn by more than `SWING` of their range, and than ``least``.

    >>> turning_points(np.sin(np.linspace(0, 6 * np.pi, 1001)))
    6
    """
    wide = max(least, SWING * float(np.ptp(values)))
    count, high, low, way = 0, values[0], values[0], 0
    for value in values:
        high, low = max(high, value), min(low, value)
        if way >= 0 and value < high - wide:
            count, way, low = count + (way > 0), -1, value
        elif way <= 0 and value > low + wide:
            count, way, high = count + (way < 0), 1, value
    return count


def _mirrored(features: Array, target: Array) -> Any:
    """The target at ``-features`` ``(m, k)``; NaN where no point lies there."""
    if features.shape[1] == 1:
        order = np.argsort(features[:, 0])
        x = features[order, 0]
        found = [
            np.interp(-features[:, 0], x, each[order], left=np.nan, right=np.nan)
            for each in target.T
        ]
        return np.stack(found, axis=1)
    rounded = [tuple(row) for row in np.round(features, 9) + 0.0]
    place = {row: number for number, row in enumerate(rounded)}
    opposite = [place.get(tuple(row)) for row in -np.array(rounded) + 0.0]
    nowhere = np.full(target.shape[1], np.nan)
    return np.stack([nowhere if at is None else target[at] for at in opposite])
