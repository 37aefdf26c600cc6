"""What somebody asks about: a setting, how long it is trained, and what counts as a fit."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epochal.claims.claim import Claim
from epochal.claims.rules.base import Rule, mse_threshold
from epochal.claims.rules.named.classes import ErrorRateBy
from epochal.claims.rules.named.errors import FitsBy
from epochal.claims.rules.thresholds import straight, variance_of
from epochal.diagnosis.noise import noise_of
from epochal.errors import SpecError, nearest
from epochal.experiments.checks import fraction, maker, natural, record
from epochal.experiments.data import draw
from epochal.experiments.experiment import Experiment
from epochal.experiments.inputs import Array, Line
from epochal.experiments.labels import Labels
from epochal.experiments.loops import Loop, Loss
from epochal.experiments.nets import ModuleNet
from epochal.experiments.parts import Optimizer
from epochal.experiments.runs import Runs
from epochal.experiments.tables import Table
from epochal.identity.sources import CASES_PACKAGE

__all__ = [
    "FITS",
    "WRONG",
    "Asked",
    "asked",
    "of_arrays",
    "of_claim",
    "seen_on_grid",
    "share_held_out",
    "with_batch",
]

FITS = 0.02
"""Where nobody says what a fit is: an error below this share of the target's variance."""

BENT = 1e-3
"""But less than half of what the best straight line has, if that is more than this share."""

OVER_NOISE = 1.25
"""And of a table that tells of noise, this many times its variance, if that is more."""

WRONG = 0.05
"""The same of classes: fewer than this share of the points are wrong."""

HELD_OUT, MANY = 0.2, 50
"""Of a table of so many rows or more this part is held out: a net may learn rows by heart."""

SEED = 0
"""The seed whose data are looked at before anything trains, and the first that is trained."""

PROBES = tuple(601 * 2**power for power in range(7))
"""How many points the evaluation grid may have: the first that follow the target are taken."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A setting that somebody asks about.

    Attributes:
        experiment: the setting.
        epochs: how long it is trained.
        goal: the error, or of classes the share of wrong points, below which it fits.
        batch: the batch that was asked for, where there are not as many points.
    """

    experiment: Experiment
    epochs: int
    goal: float
    batch: int | None = None

    @property
    def classes(self) -> bool:
        """Whether the target is a class."""
        return isinstance(self.experiment.target, Labels)

    @property
    def opaque(self) -> bool:
        """Whether the net is somebody's own module, of which layers cannot be changed."""
        return isinstance(self.experiment.net, ModuleNet)

    def travels(self, cases: Path | None = None) -> bool:
        """Whether another process can be given the setting: no lambda, nothing of a notebook.

        What a case file holds can be imported by processes that know the folder ``cases``.
        """
        try:
            text = pickle.dumps(self.experiment)
        except (pickle.PicklingError, AttributeError, TypeError):
            return False
        return b"__main__" not in text and (cases is not None or CASES_PACKAGE.encode() not in text)

    @property
    def beyond(self) -> bool:
        """Whether the net is asked about more than the range that it is trained on."""
        there, trained = self.experiment.probe_inputs, self.experiment.inputs
        if not isinstance(there, Line) or not isinstance(trained, Line):
            return False
        return there.low < trained.low or there.high > trained.high

    def rule(self, epochs: int) -> Rule:
        """The rule that asks for a fit by ``epochs``."""
        if self.classes:
            return ErrorRateBy(epoch=epochs, below=self.goal)
        where = "probe" if self.beyond else "training"
        return FitsBy(epoch=epochs, mse_below=self.goal, on=where)

    def errors(self, runs: Runs) -> tuple[NDArray[np.int64], Array]:
        """The epochs at which the error of ``runs`` is known, and it, ``(seed, place)``.

        It is that of the training points in every epoch, or where the net is asked about more,
        that of the whole range at snapshots.
        """
        if self.beyond:
            return runs.snapshots, runs.region_mse(0.0, np.inf)
        return np.arange(runs.epochs_done + 1), runs.mse

    def fits_at(self, runs: Runs) -> list[int | None]:
        """For each seed of ``runs`` the first known epoch with an error below the goal, or None."""
        epochs, errors = self.errors(runs)
        return [int(epochs[row.argmax()]) if row.any() else None for row in errors < self.goal]


