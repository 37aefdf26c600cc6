"""What a change is, and how it is put into the stock loop for a while."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from epochal.experiments.experiment import Experiment
from epochal.experiments.runs import Runs
from epochal.training.engines import stock
from epochal.training.observer import Observer

__all__ = ["Change", "Step", "Stock", "put_in"]

Stock = Any
"""The stock engine's training of one seed, whose parts a change may exchange."""

Step = Callable[[], None]
"""One update, as the stock loop would make it."""


def _same(thing: Any) -> Any:
    return thing


def _nothing(training: Stock) -> None:
    pass


def _update(training: Stock, step: Step) -> None:
    step()


@dataclass(frozen=True, kw_only=True)
class Change:
    """A small change of how nets are trained, which no digest shows.

    Attributes:
        name: unique.
        told: what it does, in words.
        seen: what should notice it, as it was declared before the first run: ``verdict``,
            ``drift``, ``either`` or ``none``.
        found: what noticed it when it was first tried (``verdict``, ``drift``, ``verdict and
            drift``, ``nothing``), where that was not what was declared.
        setting: the setting that is trained in place of the asked one.
        seed: the seed in place of the asked one.
        begin: exchanges data, net or optimizer once they are made.
        step: makes an update, or something else in its place.
        process: a state of the whole process while it trains.
        workers: how many training processes there are, where that is what changes.
        backwards: whether claims are asked in the opposite order.
    """

    name: str
    told: str
    seen: str
    found: str = ""
    setting: Callable[[Experiment], Experiment] = _same
    seed: Callable[[int], int] = _same
    begin: Callable[[Stock], None] = _nothing
    step: Callable[[Stock, Step], None] = _update
    process: Callable[[], AbstractContextManager[Any]] = nullcontext
    workers: int | None = None
    backwards: bool = False

    @property
    def benign(self) -> bool:
        """Whether nothing should notice it, and that is right so."""
        return self.seen == "nothing"

    def applies(self, experiment: Experiment) -> bool:
        """Whether it changes anything about the training of ``experiment``."""
        return self.setting is _same or self.setting(experiment) != experiment


@contextmanager
def put_in(change: Change) -> Iterator[None]:
    """The stock loop is changed within this block."""
    with change.process():  # first: a slip is looked for in the loop as it stands
        original = stock.SeedTraining
        stock.SeedTraining = _changed(change)  # type: ignore[assignment, misc]
        try:
            yield
        finally:
            stock.SeedTraining = original  # type: ignore[misc]


def _changed(change: Change) -> type:
    class Changed(stock.SeedTraining):
        """A training that tells itself to be the asked one, and is another."""

        def __init__(
            self, experiment: Experiment, seed: int, device: str, epochs: int, observer: Observer
        ) -> None:
            self.asked = experiment, seed
            super().__init__(
                change.setting(experiment), change.seed(seed), device, epochs, observer
            )
            change.begin(self)

        def _update(self, rows: Any) -> None:
            change.step(self, lambda: super(Changed, self)._update(rows))

        def runs(self, seconds: float) -> Runs:
            experiment, seed = self.asked
            told = super().runs(seconds)
            return replace(told, experiment=experiment.digest, seeds=np.array([seed]))

    return Changed
