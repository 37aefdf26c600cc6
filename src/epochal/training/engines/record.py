"""The arrays that an engine fills while one seed trains."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from epochal.experiments.data import Data
from epochal.experiments.runs import Runs, snapshot_epochs

__all__ = ["Record", "Watch"]

Watch = Callable[[int, float], None]
"""Told the epoch and its loss about twice a second; may raise `Interrupted`."""

FLUSH_EPOCHS, FLUSH_SECONDS = 64, 0.5


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
        self.predictions = np.full((len(self.snapshots), len(data.probe)), np.nan, dtype)
        self.hashes = np.full(len(self.snapshots), "", "U16")
        self.index = {int(epoch): place for place, epoch in enumerate(self.snapshots)}
        self.pending: list[tuple[int, torch.Tensor, torch.Tensor | None, torch.Tensor]] = []
        self.flushed = time.perf_counter()
        self.diverged = False

    def is_snapshot(self, epoch: int) -> bool:
        return epoch in self.index

    def epoch(
        self, epoch: int, loss: torch.Tensor, output: torch.Tensor, mse: torch.Tensor | None
    ) -> None:
        """Takes in one epoch; ``mse`` is None where it follows from the loss."""
        shares = self.projector @ output[:, 0].to(self.projector.dtype)
        self.pending.append((epoch, loss, mse, shares))

    def snapshot(self, epoch: int, predictions: torch.Tensor, weight_hash: str) -> None:
        place = self.index[epoch]
        self.predictions[place] = predictions[:, 0].cpu().numpy()
        self.hashes[place] = weight_hash

    def flush_if_due(self, watch: Watch) -> None:
        late = time.perf_counter() - self.flushed > FLUSH_SECONDS
        if late or len(self.pending) >= FLUSH_EPOCHS:
            self.flush(watch)

    def flush(self, watch: Watch) -> None:
        if not self.pending:
            return
        epochs = [epoch for epoch, *_ in self.pending]
        self.loss[epochs] = _fetched([loss for _, loss, _, _ in self.pending])
        self.projections[epochs] = _fetched([shares for *_, shares in self.pending])
        own = [mse for _, _, mse, _ in self.pending if mse is not None]
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
            self.loss[first + 1 :] = np.nan
            self.mse[first + 1 :] = np.nan
            self.projections[first + 1 :] = np.nan
            self.predictions[self.snapshots > first] = np.nan
            self.hashes[self.snapshots > first] = ""

    def hold(self, epoch: int, predictions: torch.Tensor, weight_hash: str) -> None:
        """All epochs after ``epoch`` are as that one, in which the net was as told."""
        for values in (self.loss, self.mse, self.projections):
            values[epoch + 1 :] = values[epoch]
        for place in np.flatnonzero(self.snapshots > epoch):
            self.snapshot(int(self.snapshots[place]), predictions, weight_hash)

    def resume(self, earlier: Runs) -> None:
        done, kept = earlier.epochs_done, len(earlier.snapshots)
        self.loss[: done + 1] = earlier.loss[0]
        self.mse[: done + 1] = earlier.mse[0]
        self.projections[: done + 1] = earlier.projections[0]
        self.predictions[:kept] = earlier.predictions[0]
        self.hashes[:kept] = earlier.weight_hash[0]
        self._cut_after_divergence(done)

    def arrays(self) -> dict[str, Any]:
        return {
            "loss": self.loss[None],
            "mse": self.mse[None],
            "projections": self.projections[None],
            "snapshots": self.snapshots,
            "predictions": self.predictions[None],
            "weight_hash": self.hashes[None],
        }


def _fetched(values: Sequence[torch.Tensor]) -> np.ndarray[Any, Any]:
    fetched: np.ndarray[Any, Any] = torch.stack(list(values)).cpu().numpy()
    return fetched
