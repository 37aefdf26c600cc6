"""A plain training loop: one seed, nn.Sequential, autograd, torch.optim.

It is the oracle that faster engines are compared with, and the yardstick of their speed. The
measurements are taken from the forward pass that training makes anyway and change none of its
bits: the loss and the predictions of the forward pass in epoch e + 1 are those after e updates.
"""

import hashlib
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from epochal.experiments.data import draw
from epochal.experiments.experiment import Experiment
from epochal.experiments.runs import Runs
from epochal.process import generators_kept
from epochal.training import nets, optimizers
from epochal.training.buffers import buffers_kept
from epochal.training.devices import describe
from epochal.training.dry_run import dry_run
from epochal.training.engines.record import Record, Watch
from epochal.training.loss import loss_of
from epochal.training.observer import Observer
from epochal.training.randomness import generators, set_generators
from epochal.training.scores import as_trained, scores_of

__all__ = ["SeedTraining", "train_seed"]

NAME = "reference"


def train_seed(
    experiment: Experiment,
    seed: int,
    device: str,
    epochs: int,
    earlier: Runs | None = None,
    watch: Watch | None = None,
    observer: Observer | None = None,
) -> Runs:
    """Train one seed for ``epochs`` epochs in all, resuming from ``earlier`` if it is given.

    A resumed training is bit-identical to one that was never interrupted.
    """
    start = time.perf_counter()
    training = SeedTraining(experiment, seed, device, epochs, observer or Observer())
    if earlier is not None:
        training.resume(earlier)
    with generators_kept():
        training.run(watch or (lambda epoch, loss: None))
    spent = 0.0 if earlier is None else float(earlier.seconds[0])
    return training.runs(spent + time.perf_counter() - start)


class _Evaluated(NamedTuple):
    """What the net gives in evaluation mode, where that is asked for."""

    trained: torch.Tensor | None = None
    held: torch.Tensor | None = None
    probe: torch.Tensor | None = None


