"""How each measurement of `epochal.experiments.measures` is taken of a net."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from epochal.errors import SpecError
from epochal.experiments.loops import Loop
from epochal.experiments.measures import (
    Confusion,
    DeadUnits,
    GradientNorm,
    LayerNorms,
    LinearRegions,
    Sharpness,
    WeightNorm,
)
from epochal.training.loss import loss_of
from epochal.training.scores import decided

__all__ = ["INSTRUMENTS", "Subject"]

Array = NDArray[np.float64]

FEW = 12
"""With no more parameters the whole Hessian is made: Lanczos needs more."""

VECTORS = 6
"""Lanczos vectors between two restarts: the largest eigenvalue mostly stands out after as many."""


@dataclass(frozen=True)
class Subject:
    """What is measured: a net, the features ``(n, d)`` and targets ``(n, k)`` that it trains on."""

    net: nn.Module
    x: torch.Tensor
    y: torch.Tensor
    loop: Loop
    held: tuple[torch.Tensor, torch.Tensor] | None = None
    """Features and targets that a table holds out, as training would see them."""

    classes: int = 0
    """The number of classes; 0 where targets are numbers."""

    @property
    def weights(self) -> list[nn.Parameter]:
        """The parameters that are trained."""
        return [each for each in self.net.parameters() if each.requires_grad]

    def gradient(self, create_graph: bool = False) -> torch.Tensor:
        """The gradient of the training loss over all points, in one row."""
        loss, weights = loss_of(self.loop, self.net(self.x), self.y), self.weights
        found = torch.autograd.grad(
            loss, weights, create_graph=create_graph, materialize_grads=True
        )
        return _flat(found)


def sharpness(measure: Sharpness, subject: Subject) -> float:
    """The largest eigenvalue of the Hessian of the loss.

    Products with the Hessian are exact derivatives of the gradient, in the net's own dtype.
    """
    gradient, weights = subject.gradient(create_graph=True), subject.weights
    size = gradient.numel()
    if not gradient.requires_grad:  # the loss is linear in every weight
        return 0.0

    if not torch.isfinite(gradient).all():
        return float("nan")

    def times(vector: Array) -> Array:
        direction = torch.from_numpy(np.array(vector.ravel())).to(gradient)
        product = torch.autograd.grad(
            gradient @ direction, weights, retain_graph=True, materialize_grads=True
        )
        found = _flat(product).double().cpu().numpy()
        if not np.isfinite(found).all():
            raise FloatingPointError
        return found

    with suppress(FloatingPointError):  # it overflows where a training is about to diverge
        return _largest(times, size, measure.tolerance)
    return float("nan")


def _largest(times: Callable[[Array], Array], size: int, tolerance: float) -> float:
    """The largest eigenvalue of a symmetric matrix that is known by its products."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    if size <= FEW:
        whole = np.stack([times(row) for row in np.eye(size)])
        return float(np.linalg.eigvalsh((whole + whole.T) / 2)[-1])
    operator = LinearOperator((size, size), matvec=times, dtype=np.float64)
    start = np.random.RandomState(0).normal(size=size)
    if not times(start).any():  # the loss is flat, as where all units of a layer are dead
        return 0.0
    found = eigsh(operator, k=1, which="LA", v0=start, ncv=VECTORS, tol=tolerance)
    return float(found[0][0])


def weight_norm(measure: WeightNorm, subject: Subject) -> float:
    """The Euclidean norm of all parameters."""
    return float(_flat(subject.net.parameters()).detach().double().norm())


def layer_norms(measure: LayerNorms, subject: Subject) -> list[float]:
    """The Frobenius norm of each matrix."""
    matrices = [each.detach() for each in subject.net.parameters() if each.ndim == 2]
    return [float(each.double().norm()) for each in matrices]


def gradient_norm(measure: GradientNorm, subject: Subject) -> float:
    """The Euclidean norm of the gradient of the loss."""
    return float(subject.gradient().double().norm())


