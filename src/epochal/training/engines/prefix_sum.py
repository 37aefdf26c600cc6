"""One hidden ReLU layer on a line or the circle, exactly, in O(n + m) an epoch instead of O(n·m).

A unit w·x + b is positive on one stretch of the points: on a half-line, or for x = (cos θ, sin θ)
on one arc. So the layer's output is a sum over units of (a·w, a·b) over stretches of the sorted
points: added where a stretch begins, taken away behind its end, and summed up once over the points.
The gradient is the same backwards: sums of r·x and r up to each point, two look-ups a unit. Nothing
is approximated; sums are in float64 whatever the weights are in.

All else is the loop of `reference`: drawing, optimizer, loss, record. An epoch also computes the
net as `reference` does if a value is not finite, or if the units are so large that rounding in
their sum would be visible (`CANCELLED`), as after a blow-up. So both trainings end alike.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from epochal.experiments.experiment import Experiment
from epochal.experiments.runs import Runs
from epochal.training.engines import prefix_sum_torch, reference
from epochal.training.engines.choice import shape
from epochal.training.engines.record import Watch
from epochal.training.observer import Observer, SeedTraining

try:
    from epochal.training.engines import prefix_sum_numba
except ImportError:
    compiled: Any = None
else:
    compiled = prefix_sum_numba

__all__ = ["Points", "Shallow", "compile_for", "train_seed"]

NAME = "prefix_sum"

CANCELLED = 1e7
"""How many times the target's size the units may have together: of 16 digits 9 are left."""


def train_seed(
    experiment: Experiment,
    seed: int,
    device: str,
    epochs: int,
    earlier: Runs | None = None,
    watch: Watch | None = None,
    observer: Observer | None = None,
) -> Runs:
    """As ``reference.train_seed``, for settings that `choice.refused` does not refuse."""
    exchange = _Exchange(observer or Observer())
    runs = reference.train_seed(experiment, seed, device, epochs, earlier, watch, exchange)
    return replace(runs, engine=NAME)


@dataclass(frozen=True)
class _Exchange(Observer):
    """Gives the reference loop the net of this engine."""

    inner: Observer

    def on_begin(self, training: SeedTraining) -> None:
        self.inner.on_begin(training)
        shallow = Shallow(training.net)
        closed = shape(training.experiment.inputs) == "circle"
        limit = CANCELLED * (float(training.y.abs().max()) or 1.0)
        for x in (training.x, training.probe):
            shallow.known[id(x)] = x, Points(x, closed, limit)
        training.net = shallow

    def on_epoch(self, training: SeedTraining, step: Callable[[], None]) -> None:
        self.inner.on_epoch(training, step)

    def on_update(self, training: SeedTraining, step: Callable[[], None]) -> None:
        self.inner.on_update(training, step)


@cache
def compile_for(dtype: torch.dtype, biased: bool) -> None:
    """Compiles the sums for weights of ``dtype``; on disk they are there for other processes."""
    x = torch.eye(2, dtype=dtype)
    points, ones = Points(x, closed=True), torch.ones(2, dtype=dtype)
    given = x, ones if biased else None, ones, 1.0
    points.forward(*given)
    points.backward(ones, *given)