def asked(experiment: Experiment, epochs: int, goal: float | None = None) -> Asked:
    """``experiment`` with what counts as a fit: a share of its target's variance if none is given.

    Raises:
        SpecError: ``epochs`` or ``goal`` is wrong.
    """
    step = "give an Experiment(…), or a function that makes your net, with x and y"
    record("experiment", experiment, Experiment, step)
    natural("epochs", epochs)
    experiment.check_horizon(epochs)
    if isinstance(experiment.target, Labels):
        goal = WRONG if goal is None else fraction("goal", goal)
    elif goal is None:
        goal = _default_goal(experiment)
    else:
        goal = mse_threshold("goal", goal)
    return Asked(experiment=experiment, epochs=epochs, goal=goal)


def _default_goal(experiment: Experiment) -> float:
    """A share of the variance, less than the best line's error, and more than that of noise."""
    judged = draw(experiment, SEED).judged
    variance = float(variance_of(judged.target[None])[0])
    line = float(np.mean((judged.target - straight(judged.features, judged.target)) ** 2))
    share = FITS * variance
    if line > BENT * variance:
        share = min(share, line / 2)
    least = OVER_NOISE * (noise_of(experiment.target) or 0.0)
    return max(float(f"{max(share, least):.1g}"), least, 1e-12)


def of_claim(claim: Claim, arm: str = "", goal: float | None = None) -> Asked:
    """The setting of ``claim`` by its name there, or its first, trained as its rule asks.

    Raises:
        SpecError: the claim has no such setting, or a training loop of its own.
    """
    horizons = claim.rule.needs()
    name = arm or next(iter(horizons))
    if name not in horizons:
        raise SpecError("--claim", arm, "it has no such experiment", nearest(arm, horizons))
    experiment = claim.experiments_by_name[name]
    if not isinstance(experiment, Experiment):
        rule, step = "it has a training loop of its own", "name another claim"
        raise SpecError("--claim", claim.id, rule, step)
    return asked(experiment, horizons[name], goal)


def of_arrays(
    make_net: Callable[..., Any],
    x: Any,
    y: Any,
    optimizer: Optimizer | None,
    loop: Loop,
    held_out: Any,
) -> Experiment:
    """The setting of a net of one's own on arrays.

    Raises:
        SpecError: the factory needs arguments, or gives no net; arrays do not fit each other.
    """
    maker("make_net", make_net, "it makes your net; or give an Experiment")
    step = 'give one such as Optimizer("Adam", lr=1e-3)'
    record("optimizer", optimizer, Optimizer, step)
    assert isinstance(optimizer, Optimizer)
    if x is None or y is None:
        raise SpecError("x, y", None, "a net of your own needs data", "give arrays x and y")
    table = Table(_numbers(x), _numbers(y), name="your data")
    table = replace(table, held_out=share_held_out(table, held_out))
    from epochal.training.own_net import count

    net = ModuleNet(make_net, weights=count(make_net))
    target = Labels(table) if of_classes(loop) else table
    return Experiment(target=target, net=net, optimizer=optimizer, loop=loop)


def of_classes(loop: Loop) -> bool:
    """Whether the loss is one of classes."""
    name = loop.loss.name if isinstance(loop.loss, Loss) else loop.loss
    return name in ("CrossEntropyLoss", "BCEWithLogitsLoss", "MultiMarginLoss", "hinge")


def share_held_out(table: Table, given: Any) -> Any:
    """The rows that are held out: ``given``, or where nobody says it a fifth of `MANY` rows."""
    if given is not None:
        return given
    return HELD_OUT if table.shape[0] >= MANY else 0.0


def _numbers(values: Any) -> Any:
    """``values`` as numpy has them, also of a tensor, without a needless last axis."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    return values if isinstance(values, Sequence) else np.asarray(values)


def seen_on_grid(made: Callable[[int], Experiment]) -> Experiment:
    """What ``made`` gives for the first of `PROBES` whose grid follows the target."""
    for probe in PROBES[:-1]:
        try:
            return made(probe)
        except SpecError as error:
            if error.field != "experiment.probe":
                raise
    return made(PROBES[-1])


def with_batch(given: Asked, batch: int | None) -> Asked:
    """``given`` in batches; on all points, and with a remark, where there are not as many."""
    if batch is None:
        return given
    natural("batch_size", batch)
    points = given.experiment.inputs.points
    if batch > points:
        return replace(given, batch=batch)
    loop = replace(given.experiment.loop, batch=batch)
    return replace(given, experiment=replace(given.experiment, loop=loop))
