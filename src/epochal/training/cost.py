"""How long claims take to train, roughly: for listings, and for a run's first line."""

from collections.abc import Iterable, Mapping

from epochal.claims.cost import Share, updates_an_epoch
from epochal.experiments.experiment import Experiment, Training
from epochal.training.engines.choice import choose

__all__ = ["hours", "seconds_an_epoch"]

FLOPS_A_SECOND, SECONDS_AN_UPDATE = 6e10, 3e-4
"""Of one core of the machines that this was written on; a busy one takes longer."""

GPU_FLOPS_A_SECOND, GPU_SECONDS_AN_UPDATE = 5e12, 3e-4
"""Of one process on a GPU, where about 25 kernels an update have to be launched; not measured."""

SECONDS_A_WEIGHT, SECONDS_A_POINT = 1e-8, 3e-7
"""Time that an epoch of ``prefix_sum`` takes more for each weight and each point."""


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
        weights = setting.net.weight_count(inputs.dimensions)
        return SECONDS_AN_UPDATE + weights * SECONDS_A_WEIGHT + inputs.points * SECONDS_A_POINT
    return setting.flops_an_epoch / speed + updates_an_epoch(setting) * update


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
    spent = [seconds_an_epoch(each.experiment, device, engine) * each.epochs for each in left]
    return sum(spent) / 3600