class SeedTraining:
    """One seed's net, optimizer and record while it trains."""

    def __init__(
        self, experiment: Experiment, seed: int, device: str, epochs: int, observer: Observer
    ) -> None:
        self.experiment, self.seed, self.device, self.epochs = experiment, seed, device, epochs
        self.loop = experiment.loop
        self.evaluates = dry_run(experiment).modes_differ
        self.dtype = getattr(torch, experiment.dtype)
        self.data = draw(experiment, seed)
        net = nets.build(experiment.net, experiment.inputs.dimensions, seed, experiment.outputs)
        self.net = net.to(device=device, dtype=self.dtype)
        self.optimizer = optimizers.make_optimizer(experiment.optimizer, self.net)
        data, judged = self.data, self.data.judged
        self.x = self._tensor(data.features)
        self.y = self._tensor(as_trained(experiment, data, data.noisy))
        self.scores = scores_of(experiment, data, self._tensor)
        self.unit, self.offset = (
            each if isinstance(each, float) else self._tensor(each)
            for each in (data.unit, data.offset)
        )
        own = experiment.noise is not None or experiment.scaling is not None
        apart = own or data.held is not None
        self.held = None if data.held is None else self._tensor(judged.features)
        self.probe = self._tensor(self.data.probe_features)
        self.order = torch.Generator().manual_seed(seed)
        self.globals: list[torch.Tensor] = []
        # An epoch at which the loop may stop must not have moved running means yet.
        may_stop = self.loop.stop_below is not None and self.evaluates
        own_updates = self.loop.batch is not None or optimizers.needs_closure(self.optimizer)
        self.measures_aside = own_updates or may_stop
        self.epoch, self.stopped = 0, False
        self.scheduler = optimizers.make_scheduler(experiment.scheduler, self.optimizer)
        factor = self.scores.factor(experiment.inputs.points)
        self.takes_error = self.evaluates or apart or factor is None
        self.record = Record(self.data, epochs, experiment.dtype, device, factor)
        self.observer = observer
        observer.on_begin(self)

    def _tensor(self, values: np.ndarray[Any, Any]) -> torch.Tensor:
        dtype = self.dtype if values.dtype.kind == "f" else torch.long
        return torch.from_numpy(values).to(device=self.device, dtype=dtype)

    def run(self, watch: Watch) -> None:
        """Trains up to the horizon, to the first non-finite loss, or to where the loop stops."""
        torch.manual_seed(self.seed)
        if self.globals:
            set_generators(self.device, self.globals)
        if self.loop.train_mode == "once":
            self.net.train()
        while self.epoch < self.epochs and not (self.record.diverged or self.stopped):
            self.observer.on_epoch(self, self._epoch)
            if not self.stopped:
                self.epoch += 1
                self.record.flush_if_due(watch)
        self.globals = generators(self.device)
        if not self.stopped:
            self._measure_aside()
        self.record.flush(watch)
        probe = self._evaluate(last=True).probe if self.stopped else None
        if probe is not None:
            self.record.hold(self.epoch, probe, _hash(self.net))

    def _epoch(self) -> None:
        if self.loop.train_mode == "every_epoch":
            self.net.train()
        if self.measures_aside:
            self._measure_aside()
            if self.stopped:
                return
        if optimizers.needs_closure(self.optimizer):
            self.optimizer.step(self._closure)  # type: ignore[arg-type]
        else:
            for rows in self.batches():
                self.observer.on_update(self, partial(self._update, rows))
        if self.scheduler is not None and not self.stopped:
            optimizers.step(self.scheduler, self.loss)

    def _update(self, rows: torch.Tensor | slice | None) -> None:
        if self.loop.zero_grad == "before":
            self.optimizer.zero_grad()
        if rows is None:
            evaluated = self._evaluate()
            loss = self._measure(self.net(self.x), evaluated)
            if self.stopped:
                return
        else:
            loss = loss_of(self.loop, self.net(self.x[rows]), self.y[rows])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizers.clip(self.loop, self.net)
        self.optimizer.step()
        if self.loop.zero_grad == "after":
            self.optimizer.zero_grad()

    def batches(self) -> Iterator[torch.Tensor | slice | None]:
        """The rows of each update of an epoch; None for all, measured on the way."""
        if self.loop.batch is None:
            yield slice(None) if self.measures_aside else None
            return
        order = torch.randperm(len(self.x), generator=self.order).to(self.device)
        batches = torch.split(order, self.loop.batch)
        yield from batches[: len(self.x) // self.loop.batch] if self.loop.drop_last else batches

    def _closure(self) -> torch.Tensor:
        self.optimizer.zero_grad()
        loss = loss_of(self.loop, self.net(self.x), self.y)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizers.clip(self.loop, self.net)
        return loss

    def _measure_aside(self) -> None:
        """Measures with a forward pass of its own."""
        evaluated = self._evaluate()
        with self.aside():
            output = self.net(self.x)
        self._measure(output, evaluated)

    def _measure(self, output: torch.Tensor, evaluated: _Evaluated) -> torch.Tensor:
        """Records the state after ``self.epoch`` updates; gives back the loss to differentiate."""
        loss = loss_of(self.loop, output, self.y)
        self.loss, trained = loss.detach(), evaluated.trained
        if trained is None:
            trained = self._in_units(output.detach())
        judged = trained if evaluated.held is None else evaluated.held
        error = self.scores.error(judged) if self.takes_error else None
        more = self.scores.more(trained, judged)
        self.record.epoch(self.epoch, self.loss, judged, error, more)
        if evaluated.probe is not None:
            self.record.snapshot(self.epoch, evaluated.probe, _hash(self.net))
        if self.loop.stop_below is not None:
            self.stopped = float(self.loss) < self.loop.stop_below
        return loss

    def _evaluate(self, last: bool = False) -> _Evaluated:
        """What the net gives in evaluation mode, before a training pass moves running means."""
        asked = self.evaluates and (self.held is None or self.scores.needs_both)
        trained = self.x if asked else None
        probe = self.probe if last or self.record.is_snapshot(self.epoch) else None
        if trained is None and self.held is None and probe is None:
            return _Evaluated()
        modes = [(each, each.training) for each in self.net.modules()]
        with self.aside():
            self.net.eval()
            found = [
                None if each is None else self._in_units(self.net(each))
                for each in (trained, self.held, probe)
            ]
        for each, training in modes:
            each.training = training
        if found[2] is not None:
            found[2] = self.scores.predicted(found[2])
        return _Evaluated(*found)

    def _in_units(self, output: torch.Tensor) -> torch.Tensor:
        """What the net gives, in the target's own units."""
        scaling = self.experiment.scaling
        if scaling is None or scaling.target == "as_is":
            return output
        return self.unit * output + self.offset

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Restore generators and buffers after a block that calls the net."""
        with buffers_kept(self.net), torch.no_grad(), generators_kept():
            yield

    def resume(self, earlier: Runs) -> None:
        """Takes up weights, optimizer, gradients, generators and record where ``earlier`` ended."""
        state = torch.load(io.BytesIO(earlier.states[0]), map_location="cpu", weights_only=True)
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state["scheduler"])
        for parameter, gradient in zip(self.net.parameters(), state["gradients"], strict=True):
            parameter.grad = None if gradient is None else gradient.to(self.device)
        self.order.set_state(state["order"])
        self.globals = state["globals"]
        self.epoch = earlier.epochs_done
        if self.loop.stop_below is not None:
            self.stopped = float(earlier.loss[0, -1]) < self.loop.stop_below
        self.record.resume(earlier, self.experiment.every_epoch)

    def state(self) -> bytes:
        """Everything that `resume` needs."""
        buffer = io.BytesIO()
        summed = self.loop.zero_grad == "never"  # else they are zeroed before they are used
        gradients = [each.grad if summed else None for each in self.net.parameters()]
        state = {
            "net": self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": None if self.scheduler is None else self.scheduler.state_dict(),
            "gradients": gradients,
            "order": self.order.get_state(),
            "globals": self.globals,
        }
        torch.save(state, buffer)
        return buffer.getvalue()

    def runs(self, seconds: float) -> Runs:
        """The record as `Runs` of one seed."""
        waves = [wave.angular_frequency for wave in self.experiment.target.waves]
        return Runs(
            experiment=self.experiment.digest,
            engine=NAME,
            device=f"{self.device} ({describe(self.device)})",
            seeds=np.array([self.seed]),
            waves=np.array(waves),
            probe=self.data.probe,
            probe_target=self.data.probe_target[None],
            train_positions=self.data.judged.positions[None],
            train_target=self.data.judged.target[None],
            seconds=np.array([seconds]),
            evaluated=self.evaluates,
            classes=self.scores.count,
            states=(self.state(),),
            **self.record.arrays(),
        )


def _hash(net: nn.Module) -> str:
    text = hashlib.sha256()
    for parameter in net.parameters():
        text.update(parameter.detach().cpu().numpy().tobytes())
    return text.hexdigest()[:16]
