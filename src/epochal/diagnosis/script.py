"""A setting as a short script of plain torch, to be read, run and compared with another.

It draws the same numbers in the same order as the reference engine, so that it has its losses.
"""

import ast
import difflib
from collections.abc import Iterator
from typing import Any

from epochal.diagnosis.script_net import OWN, net_lines
from epochal.experiments import formula
from epochal.experiments.boxes import Box
from epochal.experiments.experiment import Experiment
from epochal.experiments.inputs import Circle, Line
from epochal.experiments.labels import Labels
from epochal.experiments.loops import Loop, Loss
from epochal.experiments.nets import MLP
from epochal.experiments.tables import Table
from epochal.experiments.targets import Formula, Sine, SumOfSines

__all__ = ["changed_lines", "script", "unwritten"]

HEAD = """\
import numpy as np
import torch
from torch import nn
"""


def unwritten(experiment: Experiment) -> str:
    """Why no script is written for ``experiment``; nothing where one is."""
    target, inputs, loop = _values(experiment), experiment.inputs, experiment.loop
    if isinstance(experiment.target, Labels) and _coded(loop) is None:
        return f"its targets are classes, and its loss is {loop.loss}"
    if not isinstance(target, Sine | SumOfSines | Formula | Table):
        return f"its target is {type(target).__name__}, and no formula or table"
    if not isinstance(inputs, Line | Circle | Box | Table):
        return f"its inputs are {type(inputs).__name__}"
    if getattr(inputs, "embedding", None) not in (None, Line(low=0, high=1, points=1).embedding):
        return "its inputs are embedded"
    if isinstance(target, Table) and isinstance(target.held_out, tuple):
        return "rows are held out by their numbers"
    if target.scale != "as_is" or experiment.scheduler is not None or experiment.optimizer.groups:
        return "it has a scheduler, parameter groups or a target of norm 1"
    if loop.loss == "hinge" or loop.clipped or loop.stop_below is not None:
        return "its loop clips gradients, stops early or has a hinge loss"
    return ""


def _values(experiment: Experiment) -> Any:
    """The target, or what gives its classes."""
    return getattr(experiment.target, "of", experiment.target)


def _coded(loop: Loop) -> str | None:
    """How classes are given to the loss; None where no script is written for it."""
    name = loop.loss.name if isinstance(loop.loss, Loss) else ""
    return {"CrossEntropyLoss": "long", "BCEWithLogitsLoss": "float"}.get(name)


def script(experiment: Experiment, epochs: int, data: str = "") -> str:
    """Plain torch for ``experiment``, of which `unwritten` says nothing.

    Args:
        experiment: the setting.
        epochs: how long it is trained.
        data: for a table, the lines that give arrays ``x`` and ``y``.
    """
    body = [*_data(experiment, data), "", *net_lines(experiment), "", *_loop(experiment, epochs)]
    text = "\n".join(body)
    classes = "".join(code + "\n" for name, code in OWN.items() if f" {name}(" in f" {text}")
    return f"{HEAD}{classes}\n{text}\n"


