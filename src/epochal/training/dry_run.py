"""A net is tried before anything trains: built once, run once, thrown away.

What would end a training after minutes, or let it go on to nonsense, is found here and told in one
line: a wrong shape (torch broadcasts ``(n,)`` against ``(n, 1)`` to ``(n, n)`` without a word), an
exception, a batch that a layer refuses, an output that is not finite, nothing to train. Code of the
claim's own runs twice for one seed, and must give the same bits.
"""

import copy
import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from epochal.errors import SpecError
from epochal.experiments.experiment import Experiment
from epochal.experiments.frames import summary
from epochal.experiments.loops import Loss
from epochal.experiments.measures import Measured
from epochal.experiments.nets import ModuleNet
from epochal.experiments.own_loop import Training
from epochal.experiments.targets import Function
from epochal.experiments.vectors import parts_of
from epochal.identity.sources import is_own
from epochal.patches import unpatched
from epochal.process import generators_kept, kept
from epochal.training import nets
from epochal.training.buffers import buffers_kept
from epochal.training.dry_run_data import SEED, check_repeats, data_of, not_repeated
from epochal.training.loss import batch_sizes, loss_of
from epochal.training.measuring import subject_of, try_once
from epochal.training.numerics import numerics
from epochal.training.optimizers import first_step
from epochal.training.randomness import TORCH, moved, seeded, states
from epochal.training.scores import as_trained

__all__ = ["DryRun", "dry_run", "has_named_loss", "has_own_code"]


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
        with guarded(experiment), kept(), numerics():
            _DONE[experiment.digest] = _trial(experiment)
    return _DONE[experiment.digest]


def has_own_code(experiment: Experiment | Training) -> bool:
    """Whether the claim brings the net, the inputs, the target or a measure itself."""
    target: Any = getattr(experiment.target, "of", experiment.target)
    parts = (experiment.inputs, *parts_of(target))
    own = any(is_own(type(each)) or isinstance(each, Function) for each in parts)
    if own or isinstance(experiment, Training):
        return own
    measures = any(isinstance(each, Measured) for each in experiment.measures)
    return measures or isinstance(experiment.net, ModuleNet)


def guarded(experiment: Experiment | Training) -> AbstractContextManager[object]:
    """A block after which nothing is replaced in libraries by code that the claim brings."""
    own = isinstance(experiment, Training) or has_own_code(experiment)
    return unpatched() if own else nullcontext()


def has_named_loss(experiment: Experiment | Training) -> bool:
    """Whether its loss is a `Loss`, whose domain its data or its untrained net may leave."""
    return isinstance(experiment, Experiment) and isinstance(experiment.loop.loss, Loss)


def _trial(experiment: Experiment | Training) -> DryRun:
    if isinstance(experiment, Experiment):
        return _repeated(experiment) if has_own_code(experiment) else _Try(experiment).trial()
    if experiment.inputs is not None and experiment.target is not None:
        check_repeats(experiment)  # type: ignore[arg-type]
    return DryRun("", False)


def _repeated(experiment: Experiment) -> DryRun:
    """Tries ``experiment`` twice for one seed, which must give the same bits."""
    check_repeats(experiment)
    before, tries, trials = states(), [_Try(experiment), _Try(experiment)], []
    for each in tries:
        with generators_kept():
            torch.manual_seed(SEED)
            trials.append((each.trial(), each.bits))
    one, other = tries
    drew = [name for name in moved(before) if name != TORCH]
    step = "draw from torch's global generator, which is set from the seed, or seed your own"
    if trials[0] != trials[1]:
        raise SpecError(one.field, one.value, not_repeated("made and run", drew), step)
    for name, value in one.measured.items():
        if value != other.measured[name]:
            raise SpecError("measure", name, not_repeated("taken", drew), step)
    return trials[0][0]


class _Try:
    def __init__(self, experiment: Experiment) -> None:
        self.experiment, self.loop = experiment, experiment.loop
        self.points = experiment.inputs.points
        own = isinstance(experiment.net, ModuleNet)
        self.field, self.value = ("net.factory" if own else "net"), str(experiment.net)
        self.data = data_of(experiment)
        dtype = getattr(torch, experiment.dtype)
        self.x = torch.from_numpy(self.data.features).to(dtype)
        y = torch.from_numpy(as_trained(experiment, self.data, self.data.noisy))
        self.y = y.to(dtype) if y.is_floating_point() else y
        self.net = self._built().to(dtype=dtype)
        self.bits: list[bytes] = []  # of the gradients after one backward pass
        self.measured: dict[str, bytes] = {}

    def trial(self) -> DryRun:
        sizes = batch_sizes(self.loop, self.points)
        modes = {name: each.training for name, each in self.net.named_modules()}
        self.net.eval()
        evaluated = self._steady(sizes[0])
        self._output(2)
        for name, each in self.net.named_modules():
            each.training = modes[name]
        if self.loop.train_mode != "never":
            self.net.train()
        trained = self._steady(sizes[0])
        for size in sizes[1:]:
            self._last(size)
        digest = self._digest(evaluated, trained)
        for each in self.experiment.measures:
            with seeded(SEED):
                value = try_once(each, subject_of(self, copy.deepcopy(self.net).eval()))
            self.measured[each.called] = value.tobytes()
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

    def _steady(self, size: int) -> torch.Tensor:
        """The output, which a call with the same buffers and draws must give again."""
        if not isinstance(self.experiment.net, ModuleNet):
            return self._output(size)
        before = states()
        with buffers_kept(self.net), generators_kept():
            first = self._output(size)
        again = self._output(size)
        if not torch.equal(first.nan_to_num(), again.nan_to_num()):
            drew = [name for name in moved(before) if name != TORCH]
            step = "draw from torch's global generator, which is set from the seed"
            step = step if drew else "keep what changes from call to call with register_buffer"
            raise SpecError(self.field, self.value, not_repeated("called", drew), step)
        return again

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


def _wrong_shape(wanted: tuple[int, int], shape: tuple[int, ...]) -> tuple[str, str]:
    size, outputs = wanted
    rule = f"for {size} points the net gives shape {shape} where {wanted} is needed"
    if shape == (size,) and outputs == 1:
        rule += f": torch would broadcast it against the target to ({size}, {size})"
        return rule, "end forward with .unsqueeze(-1), or leave out .squeeze()"
    number = "one output" if outputs == 1 else f"{outputs} outputs"
    return rule, f"let the last layer have {number}, and keep the axis of the points"
