"""Figure 1, right: points around the circle with a gap. The authors' folder is Missing_Data."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.random import RandomState

from epochal import (
    MLP,
    Claim,
    Control,
    Experiment,
    Initializer,
    Loop,
    MseAt,
    Optimizer,
    Sine,
)
from epochal.experiments.inputs import Array

from .source import BASRI_2019

EDGE = 1.309
"""The gap is |θ| < 1.309."""


@dataclass(frozen=True)
class BesideTheGap:
    """Regular angles on both sides of the gap, as many on each."""

    points: int = 32
    dimensions: ClassVar[int] = 2
    span: ClassVar[float] = 2 * np.pi

    def positions(self, random: RandomState) -> Array:
        """Angles, (points,)."""
        return self.grid(self.points)

    def grid(self, points: int) -> Array:
        """Angles from the gap's edges to the far side, (points,)."""
        side = np.linspace(EDGE, np.pi, points // 2, endpoint=False)
        return np.concatenate([-side[::-1], side])

    def features(self, positions: Array) -> Array:
        """(cos θ, sin θ), (points, 2)."""
        return np.stack([np.cos(positions), np.sin(positions)], axis=1)

    def __str__(self) -> str:
        return f"{self.points} points around the circle outside |θ| < {EDGE}"


@dataclass(frozen=True)
class InTheGap(BesideTheGap):
    """Angles in the gap, where the net was shown nothing."""

    span: ClassVar[float] = 2 * EDGE

    def grid(self, points: int) -> Array:
        """Regular angles across it, (points,)."""
        return np.linspace(-EDGE, EDGE, points)

    def __str__(self) -> str:
        return f"angles within |θ| < {EDGE}"


FILLED = Experiment(
    inputs=BesideTheGap(),
    target=Sine(6),
    net=MLP(
        widths=(4000,),
        output_bias=False,
        weights=Initializer("kaiming_normal_", a=5**0.5),
        biases=Initializer("zeros_"),
    ),
    optimizer=Optimizer("SGD", lr=1e-4),
    loop=Loop(loss="half_sum"),
    probe_inputs=InTheGap(),
)
ODD = replace(FILLED, target=Sine(5))

CLAIMS = [
    Claim(
        id="b19-fig1-gap",
        source=BASRI_2019,
        where="Figure 1, right",
        says="Where points are missing, the net continues the sine.",
        reading=(
            "After 10000 epochs on sin 6θ the root mean squared error in the gap is below 0.15. "
            "That is 0.045 of the sine's variance."
        ),
        experiments=FILLED,
        rule=MseAt(epoch=10_000, variance_share_below=0.045, on="probe"),
        tier="standard",
        expected="reproduced",
        control=Control(change="sin 5θ", experiments={"run": ODD}),
    ),
    Claim(
        id="b19-fig1-gap-parity",
        source=BASRI_2019,
        where="Figure 1, right",
        says=(
            "It continues the sine only because 6 is even: an odd sine comes out with the wrong "
            "sign."
        ),
        reading=(
            "On sin 5θ the root mean squared error in the gap is above 1.2, which is 2.88 of the "
            "sine's variance. A net that outputs 0 would have 1. There are points opposite the "
            "gap, and the kernel treats opposite points as nearly equal."
        ),
        experiments=ODD,
        rule=MseAt(epoch=10_000, variance_share_above=2.88, on="probe"),
        tier="standard",
        ours=True,
        allow_trivial=True,
        expected="reproduced",
        control=Control(change="sin 6θ", experiments={"run": FILLED}),
    ),
]
