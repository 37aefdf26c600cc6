"""A net is tried before anything trains: built once, run once, thrown away.

What would end a training after minutes, or let it go on to nonsense, is found here and told in one
line: a wrong shape (torch broadcasts ``(n,)`` against ``(n, 1)`` to ``(n, n)`` without a word), an
exception, a batch that a layer refuses, an output that is not finite, nothing to train. Code of the
claim's own runs twice for one seed, and must give the same bits.
"""

import copy
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import nn

from epochal.errors import SpecError
from epochal.experiments.data import Data, Setting, draw
from epochal.experiments.experiment import Experiment
from epochal.experiments.frames import summary
from epochal.experiments.inputs import axes_of
from epochal.experiments.loops import Loss
from epochal.experiments.nets import ModuleNet
from epochal.experiments.own_loop import Training
from epochal.experiments.tables import table_of
from epochal.experiments.targets import Function
from epochal.experiments.vectors import outputs_of, parts_of
from epochal.identity.sources import is_own
from epochal.process import generators_kept, kept
from epochal.training import nets
from epochal.training.loss import batch_sizes, loss_of
from epochal.training.measuring import subject_of, try_once
from epochal.training.numerics import numerics
from epochal.training.optimizers import first_step
from epochal.training.randomness import TORCH, moved, states
from epochal.training.scores import as_trained

__all__ = ["DryRun", "dry_run", "has_named_loss", "has_own_code"]

SEED = 0


@dataclass(frozen=True)
class DryRun:
    """What the throwaway net showed.

    Attributes:
        digest: stands for the net's parameters and what it gives at fixed points.
        modes_differ: whether it gives other outputs in training than in evaluation mode.
    """

    digest: str
    modes_differ: bool


_DONE: dict[str, DryRun] = {}


def dry_run(experiment: Experiment | Training) -> DryRun:
    """Tries the data and the net of ``experiment`` on the CPU, once a process.

    Of a loop of the claim's own only the data are tried.

    Raises:
        SpecError: it cannot be trained, with the reason and what to do.
    """
    if experiment.digest not in _DONE:
        with kept(), numerics():
            _DONE[experiment.digest] = _trial(experiment)
    return _DONE[experiment.digest]


def has_own_code(experiment: Experiment | Training) -> bool:
    """Whether the claim brings the net, the inputs or the target itself."""
    target: Any = getattr(experiment.target, "of", experiment.target)
    parts = (experiment.inputs, *parts_of(target))
    own = any(is_own(type(each)) or isinstance(each, Function) for each in parts)
    return own or (isinstance(experiment, Experiment) and isinstance(experiment.net, ModuleNet))


def has_named_loss(experiment: Experiment | Training) -> bool:
    """Whether its loss is a `Loss`, whose domain its data or its untrained net may leave."""
    return isinstance(experiment, Experiment) and isinstance(experiment.loop.loss, Loss)


def _trial(experiment: Experiment | Training) -> DryRun:
    if isinstance(experiment, Experiment):
        return _repeated(experiment) if has_own_code(experiment) else _Try(experiment).trial()
    if experiment.inputs is not None and experiment.target is not None:
        _repeated_data(experiment)  # type: ignore[arg-type]
    return DryRun("", False)


def _repeated(experiment: Experiment) -> DryRun:
    """Tries ``experiment`` twice for one seed, which must give the same bits."""
    _repeated_data(experiment)
    before, tries, trials = states(), [_Try(experiment), _Try(experiment)], []
    for each in tries:
        with generators_kept():
            torch.manual_seed(SEED)
            trials.append((each.trial(), each.bits))
    if trials[0] != trials[1]:
        drew = [name for name in moved(before) if name != TORCH]
        step = "draw from torch's global generator, which is set from the seed, or seed your own"
        raise SpecError(tries[0].field, tries[0].value, _not_repeated("made and run", drew), step)
    return trials[0][0]


def _repeated_data(experiment: Setting) -> None:
    """Draws the data of one seed twice, which must give the same bits."""
    before = states()
    one, other = _data(experiment), _data(experiment)
    pairs = [(getattr(one, each.name), getattr(other, each.name)) for each in fields(one)]
    if any(isinstance(a, np.ndarray) and a.tobytes() != b.tobytes() for a, b in pairs):
        name = f"{type(experiment.inputs).__name__} and {experiment.target}"
        step = "draw from the RandomState that positions(random) is given, or seed your own"
        raise SpecError("inputs, target", name, _not_repeated("drawn", moved(before)), step)


