"""Thresholds of what is learned, and how near a constant or a straight line comes to them.

A net that has learned no more than the target's mean has the target's variance as its error, and
one that has learned the trend has less. A threshold that these pass does not ask for a fit.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epochal.errors import SpecError
from epochal.experiments.experiment import Experiment
from epochal.experiments.inputs import Array, Circle, radius
from epochal.experiments.labels import Labels
from epochal.experiments.nets import MLP
from epochal.experiments.own_loop import Experiments, Training
from epochal.experiments.runs import Runs
from epochal.experiments.tables import table_of
from epochal.experiments.vectors import outputs_of

__all__ = [
    "SLOWEST",
    "Threshold",
    "check_stops",
    "check_thresholds",
    "line_errors",
    "notes",
    "rate_of_most_frequent",
    "straight",
    "variance_of",
]

Mask = NDArray[np.bool_]

GRID = 4001
"""The least number of points of the dense grid on which constants and lines are fitted."""

SLOWEST = 0.0
"""In place of a wave's angular frequency: the slowest wave of the target, whichever it is."""

NEAR = 2.0
"""A threshold that is within this factor of what a constant or a line has gets a note."""

DRAWS = 50
"""Of so many seeds the training points tell which class is the most frequent."""

ROUNDING = 1e-12
"""A line that has no larger error goes through all points."""


@dataclass(frozen=True)
class Dense:
    """The positions, scaled target and waves of a setting on a dense grid of the whole range."""

    x: Array
    y: Array
    waves: dict[float, Array]
    closed: bool

    def lines(self, inside: Mask) -> Iterator[tuple[str, Array]]:
        """The best constant and, where the range is not closed, the best straight line."""
        x, y = self.x[inside], self.y[inside]
        yield "constant", np.full_like(y, y.mean(axis=0))
        if not self.closed and np.ptp(x, axis=0).max() > 0:
            yield ("straight line" if x.ndim == 1 else "plane"), straight(x, y)

    @cached_property
    def shares(self) -> dict[str, dict[float, float]]:
        """For the best constant and line the share that it has of each wave."""
        columns = np.stack(list(self.waves.values()), axis=1)
        found = {}
        for name, fit in self.lines(np.ones(len(self.y), bool)):
            shares = np.linalg.lstsq(columns, fit, rcond=None)[0]
            found[name] = dict(zip(self.waves, shares.tolist(), strict=True))
        return found


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A number of a rule that parts what is learned from what is not.

    Args:
        field: the rule's field.
        value: the number.
        arm: the experiment that it is asked of, by its name in the claim.
        wave: it is a share of this wave, by its angular frequency, or `SLOWEST`; None is a mean
            squared error.
        relative: the error is given as a share of the target's variance.
        region: the error is that of positions between these distances from 0.
        probed: it is asked of the probe grid, whose range may be another than the training points'.
        labels: it is an error rate: the constant is the class that most positions have.
        output: it is asked of this output of several, and of all where it is None.
    """

    field: str
    value: float
    arm: str
    wave: float | None = None
    relative: bool = False
    region: tuple[float, float] = (0.0, math.inf)
    probed: bool = False
    labels: bool = False
    output: int | None = None

    def flat(self, dense: Dense) -> "Flat | None":
        """What the best constant or the best straight line has, whichever has learned more.

        Best by least squares on a dense grid of the range of positions, before any embedding, and
        not at a seed's points. On a circle, where no line closes, there is the constant alone.
        None where no point lies in the region.
        """
        if self.labels:
            return Flat(self, "most frequent class", rate_of_most_frequent(dense.y))
        if self.wave is not None:
            wave = self.wave or min(dense.waves)
            found = {name: shares[wave] for name, shares in dense.shares.items()}
            best = max(found, key=found.__getitem__)
            return Flat(self, best, found[best])
        distances = radius(dense.x)
        inside = (distances >= self.region[0]) & (distances <= self.region[1])
        if not inside.any():
            return None
        found = {name: self._of(fit, dense, inside) for name, fit in dense.lines(inside)}
        best = min(found, key=found.__getitem__)
        return Flat(self, best, found[best])

    def _of(self, fit: Array, dense: Dense, inside: Mask) -> float:
        error = float(np.mean((dense.y[inside] - fit) ** 2))
        variance = float(variance_of(dense.y[None])[0]) if self.relative else 1.0
        if variance == 0:
            step = "ask for an error by itself, such as mse_below"
            raise SpecError(self.field, self.value, "a constant target has no variance", step)
        return error / variance


def variance_of(targets: Array) -> Array:
    """The variance of each seed's target, ``(seed,)``, as a mean over its outputs."""
    return np.asarray(targets.var(axis=1).reshape(len(targets), -1).mean(axis=1), np.float64)


def rate_of_most_frequent(classes: Array) -> float:
    """The error rate of always giving the most frequent of ``classes`` ``(n,)``."""
    _, counts = np.unique(classes, return_counts=True)
    return float(1 - counts.max() / counts.sum())


def line_errors(setting: Experiment | Training, runs: Runs) -> Array | None:
    """The error of the best straight line or plane through each seed's points, ``(seed,)``.

    None on a circle, where no line closes, and of classes.
    """
    if isinstance(setting.inputs, Circle) or runs.classes:
        return None
    table = table_of(setting.target) if setting.target is not None else None
    found = []
    for x, y in zip(runs.train_positions, runs.train_target, strict=True):
        given = x if table is None else table.features(x)
        found.append(float(np.mean((y - straight(given, y)) ** 2)))
    return np.array(found)


