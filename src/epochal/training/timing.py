"""Blocks of epochs for a clock: one setting, trained again and again from one warm state."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch

from epochal.experiments.experiment import Experiment
from epochal.training.changes.change import Change, Step, Stock, put_in
from epochal.training.numerics import set_numerics
from epochal.training.train import train

__all__ = ["Blocks"]

WARM_SECONDS, WARM_EPOCHS = 0.3, 3
"""What is trained before anything is timed: so long, and at least so many epochs."""


class Blocks:
    """Times blocks of epochs of one setting in this process.

    Every block goes on from the same warm state, so that all do the same work; the epochs before it
    are dropped. On CUDA the clock is that of events, after all work has ended.

    Args:
        experiment: the setting.
        device: ``cpu`` or ``cuda:N``.
        engine: ``auto``, or the name of one engine.
        slowed: a share of each update's own time that is burnt after it, to try the gate on.
    """

    def __init__(
        self, experiment: Experiment, device: str = "cpu", engine: str = "auto", slowed: float = 0.0
    ) -> None:
        set_numerics()
        self.experiment = experiment
        self.device, self.engine = device, engine
        self._slowed = slowed
        self.state = train(self.experiment, [0], device, WARM_EPOCHS, engine=engine)
        self.rate = self._warmed()

    def seconds(self, epochs: int) -> float:
        """How long ``epochs`` epochs take from the warm state on."""
        with self._changed():
            return self._clock(lambda: self._train(epochs))

    def _train(self, epochs: int) -> None:
        end = self.state.epochs_done + epochs
        train(
            self.experiment,
            [0],
            self.device,
            end,
            engine=self.engine,
            earlier=[self.state],
        )

    def _warmed(self) -> float:
        """Epochs a second, once the process is warm."""
        epochs, spent = WARM_EPOCHS, 0.0
        while spent < WARM_SECONDS:
            epochs *= 2
            spent = self.seconds(epochs)
        return epochs / spent

    def _changed(self) -> AbstractContextManager[None]:
        if not self._slowed:
            return nullcontext()
        burnt = Change(name="slowed", told="", seen="", step=_burning(self._slowed, self.device))
        return put_in(burnt)

    def _clock(self, work: Callable[[], None]) -> float:
        if self.device == "cpu":
            start = time.perf_counter()
            work()
            return time.perf_counter() - start
        torch.cuda.synchronize(self.device)
        with torch.cuda.device(self.device):
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
            begin.record()
            work()
            end.record()
        torch.cuda.synchronize(self.device)
        return float(begin.elapsed_time(end)) / 1e3


def _burning(share: float, device: str) -> Callable[[Stock, Step], None]:
    """An update, and then a busy loop of that share of its time: no sleep, which frees a core."""

    def step(training: Stock, update: Step) -> None:
        start = time.perf_counter()
        update()
        if device != "cpu":
            torch.cuda.synchronize(device)
        now = time.perf_counter()
        until = now + share * (now - start)
        while time.perf_counter() < until:
            pass

    return step
