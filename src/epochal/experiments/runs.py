"""What training measured: arrays with named axes, never a log.

Axes: ``seed`` is the position in ``seeds``; ``epoch`` e is the state after e updates (after e
passes over the points with mini-batches), so index 0 is the untrained net; ``snapshot`` is the
position in ``snapshots``; ``point`` and ``component`` are positions in ``probe`` and ``waves``.
Where a loop's ``stop_below`` ended training, all later epochs repeat the one that it ended at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epochal.experiments.inputs import radius
from epochal.experiments.snapshots import snapshot_epochs

__all__ = [
    "POINTS",
    "Measurements",
    "Runs",
    "flaw",
    "join",
]

POINTS = 301
"""How many points of the probe grid are kept, or more where waves are too fast for them."""

BY_OUTPUT = "MSE of each output"
"""In `Runs.measured`, of a target with several outputs: ``(seed, epoch, output)``."""

BY_CLASSES, HELD_OUT = ("error rate", "margin"), "held-out "
"""In `Runs.measured`, of classes: the share of wrong points, and the least margin of a point; after
``held-out`` on the rows that a table holds out, where there is the loss, too."""


@dataclass(frozen=True, eq=False)
class Measurements:
    """What was measured at ``epochs`` ``(place,)``: ``(seed, place)``, or ``(seed, place, k)``.

    A run that was trained further than one asks for has more epochs than those.
    """

    epochs: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def by_epoch(self) -> dict[int, NDArray[np.float64]]:
        """The first seed's, by epoch."""
        return dict(zip(self.epochs.tolist(), self.values[0], strict=True))


@dataclass(frozen=True, kw_only=True, eq=False)
class Runs:
    """The trainings of one experiment.

    Attributes:
        experiment: the experiment's digest.
        engine: the engine that ran, and its block size where it has one.
        device: the device that the weights were on, by name.
        seeds: the seeds, one for each entry of the axis ``seed``.
        loss: the training loss as the loop computes it, ``(seed, epoch)``, in the experiment's
            dtype: that of the net as it trains. Non-finite from the epoch at which a seed diverged.
        mse: mean squared error on the training points, ``(seed, epoch)``: that of the net as one
            would use it, in evaluation mode. A mean over all outputs; of classes the share of wrong
            points.
        waves: angular frequencies of the target's components, ``(component,)``.
        projections: the prediction's coefficient on each wave by joint least squares over the
            training points, as a share of the target's own, ``(seed, epoch, component)``.
        snapshots: the epochs with predictions, ``(snapshot,)``.
        probe: the probe grid's positions, ``(point,)``, or ``(point, axes)`` where positions have
            several coordinates.
        probe_target: the scaled target there, ``(seed, point)``; NaN where nobody knows it.
        predictions: the net on the probe grid, ``(seed, snapshot, point)``; of classes the one that
            it gives. A target with several outputs adds an axis ``output`` to these two, last.
        weight_hash: a hash of all weights, ``(seed, snapshot)``: equal means bit for bit equal. Of
            a loop of the claim's own, which tells no weights, it is one of its predictions.
        train_positions: positions of the training points, ``(seed, n)`` or ``(seed, n, axes)``; of
            those held out, where errors are told on them.
        train_target: the scaled target there, ``(seed, n)``, or ``(seed, n, output)``.
        seconds: time that training took, ``(seed,)``.
        evaluated: whether training and evaluation mode differ, so that ``mse`` and
            ``projections`` come from passes of their own.
        states: for each seed what is needed to go on from the last epoch; opaque.
        measured: by the name of a measure what it gave.
        classes: the number of classes of the target; 0 where it is no class.
    """

    experiment: str
    engine: str
    device: str
    seeds: NDArray[np.int64]
    loss: NDArray[Any]
    mse: NDArray[np.float64]
    waves: NDArray[np.float64]
    projections: NDArray[np.float64]
    snapshots: NDArray[np.int64]
    probe: NDArray[np.float64]
    probe_target: NDArray[np.float64]
    predictions: NDArray[Any]
    weight_hash: NDArray[np.str_]
    train_positions: NDArray[np.float64]
    train_target: NDArray[np.float64]
    seconds: NDArray[np.float64]
    evaluated: bool = False
    states: tuple[Any, ...] = field(default=(), repr=False)
    measured: Mapping[str, Measurements] = field(default_factory=dict, repr=False)
    classes: int = 0

    @property
    def outputs(self) -> int:
        """The number of outputs of the target."""
        return int(np.shape(self.train_target)[2]) if np.ndim(self.train_target) == 3 else 1

    def of_output(self, output: int) -> "Runs":
        """The same runs as if the target had this output alone."""
        if self.outputs == 1:
            return self
        return replace(
            self,
            mse=self.measured[BY_OUTPUT].values[:, : self.epochs_done + 1, output],
            probe_target=self.probe_target[..., output],
            predictions=self.predictions[..., output],
            train_target=self.train_target[..., output],
            measured={},
        )

    @property
    def epochs_done(self) -> int:
        """How many epochs were trained."""
        return int(self.loss.shape[1]) - 1

    def diverged_at(self) -> list[int | None]:
        """For each seed the first epoch with a non-finite loss, or None."""
        bad = ~np.isfinite(self.loss)
        return [int(row.argmax()) if row.any() else None for row in bad]

    def until(self, epoch: int) -> "Runs":
        """The same runs as if training had ended at ``epoch``."""
        kept = int((self.snapshots <= epoch).sum())
        part = min(1.0, epoch / max(self.epochs_done, 1))
        return replace(
            self,
            seconds=self.seconds * part,
            loss=self.loss[:, : epoch + 1],
            mse=self.mse[:, : epoch + 1],
            projections=self.projections[:, : epoch + 1],
            snapshots=self.snapshots[:kept],
            predictions=self.predictions[:, :kept],
            weight_hash=self.weight_hash[:, :kept],
            states=self.states if epoch >= self.epochs_done else (),
        )

    def region_mse(self, low: float, high: float) -> NDArray[np.float64]:
        """Mean squared error on the probe grid where low ≤ |position| ≤ high, (seed, snapshot)."""
        inside = (radius(self.probe) >= low) & (radius(self.probe) <= high)
        error = self.predictions[:, :, inside] - self.probe_target[:, None, inside]
        square = np.square(error, dtype=np.float64)
        mean: NDArray[np.float64] = np.mean(square, axis=tuple(range(2, square.ndim)))
        return mean


