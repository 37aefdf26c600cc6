"""The thinned runs of an experiment, which pictures are drawn from: plain JSON values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from epochal.experiments.runs import Runs, snapshot_epochs

__all__ = ["Curves", "curves", "significant"]

SEEDS_SHOWN, POINTS_SHOWN, HEAT_POINTS, HEAT_EPOCHS = 12, 241, 61, 60


@dataclass(frozen=True, kw_only=True)
class Curves:
    """The thinned runs of one experiment on one device.

    Attributes:
        experiment: its digest.
        device: ``cpu`` or ``cuda:N``.
        seeds: the seeds, one for each entry of the axis ``seed``.
        epochs: the snapshot epochs, ``(snapshot,)``.
        mse: ``(seed, snapshot)``; None where not finite or not trained.
        waves: angular frequencies, ``(component,)``.
        shares: ``(seed, component, snapshot)``.
        fits: by epoch, predictions ``(seed, point)`` at ``positions``.
        positions: ``(point,)``.
        target: the first seed's, ``(point,)``.
        heat: the first seed's |error|, ``(heat epoch, heat position)``.
        heat_epochs: ``(heat epoch,)``.
        heat_positions: ``(heat position,)``.
    """

    experiment: str
    device: str
    seeds: list[int]
    epochs: list[int]
    mse: list[list[float | None]]
    waves: list[float]
    shares: list[list[list[float | None]]]
    fits: dict[str, list[list[float | None]]]
    positions: list[float]
    target: list[float]
    heat: list[list[float | None]]
    heat_epochs: list[int]
    heat_positions: list[float]

    @property
    def key(self) -> str:
        """Unique in a record."""
        return f"{self.experiment}-{self.device.replace(':', '')}"

    def merged(self, other: "Curves") -> "Curves":
        """Every seed of both as far as either has it, and all fits; on a tie this one's values."""
        both = sorted((self, other), key=lambda each: each.epochs[-1], reverse=True)
        seeds = sorted({*self.seeds, *other.seeds})
        rows = [next((c, c.seeds.index(seed)) for c in both if seed in c.seeds) for seed in seeds]
        length, blank = len(both[0].epochs), [None] * len(both[0].epochs)
        first = rows[0][0]
        return replace(
            both[0],
            seeds=seeds,
            mse=[(c.mse[i] + blank)[:length] for c, i in rows],
            shares=[[(each + blank)[:length] for each in c.shares[i]] for c, i in rows],
            fits={
                epoch: [_fit(both, seed, epoch) for seed in seeds]
                for epoch in {**both[1].fits, **both[0].fits}
            },
            target=first.target,
            heat=first.heat,
            heat_epochs=first.heat_epochs,
        )


def _fit(both: Sequence[Curves], seed: int, epoch: str) -> list[float | None]:
    for each in both:
        if epoch in each.fits and seed in each.seeds:
            return each.fits[epoch][each.seeds.index(seed)]
    return [None] * len(both[0].positions)


def curves(runs: Runs, device: str, epochs: Sequence[int]) -> Curves:
    """The thinned ``runs``, with the fits at ``epochs`` as far as they were trained."""
    shown, grid = replace_seeds(runs, SEEDS_SHOWN), snapshot_epochs(runs.epochs_done)
    every = max(1, -(-len(runs.probe) // POINTS_SHOWN))
    heat_every = max(1, len(runs.probe) // HEAT_POINTS)
    heat_at = np.unique(np.linspace(0, len(runs.snapshots) - 1, HEAT_EPOCHS).astype(int))
    error = np.abs(runs.predictions[0] - runs.probe_target[0])[heat_at][:, ::heat_every]
    return Curves(
        experiment=runs.experiment,
        device=device,
        seeds=shown.seeds.tolist(),
        epochs=grid.tolist(),
        mse=_rounded(shown.mse[:, grid]),
        waves=runs.waves.tolist(),
        shares=_rounded(shown.projections[:, grid].transpose(0, 2, 1), 4),
        fits={
            str(epoch): _rounded(shown.predictions[:, _place(runs, epoch), ::every])
            for epoch in epochs
            if epoch <= runs.epochs_done
        },
        positions=_rounded(runs.probe[::every]),
        target=_rounded(runs.probe_target[0, ::every]),
        heat=_rounded(error, 3),
        heat_epochs=runs.snapshots[heat_at].tolist(),
        heat_positions=_rounded(runs.probe[::heat_every]),
    )


def replace_seeds(runs: Runs, most: int) -> Runs:
    """The first ``most`` seeds of ``runs``."""
    return replace(
        runs,
        seeds=runs.seeds[:most],
        loss=runs.loss[:most],
        mse=runs.mse[:most],
        projections=runs.projections[:most],
        predictions=runs.predictions[:most],
    )


def significant(value: float | None, digits: int = 4) -> float | None:
    """``value`` to some significant digits, None where it is not finite.

    >>> significant(0.0123456), significant(float("nan"))
    (0.01235, None)
    """
    if value is None or not np.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def _place(runs: Runs, epoch: int) -> int:
    return int(np.searchsorted(runs.snapshots, epoch, side="right")) - 1


def _rounded(values: Any, digits: int = 4) -> Any:
    array = np.asarray(values)
    if array.ndim == 0:
        return significant(float(array), digits)
    return [_rounded(each, digits) for each in array]