def dead_units(measure: DeadUnits, subject: Subject) -> float:
    """The share of ReLU units that are 0 at every training point."""
    dead: list[torch.Tensor] = []

    def look(module: nn.Module, given: Any, output: torch.Tensor) -> None:
        dead.append((output <= 0).all(dim=0).flatten())

    layers = [each for each in subject.net.modules() if isinstance(each, nn.ReLU)]
    if not layers:
        rule, step = "the net has no nn.ReLU", "measure something else"
        raise SpecError("measure", measure.called, rule, step)
    hooks = [each.register_forward_hook(look) for each in layers]
    try:
        with torch.no_grad():
            subject.net(subject.x)
    finally:
        for each in hooks:
            each.remove()
    return float(torch.cat(dead).double().mean())


def confusion(measure: Confusion, subject: Subject) -> Array:
    """How many points of each class the net gives each class, row by row."""
    x, y = subject.held or (subject.x, subject.y)
    with torch.no_grad():
        given = decided(subject.net(x)).nan_to_num(0).long()
    true = y if y.ndim == 1 else decided(y).long()
    counts = torch.bincount(subject.classes * true + given, minlength=subject.classes**2)
    return counts.double().cpu().numpy()


def linear_regions(measure: LinearRegions, subject: Subject) -> int:
    """The number of linear pieces along the line, in float64."""
    net = subject.net
    modules = list(net) if isinstance(net, nn.Sequential) else [net]
    known = (nn.Linear, nn.ReLU, nn.Identity)
    foreign = next((each for each in modules if not isinstance(each, known)), None)
    if foreign is not None:
        rule = f"the net has {type(foreign).__name__}, and pieces are followed through nn.Linear "
        step = "give a net of these layers in nn.Sequential, such as an MLP"
        raise SpecError("measure", measure.called, f"{rule}and nn.ReLU alone", step)
    ends = [np.broadcast_to(each, subject.x.shape[1:]) for each in (measure.low, measure.high)]
    places, values = np.array([0.0, 1.0]), np.array(ends)  # along the line, and what is there
    for each in modules:
        if isinstance(each, nn.Linear):
            values = values @ _double(each.weight).T
            values = values if each.bias is None else values + _double(each.bias)
        elif isinstance(each, nn.ReLU):
            places, values = _cut(places, values)
            values = np.maximum(values, 0)
    return _pieces(places, values)


def _cut(places: Array, values: Array) -> tuple[Array, Array]:
    """The same piecewise linear functions with a place at each of their zeros.

    ``values`` ``(place, unit)`` are those of each unit at ``places``, linear between them.
    """
    before, after = values[:-1], values[1:]
    crosses = np.sign(before) * np.sign(after) < 0
    part = before[crosses] / (before[crosses] - after[crosses])
    where = np.nonzero(crosses)[0]
    new = places[where] + part * (places[where + 1] - places[where])
    every = np.unique(np.concatenate([places, new]))
    interpolated = [np.interp(every, places, unit) for unit in values.T]
    return every, np.stack(interpolated, axis=1)


SAME_SLOPE = 1e-9
"""Slopes that differ by less, as a share of the largest, are one piece: float64 has 16 digits."""


def _pieces(places: Array, values: Array) -> int:
    widths = np.diff(places)
    wide = widths > 1e-12  # zeros that rounding has parted
    slopes = np.diff(values, axis=0)[wide] / widths[wide][:, None]
    scale = max(float(np.abs(slopes).max()), np.finfo(float).tiny)
    return 1 + int((np.abs(np.diff(slopes, axis=0)).max(axis=1) > SAME_SLOPE * scale).sum())


def _double(tensor: torch.Tensor) -> Array:
    return tensor.detach().double().cpu().numpy()


def _flat(tensors: Iterable[torch.Tensor]) -> torch.Tensor:
    return torch.cat([each.reshape(-1) for each in tensors])


INSTRUMENTS: Mapping[type, Callable[..., Any]] = {
    Confusion: confusion,
    DeadUnits: dead_units,
    GradientNorm: gradient_norm,
    LayerNorms: layer_norms,
    LinearRegions: linear_regions,
    Sharpness: sharpness,
    WeightNorm: weight_norm,
}
"""By the class of a measure, the function that takes it."""
