"""How long claims take to train, roughly: for listings, and for a run's first line."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from epochal.claims.cost import Share, updates_an_epoch
from epochal.experiments.experiment import Experiment
from epochal.experiments.nets import MLP
from epochal.experiments.own_loop import Training
from epochal.experiments.parts import Activation
from epochal.training.engines.choice import choose

__all__ = ["hours", "pace", "seconds", "seconds_an_epoch"]

FLOPS_A_SECOND, SECONDS_AN_UPDATE = 6e10, 3e-4
"""Of one core of the machines that this was written on; a busy one takes longer."""

GPU_FLOPS_A_SECOND, GPU_SECONDS_AN_UPDATE = 5e12, 3e-4
"""Of one process on a GPU, where about 25 kernels an update have to be launched; not measured."""

SECONDS_A_WEIGHT, SECONDS_A_POINT = 1e-8, 3e-7
"""Time that an epoch of ``prefix_sum`` takes more for each weight and each point."""

SECONDS_A_CURVE = {"float32": 5e-9, "float64": 1e-8}
"""Time that an activation other than ReLU takes for each unit and point."""

LEAST_SECONDS, RECENT = 0.5, 40
"""A stored run tells the pace of a machine if it took this long; so many of them do."""


def seconds_an_epoch(
    setting: Experiment | Training, device: str = "cpu", engine: str = "auto"
) -> float:
    """About how long one process takes for an epoch."""
    speed, update = FLOPS_A_SECOND, SECONDS_AN_UPDATE
    if device != "cpu":
        speed, update = GPU_FLOPS_A_SECOND, GPU_SECONDS_AN_UPDATE
    if isinstance(setting, Training):
        return setting.flops_an_epoch / speed + update
    if choose(setting, device, engine) == "prefix_sum":
        inputs = setting.inputs
        points = inputs.points * SECONDS_A_POINT
        return SECONDS_AN_UPDATE + setting.weights * SECONDS_A_WEIGHT + points
    net, curves = setting.net, 0.0
    if isinstance(net, MLP) and device == "cpu" and net.activation != Activation("ReLU"):
        curves = sum(net.widths) * setting.inputs.points * SECONDS_A_CURVE[setting.dtype]
    return setting.flops_an_epoch / speed + updates_an_epoch(setting) * update + curves


def pace(
    rows: Sequence[Mapping[str, Any]],
    settings: Iterable[Experiment | Training],
    device: str = "cpu",
    engine: str = "auto",
) -> float:
    """How many times longer than estimated the latest of stored ``rows`` took, as a median.

    1 without a row of one of ``settings`` on this kind of device that took long enough to tell.
    """
    known = {each.digest: each for each in settings}
    kind, ratios = device.partition(":")[0], list[float]()
    for row in rows:
        setting = known.get(row["experiment"])
        told = row["epochs_done"] > 0 and row["seconds"] >= LEAST_SECONDS
        if setting is not None and told and row["device"].startswith(kind):
            expected = seconds(setting, row["epochs_done"], device, engine)
            ratios.append(row["seconds"] / expected)
    return median(ratios[-RECENT:]) if ratios else 1.0


def hours(
    needed: Iterable[Share],
    done: Mapping[tuple[str, int], int] | None = None,
    device: str = "cpu",
    engine: str = "auto",
) -> float:
    """About how many hours one core takes; ``done`` has the epochs of what is trained already."""
    known = done or {}
    left = [
        each for each in needed if known.get((each.experiment.digest, each.seed), -1) < each.epochs
    ]
    return sum(seconds(each.experiment, each.epochs, device, engine) for each in left) / 3600


def seconds(
    setting: Experiment | Training, epochs: int, device: str = "cpu", engine: str = "auto"
) -> float:
    """About how long one process takes for ``epochs``, with what is measured in them."""
    aside = setting.flops(epochs) / setting.flops_an_epoch
    return seconds_an_epoch(setting, device, engine) * aside
