"""The data of one seed: drawn once on the CPU in float64, the same for every engine and device.

The order of drawing is part of the contract: one ``RandomState(seed)`` draws the positions and
nothing before them, then the noise. A net's weights are drawn apart from it, by
`epochal.training.nets.build`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import RandomState

from epochal.experiments.inputs import Array, Input
from epochal.experiments.targets import Target

__all__ = ["Data", "Setting", "draw"]


@dataclass(frozen=True, eq=False)
class Data:
    """The points of one seed, n for training and p on the probe grid.

    Attributes:
        positions: ``(n,)``.
        features: what the net is given, ``(n, d)``.
        target: the scaled target, ``(n,)``.
        noisy: the same with the noise that training sees, ``(n,)``.
        probe: positions of the probe grid, ``(p,)``.
        probe_features: ``(p, d)``.
        probe_target: the scaled target there, ``(p,)``.
        projector: maps predictions ``(n,)`` to each wave's share, ``(component, n)``.
    """

    positions: Array
    features: Array
    target: Array
    noisy: Array
    probe: Array
    probe_features: Array
    probe_target: Array
    projector: Array


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
    positions = inputs.positions(random)
    raw = target.values(positions)
    norm = float(np.linalg.norm(raw)) if target.scale == "unit_norm" else 1.0
    scale = 1 / norm if norm else 1.0
    noisy = scale * raw
    if noise is not None:
        noisy = noisy + random.normal(0.0, noise.sd, len(noisy))
    probe = experiment.probed.grid(experiment.probe)
    return Data(
        positions=positions,
        features=inputs.features(positions),
        target=scale * raw,
        noisy=noisy,
        probe=probe,
        probe_features=experiment.probed.features(probe),
        probe_target=scale * target.values(probe),
        projector=_projector([scale * wave.values(positions) for wave in target.waves], positions),
    )


def _projector(waves: Sequence[Array], positions: Array) -> Array:
    if not waves:
        return np.zeros((0, len(positions)))
    projector = np.linalg.pinv(np.stack(waves, axis=1)).astype(np.float64)
    projector[[not wave.any() for wave in waves]] = np.nan
    return projector
