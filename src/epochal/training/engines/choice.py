"""Which engine trains an experiment, and what can change a bit of what it gives.

``stock`` is the loop that a reader would write. Faster engines join the table below, each with
what it accepts; until they do, ``auto`` is stock.
"""

from epochal.experiments.checks import choice
from epochal.experiments.experiment import Experiment, Training
from epochal.training.fingerprint import fingerprint

__all__ = ["ENGINES", "choose", "facts"]

ENGINES = ("auto", "stock")

SHARED = (
    "experiments.data",
    "experiments.inputs",
    "experiments.runs",
    "experiments.targets",
    "training.loss",
    "training.nets",
    "training.trial",
    "training.engines.record",
)
"""The modules that every engine's bits depend on."""

OWN = "own"
"""What a claim's own `Training` counts as: it may use any engine."""


def choose(experiment: Experiment | Training, device: str, engine: str = "auto") -> str:
    """The engine that trains ``experiment`` on ``device``: a fixed function of these alone."""
    choice("--engine", engine, ENGINES)
    return OWN if isinstance(experiment, Training) else "stock"


def facts(engine: str) -> dict[str, str]:
    """What can change a bit of what ``engine`` gives: its code, and how it makes blocks of seeds.

    >>> facts("stock")["block"]
    'one seed'
    """
    names = [each for each in ENGINES if each != "auto"] if engine == OWN else [engine]
    own = ("training.own",) if engine == OWN else ()
    modules = (*SHARED, *own, *(f"training.engines.{each}" for each in names))
    return {"name": engine, "code": fingerprint(modules), "block": "one seed"}