def _not_repeated(done: str, drew: Sequence[str]) -> str:
    """The rule that is broken where two tries differ; ``drew`` names generators that moved."""
    rule = f"{done} twice for one seed, the numbers differ"
    return f"{rule}: {' and '.join(drew)} moved" if drew else rule


class _Try:
    def __init__(self, experiment: Experiment) -> None:
        self.experiment, self.loop = experiment, experiment.loop
        self.points = experiment.inputs.points
        own = isinstance(experiment.net, ModuleNet)
        self.field, self.value = ("net.factory" if own else "net"), str(experiment.net)
        self.data = _data(experiment)
        dtype = getattr(torch, experiment.dtype)
        self.x = torch.from_numpy(self.data.features).to(dtype)
        y = torch.from_numpy(as_trained(experiment, self.data, self.data.noisy))
        self.y = y.to(dtype) if y.is_floating_point() else y
        self.net = self._built().to(dtype=dtype)
        self.bits: list[bytes] = []  # of the gradients after one backward pass

    def trial(self) -> DryRun:
        sizes = batch_sizes(self.loop, self.points)
        modes = {name: each.training for name, each in self.net.named_modules()}
        self.net.eval()
        evaluated = self._output(sizes[0])
        self._output(2)
        for name, each in self.net.named_modules():
            each.training = modes[name]
        if self.loop.train_mode != "never":
            self.net.train()
        trained = self._output(sizes[0])
        for size in sizes[1:]:
            self._last(size)
        digest = self._digest(evaluated, trained)
        for each in self.experiment.measures:
            try_once(each, subject_of(self, copy.deepcopy(self.net).eval()))
        self._backward()
        same = torch.equal(evaluated.nan_to_num(), trained.nan_to_num())
        return DryRun(digest, modes_differ=not same)

    def _built(self) -> nn.Module:
        net: nn.Module = self._attempt(
            lambda: nets.build(
                self.experiment.net,
                self.experiment.inputs.dimensions,
                SEED,
                self.experiment.outputs,
            ),
            "it fails when it makes the net",
        )
        if not any(each.requires_grad for each in net.parameters()):
            rule = "the net has no parameter that requires a gradient, so nothing would be trained"
            step = "give it layers of torch.nn, or parameters of its own as nn.Parameter"
            raise SpecError(self.field, self.value, rule, step)
        return net

    def _attempt(self, work: Callable[[], Any], what: str) -> Any:
        try:
            return work()
        except SpecError:
            raise
        except Exception as error:
            rule, step = f"{what} ({summary(error)})", "mend it"
            raise SpecError(self.field, self.value, rule, step) from error

    def _output(self, size: int) -> torch.Tensor:
        size = min(size, self.points)
        output = self._attempt(lambda: self.net(self.x[:size]), f"it fails on {size} points")
        if not isinstance(output, torch.Tensor):
            rule = f"the net gives a {type(output).__name__} where a tensor is needed"
            raise SpecError(self.field, self.value, rule, "return the prediction alone")
        wanted = size, self.experiment.outputs
        if output.shape != wanted:
            raise SpecError(self.field, self.value, *_wrong_shape(wanted, tuple(output.shape)))
        bad = int((~torch.isfinite(output)).sum())
        if bad and isinstance(self.experiment.net, ModuleNet):
            rule = f"before any training its output is not finite at {bad} of {size} points"
            step = "look at its initialisation, and at logarithms, roots and divisions"
            raise SpecError(self.field, self.value, rule, step)
        return output.detach()

    def _last(self, size: int) -> None:
        try:
            self._output(size)
        except SpecError as error:
            points = "1 point" if size == 1 else f"{size} points"
            raise SpecError(
                "loop.batch",
                self.loop.batch,
                f"of {self.points} points the last batch has {points}, which the net refuses "
                f"({summary(error.__cause__) if error.__cause__ else error.rule})",
                f"give Loop(batch={self.loop.batch}, drop_last=True), or another batch",
            ) from error

    def _loss(self, size: int) -> torch.Tensor:
        """The loss on ``size`` points, which a named one may refuse."""
        output = self.net(self.x[:size])
        if not isinstance(self.loop.loss, Loss):
            return loss_of(self.loop, output, self.y[:size])
        rule, step = "", "choose another loss, or an output and targets in its domain"
        try:
            loss = loss_of(self.loop, output, self.y[:size])
        except Exception as error:
            rule = f"torch refuses the untrained net's output or the targets ({summary(error)})"
            raise SpecError("loop.loss", str(self.loop.loss), rule, step) from error
        if not torch.isfinite(loss):
            rule = f"of the untrained net it is {loss.item()}"
            raise SpecError("loop.loss", str(self.loop.loss), rule, step)
        return loss

    def _backward(self) -> None:
        size = batch_sizes(self.loop, self.points)[0]

        def work() -> None:
            self._loss(size).backward()  # type: ignore[no-untyped-call]

        self._attempt(work, "the loss cannot be differentiated")
        if all(each.grad is None for each in self.net.parameters()):
            rule = "no parameter gets a gradient from the loss, so nothing would be trained"
            step = "use the parameters in forward, without detach() or no_grad()"
            raise SpecError(self.field, self.value, rule, step)
        given = [each.grad for each in self.net.parameters() if each.grad is not None]
        self.bits = [each.reshape(-1).view(torch.uint8).numpy().tobytes() for each in given]
        first_step(self.experiment, self.net, lambda: self._loss(size))

    def _digest(self, *outputs: torch.Tensor) -> str:
        text = hashlib.sha256()
        given = {f"output {place}": each for place, each in enumerate(outputs)}
        for name, each in {**dict(self.net.named_parameters()), **given}.items():
            text.update(f"{name} {tuple(each.shape)} {each.dtype}".encode())
            text.update(each.detach().reshape(-1).view(torch.uint8).numpy().tobytes())
        return text.hexdigest()[:16]


