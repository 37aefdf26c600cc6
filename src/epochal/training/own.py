"""Trainings that a claim brings itself: a generator of losses and predictions, or whole `Runs`."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from epochal.errors import BrokenRun
from epochal.experiments.data import Data, draw
from epochal.experiments.inputs import Array
from epochal.experiments.own_loop import Training
from epochal.experiments.runs import BY_OUTPUT, Measurements, Runs, flaw
from epochal.experiments.snapshots import snapshot_epochs
from epochal.experiments.vectors import columns_of, outputs_of
from epochal.training.devices import allocations, describe
from epochal.training.engines.record import FLUSH_SECONDS, Watch
from epochal.training.randomness import seeded

__all__ = ["train_seed"]


def train_seed(training: Training, seed: int, device: str, epochs: int, watch: Watch) -> Runs:
    """Runs of one seed, from the start, with all global generators set from the seed.

    They name the CPU if the claim's function allocated nothing on the ``device``.

    Raises:
        BrokenRun: what the claim's function gives is not what is needed.
    """
    if device != "cpu":
        before = allocations(device)
        runs = _train_seed(training, seed, device, epochs, watch)
        used = runs.device.startswith(device) and allocations(device) > before
        return runs if used else replace(runs, device=f"cpu ({describe('cpu')})")
    return _train_seed(training, seed, device, epochs, watch)


def _train_seed(training: Training, seed: int, device: str, epochs: int, watch: Watch) -> Runs:
    if training.is_generator:
        made = _Generated(training, seed, device, epochs)
        if device == "cpu":  # a GPU may round the first step otherwise
            made.check_repeats()
        with seeded(seed):
            return made.runs(watch)
    with seeded(seed):
        runs = training.train(seed, device, epochs)
    name = training.train.__name__
    if not isinstance(runs, Runs):
        raise BrokenRun(f"{name} returned a {type(runs).__name__}, not Runs")
    if flaw(runs):
        raise BrokenRun(f"{name} returned Runs whose {flaw(runs)}")
    if runs.seeds.tolist() != [seed] or runs.epochs_done < epochs:
        raise BrokenRun(
            f"{name} returned seeds {runs.seeds.tolist()} and {runs.epochs_done} epochs, not "
            f"seed {seed} and {epochs} epochs"
        )
    return replace(runs, experiment=training.digest)


FIRST = 2
"""How many steps are run twice: the untrained state and one update."""


def _number(loss: Any) -> float:
    return float(loss.detach() if hasattr(loss, "detach") else loss)


class _Generated:
    """What a generator gives, epoch for epoch, as the arrays of `Runs`."""

    def __init__(self, training: Training, seed: int, device: str, epochs: int) -> None:
        self.training, self.seed, self.device, self.epochs = training, seed, device, epochs
        self.name = training.train.__name__
        self.data: Data = draw(training, seed)  # type: ignore[arg-type]
        self.snapshots = snapshot_epochs(epochs)
        self.loss = np.full(epochs + 1, np.nan)
        self.mse = np.full(epochs + 1, np.nan)
        self.projections = np.full((epochs + 1, len(self.data.projector)), np.nan)
        self.predictions = np.full((len(self.snapshots), *self.data.probe_target.shape), np.nan)
        self.by_output = np.full((epochs + 1, outputs_of(training.target)), np.nan)
        self.hashes = np.full(len(self.snapshots), "", "U16")

    def runs(self, watch: Watch) -> Runs:
        start = reported = time.perf_counter()
        for epoch, (loss, predict) in enumerate(self._steps()):
            self._record(epoch, loss, predict)
            if time.perf_counter() - reported > FLUSH_SECONDS or epoch == self.epochs:
                reported = time.perf_counter()
                watch(epoch, float(self.loss[epoch]))
            if not np.isfinite(self.loss[epoch]):
                break
        return self._runs(time.perf_counter() - start)

    def check_repeats(self) -> None:
        """Runs the first steps twice for the seed; raises `BrokenRun` unless the bits are equal."""
        if self._beginning() != self._beginning():
            rule = f"{self.name} gives different numbers in its first steps, twice for one seed"
            raise BrokenRun(f"{rule}: draw from a generator that is set from the seed")

    def _beginning(self) -> list[tuple[str, bytes]]:
        features = self.data.judged.features
        with seeded(self.seed):
            return [
                (repr(_number(loss)), self._predictions(predict, features).tobytes())
                for _, (loss, predict) in zip(range(FIRST), self._steps(), strict=False)
            ]

    def _steps(self) -> Iterator[Any]:
        generator = self.training.train(self.data, self.seed, self.device)
        try:
            for epoch in range(self.epochs + 1):
                step = next(generator, None)
                if step is None:
                    raise BrokenRun(
                        f"{self.name} ended after {epoch} steps, and {self.epochs + 1} are needed: "
                        "let its loop run forever; epochal stops it"
                    )
                if not isinstance(step, tuple) or len(step) != 2 or not callable(step[1]):
                    raise BrokenRun(f"{self.name} gave {step!r}, not a loss and a function")
                yield step
        finally:
            generator.close()

    def _record(self, epoch: int, loss: Any, predict: Any) -> None:
        data = self.data
        self.loss[epoch] = _number(loss)
        output = self._predictions(predict, data.judged.features)
        square = np.square(output - data.judged.target)
        self.mse[epoch] = square.mean()
        self.by_output[epoch] = square.reshape(len(square), -1).mean(axis=0)
        self.projections[epoch] = data.projector @ columns_of(output)[:, 0]
        place = np.flatnonzero(self.snapshots == epoch)
        if len(place):
            self.predictions[place[0]] = self._predictions(predict, data.probe_features)
            self.hashes[place[0]] = hashlib.sha256(output.tobytes()).hexdigest()[:16]

    def _predictions(self, predict: Any, features: Array) -> Array:
        given = predict(features)
        given = given.detach().cpu().numpy() if hasattr(given, "detach") else np.asarray(given)
        wanted = (len(features), *self.data.target.shape[1:])
        if given.shape not in (wanted, (len(features), outputs_of(self.training.target))):
            rule = f"{self.name}'s predictions have shape {given.shape} for {len(features)} points"
            raise BrokenRun(f"{rule} where {wanted} is needed")
        return given.reshape(wanted).astype(np.float64)

    def _runs(self, seconds: float) -> Runs:
        data, epochs = self.data, np.arange(len(self.loss))
        several = outputs_of(self.training.target) > 1
        return Runs(
            experiment=self.training.digest,
            engine="own",
            device=f"{self.device} ({describe(self.device)})",
            seeds=np.array([self.seed]),
            loss=self.loss[None],
            mse=self.mse[None],
            waves=np.array([wave.angular_frequency for wave in self.training.target.waves]),  # type: ignore[union-attr]
            projections=self.projections[None],
            snapshots=self.snapshots,
            probe=data.probe,
            probe_target=data.probe_target[None],
            predictions=self.predictions[None],
            weight_hash=self.hashes[None],
            train_positions=data.judged.positions[None],
            train_target=data.judged.target[None],
            seconds=np.array([seconds]),
            measured={BY_OUTPUT: Measurements(epochs, self.by_output[None])} if several else {},
        )
