"""Takes the measurements of a setting while it trains, and changes no bit of the training."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from epochal.errors import BrokenRun, SpecError
from epochal.experiments.experiment import Experiment
from epochal.experiments.frames import summary
from epochal.experiments.labels import Labels
from epochal.experiments.measures import Measure, Measured
from epochal.experiments.runs import Measurements, Runs
from epochal.training.instruments import INSTRUMENTS, Subject
from epochal.training.loss import loss_of
from epochal.training.observer import Observer, SeedTraining
from epochal.training.randomness import seeded
from epochal.training.scores import as_trained

__all__ = ["Measuring", "subject_of", "try_once"]


class Measuring(Observer):
    """Measures what ``experiment`` asks for, and passes every step on to another observer."""

    def __init__(self, experiment: Experiment, inner: Observer | None = None) -> None:
        self.inner, self.measures = inner or Observer(), experiment.measures
        self.found: dict[str, dict[int, NDArray[np.float64]]] = {
            each.called: {} for each in self.measures
        }
        self.due: dict[str, set[int]] = {}
        self.training: SeedTraining = None

    def on_begin(self, training: SeedTraining) -> None:
        self.training = training
        self.due = {each.called: {*each.epochs(training.epochs)} for each in self.measures}
        self.inner.on_begin(training)

    def on_epoch(self, training: SeedTraining, step: Callable[[], None]) -> None:
        self._measure()
        self.inner.on_epoch(training, step)

    def on_update(self, training: SeedTraining, step: Callable[[], None]) -> None:
        self.inner.on_update(training, step)

    def _measure(self) -> None:
        epoch = self.training.epoch
        for each in self.measures:
            values = self.found[each.called]
            if epoch in self.due[each.called] and epoch not in values:
                values[epoch] = _at(each, self.training)

    def added(self, runs: Runs, earlier: Runs | None = None) -> Runs:
        """``runs`` of the seed with what was measured of it, and of ``earlier``."""
        self._measure()  # the last state, which no epoch follows
        [gone], ended = runs.diverged_at(), self.training.epoch
        measured = {}
        for each in self.measures:
            values = dict(self.found[each.called])
            if earlier is not None:
                values |= earlier.measured[each.called].by_epoch
            epochs = each.epochs(runs.epochs_done)
            lost = np.full_like(values[0], np.nan)
            # A loop that has stopped stays as it was.
            last = values[max(epoch for epoch in epochs if epoch <= ended)]
            rows = [
                values.get(epoch, last) if gone is None or epoch < gone else lost
                for epoch in epochs
            ]
            stacked = np.stack([row if row.shape == lost.shape else lost for row in rows])
            measured[each.called] = Measurements(np.array(epochs), stacked[None])
        return replace(runs, measured={**runs.measured, **measured})


def _at(measure: Measure, training: SeedTraining) -> NDArray[np.float64]:
    """The measurement of the net as it is; NaN where its loss is not finite any more.

    All global generators are set from the seed, for a function that draws.
    """
    subject = subject_of(training, training.net)
    with seeded(training.seed), _as_used(training):
        with torch.no_grad():
            if not torch.isfinite(loss_of(subject.loop, subject.net(subject.x), subject.y)):
                return np.array(np.nan)
        before = _bits(subject)
        try:
            value = taken(measure, subject)
        except Exception as error:
            rule = f"{measure.called} could not be measured ({summary(error)})"
            raise BrokenRun(f"epoch {training.epoch}: {rule}") from error
        why = _flaw(value, before, _bits(subject), finite=isinstance(measure, Measured))
    if why:
        raise BrokenRun(f"epoch {training.epoch}: {measure.called} {why}")
    return value


def subject_of(training: Any, net: nn.Module) -> Subject:
    """What is measured of a ``training``, which has data and a loop."""
    data, held = training.data, None
    if data.held is not None:
        x = torch.from_numpy(data.held.features).to(training.x)
        y = as_trained(training.experiment, data, data.held.target)
        held = x, torch.from_numpy(y).to(training.y)
    target = training.experiment.target
    count = target.count if isinstance(target, Labels) else 0
    return Subject(net, training.x, training.y, training.loop, held, count)


def try_once(measure: Measure, subject: Subject) -> NDArray[np.float64]:
    """Takes ``measure`` of an untrained net; raises `SpecError` if that fails."""
    field, name, before = f"measure {measure.called!r}", type(measure).__name__, _bits(subject)
    try:
        value = taken(measure, subject)
    except SpecError:
        raise
    except Exception as error:
        rule = f"it fails on the untrained net ({summary(error)})"
        raise SpecError(field, name, rule, "mend it") from error
    if why := _flaw(value, before, _bits(subject)):
        rule, _, step = why.partition(": ")
        step = step or "look at logarithms, roots and divisions"
        raise SpecError(field, name, f"of the untrained net it {rule}", step)
    return value


def taken(measure: Measure, subject: Subject) -> NDArray[np.float64]:
    """What ``measure`` gives of ``subject``, whose net is in evaluation mode."""
    if isinstance(measure, Measured):
        value = measure.function(subject.net, subject.x, subject.y)
    else:
        instrument = INSTRUMENTS.get(type(measure))
        if instrument is None:
            rule = "a class of your own has no way to be measured"
            step = "give Measured(name=…, function=…)"
            raise SpecError("measure", type(measure).__name__, rule, step)
        value = instrument(measure, subject)
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    return np.asarray(value, np.float64)


def _flaw(value: NDArray[np.float64], before: bytes, after: bytes, finite: bool = True) -> str:
    """What is wrong with a measurement, in words; nothing if it can be kept."""
    if before != after:
        return "changed the weights or the data: change copies, such as copy.deepcopy(net)"
    if value.ndim > 1 or not value.size:
        return f"gave the shape {value.shape}: return one number, or several in one row"
    bad = int((~np.isfinite(value)).sum())
    return f"gave {bad} of {value.size} numbers that are not finite" if bad and finite else ""


@contextmanager
def _as_used(training: SeedTraining) -> Iterator[None]:
    """Evaluation mode and no gradients in a block; after it all is as it was, but the weights."""
    net = training.net
    modes = [(each, each.training) for each in net.modules()]
    kept = [(each, each.grad, each.requires_grad) for each in net.parameters()]
    with training.aside(), torch.enable_grad():
        net.eval()
        for parameter, _, _ in kept:
            parameter.grad = None
        try:
            yield
        finally:
            for parameter, gradient, trained in kept:
                parameter.grad = gradient
                parameter.requires_grad_(trained)
            for each, mode in modes:
                each.training = mode


def _bits(subject: Subject) -> bytes:
    """Those of all that a measurement may not change."""
    tensors = (*subject.net.parameters(), subject.x, subject.y)
    return b"".join(each.detach().cpu().numpy().tobytes() for each in tensors)