def _data(experiment: Setting) -> Data:
    """The data of one seed, which own inputs and targets may fail to give."""
    inputs, target = experiment.inputs, experiment.target
    name = f"{type(inputs).__name__} and {type(target).__name__}"
    try:
        data = draw(experiment, SEED)
    except SpecError:
        raise
    except Exception as error:
        rule = f"they fail to give the data of a seed ({summary(error)})"
        raise SpecError("inputs, target", name, rule, "mend them") from error
    points, probe, axes = inputs.points, experiment.probe, axes_of(inputs)
    table, outputs = table_of(target), outputs_of(target)
    if axes > 1 or table is not None:
        probe = len(data.probe)  # the largest square within it, or no more than there are rows
    each = () if axes == 1 else (axes,)
    several = () if outputs == 1 else (outputs,)
    _check("inputs.positions", inputs, data.positions, (points, *each))
    _check("inputs.features", inputs, data.features, (points, inputs.dimensions))
    _check("inputs.grid", experiment.probed, data.probe, (probe, *each))
    _check("target.values", target, data.target, (points, *several))
    if table is None:
        _check("target.values", target, data.probe_target, (probe, *several))
    return data


def _check(field: str, owner: object, values: Any, shape: tuple[int, ...]) -> None:
    name = type(owner).__name__
    if np.shape(values) != shape:
        rule = f"it gives an array of shape {np.shape(values)} where {shape} is needed"
        raise SpecError(field, name, rule, "return one number for each position, in their order")
    bad = int((~np.isfinite(values)).sum())
    if bad:
        rule = f"{bad} of its {np.size(values)} numbers are not finite"
        raise SpecError(field, name, rule, "look at logarithms, roots and divisions")


def _wrong_shape(wanted: tuple[int, int], shape: tuple[int, ...]) -> tuple[str, str]:
    size, outputs = wanted
    rule = f"for {size} points the net gives shape {shape} where {wanted} is needed"
    if shape == (size,) and outputs == 1:
        rule += f": torch would broadcast it against the target to ({size}, {size})"
        return rule, "end forward with .unsqueeze(-1), or leave out .squeeze()"
    number = "one output" if outputs == 1 else f"{outputs} outputs"
    return rule, f"let the last layer have {number}, and keep the axis of the points"