def changed_lines(before: str, after: str) -> str:
    """The lines that differ, with a line around them, as ``diff -u`` shows them."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def _data(experiment: Experiment, data: str) -> Iterator[str]:
    inputs, dtype = experiment.inputs, f"torch.{experiment.dtype}"
    yield "random = np.random.RandomState(0)"
    if isinstance(inputs, Table):
        yield data or "x, y = ...  # your arrays"
        if inputs.held:
            yield "rows = random.permutation(len(x))"
            yield f"held, kept = np.sort(rows[:{inputs.held}]), np.sort(rows[{inputs.held}:])"
            yield "x_held, y_held, x, y = x[held], y[held], x[kept], y[kept]"
    else:
        yield from _positions(inputs)
        yield f"y = {_target(experiment)}"
    if experiment.noise is not None:
        yield f"y = y + random.normal(0.0, {experiment.noise.sd:g}, y.shape)"
    scaling = experiment.scaling
    for name, kind in () if scaling is None else (("x", scaling.inputs), ("y", scaling.target)):
        if kind == "standardise":
            yield f"{name} = ({name} - {name}.mean(axis=0)) / {name}.std(axis=0)"
        elif kind == "min_max":
            yield f"{name} = ({name} - {name}.min(axis=0)) / np.ptp({name}, axis=0)"
    d, k = experiment.inputs.dimensions, experiment.outputs
    yield f"x = torch.tensor(x, dtype={dtype}).reshape(-1, {d})"
    if isinstance(experiment.target, Labels) and _coded(experiment.loop) == "long":
        yield "y = torch.tensor(y, dtype=torch.long)"
    else:
        yield f"y = torch.tensor(y, dtype={dtype}).reshape(-1, {k})"


def _positions(inputs: Any) -> Iterator[str]:
    points = inputs.points
    if isinstance(inputs, Circle):
        regular = f"np.linspace(-np.pi, np.pi, {points}, endpoint=False)"
        drawn = f"random.uniform(-np.pi, np.pi, {points})"
        yield f"theta = {drawn if inputs.draw == 'uniform' else regular}"
        yield "x = np.stack([np.cos(theta), np.sin(theta)], axis=1)"
    elif isinstance(inputs, Box):
        yield f"x = random.uniform({inputs.low!r}, {inputs.high!r}, ({points}, {inputs.axes}))"
    elif inputs.draw == "uniform":
        yield f"x = random.uniform({inputs.low!r}, {inputs.high!r}, {points})"
    else:
        yield f"x = np.linspace({inputs.low!r}, {inputs.high!r}, {points})"


def _target(experiment: Experiment) -> str:
    target, inputs = _values(experiment), experiment.inputs
    name = "theta" if isinstance(inputs, Circle) else "x"
    if not isinstance(target, Formula):
        waves = [
            f"{wave.amplitude!r} * np.sin({wave.angular_frequency!r} * {name} + {wave.phase!r})"
            for wave in target.waves
        ]
        return " + ".join(waves)
    places = {}
    if isinstance(inputs, Box):
        places = {each: f"x[:, {place}]" for place, each in enumerate(formula.COORDINATES[:3])}
    return ast.unparse(_Numpy(places).visit(ast.parse(target.text, mode="eval")))


class _Numpy(ast.NodeTransformer):
    """A formula's functions and constants by the names that numpy has for them."""

    def __init__(self, places: dict[str, str]) -> None:
        self.places = places

    def visit_Name(self, node: ast.Name) -> ast.AST:
        known = node.id in formula.FUNCTIONS or node.id in formula.CONSTANTS
        name = f"np.{node.id}" if known else self.places.get(node.id, node.id)
        return _read(name)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """1 where a comparison holds and 0 elsewhere; of a chain where all of them do."""
        sides = [ast.unparse(self.visit(each)) for each in (node.left, *node.comparators)]
        pairs = zip(node.ops, sides, sides[1:], strict=False)
        held = [ast.unparse(ast.Compare(_read(a), [op], [_read(b)])) for op, a, b in pairs]
        return _read(" * ".join(f"np.where({each}, 1.0, 0.0)" for each in held))


def _read(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _loop(experiment: Experiment, epochs: int) -> Iterator[str]:
    loop, optimizer = experiment.loop, experiment.optimizer
    more = f", {optimizer.written}" if optimizer.arguments else ""
    yield f"optimizer = torch.optim.{optimizer.name}(net.parameters(){more})"
    yield "torch.manual_seed(0)"
    net = experiment.net
    call = "scale * net" if isinstance(net, MLP) and net.output.scaled else "net"
    if loop.batch is not None:
        yield "order = torch.Generator().manual_seed(0)"
    yield f"for epoch in range({epochs}):"
    if optimizer.name == "LBFGS":
        yield "    def closure():"
        yield from (f"        {each}" for each in _pass(loop, call, "x", "y"))
        yield "        return loss"
        yield "    optimizer.step(closure)"
        return
    indent = "    "
    if loop.batch is not None:
        whole = f"[: len(x) // {loop.batch}]" if loop.drop_last else ""
        drawn = f"torch.randperm(len(x), generator=order).split({loop.batch}){whole}"
        yield f"    for rows in {drawn}:"
        indent += "    "
    given = ("x", "y") if loop.batch is None else ("x[rows]", "y[rows]")
    for each in (*_pass(loop, call, *given), "optimizer.step()"):
        yield f"{indent}{each}"
    if loop.zero_grad == "after":
        yield f"{indent}optimizer.zero_grad()"


def _pass(loop: Loop, call: str, x: str, y: str) -> Iterator[str]:
    if loop.zero_grad == "before":
        yield "optimizer.zero_grad()"
    output = f"{call}({x})"
    if isinstance(loop.loss, Loss):
        yield f"loss = nn.{loop.loss.name}({loop.loss.written})({output}, {y})"
    elif loop.loss == "half_sum":
        yield f"loss = 0.5 * (({output} - {y}) ** 2).sum()"
    else:
        yield f"loss = nn.functional.mse_loss({output}, {y})"
    yield "loss.backward()"
