"""A change of how nets are trained, which the gate should notice or should not."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Training
from epochal.experiments.runs import Runs
from epochal.training.observer import SeedTraining
from epochal.training.variants import Variant

__all__ = ["Mutant", "SeedTraining", "Step"]

Step = Callable[[], None]
"""One update, as the reference loop would make it."""


def _same(seed: int) -> int:
    return seed


def _update(training: SeedTraining, step: Step) -> None:
    step()


@dataclass(frozen=True, kw_only=True)
class Mutant(Variant):
    """A small change of how nets are trained.

    Attributes:
        what: what it does, in words.
        declared: what should notice it, as it was declared before the first run: ``verdict``,
            ``drift``, ``either``, ``none`` for a fault too small to be noticed, or ``nothing`` for
            an equivalent change.
        found: what noticed it when it was first tried (``verdict``, ``drift``, ``verdict and
            drift``, ``nothing``), where that was not what was declared.
        seed: the seed in place of the requested one.
        step: makes an update, or something else in its place.
        process: a state of the whole process while it trains.
        workers: the number of training processes, where that is what changes.
        backwards: whether claims are judged in reverse order.
    """

    what: str
    declared: str
    found: str = ""
    seed: Callable[[int], int] = _same
    step: Callable[[SeedTraining, Step], None] = _update
    process: Callable[[], AbstractContextManager[Any]] = nullcontext
    workers: int | None = None
    backwards: bool = False

    @property
    def is_equivalent(self) -> bool:
        """Whether the change is equivalent: the gate must not flag it."""
        return self.declared == "nothing"

    def on_update(self, training: SeedTraining, step: Step) -> None:
        self.step(training, step)

    def train(
        self,
        setting: Experiment | Training,
        seeds: Sequence[int],
        device: str = "cpu",
        epochs: int = 1000,
        **more: Any,
    ) -> Runs:
        """As `Variant.train`, with other seeds and in another state of the process."""
        with self.process():
            runs = super().train(
                setting, [self.seed(each) for each in seeds], device, epochs, **more
            )
        return replace(runs, seeds=np.array(seeds))

    def __reduce__(self) -> tuple[Any, ...]:
        from lab.mutants.registry import named

        return named, (self.name,)
