"""Randomness of a seed: what a claim's own code draws comes from the seed and from nothing else.

A net's factory and a claim's own loop run with the global generators of Python, numpy and torch set
from the seed. Inputs, targets and forward passes must not draw from any global generator but
torch's in training mode: `epochal.training.dry_run` runs them twice and compares bits.
"""

import pickle
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch

from epochal.process import accelerator, generators_kept

__all__ = ["TORCH", "generators", "moved", "seeded", "set_generators", "states"]

TORCH = "torch's global generator"


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Sets Python's, numpy's and torch's global generators from ``seed``; puts them back after.

    >>> with seeded(7):
    ...     first = random.random(), np.random.rand(), torch.rand(1)
    >>> with seeded(7):
    ...     first == (random.random(), np.random.rand(), torch.rand(1))
    True
    """
    python, numpys = random.getstate(), np.random.get_state()
    with generators_kept():
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpys)


def states() -> dict[str, bytes]:
    """The states of the global generators, by their names."""
    return {
        "Python's global generator": pickle.dumps(random.getstate()),
        "numpy's global generator": pickle.dumps(np.random.get_state()),
        TORCH: torch.get_rng_state().numpy().tobytes(),
    }


def moved(before: Mapping[str, bytes]) -> list[str]:
    """The names of the global generators that have moved since `states` gave ``before``."""
    now = states()
    return [name for name in now if now[name] != before[name]]


def generators(device: str) -> list[torch.Tensor]:
    """Return the states of torch's generators of the CPU and of ``device``."""
    own = [] if device == "cpu" else [accelerator(device).get_rng_state(device)]
    return [torch.get_rng_state(), *own]


def set_generators(device: str, states: Sequence[torch.Tensor]) -> None:
    """Set the generators of the CPU and of ``device`` to ``states`` from `generators`."""
    torch.set_rng_state(states[0])
    for state in states[1:]:
        accelerator(device).set_rng_state(state, device)
