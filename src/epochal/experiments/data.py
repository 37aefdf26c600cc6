"""The data of one seed: drawn once on the CPU in float64, the same for every engine and device.

The order of drawing is part of the contract: one ``RandomState(seed)`` draws the positions and
nothing before them, then the noise. A net's weights are drawn apart from it, by
`epochal.training.nets.build`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.random import RandomState

from epochal.experiments.inputs import Array, Input
from epochal.experiments.scaling import Scaling
from epochal.experiments.tables import Table, table_of
from epochal.experiments.targets import Target

__all__ = ["Data", "Judged", "Setting", "draw"]


@dataclass(frozen=True, eq=False)
class Judged:
    """The points that errors are told on: positions, features and target, as of `Data`."""

    positions: Array
    features: Array
    target: Array


@dataclass(frozen=True, eq=False)
class Data:
    """The points of one seed, n for training and p on the probe grid.

    Attributes:
        positions: ``(n,)``, or ``(n, axes)`` where positions have several coordinates.
        features: what the net is given, ``(n, d)``.
        target: the target in its own units, ``(n,)``, or ``(n, k)`` where it has k outputs; divided
            by its norm where it asks for that.
        noisy: the same with the noise that training sees.
        probe: positions of the probe grid, ``(p,)`` or ``(p, axes)``.
        probe_features: ``(p, d)``.
        probe_target: the target there, ``(p,)`` or ``(p, k)``; NaN where nobody knows it.
        projector: maps predictions ``(n,)`` to each wave's share, ``(component, n)``.
        held: the points that a table holds out.
        offset: what is taken from ``noisy`` before training sees it; of k outputs ``(k,)``.
        unit: what the rest is divided by; a prediction is ``unit`` times the net's plus ``offset``.
    """

    positions: Array
    features: Array
    target: Array
    noisy: Array
    probe: Array
    probe_features: Array
    probe_target: Array
    projector: Array
    held: Judged | None = None
    offset: float | Array = 0.0
    unit: float | Array = 1.0

    @property
    def judged(self) -> Judged:
        """The points that errors are told on: those held out, or else those trained on."""
        return self.held or Judged(self.positions, self.features, self.target)


class Setting(Protocol):
    """What data are drawn from: an `Experiment`, or a `Training` of the claim's own."""

    @property
    def inputs(self) -> Input: ...

    @property
    def target(self) -> Target: ...

    @property
    def probe(self) -> int: ...

    @property
    def probed(self) -> Input: ...


def draw(experiment: Setting, seed: int) -> Data:
    """The data of ``seed``.

    The projector is the pseudo-inverse of the matrix whose columns are the target's scaled
    waves: for predictions f, ``projector @ f`` minimises ‖Σ cₖ·waveₖ − f‖, so cₖ = 1 for every
    wave when f is the target. The share of a wave that is 0 at every point is undefined: NaN. A
    target that is 0 at every point has no norm to be scaled by, and stays as it is.
    """
    inputs, target = experiment.inputs, experiment.target
    random, noise = RandomState(seed), getattr(experiment, "noise", None)
    held = None
    table = table_of(target)
    if table is not None:
        positions, raw, held = _of_table(table, random)
    else:
        positions = inputs.positions(random)
        raw = target.values(positions)
    norm = float(np.linalg.norm(raw)) if target.scale == "unit_norm" else 1.0
    scale = 1 / norm if norm else 1.0
    noisy = scale * raw
    if noise is not None:
        noisy = noisy + random.normal(0.0, noise.sd, noisy.shape)
    probe = experiment.probed.grid(experiment.probe)
    waves = [scale * wave.values(positions) for wave in target.waves]
    data = Data(
        positions=positions,
        features=inputs.features(positions),
        target=scale * raw,
        noisy=noisy,
        probe=probe,
        probe_features=experiment.probed.features(probe),
        probe_target=scale * target.values(probe),
        projector=_projector(waves, len(positions if held is None else held.target)),
        held=held,
    )
    scaling = getattr(experiment, "scaling", None)
    return data if scaling is None else _scaled(data, scaling)


def _of_table(table: Table, random: RandomState) -> tuple[Array, Array, Judged | None]:
    """Positions and target of the rows to train on, and what is held out."""
    y = np.asarray(table.y)
    training, held = table.rows(random)
    there = table.at(held)
    out = Judged(there, table.features(there), y[held]) if len(held) else None
    return table.at(training), y[training], out


def _scaled(data: Data, scaling: Scaling) -> Data:
    offset, unit = scaling.by(scaling.inputs, data.features)
    shift, size = scaling.by(scaling.target, data.noisy)
    held = data.held and replace(data.held, features=(data.held.features - offset) / unit)
    return replace(
        data,
        features=(data.features - offset) / unit,
        probe_features=(data.probe_features - offset) / unit,
        held=held,
        offset=shift if np.ndim(shift) else float(shift),
        unit=size if np.ndim(size) else float(size),
    )


def _projector(waves: Sequence[Array], points: int) -> Array:
    if not waves:
        return np.zeros((0, points))
    projector = np.linalg.pinv(np.stack(waves, axis=1)).astype(np.float64)
    projector[[not wave.any() for wave in waves]] = np.nan
    return projector
