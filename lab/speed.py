"""Engines side by side on all cores: epochs a second of the shallow net that theory is about.

Every way to train has processes of its own, which stay and wait; in each repeat the ways take turns
with a block of epochs, so that other load falls on all of them.
"""

import multiprocessing
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from epochal.experiments.experiment import Experiment
from epochal.experiments.inputs import Circle
from epochal.experiments.loops import Loop
from epochal.experiments.nets import MLP, Output
from epochal.experiments.parts import Initializer, Optimizer
from epochal.experiments.targets import Sine

__all__ = ["WAYS", "Speed", "Way", "measured", "setting"]

BLOCK_SECONDS, WARM_EPOCHS = 1.5, 8


@dataclass(frozen=True)
class Way:
    """A way to use two cores: an engine, in so many processes of so many threads."""

    engine: str
    workers: int
    threads: int

    def __str__(self) -> str:
        if self.workers == 1:
            return f"{self.engine}, one process of {self.threads} threads"
        return f"{self.engine}, {self.workers} processes of one thread"


WAYS = (Way("reference", 2, 1), Way("reference", 1, 2), Way("prefix_sum", 2, 1))


@dataclass(frozen=True)
class Speed:
    """What one way reached on one size of net.

    Attributes:
        way: how the cores were used.
        points: n.
        units: m.
        rates: epochs a second of all its processes together, one a repeat.
        memory: the largest process's peak, in MB.
    """

    way: Way
    points: int
    units: int
    rates: Sequence[float] = field(default_factory=list)
    memory: float = 0.0

    @property
    def rate(self) -> float:
        """The median over repeats, in epochs a second."""
        return median(self.rates)


def setting(points: int, units: int) -> Experiment:
    """One hidden layer on the circle, which alone is trained, without biases: k = 8."""
    return Experiment(
        inputs=Circle(points=points, draw="uniform"),
        target=Sine(8, scale="unit_norm"),
        net=MLP(
            widths=(units,),
            bias=False,
            output_bias=False,
            weights=Initializer("normal_", std=1.0),
            output=Output(weights="signs", trained=False, scaled=True),
        ),
        optimizer=Optimizer("SGD", lr=10.0 / points),
        loop=Loop(loss="half_sum"),
        probe=100,
    )


def measured(points: int, units: int, repeats: int = 5, ways: Sequence[Way] = WAYS) -> list[Speed]:
    """The ``ways`` in alternation, ``repeats`` periods of about 1.5 s each.

    Args:
        points: n.
        units: m.
        repeats: how many periods each way has.
        ways: what is compared.
    """
    with _started(setting(points, units), ways) as started:
        rates: list[list[float]] = [[] for _ in ways]
        for _ in range(repeats):
            for (ends, epochs), found in zip(started, rates, strict=True):
                found.append(epochs * sum(1 / seconds for seconds in _asked(ends, epochs)))
        memory = [max(_asked(ends, None)) for ends, _ in started]
    return [
        Speed(way, points, units, each, used)
        for way, each, used in zip(ways, rates, memory, strict=True)
    ]


@contextmanager
def _started(experiment: Experiment, ways: Sequence[Way]) -> Iterator[list[tuple[list[Any], int]]]:
    """Of each way the pipes to its processes, and how many epochs a block of them has."""
    context = multiprocessing.get_context("spawn")
    processes, started = [], []
    try:
        for way in ways:
            ends = []
            for _ in range(way.workers):
                here, there = context.Pipe()
                process = context.Process(
                    target=_serve, args=(there, experiment, way.engine, way.threads), daemon=True
                )
                process.start()
                processes.append(process)
                ends.append(here)
            rates = [end.recv() for end in ends]
            started.append((ends, max(2, round(BLOCK_SECONDS * min(rates)))))
        yield started
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _asked(ends: Sequence[Any], epochs: int | None) -> list[float]:
    for end in ends:
        end.send(epochs)
    return [end.recv() for end in ends]


def _serve(end: Any, experiment: Experiment, engine: str, threads: int) -> None:
    import torch

    from epochal.ab.epoch_timer import EpochTimer

    timer = EpochTimer(experiment, engine=engine)
    torch.set_num_threads(threads)
    timer.seconds(WARM_EPOCHS)
    end.send(WARM_EPOCHS / timer.seconds(WARM_EPOCHS))
    while (epochs := end.recv()) is not None:
        end.send(timer.seconds(epochs))
    unit = 2**20 if sys.platform == "darwin" else 2**10  # a Mac counts bytes, Linux KiB
    end.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
