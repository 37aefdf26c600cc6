"""A training loop of a claim's own, and the settings of a claim by their names."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from epochal.errors import SpecError
from epochal.experiments.checks import maker, members, positive, record, text, whole
from epochal.experiments.experiment import INPUT, TARGET, Experiment
from epochal.experiments.inputs import Input
from epochal.experiments.labels import Labels
from epochal.experiments.parts import first_line
from epochal.experiments.resolution import check_coordinates
from epochal.experiments.runs import POINTS
from epochal.experiments.tables import inputs_of
from epochal.experiments.targets import Target
from epochal.identity.digest import digest

__all__ = ["Experiments", "Training"]


@dataclass(frozen=True, kw_only=True)
class Training:
    """A training loop of a claim's own, wherever an `Experiment` may stand.

    ``train(data, seed, device)`` is a generator that gives, for each epoch from the untrained state
    on, ``(loss, predict)``: what its loop minimises, and a function from features ``(m, d)`` to
    predictions ``(m,)`` or ``(m, k)``, of which errors, shares and pictures are made. It is stopped
    when it has gone far enough, and a longer training starts anew. What it gives may be numpy's or
    torch's; ``data`` is the `epochal.experiments.data.Data` of the seed.

    A plain function ``train(seed, device, epochs)`` may return `Runs` of that one seed instead, and
    needs neither inputs nor target.

    Args:
        train: the loop.
        flops_an_epoch: its cost, for listings.
        inputs: where the training points lie.
        target: what is learned.
        probe: how many points the regular grid has on which predictions are kept.
        draws: whether anything depends on the seed; else seeds may repeat each other.
        axis: what its positions are called in pictures.
    """

    train: Callable[..., Any]
    flops_an_epoch: float
    inputs: Input | None = None
    target: Target | None = None
    probe: int = 601
    draws: bool = True
    axis: str = "x"

    def flops(self, epochs: int) -> float:
        """Floating-point operations of so many epochs."""
        return self.flops_an_epoch * epochs

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", inputs_of(self.target, self.inputs))
        record("training.draws", self.draws, bool, "give True or False")
        text("training.axis", self.axis)
        maker("training.train", self.train, "it is called for each seed")
        positive("training.flops_an_epoch", self.flops_an_epoch)
        whole("training.probe", self.probe, 2)
        if self.is_generator:
            step = "give one such as Line(low=-1, high=1, points=100), from which its data come"
            members("training.inputs", self.inputs, INPUT, "an input", step)
            step = "give one such as Sine(2), from which its data come"
            members("training.target", self.target, TARGET, "a target", step)
            if isinstance(self.target, Labels):
                rule = "a loop of your own is judged by the values that it predicts"
                raise SpecError("training.target", str(self.target), rule, "give a Function")
            check_coordinates(self.target, self.inputs)  # type: ignore[arg-type]

    @property
    def is_generator(self) -> bool:
        """Whether ``train`` gives losses and predictions, and not `Runs`."""
        return inspect.isgeneratorfunction(self.train)

    @property
    def points_kept(self) -> int:
        """The fewest points of the probe grid that stand for a prediction once it is stored."""
        return POINTS

    @property
    def probed(self) -> Input | None:
        """The inputs of the probe grid."""
        return self.inputs

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that change with the function's code."""
        return digest(self)

    def describe(self) -> str:
        """The function's name, and what it is given."""
        said = first_line(self.train)
        name = f"the claim's own function {self.train.__name__}{said and ': '}{said}"
        return f"{name}\n{self.inputs}\n{self.target}" if self.is_generator else name


Experiments = Mapping[str, Experiment | Training]
"""The experiments of a claim by the names that its rule uses."""
