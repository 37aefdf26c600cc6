"""Training: `train` picks an engine; every engine gives the same `Runs`.

``stock`` is the loop that a reader would write. Faster engines join the table below, each with
what it accepts; until they do, ``auto`` is stock.
"""

from collections.abc import Sequence
from dataclasses import replace

from epochal.checks import choice
from epochal.engine.fingerprint import fingerprint
from epochal.engine.record import Watch
from epochal.errors import BrokenRun
from epochal.runs import Runs, join
from epochal.spec import Experiment, Training

__all__ = ["ENGINES", "choose", "facts", "train"]

ENGINES = ("auto", "stock")

SHARED = ("data", "inputs", "nets", "runs", "targets", "engine.record")
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
    modules = (*SHARED, *(f"engine.{each}" for each in names))
    return {"name": engine, "code": fingerprint(modules), "block": "one seed"}


def train(
    experiment: Experiment | Training,
    seeds: Sequence[int],
    device: str = "cpu",
    epochs: int = 1000,
    *,
    engine: str = "auto",
    earlier: Sequence[Runs] = (),
    watch: Watch | None = None,
) -> Runs:
    """Trains ``experiment`` for each of ``seeds`` and returns what was measured.

    Args:
        experiment: the setting, or a claim's own `Training`.
        seeds: one independent replication each.
        device: ``cpu`` or ``cuda:N``.
        epochs: how many epochs in all.
        engine: ``auto``, or the name of one engine.
        earlier: shorter runs of these very seeds, one `Runs` each, to go on from.
        watch: told the epoch and its loss now and then; may raise to stop.

    Raises:
        BrokenRun: the training could not be run.

    >>> from epochal import Experiment, Line, MLP, Optimizer, Sine
    >>> tiny = Experiment(
    ...     inputs=Line(low=-1, high=1, points=20),
    ...     target=Sine(2),
    ...     net=MLP(widths=(8,)),
    ...     optimizer=Optimizer("SGD", lr=0.1),
    ... )
    >>> runs = train(tiny, [0, 1], epochs=100)
    >>> runs.loss.shape
    (2, 101)
    >>> bool((runs.mse[:, -1] < runs.mse[:, 0]).all())
    True
    """
    from epochal.engine import stock

    choice("--engine", engine, ENGINES)
    if isinstance(experiment, Training):
        return join([_own(experiment, seed, device, epochs) for seed in seeds])
    before: Sequence[Runs | None] = earlier or [None] * len(seeds)
    return join(
        [
            stock.train_seed(experiment, seed, device, epochs, done, watch)
            for seed, done in zip(seeds, before, strict=True)
        ]
    )


def _own(training: Training, seed: int, device: str, epochs: int) -> Runs:
    runs = training.train(seed, device, epochs)
    if not isinstance(runs, Runs):
        raise BrokenRun(f"{training.train.__name__} returned a {type(runs).__name__}, not Runs")
    if runs.seeds.tolist() != [seed] or runs.epochs_done < epochs:
        raise BrokenRun(
            f"{training.train.__name__} returned seeds {runs.seeds.tolist()} and "
            f"{runs.epochs_done} epochs, not seed {seed} and {epochs} epochs"
        )
    return replace(runs, experiment=training.digest)