def straight(x: Array, y: Array) -> Array:
    """The best straight line, or plane, through ``y`` ``(n,)`` or ``(n, k)`` at each of ``x``."""
    if x.ndim == 1 and y.ndim == 1:
        return np.asarray(np.polyval(np.polyfit(x, y, 1), x), np.float64)
    columns = np.column_stack([x, np.ones(len(x))])
    return np.asarray(columns @ np.linalg.lstsq(columns, y, rcond=None)[0], np.float64)


@dataclass(frozen=True)
class Flat:
    """What a constant or a straight line has of what a threshold asks for."""

    threshold: Threshold
    name: str
    value: float

    @property
    def passes(self) -> bool:
        """Whether it is on the learned side."""
        asked = self.threshold.value
        return self.value < asked if self.threshold.wave is None else self.value > asked

    @property
    def is_near(self) -> bool:
        """Whether it passes, or has half of what it takes."""
        asked = self.threshold.value
        if self.threshold.wave is None:
            return self.value <= NEAR * asked
        return self.value >= asked / NEAR

    @property
    def text(self) -> str:
        """What it has, in words."""
        each = self.threshold
        if each.wave is not None:
            wave = f"at ω = {each.wave:g}" if each.wave else "of the slowest wave"
            has = f"a share of {self.value:.2g} {wave}"
        elif each.labels:
            has = f"an error rate of {self.value:.3g}"
        else:
            value = self.value if self.value > ROUNDING else 0
            has = f"{value:.3g} of the variance" if each.relative else f"MSE {value:.3g}"
        where = "" if each.region == (0.0, math.inf) else " there"
        best = "" if each.labels else "best "
        return f"the {best}{self.name} has {has}{where}"


def check_thresholds(rule: object, experiments: Experiments, *, allowed: bool) -> None:
    """Raises `SpecError` if a constant or a straight line passes one of the rule's thresholds.

    ``allowed`` leaves it to `notes` to say so.
    """
    for flat in _flats(rule, experiments):
        if flat.passes and not allowed:
            step = "ask for more, or say allow_trivial=True in the claim"
            why = f"{flat.text} and passes it"
            raise SpecError(flat.threshold.field, flat.threshold.value, why, step)


def check_stops(rule: object, experiments: Experiments) -> None:
    """Raises `SpecError` if training ends before the rule's error can be reached."""
    for each in getattr(rule, "thresholds", tuple)():
        is_error = each.wave is None and not (each.relative or each.probed or each.labels)
        if is_error and each.region == (0.0, math.inf):
            least = _least(experiments[each.arm])
            if each.value < (1 - 1e-9) * least:
                why = f"training ends at the first MSE below {least:.3g}, by loop.stop_below"
                raise SpecError(each.field, each.value, why, "ask for no less, or let it train on")


def _least(setting: Experiment | Training) -> float:
    """The mean squared error at which training ends; 0 where it does not, or it is not known."""
    if not isinstance(setting, Experiment) or setting.noise is not None:
        return 0.0
    if setting.scaling is not None or table_of(setting.target) is not None:
        return 0.0
    if not isinstance(setting.net, MLP) or setting.net.modes_differ:
        return 0.0
    factor = setting.mse_factor or 0.0
    return (setting.loop.stop_below or 0.0) * factor


def notes(rule: object, experiments: Experiments) -> list[str]:
    """What a reader should know of thresholds that a constant or a line passes or comes near to."""
    near = [flat for flat in _flats(rule, experiments) if flat.is_near]
    lines = [
        f"{flat.text}, which passes {flat.threshold.value:g}"
        if flat.passes
        else f"{flat.text}; that is close to {flat.threshold.value:g}"
        for flat in near
    ]
    return list(dict.fromkeys(lines))


def _flats(rule: object, experiments: Experiments) -> Iterator[Flat]:
    thresholds = getattr(rule, "thresholds", tuple)  # a rule of the claim's own may have none
    known: dict[tuple[str, bool, bool, int | None], Dense | None] = {}
    for each in thresholds():
        asked = each.arm, each.probed, each.labels, each.output
        if asked not in known:
            known[asked] = _dense(experiments[each.arm], each)
        dense = known[asked]
        flat = None if dense is None else each.flat(dense)
        if flat is not None:
            yield flat


def _dense(setting: Experiment | Training, asked: Threshold) -> Dense | None:
    """The dense grid of what is probed, or trained on; of labels the training points of many seeds.

    None where no target is named, or its own code fails: the dry run before training tells of it.
    """
    target, inputs = setting.target, setting.probed if asked.probed else setting.inputs
    if inputs is None or target is None or (asked.labels and not isinstance(target, Labels)):
        return None
    output = ... if asked.output is None or outputs_of(target) == 1 else (..., asked.output)
    if (table := table_of(target)) is not None:
        return Dense(np.asarray(table.x), np.asarray(table.y)[output], {}, closed=False)
    try:
        if asked.labels:
            draws = [inputs.positions(np.random.RandomState(seed)) for seed in range(DRAWS)]
            x = np.concatenate(draws)
        else:
            x = inputs.grid(max(GRID, 2 * setting.probe))
        y = np.asarray(target.values(x), np.float64)[output]
        waves = {each.angular_frequency: each.values(x) for each in target.waves}
        if x.shape[:1] != y.shape[:1] or not np.isfinite(y).all():
            return None
    except Exception:  # whatever code of the claim's own may raise
        return None
    norm = math.sqrt(inputs.points * float(np.mean(y**2))) if target.scale == "unit_norm" else 1.0
    scale = 1 / norm if norm else 1.0
    scaled = {frequency: scale * each for frequency, each in waves.items()}
    return Dense(x, scale * y, scaled, isinstance(inputs, Circle))
