"""The seconds that epochs of one setting take, again and again from one warm state."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from epochal.errors import BrokenRun
from epochal.experiments.experiment import Experiment
from epochal.process import accelerator
from epochal.training.numerics import set_numerics
from epochal.training.observer import Observer, SeedTraining
from epochal.training.train import train

__all__ = ["EpochTimer"]

WARM_SECONDS, WARM_EPOCHS = 0.3, 3
"""What is trained before anything is timed: so long, and at least so many epochs."""


class EpochTimer:
    """Times periods of epochs of one setting in this process.

    Every block goes on from the same warm state, so that all do the same work; the epochs before it
    are dropped. The clock runs from the first epoch of a block to the end of its last one: what it
    costs to begin and to end a training is no epoch. On CUDA it is that of events.

    Args:
        experiment: the setting.
        device: ``cpu`` or ``cuda:N``.
        engine: ``auto``, or the name of one engine.
        slowed: a share of each epoch's own time that is burnt after it, to try the gate on.

    Raises:
        BrokenRun: the net diverges, here or in a block.
    """

    def __init__(
        self, experiment: Experiment, device: str = "cpu", engine: str = "auto", slowed: float = 0.0
    ) -> None:
        set_numerics()
        # Where its loop would stop has nothing to do with how long an epoch takes.
        self.experiment = replace(experiment, loop=replace(experiment.loop, stop_below=None))
        self.device, self.engine = device, engine
        self._slowed = slowed
        self.state = train(self.experiment, [0], device, WARM_EPOCHS, engine=engine)
        self.rate = self._warmed()

    def seconds(self, epochs: int) -> float:
        """How long ``epochs`` epochs take from the warm state on."""
        clock = (_Clock if self.device == "cpu" else _EventClock)(self.device, self._slowed)
        end = self.state.epochs_done + epochs
        runs = train(
            self.experiment,
            [0],
            self.device,
            end,
            engine=self.engine,
            earlier=[self.state],
            observer=clock,
        )
        if not np.isfinite(runs.loss).all():  # fewer epochs were trained than were asked for
            raise BrokenRun(f"its net diverges within {end} epochs, so that they cannot be timed")
        return clock.seconds

    def _warmed(self) -> float:
        """Epochs a second, once the process is warm."""
        epochs, spent = WARM_EPOCHS, 0.0
        while spent < WARM_SECONDS:
            epochs *= 2
            spent = self.seconds(epochs)
        return epochs / spent


class _Clock(Observer):
    """Runs from the start of the first epoch to the end of the last one."""

    def __init__(self, device: str, slowed: float) -> None:
        self.device, self.slowed = device, slowed
        self.first: Any = None
        self.last: Any = None

    def on_epoch(self, training: SeedTraining, step: Callable[[], None]) -> None:
        if self.first is None:
            self.first = self._now(None)
        start = time.perf_counter()
        step()
        if self.slowed:
            _burn(self.slowed, start, self.device)
        self.last = self._now(self.last)

    def _now(self, earlier: Any) -> Any:
        return time.perf_counter()

    @property
    def seconds(self) -> float:
        return float(self.last - self.first)


class _EventClock(_Clock):
    """A clock by events of an accelerator, which waits for no kernel during training."""

    def _now(self, earlier: Any) -> Any:
        module = accelerator(self.device)
        event = module.Event(enable_timing=True) if earlier is None else earlier
        event.record(module.current_stream(self.device))
        return event

    @property
    def seconds(self) -> float:
        accelerator(self.device).synchronize(self.device)
        return float(self.first.elapsed_time(self.last)) / 1e3


def _burn(share: float, start: float, device: str) -> None:
    """A busy loop of that share of the time since ``start``: no sleep, which frees a core."""
    if device != "cpu":
        accelerator(device).synchronize(device)
    now = time.perf_counter()
    until = now + share * (now - start)
    while time.perf_counter() < until:
        pass
