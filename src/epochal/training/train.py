"""`train`: one setting, some seeds, one device. Every engine gives the same `Runs`."""

from collections.abc import Sequence

import numpy as np
import torch

from epochal.errors import SpecError
from epochal.experiments.checks import record, whole
from epochal.experiments.experiment import Experiment
from epochal.experiments.nets import MLP
from epochal.experiments.own_loop import Training
from epochal.experiments.runs import Runs, join
from epochal.training import own
from epochal.training.checks import check, check_moves
from epochal.training.devices import resolve
from epochal.training.dry_run import dry_run
from epochal.training.engines import reference
from epochal.training.engines.choice import choose
from epochal.training.engines.record import Watch
from epochal.training.measuring import Measuring
from epochal.training.observer import Observer

__all__ = ["one_device", "prepare", "train", "train_seeds"]


def prepare(experiment: Experiment | Training, device: str, engine: str) -> None:
    """Does once what every process that trains ``experiment`` would else do for itself."""
    if isinstance(experiment, Experiment) and choose(experiment, device, engine) == "prefix_sum":
        from epochal.training.engines.prefix_sum import compile_for

        net = experiment.net
        compile_for(getattr(torch, experiment.dtype), isinstance(net, MLP) and net.bias)


def train(
    experiment: Experiment | Training,
    seeds: Sequence[int],
    device: str = "cpu",
    epochs: int = 1000,
    *,
    engine: str = "auto",
    earlier: Sequence[Runs] = (),
    watch: Watch | None = None,
    observer: Observer | None = None,
) -> Runs:
    """Train ``experiment`` for each of ``seeds``, as `epochal.notebook.train.train` documents it.

    This one prints nothing, and its `Runs` do not draw themselves.
    """
    return train_seeds(
        experiment,
        seeds,
        one_device(device),
        epochs,
        engine=engine,
        earlier=earlier,
        watch=watch,
        observer=observer,
    )


def one_device(device: str) -> str:
    """The one device that ``device`` names, as torch names it.

    Raises:
        SpecError: it names several, or none that is there.
    """
    if len(found := [*resolve([device])]) > 1:
        step = "train on one after the other"
        raise SpecError("device", device, f"these are {len(found)} devices", step)
    return found[0]


def train_seeds(
    experiment: Experiment | Training,
    seeds: Sequence[int],
    device: str,
    epochs: int,
    *,
    engine: str = "auto",
    earlier: Sequence[Runs] = (),
    watch: Watch | None = None,
    observer: Observer | None = None,
) -> Runs:
    """As `train`, on a ``device`` that is named as torch names it and is there."""
    step = "give an Experiment(…), or a Training(…) with a loop of your own"
    record("experiment", experiment, (Experiment, Training), step)
    whole("epochs", epochs, 0)
    if not len(seeds):
        raise SpecError("seeds", seeds, "one seed at least is needed", "give [44], say")
    for seed in seeds:
        whole("seeds", int(seed) if isinstance(seed, np.integer) else seed, 0)
    if isinstance(experiment, Experiment):
        experiment.check_horizon(epochs)
        check(experiment)
    dry_run(experiment)
    check_moves(experiment, device)
    chosen = choose(experiment, device, engine)
    if isinstance(experiment, Training):
        report = watch or (lambda epoch, loss: None)
        return join([own.train_seed(experiment, seed, device, epochs, report) for seed in seeds])
    train_seed = reference.train_seed
    if chosen == "prefix_sum":  # numba takes a second to import, which no other process need wait
        from epochal.training.engines.prefix_sum import train_seed
    before: Sequence[Runs | None] = earlier or [None] * len(seeds)
    found = []
    for seed, done in zip(seeds, before, strict=True):
        if experiment.measures:
            measuring = Measuring(experiment, observer)
            runs = train_seed(experiment, seed, device, epochs, done, watch, measuring)
            found.append(measuring.added(runs, done))
        else:
            found.append(train_seed(experiment, seed, device, epochs, done, watch, observer))
    return join(found)
