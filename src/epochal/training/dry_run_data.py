"""The data of a setting, drawn before anything trains: the right shape, finite, repeatable."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from epochal.errors import SpecError
from epochal.experiments.data import Data, Setting, draw
from epochal.experiments.frames import summary
from epochal.experiments.inputs import axes_of
from epochal.experiments.tables import table_of
from epochal.experiments.vectors import outputs_of
from epochal.training.randomness import moved, states

__all__ = ["SEED", "check_repeats", "data_of", "not_repeated"]

SEED = 0
"""Of what is tried."""


def check_repeats(experiment: Setting) -> None:
    """Draws the data of one seed twice, which must give the same bits."""
    before = states()
    one, other = data_of(experiment), data_of(experiment)
    pairs = [(getattr(one, each.name), getattr(other, each.name)) for each in fields(one)]
    if any(isinstance(a, np.ndarray) and a.tobytes() != b.tobytes() for a, b in pairs):
        name = f"{type(experiment.inputs).__name__} and {experiment.target}"
        step = "draw from the RandomState that positions(random) is given, or seed your own"
        raise SpecError("inputs, target", name, not_repeated("drawn", moved(before)), step)


def not_repeated(done: str, drew: Sequence[str]) -> str:
    """The rule that is broken where two tries differ; ``drew`` names generators that moved."""
    rule = f"{done} twice for one seed, the numbers differ"
    return f"{rule}: {' and '.join(drew)} moved" if drew else rule


def data_of(experiment: Setting) -> Data:
    """The data of one seed, which own inputs and targets may fail to give."""
    inputs, target = experiment.inputs, experiment.target
    name = f"{type(inputs).__name__} and {type(target).__name__}"
    try:
        data = draw(experiment, SEED)
    except SpecError:
        raise
    except Exception as error:
        rule = f"they fail to give the data of a seed ({summary(error)})"
        raise SpecError("inputs, target", name, rule, "mend them") from error
    points, probe, axes = inputs.points, experiment.probe, axes_of(inputs)
    table, outputs = table_of(target), outputs_of(target)
    if axes > 1 or table is not None:
        probe = len(data.probe)  # the largest square within it, or no more than there are rows
    each = () if axes == 1 else (axes,)
    several = () if outputs == 1 else (outputs,)
    _check("inputs.positions", inputs, data.positions, (points, *each))
    _check("inputs.features", inputs, data.features, (points, inputs.dimensions))
    _check("inputs.grid", experiment.probed, data.probe, (probe, *each))
    _check("target.values", target, data.target, (points, *several))
    if table is None:
        _check("target.values", target, data.probe_target, (probe, *several))
    return data


def _check(field: str, owner: object, values: Any, shape: tuple[int, ...]) -> None:
    name = type(owner).__name__
    if np.shape(values) != shape:
        rule = f"it gives an array of shape {np.shape(values)} where {shape} is needed"
        raise SpecError(field, name, rule, "return one number for each position, in their order")
    bad = int((~np.isfinite(values)).sum())
    if bad:
        rule = f"{bad} of its {np.size(values)} numbers are not finite"
        raise SpecError(field, name, rule, "look at logarithms, roots and divisions")
