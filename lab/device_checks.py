"""Checks that need the device itself: equal bits, distance to the CPU, waits, time of an epoch."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from tabulate import tabulate

from epochal.ab.epoch_timer import EpochTimer
from epochal.claims.folder import load
from epochal.experiments.experiment import Experiment
from epochal.experiments.runs import Runs
from epochal.training.train import train

__all__ = ["CHECKS", "distances", "repeats", "times", "waits"]

EPOCHS, CUT = 200, 77
"""How far a setting is trained, and where it is cut to be resumed."""

LOOKS = (0, 50, EPOCHS)
"""Epochs at which errors are compared with those of the CPU."""

BLOCK = 100
"""Epochs of a timing."""


def settings(cases: Path, pattern: str = "sentinel-") -> dict[str, Experiment]:
    """Return the first setting of each sentinel, by the claim."""
    claims = [each for each in load(cases) if each.id.startswith(pattern)]
    found = {each.id: next(iter(each.experiments_by_name.values())) for each in claims}
    return {name: each for name, each in found.items() if isinstance(each, Experiment)}


def repeats(device: str, cases: Path) -> str:
    """Train each setting twice, and in two parts: all three must have equal bits."""
    rows = []
    for name, each in settings(cases).items():
        whole, again = (train(each, [0], device, EPOCHS) for _ in range(2))
        part = train(each, [0], device, CUT)
        resumed = train(each, [0], device, EPOCHS, earlier=[part])
        rows.append((name, _equal(whole, again), _equal(whole, resumed)))
    return _table(rows, ("setting", "trained again", "resumed"))


def distances(device: str, cases: Path) -> str:
    """Compare the errors of each setting with those on the CPU."""
    rows = []
    for name, each in settings(cases).items():
        here, there = (train(each, [0], where, EPOCHS) for where in ("cpu", device))
        ratios = [float(there.mse[0, epoch] / here.mse[0, epoch]) for epoch in LOOKS]
        rows.append((name, *(f"{ratio:.6f}" for ratio in ratios)))
    return _table(rows, ("setting", *(f"error at {epoch} over the CPU's" for epoch in LOOKS)))


def waits(device: str, cases: Path) -> str:
    """Count the moments at which the host waits, by torch's own warnings; CUDA has them."""
    if not device.startswith("cuda"):
        return f"torch counts no waits on {device}."
    rows = []
    for name, each in settings(cases).items():
        train(each, [0], device, 2)
        torch.cuda.set_sync_debug_mode("warn")
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                train(each, [0], device, EPOCHS)
        finally:
            torch.cuda.set_sync_debug_mode("default")
        count = sum("synchroniz" in str(warning.message) for warning in caught)
        rows.append((name, f"{count / EPOCHS:.2f}"))
    return _table(rows, ("setting", "waits an epoch"))


def times(device: str, cases: Path) -> str:
    """Time an epoch of each setting on the device and on the CPU."""
    rows = []
    for name, each in settings(cases).items():
        here, there = (EpochTimer(each, where).seconds(BLOCK) / BLOCK for where in ("cpu", device))
        rows.append((name, f"{there * 1e6:.0f}", f"{here * 1e6:.0f}"))
    return _table(rows, ("setting", f"µs an epoch on {device}", "on the CPU"))


CHECKS: Mapping[str, Callable[[str, Path], str]] = {
    "repeats": repeats,
    "distances": distances,
    "waits": waits,
    "times": times,
}


def _equal(one: Runs, other: Runs) -> str:
    first = np.flatnonzero(one.loss[0] != other.loss[0])
    return f"differs from epoch {first[0]}" if len(first) else "equal bits"


def _table(rows: Sequence[tuple[str, ...]], headers: tuple[str, ...]) -> str:
    return tabulate(rows, headers, tablefmt="pipe", disable_numparse=True)