class Shallow(nn.Sequential):
    """The net of `reference`, computed by sums at the points that it knows.

    Args:
        net: one hidden ReLU layer; its modules, and so its weights, are shared.

    Attributes:
        known: by the id of a tensor of points, that tensor and the points.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__(*net.children())
        self.known: dict[int, tuple[Tensor, Points]] = {}

    def forward(self, x: Tensor) -> Tensor:
        """(n, d) to (n, 1)."""
        if id(x) in self.known:
            points = self.known[id(x)][1]
            modules: list[Any] = list(self._modules.values())
            hidden, _, last, *scaled = modules
            factor = scaled[0].factor if scaled else 1.0
            out: Tensor = _Sum.apply(  # type: ignore[no-untyped-call]
                hidden.weight, hidden.bias, last.weight, factor, points
            )
            if points.reliable:
                return out if last.bias is None else out + factor * last.bias
        return super().forward(x)  # type: ignore[no-any-return, no-untyped-call]


class Points:
    """Points that a layer is computed at, sorted, and where its units were active last.

    Args:
        x: (n, 1 or 2).
        closed: whether they lie around the circle.
        limit: from which size of the units on sums over them are not relied on.
    """

    def __init__(self, x: Tensor, closed: bool, limit: float = math.inf) -> None:
        self.limit = limit
        plane = torch.zeros(len(x), 2, dtype=torch.float64, device=x.device)
        plane[:, : x.shape[1]] = x
        along = torch.atan2(plane[:, 1], plane[:, 0]) if closed else plane[:, 0]
        self.order = torch.argsort(along, stable=True)
        self.x, self.angles = plane[self.order], along[self.order] if closed else None
        self.reliable = True
        self.compiled = compiled is not None
        if self.compiled:
            none = np.zeros(0)
            self._arrays = self.x.numpy(), self.order.numpy()
            self._angles = none if self.angles is None else self.angles.numpy()
            self._sums = np.zeros((len(x) + 1, 3))
            self._ends: Sequence[Any] = (none, none)

    def forward(self, w: Tensor, b: Tensor | None, a: Tensor, factor: float) -> Tensor:
        """The sum over units at every point, (n,), from w (m, d), b (m,) and ``factor`` a (m,)."""
        if not self.compiled:
            double = (_plane(w), None if b is None else b.double(), a.double())
            out, self.reliable, *self._ends = prefix_sum_torch.forward(
                self.x, self.angles, self.order, *double, factor, limit=self.limit
            )
            return out.to(w.dtype)
        if len(self._ends[0]) != len(a):
            self._ends = np.zeros(len(a), np.int64), np.zeros(len(a), np.int64)
        out = w.new_empty(len(self.x))
        x, order = self._arrays
        self.reliable = compiled.forward(
            x,
            self._angles,
            order,
            *_numpy(w, b, a),
            factor,
            *self._ends,
            self.limit,
            self._sums,
            out.numpy(),
        )
        return out

    def backward(
        self, slope: Tensor, w: Tensor, b: Tensor | None, a: Tensor, factor: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The gradients of w, b and a, where `forward` was called last with these."""
        if not self.compiled:
            double = (_plane(w), None if b is None else b.double(), a.double())
            given = (slope.double(), *double, factor, *self._ends)
            found = prefix_sum_torch.backward(self.x, self.order, *given)
            into_w, into_b, into_a = (each.to(w.dtype) for each in found)
            return into_w[:, : w.shape[1]], into_b, into_a
        into = torch.empty_like(w), torch.empty_like(a), torch.empty_like(a)
        x, order = self._arrays
        arrays = [each.numpy() for each in into]
        compiled.backward(
            x, order, *_numpy(slope, w, b, a), factor, *self._ends, self._sums, *arrays
        )
        return into


class _Sum(torch.autograd.Function):
    """Σ a·relu(w·x + b) over the units, times a factor, (n, 1), at `Points`."""

    @staticmethod
    def forward(
        ctx: Any, w: Tensor, b: Tensor | None, a: Tensor, factor: float, points: Points
    ) -> Tensor:
        ctx.save_for_backward(w, b, a)
        ctx.factor, ctx.points = factor, points
        return points.forward(w, b, a[0], factor)[:, None]

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Any:
        w, b, a = ctx.saved_tensors
        given = slope[:, 0].contiguous(), w, b, a[0], ctx.factor
        into_w, into_b, into_a = ctx.points.backward(*given)
        needs = ctx.needs_input_grad
        into_a = into_a[None] if needs[2] else None
        return into_w, into_b if needs[1] else None, into_a, None, None


def _plane(w: Tensor) -> Tensor:
    return w.double() if w.shape[1] == 2 else torch.cat([w, torch.zeros_like(w)], 1).double()


def _numpy(*tensors: Tensor | None) -> list[Any]:
    return [np.zeros(0) if each is None else each.detach().numpy() for each in tensors]
