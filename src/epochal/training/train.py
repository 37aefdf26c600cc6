"""`train`: one setting, some seeds, one device. Every engine gives the same `Runs`."""

from collections.abc import Sequence

import torch

from epochal.experiments.checks import whole
from epochal.experiments.experiment import Experiment, Training
from epochal.experiments.nets import MLP
from epochal.experiments.runs import Runs, join
from epochal.training import own
from epochal.training.engines import stock
from epochal.training.engines.choice import choose
from epochal.training.engines.record import Watch

__all__ = ["prepare", "train"]


def prepare(experiment: Experiment | Training, device: str, engine: str) -> None:
    """Does once what every process that trains ``experiment`` would else do for itself."""
    if isinstance(experiment, Experiment) and choose(experiment, device, engine) == "exact":
        from epochal.training.engines.exact import compile_for

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
        SpecError: ``epochs`` is no whole number of at least 0.
        BrokenRun: the training could not be run.

    >>> from epochal import Experiment, Line, MLP, Optimizer, Sine, train
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
    whole("epochs", epochs, 0)
    chosen = choose(experiment, device, engine)
    if isinstance(experiment, Training):
        told = watch or (lambda epoch, loss: None)
        return join([own.train_seed(experiment, seed, device, epochs, told) for seed in seeds])
    train_seed = stock.train_seed
    if chosen == "exact":  # numba takes a second to import, which no other process need wait
        from epochal.training.engines.exact import train_seed
    before: Sequence[Runs | None] = earlier or [None] * len(seeds)
    return join(
        [
            train_seed(experiment, seed, device, epochs, done, watch)
            for seed, done in zip(seeds, before, strict=True)
        ]
    )
