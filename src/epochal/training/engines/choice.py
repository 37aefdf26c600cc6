"""The engine that trains an experiment, and all that can change a bit of its results.

``reference`` is a plain training loop and trains everything. ``prefix_sum`` trains one hidden ReLU
layer on a line or the circle in O(n + m) an epoch. ``auto`` selects it on the CPU when points ×
weights are many.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from epochal.errors import SpecError
from epochal.experiments import (
    boxes,
    experiment,
    inputs,
    labels,
    layers,
    loops,
    measures,
    nets,
    parts,
    scaling,
    tables,
    targets,
    vectors,
)
from epochal.experiments.checks import choice
from epochal.experiments.experiment import Experiment
from epochal.experiments.inputs import Circle, Line
from epochal.experiments.nets import MLP
from epochal.experiments.own_loop import Training
from epochal.identity.digest import canonical
from epochal.identity.fingerprint import fingerprint

__all__ = ["ENGINES", "FORMER", "choose", "facts", "named", "refused", "shape"]

ENGINES = ("auto", "reference", "prefix_sum")

FORMER = {"stock": "reference", "exact": "prefix_sum"}
"""Engines by their former names, which users typed and old results hold."""

MANY = 4_000_000
"""``auto`` selects ``prefix_sum`` when points × weights reaches this; it is faster far earlier."""

OPTIMIZERS = ("SGD", "Adam", "AdamW", "RMSprop")
"""Optimizers with which ``prefix_sum`` is checked against ``reference``."""

LINES, CIRCLES = ("as_is", "constant"), ("angle",)
"""The embeddings of a line that leave it a line, and that wind it around the circle."""


OWN = "own"
"""What a claim's own `Training` counts as: it may use any engine."""

MEASURING = ("training.measuring:Measuring",)
"""What is called beside the engine where a setting measures something."""

ENTRIES = {OWN: ("training.own:train_seed", "training.train:train")}
"""What is called of engines that are no file of this folder."""

MODULES = (
    boxes,
    experiment,
    inputs,
    labels,
    layers,
    loops,
    measures,
    nets,
    parts,
    scaling,
    tables,
    targets,
    vectors,
)

PARTS: Mapping[str, type] = {
    name: vars(module)[name]
    for module in MODULES
    for name in module.__all__
    if is_dataclass(vars(module).get(name))
}
"""The classes of settings, by the name that a canonical form has."""


def named(engine: str) -> str:
    """Return today's name of the ``engine`` that was typed.

    >>> named("stock")
    'reference'

    Raises:
        SpecError: no engine has that name.
    """
    return choice("--engine", FORMER.get(engine, engine), ENGINES)


def choose(setting: Experiment | Training, device: str, engine: str = "auto") -> str:
    """The engine that trains ``setting`` on ``device``: a fixed function of these alone.

    Raises:
        SpecError: the engine that is asked for cannot train it.
    """
    engine = named(engine)
    if isinstance(setting, Training):
        return OWN
    why = refused(setting)
    if engine == "prefix_sum" and (why or device != "cpu"):
        rule = f"it cannot train this setting: {why}"
        if not why:
            rule = "it trains on the CPU only: its sums are not deterministic on a GPU"
        raise SpecError("--engine", engine, rule, "leave it out, or give --engine reference")
    if engine == "auto":
        return (
            "prefix_sum" if not why and device == "cpu" and _size(setting) >= MANY else "reference"
        )
    return engine


def _size(setting: Experiment) -> int:
    return setting.inputs.points * setting.weights


def refused(experiment: Experiment) -> str:
    """Return why ``prefix_sum`` cannot train ``experiment``, or an empty text if it can."""
    net, inputs = experiment.net, experiment.inputs
    if not isinstance(net, MLP) or len(net.widths) != 1 or net.nonlinearity.name != "ReLU":
        return f"its net is {net}, not one hidden layer of ReLU"
    if net.modes_differ or net.features is not None:
        return f"its net is {net}"
    if experiment.recorded:
        return f"it is to measure {', '.join(experiment.recorded)}"
    if net.output.activation is not None:
        return f"its output goes through {net.output.activation}"
    if experiment.scaling is not None:
        return f"its data are {experiment.scaling}"
    if not shape(inputs):
        return f"its inputs, {inputs}, lie neither on a line nor on the circle"
    if experiment.loop.batch is not None:
        return f"it trains in batches of {experiment.loop.batch}, not on all points"
    if experiment.optimizer.name not in OPTIMIZERS:
        return f"its optimizer is {experiment.optimizer.name}, not {', '.join(OPTIMIZERS)}"
    return ""


def shape(inputs: object) -> str:
    """Whether inputs lie on a ``line`` or a ``circle``; nothing where on neither."""
    if type(inputs) is Circle or (type(inputs) is Line and inputs.embedding.kind in CIRCLES):
        return "circle"
    return "line" if type(inputs) is Line and inputs.embedding.kind in LINES else ""


def facts(engine: str, setting: Experiment | Training) -> dict[str, str]:
    """What can change a bit of what ``engine`` gives: the code that it uses for ``setting``.

    >>> from epochal import MLP, Line, Optimizer, Sine
    >>> net, optimizer = MLP(widths=(8,)), Optimizer("SGD", lr=0.1)
    >>> line = Line(low=-1, high=1, points=20)
    >>> tiny = Experiment(inputs=line, target=Sine(2), net=net, optimizer=optimizer)
    >>> facts("reference", tiny)["block"]
    'one seed'
    """
    entries = ENTRIES.get(engine, (f"training.engines.{engine}:train_seed",))
    used = {
        f"{kind.__module__.removeprefix('epochal.')}:{kind.__name__}" for kind in _parts(setting)
    }
    measuring = MEASURING if isinstance(setting, Experiment) and setting.measures else ()
    code = fingerprint(tuple(sorted({*entries, *used, *measuring})))
    found = {"name": engine, "code": code, "block": "one seed"}
    if engine == "prefix_sum":
        found["numba"] = _numba()
    return found


def _numba() -> str:
    """Return the version of numba that compiles ``prefix_sum``, or that there is none."""
    try:
        from epochal.training.engines import prefix_sum_numba
    except ImportError:
        return "none, plain torch"
    return prefix_sum_numba.VERSION


def _parts(setting: Experiment | Training) -> set[type]:
    """The classes of the records that ``setting`` is made of, wherever they stand in it."""
    found, open_ = set[type](), [canonical(setting)]
    while open_:
        value = open_.pop()
        if isinstance(value, dict):
            kind = PARTS.get(value.get("", ""))
            if kind is not None and kind not in found:
                found.add(kind)
                open_ += [canonical(each) for each in _defaults(kind)]
            open_ += value.values()
        elif isinstance(value, list):
            open_ += value
    return found


def _defaults(kind: Any) -> Iterator[object]:
    """The records that stand in a record's fields by default, which no canonical form shows."""
    for each in fields(kind):
        default = each.default if each.default_factory is MISSING else each.default_factory()
        if is_dataclass(default) and not isinstance(default, type):
            yield default
