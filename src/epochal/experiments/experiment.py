"""What is trained: one full training setting as a frozen record that checks itself.

Nothing here imports torch, so that listing claims is quick.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from epochal.errors import SpecError
from epochal.experiments.checks import choice, maker, members, positive, record, text, whole
from epochal.experiments.inputs import Input, axes_of
from epochal.experiments.layers import Siren
from epochal.experiments.loops import Loop, Scheduler
from epochal.experiments.measures import Measure
from epochal.experiments.nets import MLP, ModuleNet
from epochal.experiments.parts import Optimizer, first_line
from epochal.experiments.resolution import check_coordinates, check_target
from epochal.experiments.runs import POINTS
from epochal.experiments.scaling import Scaling
from epochal.experiments.tables import Table, inputs_of
from epochal.experiments.targets import Noise, Target
from epochal.identity.digest import digest

__all__ = ["Experiment", "Experiments", "Training"]

INPUT = ("points", "dimensions", "span", "positions", "grid", "features")
TARGET = ("waves", "scale", "values")

POINTS_AN_OSCILLATION = 8
"""The coarsest probe grid that is accepted, in points for each oscillation of the target."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One full training setting. How long it is trained is not part of it.

    Args:
        inputs: where the training points lie; left out where the target is a `Table`.
        target: what is learned.
        net: what learns.
        optimizer: how.
        loop: the training loop.
        dtype: ``float32`` or ``float64``.
        probe: how many points the regular grid has on which predictions are kept.
        probe_inputs: the range and features of that grid, where they are not those of ``inputs``: a
            net trained on one period may be asked about many.
        noise: what is added to the targets that training sees.
        scheduler: how the learning rate changes from epoch to epoch.
        scaling: how inputs and target are scaled for training.
        measure: what is measured of the net while it trains, beside its errors.
    """

    inputs: Input = None  # type: ignore[assignment]
    target: Target
    net: MLP | Siren | ModuleNet
    optimizer: Optimizer
    loop: Loop = field(default_factory=Loop)
    dtype: str = "float32"
    probe: int = 601
    probe_inputs: Input | None = None
    noise: Noise | None = None
    scheduler: Scheduler | None = None
    scaling: Scaling | None = None
    measure: tuple[Measure, ...] = ()

    DTYPES: ClassVar[tuple[str, ...]] = ("float32", "float64")

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", inputs_of(self.target, self.inputs))
        self._check_types()
        choice("experiment.dtype", self.dtype, self.DTYPES)
        whole("experiment.probe", self.probe, 2)
        self._check_probe()
        check_target(self.target, self.inputs, self.probed, self.probe)
        batch = self.loop.batch
        if batch is not None and batch > self.inputs.points:
            raise SpecError(
                "loop.batch",
                batch,
                f"there are only {self.inputs.points} points",
                "give fewer, or None for the full batch",
            )
        for given in (self.optimizer, *self.optimizer.groups):
            rate = given.keywords.get("lr")
            if rate is not None:
                positive("optimizer.lr", rate)

    def _check_types(self) -> None:
        own = "or a frozen dataclass of your own"
        members("inputs", self.inputs, INPUT, "an input", f"give Line(…) or Circle(…), {own}")
        members("target", self.target, TARGET, "a target", f"give one such as Sine(2), {own}")
        if self.probe_inputs is not None:
            self._check_probe_inputs(self.probe_inputs)
        step = "describe it as MLP(widths=…), or ModuleNet(factory, weights=…) for one of your own"
        record("net", self.net, (MLP, Siren, ModuleNet), step)
        step = 'give its name and arguments, such as Optimizer("SGD", lr=1e-3)'
        record("optimizer", self.optimizer, Optimizer, step)
        record("loop", self.loop, Loop, 'give one such as Loop(loss="mean")')
        if self.noise is not None:
            record("noise", self.noise, Noise, "give one such as Noise(0.05)")
            if isinstance(self.target, Table):
                rule, step = "a table's targets are what was measured", "leave it out"
                raise SpecError("noise", str(self.noise), rule, step)
        if self.scheduler is not None:
            step = 'give one such as Scheduler("StepLR", step_size=100)'
            record("scheduler", self.scheduler, Scheduler, step)
        if self.scaling is not None:
            record("scaling", self.scaling, Scaling, 'give one such as Scaling(inputs="min_max")')
        given = self.measure if isinstance(self.measure, tuple | list) else (self.measure,)
        for each in given:
            record("measure", each, Measure, "give one such as measure=(Sharpness(),)")
        names = [each.called for each in given]
        if len({*names}) < len(names):
            rule = "two measures have one name"
            raise SpecError("measure", names, rule, "leave one out, or name a Measured otherwise")
        object.__setattr__(self, "measure", tuple(given))

    def _check_probe_inputs(self, given: Input) -> None:
        step = "give Line(…) or Circle(…), or leave it out"
        members("experiment.probe_inputs", given, INPUT, "an input", step)
        ours, theirs = self.inputs.dimensions, given.dimensions
        if ours != theirs:
            rule = f"it gives {theirs} features a point, and the net is trained on {ours}"
            step = "give it an embedding with as many"
            raise SpecError("experiment.probe_inputs", str(given), rule, step)

    def _check_probe(self) -> None:
        oscillations = self._oscillations
        needed = self._points_needed
        if self.probe < needed:
            raise SpecError(
                "experiment.probe",
                self.probe,
                f"the target makes {oscillations:.1f} oscillations over the range, "
                f"and {POINTS_AN_OSCILLATION} points are needed for each",
                f"give at least {needed}",
            )

    @property
    def points_kept(self) -> int:
        """The fewest points of the probe grid that stand for a prediction once it is stored."""
        several = axes_of(self.probed) > 1  # of which every second point would be no grid
        return self.probe if several else max(POINTS, self._points_needed)

    @property
    def _points_needed(self) -> int:
        return int(POINTS_AN_OSCILLATION * self._oscillations) + 1

    @property
    def _oscillations(self) -> float:
        """How many the target's fastest wave makes over the range; 0 if it has no waves."""
        highest = max((wave.angular_frequency for wave in self.target.waves), default=0.0)
        return highest * self.probed.span / (2 * math.pi)

    @property
    def probed(self) -> Input:
        """The inputs of the probe grid."""
        return self.inputs if self.probe_inputs is None else self.probe_inputs

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that change with any field."""
        return digest(self)

    @property
    def flops_an_epoch(self) -> float:
        """Floating-point operations of one epoch, 6 for each weight and point."""
        return 6.0 * self.net.weight_count(self.inputs.dimensions) * self.inputs.points

    def flops(self, epochs: int) -> float:
        """Floating-point operations of so many epochs, with what is measured in them."""
        aside = sum(each.PASSES * len(each.epochs(epochs)) for each in self.measure)
        return self.flops_an_epoch * (epochs + aside)

    def check_horizon(self, epochs: int) -> None:
        """Raises `SpecError` where its scheduler ends before so many epochs."""
        if self.scheduler is not None and epochs > self.scheduler.epochs:
            rule = (
                f"the rule needs epoch {epochs}, but the scheduler ends after "
                f"{self.scheduler.epochs:g} steps, one for each epoch"
            )
            raise SpecError("scheduler", str(self.scheduler), rule, "give it more steps")

    def describe(self) -> str:
        """The setting in a few lines of text."""
        loop = self.loop
        waves = f", at most {self._oscillations:.3g} oscillations over the range"
        waves = waves if self.target.waves else ""
        batch = "full batch" if loop.batch is None else f"batches of {loop.batch}"
        weights = self.net.weight_count(self.inputs.dimensions)
        noise = "" if self.noise is None else f", with {self.noise}"
        stops = "" if loop.stop_below is None else f", until the loss is below {loop.stop_below:g}"
        asked = "" if self.probe_inputs is None else f", looked at on {self.probe_inputs}"
        scaled = "" if self.scaling is None else f", {self.scaling}"
        clipped = f", {loop.clipped}" if loop.clipped else ""
        names = ", ".join(each.called for each in self.measure)
        measured = f"\nmeasured: {names}" if names else ""
        target = "" if isinstance(self.target, Table) else f"{self.target}{waves}{noise}\n"
        return (
            f"{self.inputs}{asked}{scaled}\n"
            f"{target}"
            f"{self.net.described}, {weights} weights, {self.dtype}\n"
            f"{self.optimizer}{'' if self.scheduler is None else f', {self.scheduler}'}, "
            f"loss {loop.loss}, {batch}, zero_grad {loop.zero_grad}{clipped}{stops}{measured}"
        )


@dataclass(frozen=True, kw_only=True)
class Training:
    """A training loop of a claim's own, wherever an `Experiment` may stand.

    ``train(data, seed, device)`` is a generator that gives, for each epoch from the untrained state
    on, ``(loss, predict)``: what its loop minimises, and a function from features ``(m, d)`` to
    predictions ``(m,)`` or ``(m, 1)``, of which errors, shares and pictures are made. It is stopped
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
