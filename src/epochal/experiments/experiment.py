"""What is trained: one full training setting as a frozen record that checks itself.

Nothing here imports torch, so that listing claims is quick.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from epochal.errors import SpecError
from epochal.experiments.checks import choice, members, positive, record, whole
from epochal.experiments.inputs import Input, axes_of
from epochal.experiments.labels import Labels, check_labels
from epochal.experiments.layers import Siren
from epochal.experiments.loops import Loop, Scheduler
from epochal.experiments.measures import Confusion, Measure
from epochal.experiments.nets import MLP, ModuleNet
from epochal.experiments.parts import Optimizer
from epochal.experiments.resolution import check_target
from epochal.experiments.runs import BY_CLASSES, BY_OUTPUT, HELD_OUT, POINTS
from epochal.experiments.scaling import Scaling
from epochal.experiments.tables import inputs_of, table_of
from epochal.experiments.targets import Noise, Target
from epochal.experiments.vectors import outputs_of, parts_of
from epochal.identity.digest import digest

__all__ = ["INPUT", "TARGET", "Experiment"]

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
        check_labels(self)
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
            if table_of(self.target) is not None:
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
        object.__setattr__(self, "measure", tuple(given))
        names = self.recorded
        if len({*names}) < len(names):
            rule = "two of what is measured have one name"
            step = "leave out what is recorded anyway, or name a Measured otherwise"
            raise SpecError("measure", list(names), rule, step)

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
        waves = [wave for part in parts_of(self.target) for wave in part.waves]
        highest = max((wave.angular_frequency for wave in waves), default=0.0)
        return highest * self.probed.span / (2 * math.pi)

    @property
    def probed(self) -> Input:
        """The inputs of the probe grid."""
        return self.inputs if self.probe_inputs is None else self.probe_inputs

    @property
    def outputs(self) -> int:
        """The number of outputs of the net."""
        if isinstance(self.target, Labels):
            return self.target.outputs_for(self.loop)
        return outputs_of(self.target)

    @property
    def weights(self) -> int:
        """How many entries the net's weight matrices have, biases not counted."""
        return self.net.weight_count(self.inputs.dimensions, self.outputs)

    @property
    def mse_factor(self) -> float | None:
        """What multiplies a loss on all points to give their mean squared error, if any."""
        if isinstance(self.target, Labels):
            return None
        return self.loop.mse_factor(self.inputs.points * self.outputs)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is measured: all that is asked for, and of few classes how they are confused."""
        confused = isinstance(self.target, Labels) and self.target.count <= Confusion.MOST
        return (*self.measure, *([Confusion()] if confused else []))

    @property
    def recorded(self) -> tuple[str, ...]:
        """The names of all that `Runs.measured` will have."""
        return (*(each.called for each in self.measures), *self.every_epoch)

    @property
    def every_epoch(self) -> tuple[str, ...]:
        """The names of those that are recorded of every epoch."""
        if not isinstance(self.target, Labels):
            return (BY_OUTPUT,) * (outputs_of(self.target) > 1)
        table = table_of(self.target)
        held = table is not None and bool(table.held)
        return BY_CLASSES + held * tuple(HELD_OUT + name for name in (*BY_CLASSES, "loss"))

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that change with any field."""
        return digest(self)

    @property
    def flops_an_epoch(self) -> float:
        """Floating-point operations of one epoch, 6 for each weight and point."""
        return 6.0 * self.weights * self.inputs.points

    def flops(self, epochs: int) -> float:
        """Floating-point operations of so many epochs, with what is measured in them."""
        aside = sum(each.PASSES * len(each.epochs(epochs)) for each in self.measures)
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
        noise = "" if self.noise is None else f", with {self.noise}"
        stops = "" if loop.stop_below is None else f", until the loss is below {loop.stop_below:g}"
        asked = "" if self.probe_inputs is None else f", looked at on {self.probe_inputs}"
        scaled = "" if self.scaling is None else f", {self.scaling}"
        clipped = f", {loop.clipped}" if loop.clipped else ""
        outputs = f", {self.outputs} outputs" if self.outputs > 1 else ""
        names = ", ".join(self.recorded)
        measured = f"\nmeasured: {names}" if names else ""
        alone = table_of(self.target) is self.target
        target = "" if alone else f"{self.target}{waves}{noise}\n"
        return (
            f"{self.inputs}{asked}{scaled}\n"
            f"{target}"
            f"{self.net.described}{outputs}, {self.weights} weights, {self.dtype}\n"
            f"{self.optimizer}{'' if self.scheduler is None else f', {self.scheduler}'}, "
            f"loss {loop.loss}, {batch}, zero_grad {loop.zero_grad}{clipped}{stops}{measured}"
        )
