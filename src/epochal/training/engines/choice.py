"""Which engine trains an experiment, and what can change a bit of what it gives.

``stock`` is the loop that a reader would write. Faster engines join the table below, each with
what it accepts; until they do, ``auto`` is stock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from epochal.experiments import experiment, inputs, parts, targets
from epochal.experiments.checks import choice
from epochal.experiments.digest import canonical
from epochal.experiments.experiment import Experiment, Training
from epochal.training.fingerprint import fingerprint

__all__ = ["ENGINES", "choose", "facts"]

ENGINES = ("auto", "stock")

OWN = "own"
"""What a claim's own `Training` counts as: it may use any engine."""

ENTRIES = {OWN: ("training.own:train_seed", "training.train:train")}
"""What is called of engines that are no file of this folder."""

PARTS: Mapping[str, type] = {
    name: vars(module)[name]
    for module in (experiment, inputs, parts, targets)
    for name in module.__all__
    if is_dataclass(vars(module).get(name))
}
"""The classes of settings, by the name that a canonical form has."""


def choose(setting: Experiment | Training, device: str, engine: str = "auto") -> str:
    """The engine that trains ``setting`` on ``device``: a fixed function of these alone."""
    choice("--engine", engine, ENGINES)
    return OWN if isinstance(setting, Training) else "stock"


def facts(engine: str, setting: Experiment | Training) -> dict[str, str]:
    """What can change a bit of what ``engine`` gives: the code that it uses for ``setting``.

    >>> from epochal import MLP, Line, Optimizer, Sine
    >>> net, optimizer = MLP(widths=(8,)), Optimizer("SGD", lr=0.1)
    >>> line = Line(low=-1, high=1, points=20)
    >>> tiny = Experiment(inputs=line, target=Sine(2), net=net, optimizer=optimizer)
    >>> facts("stock", tiny)["block"]
    'one seed'
    """
    entries = ENTRIES.get(engine, (f"training.engines.{engine}:train_seed",))
    used = {
        f"{kind.__module__.removeprefix('epochal.')}:{kind.__name__}" for kind in _parts(setting)
    }
    code = fingerprint(tuple(sorted({*entries, *used})))
    return {"name": engine, "code": code, "block": "one seed"}


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
