"""The arrays that an engine fills while one seed trains."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from epochal.experiments.data import Data
from epochal.experiments.runs import Measurements, Runs
from epochal.experiments.snapshots import snapshot_epochs

__all__ = ["Record", "Watch"]

Watch = Callable[[int, float], None]
"""Told the epoch and its loss about twice a second; may raise `Interrupted`."""

FLUSH_EPOCHS, FLUSH_SECONDS = 64, 0.5


class _Epoch(NamedTuple):
    """What an epoch brings, while it waits on the device."""

    epoch: int
    loss: torch.Tensor
    mse: torch.Tensor | None
    shares: torch.Tensor
    more: Mapping[str, torch.Tensor]


class Record:
    """The arrays of one seed; values wait on the device until a flush, twice a second or so."""

    def __init__(
        self, data: Data, epochs: int, dtype: str, device: str, mse_factor: float | None
    ) -> None:
        self.mse_factor = mse_factor or math.nan  # then every epoch brings its error
        self.projector = torch.from_numpy(data.projector).to(device)
        self.loss = np.full(epochs + 1, np.nan, dtype)
        self.mse = np.full(epochs + 1, np.nan)
        self.projections = np.full((epochs + 1, len(data.projector)), np.nan)
        self.snapshots = snapshot_epochs(epochs)
        shape = (len(self.snapshots), *data.probe_target.shape)
        self.predictions = np.full(shape, np.nan, dtype)
        self.hashes = np.full(len(self.snapshots), "", "U16")
        self.index = {int(epoch): place for place, epoch in enumerate(self.snapshots)}
        self.more: dict[str, np.ndarray[Any, Any]] = {}
        self.pending: list[_Epoch] = []
        self.flushed = time.perf_counter()
        self.diverged = False

    def is_snapshot(self, epoch: int) -> bool:
        return epoch in self.index

    def epoch(
        self,
        epoch: int,
        loss: torch.Tensor,
        output: torch.Tensor,
        mse: torch.Tensor | None,
        more: Mapping[str, torch.Tensor],
    ) -> None:
        """Takes in one epoch; ``mse`` is None where it follows from the loss."""
        shares = self.projector @ output[:, 0].to(self.projector.dtype)
        self.pending.append(_Epoch(epoch, loss, mse, shares, more))

    def snapshot(self, epoch: int, predictions: torch.Tensor, weight_hash: str) -> None:
        place = self.index[epoch]
        self.predictions[place] = predictions.cpu().numpy().reshape(self.predictions.shape[1:])
        self.hashes[place] = weight_hash

    def flush_if_due(self, watch: Watch) -> None:
        late = time.perf_counter() - self.flushed > FLUSH_SECONDS
        if late or len(self.pending) >= FLUSH_EPOCHS:
            self.flush(watch)

    def flush(self, watch: Watch) -> None:
        if not self.pending:
            return
        epochs = [each.epoch for each in self.pending]
        self.loss[epochs] = _fetched([each.loss for each in self.pending])
        self.projections[epochs] = _fetched([each.shares for each in self.pending])
        for name in self.pending[0].more:
            values = _fetched([each.more[name] for each in self.pending])
            self._of(name, values.shape[1:])[epochs] = values
        own = [each.mse for each in self.pending if each.mse is not None]
        self.mse[epochs] = (
            _fetched(own) if own else self.loss[epochs].astype(np.float64) * self.mse_factor
        )
        self.pending.clear()
        self.flushed = time.perf_counter()
        self._cut_after_divergence(epochs[-1])
        watch(epochs[-1], float(self.loss[epochs[-1]]))

    def _cut_after_divergence(self, last: int) -> None:
        # What follows a non-finite loss depends on when a flush came, so none of it is kept.
        bad = ~np.isfinite(self.loss[: last + 1])
        if bad.any():
            self.diverged = True
            first = int(bad.argmax())
            for values in self._every_epoch:
                values[first + 1 :] = np.nan
            self.predictions[self.snapshots > first] = np.nan
            self.hashes[self.snapshots > first] = ""

    @property
    def _every_epoch(self) -> list[np.ndarray[Any, Any]]:
        return [self.loss, self.mse, self.projections, *self.more.values()]

    def _of(self, name: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """The array of what else is recorded, by its name."""
        return self.more.setdefault(name, np.full((len(self.loss), *shape), np.nan))

    def hold(self, epoch: int, predictions: torch.Tensor, weight_hash: str) -> None:
        """All epochs after ``epoch`` are as that one, in which the net was as told."""
        for values in self._every_epoch:
            values[epoch + 1 :] = values[epoch]
        for place in np.flatnonzero(self.snapshots > epoch):
            self.snapshot(int(self.snapshots[place]), predictions, weight_hash)

    def resume(self, earlier: Runs, names: Sequence[str]) -> None:
        done, kept = earlier.epochs_done, len(earlier.snapshots)
        self.loss[: done + 1] = earlier.loss[0]
        self.mse[: done + 1] = earlier.mse[0]
        self.projections[: done + 1] = earlier.projections[0]
        self.predictions[:kept] = earlier.predictions[0]
        self.hashes[:kept] = earlier.weight_hash[0]
        for name in names:
            values = earlier.measured[name].values[0]
            self._of(name, values.shape[1:])[: done + 1] = values
        self._cut_after_divergence(done)

    def arrays(self) -> dict[str, Any]:
        return {
            "loss": self.loss[None],
            "mse": self.mse[None],
            "projections": self.projections[None],
            "snapshots": self.snapshots,
            "predictions": self.predictions[None],
            "weight_hash": self.hashes[None],
            "measured": {
                name: Measurements(np.arange(len(self.loss)), values[None])
                for name, values in self.more.items()
            },
        }


def _fetched(values: Sequence[torch.Tensor]) -> np.ndarray[Any, Any]:
    fetched: np.ndarray[Any, Any] = torch.stack(list(values)).cpu().numpy()
    return fetched
