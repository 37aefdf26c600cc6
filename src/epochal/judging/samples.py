"""What the gate compares of how a setting learns: a few numbers a seed at a few epochs, as JSON.

Errors on the training points, on the evaluation grid and on its edges, the coefficient of the
target's first component, and predictions and target at two points of the grid: of several outputs
each for itself. Of classes the loss, and what is recorded of every epoch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epochal.experiments.inputs import radius
from epochal.experiments.runs import BY_CLASSES, HELD_OUT, Runs
from epochal.experiments.snapshots import always_kept
from epochal.judging.curves import POINTS_SHOWN
from epochal.judging.rounding import significant

__all__ = ["Samples", "is_relative", "sampled_epochs", "samples"]

STEP, DIGITS = 2, 4
"""Of the snapshots that are always kept each is at least so many times as late as the one before;
values have so many digits."""

OUTPUTS = 4
"""Of so many outputs predictions are sampled."""

PLACES = (0.37, 0.83)
"""At which parts of the grid predictions are sampled."""

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Numbers of one experiment on one device.

    Attributes:
        experiment: its digest.
        device: ``cpu`` or ``cuda:N``.
        seeds: one for each entry of the axis ``seed``.
        epochs: `sampled_epochs` as far as it was trained.
        values: by name ``(seed, epoch)``, of what is the same at every epoch ``(seed, 1)``; None
            where not finite or not known.
    """

    experiment: str
    device: str
    seeds: list[int]
    epochs: list[int]
    values: Mapping[str, list[list[float | None]]]

    @property
    def key(self) -> str:
        """Unique in a record."""
        return f"{self.experiment}-{self.device.replace(':', '')}"

    def merged(self, other: "Samples") -> "Samples":
        """Every seed of both, at the epochs that both have; this one's values where both have any.

        One that goes further is cut only where the other brings seeds that it lacks.
        """
        more = [seed for seed in other.seeds if seed not in self.seeds]
        if not more:
            return self
        epochs = [epoch for epoch in self.epochs if epoch in other.epochs]
        names = [name for name in self.values if name in other.values]
        seeds = sorted({*self.seeds, *more})
        return replace(
            self,
            seeds=seeds,
            epochs=epochs,
            values={
                name: [
                    (self if seed in self.seeds else other).row(name, seed, epochs)
                    for seed in seeds
                ]
                for name in names
            },
        )

    def row(self, name: str, seed: int, epochs: Sequence[int]) -> list[float | None]:
        """The values of a seed at ``epochs``."""
        values = dict(zip(self.epochs, self.values[name][self.seeds.index(seed)], strict=False))
        return [values[epoch] for epoch in epochs if epoch in values]


def is_relative(name: str) -> bool:
    """Whether values of that name are compared by their ratio; else by their difference."""
    return "MSE" in name or name.endswith("loss")


def sampled_epochs(epochs: int) -> list[int]:
    """The epochs at which numbers are sampled: the same whatever the horizon is.

    >>> sampled_epochs(150)
    [0, 1, 2, 4, 8, 16, 32, 64, 130]
    """
    found = [0]
    for each in always_kept(epochs)[1:]:
        if each >= STEP * found[-1]:
            found.append(each)
    return found


def samples(runs: Runs, device: str) -> Samples:
    """The numbers of all seeds of ``runs``."""
    epochs = [e for e in sampled_epochs(runs.epochs_done) if e in runs.snapshots]
    found: dict[str, Values] = {"MSE": runs.mse[:, epochs]}
    if runs.classes:
        recorded = (*BY_CLASSES, *(HELD_OUT + name for name in (*BY_CLASSES, "loss")))
        taken = {name: runs.measured[name] for name in recorded if name in runs.measured}
        found = {name: each.values[:, epochs] for name, each in taken.items()}
        found["loss"] = runs.loss[:, epochs].astype(np.float64)
    if len(runs.waves):
        found[f"coefficient of {runs.waves[0]:g}"] = runs.projections[:, epochs, 0]
    at = np.searchsorted(runs.snapshots, epochs)
    for output in range(min(runs.outputs, OUTPUTS)):
        of, one = f" of output {output}" if runs.outputs > 1 else "", runs.of_output(output)
        found |= {f"{name}{of}": values for name, values in _on_the_grid(one, at).items()}
        if of:
            found[f"MSE{of}"] = one.mse[:, epochs]
    known = {name: values for name, values in found.items() if np.isfinite(values).any()}
    return Samples(
        experiment=runs.experiment,
        device=device,
        seeds=runs.seeds.tolist(),
        epochs=epochs,
        values={name: _rounded(values) for name, values in known.items()},
    )


def _on_the_grid(runs: Runs, at: NDArray[np.int64]) -> dict[str, Values]:
    """Errors on the evaluation grid, and what stands at some of its points, ``(seed, epoch)``."""
    every = 1 if runs.probe.ndim == 2 else max(1, -(-len(runs.probe) // POINTS_SHOWN))
    grid, target = runs.probe[::every], runs.probe_target[:, ::every]
    given = runs.predictions[:, at, ::every].astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        error = (given - target[:, None]) ** 2
        far = radius(grid - grid.mean(axis=0))
        edges = far > np.median(far) if far.max() > np.median(far) else far >= 0
        size = np.sqrt((target**2).mean(axis=1, keepdims=True))
        unit = np.where(size > 0, size, 1.0)
    if runs.classes:
        unit, error = np.ones_like(unit), np.where(np.isnan(error), np.nan, error > 0)
    name = "grid error rate" if runs.classes else "grid MSE"
    found = {name: error.mean(axis=2), f"{name} of the edges": error[:, :, edges].mean(axis=2)}
    for part in PLACES:
        place = int(part * (len(grid) - 1))
        found[f"prediction at {part:.0%} of the grid"] = given[:, :, place] / unit
        found[f"target at {part:.0%} of the grid"] = target[:, [place]] / unit
    return found


def _rounded(values: Any) -> list[list[float | None]]:
    return [[significant(float(value), DIGITS) for value in row] for row in values]