PER_SEED = (
    "seeds",
    "loss",
    "mse",
    "projections",
    "probe_target",
    "predictions",
    "weight_hash",
    "train_positions",
    "train_target",
    "seconds",
)


def join(parts: Sequence[Runs]) -> Runs:
    """Runs of one experiment, stacked along the axis ``seed``.

    They are cut to the shortest of them, and to the snapshots and probe points that all have kept.
    """
    epochs = min(part.epochs_done for part in parts)
    cut = [part.until(epochs) for part in parts]
    snapshots, probe = cut[0].snapshots, cut[0].probe
    for part in cut[1:]:
        snapshots = np.intersect1d(snapshots, part.snapshots)
        if not np.array_equal(probe, part.probe):
            probe = probe[np.isin(probe, part.probe)]
    cut = [_only(part, snapshots, probe) for part in cut]
    stacked: dict[str, Any] = {
        each.name: np.concatenate([getattr(part, each.name) for part in cut])
        for each in fields(Runs)
        if each.name in PER_SEED
    }
    states = tuple(state for part in cut for state in part.states)
    measured = {name: _together([part.measured[name] for part in cut]) for name in cut[0].measured}
    return replace(cut[0], **stacked, states=states, measured=measured)


def _together(parts: Sequence[Measurements]) -> Measurements:
    """Those of several seeds, at the epochs that all of them have."""
    epochs = parts[0].epochs
    for part in parts[1:]:
        epochs = np.intersect1d(epochs, part.epochs)
    rows = [part.values[:, np.isin(part.epochs, epochs)] for part in parts]
    return Measurements(epochs, np.concatenate(rows))


def _only(runs: Runs, snapshots: NDArray[np.int64], probe: NDArray[np.float64]) -> Runs:
    if len(snapshots) == len(runs.snapshots) and len(probe) == len(runs.probe):
        return runs
    rows, points = np.isin(runs.snapshots, snapshots), np.isin(runs.probe, probe)
    return replace(
        runs,
        snapshots=snapshots,
        probe=probe,
        predictions=runs.predictions[:, rows][:, :, points],
        weight_hash=runs.weight_hash[:, rows],
        probe_target=runs.probe_target[:, points],
    )


def flaw(runs: Runs) -> str:
    """What is wrong with the shapes of ``runs``, in words; nothing if they fit together."""
    seeds, epochs = len(runs.seeds), runs.loss.shape[-1]
    points, waves = len(runs.probe), len(runs.waves)
    grid = snapshot_epochs(epochs - 1)
    outputs = () if runs.outputs == 1 else (runs.outputs,)
    wanted: dict[str, tuple[int, ...]] = {
        "loss": (seeds, epochs),
        "mse": (seeds, epochs),
        "projections": (seeds, epochs, waves),
        "predictions": (seeds, len(grid), points, *outputs),
        "weight_hash": (seeds, len(grid)),
        "probe_target": (seeds, points, *outputs),
        "train_target": (*np.shape(runs.train_positions)[:2], *outputs),
        "seconds": (seeds,),
    }
    for name, shape in wanted.items():
        found = np.shape(getattr(runs, name))
        if found != shape:
            return f"{name} has shape {found} where {shape} is needed"
    same = np.array_equal(runs.snapshots, grid)
    return "" if same else f"snapshots are not those of snapshot_epochs({epochs - 1})"
