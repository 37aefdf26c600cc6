"""What is known of torch's activations without torch: their values, and their symmetry."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from epochal.experiments.inputs import Array
from epochal.experiments.parts import Activation

__all__ = ["EVEN", "ODD", "RAYS", "Known", "known"]

ODD = "a constant plus an odd function"
"""Of a sum of such units without biases: tanh(-z) = -tanh(z)."""

EVEN = "a linear function plus an even one"
"""Of a sum of such units without biases: relu(z) = z/2 + |z|/2."""

RAYS = "a straight line on each side of 0"
"""Of any net of such units without biases, of one input: relu(t·z) = t·relu(z) for t > 0."""


@dataclass(frozen=True)
class Known:
    """An activation.

    Attributes:
        low: its least value.
        high: its largest value.
        sums: what units without biases add up to: `ODD`, `EVEN`, or nothing that is known.
        homogeneous: whether σ(t·z) = t·σ(z) for t > 0.
        at_zero: its value at 0.
        flat: whether it has parts with a slope of 0, or nearly so.
        values: the function, where an output goes through it and it is monotone.
    """

    low: float = -math.inf
    high: float = math.inf
    sums: str = ""
    homogeneous: bool = False
    at_zero: float = 0.0
    flat: bool = False
    values: Callable[[Array], Any] | None = None


def _sigmoid(z: Array) -> Any:
    return 1 / (1 + np.exp(-z))


_KNOWN: Mapping[str, Known] = {
    "ELU": Known(low=-1),
    "GELU": Known(low=-0.17, sums=EVEN),
    "Hardshrink": Known(sums=ODD),
    "Hardsigmoid": Known(0, 1, ODD, at_zero=0.5, flat=True),
    "Hardtanh": Known(-1, 1, ODD, flat=True),
    "Identity": Known(sums=ODD, homogeneous=True, values=np.asarray),
    "LeakyReLU": Known(sums=EVEN, homogeneous=True),
    "LogSigmoid": Known(high=0, sums=EVEN, at_zero=-math.log(2)),
    "Mish": Known(low=-0.31),
    "ReLU": Known(low=0, sums=EVEN, homogeneous=True, flat=True),
    "ReLU6": Known(0, 6, flat=True),
    "SELU": Known(low=-1.76),
    "SiLU": Known(low=-0.28, sums=EVEN),
    "Sigmoid": Known(0, 1, ODD, at_zero=0.5, flat=True, values=_sigmoid),
    "Sine": Known(-1, 1, ODD),
    "Snake": Known(sums=EVEN),
    "Softplus": Known(low=0, sums=EVEN, at_zero=math.log(2)),
    "Softshrink": Known(sums=ODD),
    "Softsign": Known(-1, 1, ODD),
    "Tanh": Known(-1, 1, ODD, flat=True, values=np.tanh),
    "Tanhshrink": Known(sums=ODD),
}


def known(activation: Activation | str | None) -> Known | None:
    """What is known of an ``activation`` with torch's default arguments; None is no activation.

    >>> known("Tanh").high, known("MyOwn")
    (1, None)
    """
    if activation is None:
        return _KNOWN["Identity"]
    if isinstance(activation, str):
        return _KNOWN.get(activation)
    return None if activation.arguments else _KNOWN.get(activation.name)
