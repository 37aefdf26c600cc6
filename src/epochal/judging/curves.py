"""The thinned runs of an experiment, which pictures are drawn from: plain JSON values."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epochal.claims.rules.base import PlotHints
from epochal.experiments.runs import Measurements, Runs
from epochal.experiments.snapshots import snapshot_epochs
from epochal.judging.films import Film, films
from epochal.judging.rounding import rounded

__all__ = ["HEAT_SPAN", "Curves", "curves", "shown_epochs"]

SEEDS_SHOWN, POINTS_SHOWN, HEAT_POINTS, HEAT_EPOCHS = 5, 101, 61, 45
"""Of a probe grid of 601 points, whole or thinned to 301, these numbers show the same positions."""

HEAT_SPAN = 300
"""How many times earlier than the rule's epoch a picture of the errors begins."""

MOST_TAKEN = 400
"""How many epochs of a measure are shown; of more those of the learning curves."""

LATER = ("by_output", "confusion", "films")
"""Fields that came later: records and pictures leave them out where they say nothing."""

FIRST, STEP = 10, 1.15
"""Learning curves are shown at every epoch up to `FIRST`, then in such steps, so at no more than 80
epochs up to a hundred thousand."""


@dataclass(frozen=True, kw_only=True)
class Curves:
    """The thinned runs of one experiment on one device.

    Attributes:
        experiment: its digest.
        device: ``cpu`` or ``cuda:N``.
        seeds: the seeds, one for each entry of the axis ``seed``.
        epochs: the epochs that are shown, ``(snapshot,)``.
        mse: ``(seed, snapshot)``; None where not finite or not trained.
        waves: angular frequencies, ``(component,)``.
        shares: ``(seed, component, snapshot)``.
        fits: by epoch, predictions ``(seed, point)`` at ``positions``; of several outputs with an
            axis ``output``.
        positions: ``(point,)``, or ``(point, axes)`` where positions have several coordinates.
        target: the first seed's, ``(point,)`` or ``(point, output)``.
        peaks: the first seed's largest error since the epoch that is shown before, ``(snapshot,)``.
        heat: the first seed's |error|, ``(heat epoch, heat position)``, where a picture needs it.
        heat_epochs: ``(heat epoch,)``.
        heat_positions: ``(heat position,)``.
        measured: by the name of a measure its epochs, and then a row for each seed.
        by_output: of several outputs the errors of each, ``(output, seed, snapshot)``.
        confusion: of few classes the first seed's counts at its last epoch, ``(true, given)``.
        films: how predictions moved, one a seed.
    """

    experiment: str
    device: str
    seeds: list[int]
    epochs: list[int]
    mse: list[list[float | None]]
    waves: list[float]
    shares: list[list[list[float | None]]]
    fits: dict[str, list[list[Any]]]
    positions: list[float]
    target: list[Any]
    heat: list[list[float | None]]
    heat_epochs: list[int]
    heat_positions: list[float]
    peaks: list[float | None] = field(default_factory=list)
    measured: dict[str, list[list[float | None]]] = field(default_factory=dict)
    by_output: list[list[list[float | None]]] = field(default_factory=list)
    confusion: list[list[int]] = field(default_factory=list)
    films: list[Film] = field(default_factory=list)

    def __post_init__(self) -> None:
        read = [each if isinstance(each, Film) else Film(**each) for each in self.films]
        object.__setattr__(self, "films", read)

    def of_output(self, output: int) -> "Curves":
        """The same curves as if the target had this output alone."""

        def one(values: list[Any]) -> list[Any]:
            return [None if each is None else each[output] for each in values]

        return replace(
            self,
            mse=self.by_output[output],
            fits={epoch: [one(row) for row in rows] for epoch, rows in self.fits.items()},
            target=one(self.target),
            peaks=[],
            by_output=[],
            films=[],
        )

    @property
    def drawn(self) -> dict[str, Any]:
        """The fields that pictures show, without those that came later where they say nothing."""
        kept = {name: each for name, each in vars(self).items() if each or name not in LATER}
        return {name: each for name, each in kept.items() if name != "films"}

    @property
    def told(self) -> dict[str, Any]:
        """The fields as JSON values, without those that came later where they say nothing."""
        return self.drawn | ({"films": [vars(each) for each in self.films]} if self.films else {})

    def filmed(self, epochs: int) -> "Curves":
        """The same curves with films of so many epochs, of seeds that were trained for as many."""
        far = [each.until(epochs) for each in self.films if each.epochs[-1] >= epochs]
        return replace(self, films=far)

    @property
    def key(self) -> str:
        """Unique in a record."""
        return f"{self.experiment}-{self.device.replace(':', '')}"

    def at(self, epochs: Sequence[int], values: Sequence[float | None]) -> list[float | None]:
        """``values``, which stand at `epochs`, at others; None where there is none."""
        known = dict(zip(self.epochs, values, strict=True))
        return [known.get(epoch) for epoch in epochs]

    def merged(self, other: "Curves") -> "Curves":
        """Every seed of both as far as either has it, and all fits; on a tie this one's values.

        Curves at other positions cannot be put together: then those that go further stay.
        """
        both = sorted((self, other), key=lambda each: each.epochs[-1], reverse=True)
        if self.positions != other.positions:
            return both[0]
        seeds = sorted({*self.seeds, *other.seeds})[:SEEDS_SHOWN]
        rows = [next((c, c.seeds.index(seed)) for c in both if seed in c.seeds) for seed in seeds]
        first = rows[0][0]
        warm = next((each for each in (first, *both) if each.heat), first)
        return replace(
            both[0],
            seeds=seeds,
            mse=[c.at(both[0].epochs, c.mse[i]) for c, i in rows],
            shares=[[c.at(both[0].epochs, each) for each in c.shares[i]] for c, i in rows],
            fits={
                epoch: [_fit(both, seed, epoch) for seed in seeds]
                for epoch in sorted({*self.fits, *other.fits}, key=int)
            },
            target=first.target,
            peaks=first.at(both[0].epochs, first.peaks) if first.peaks else [],
            heat=warm.heat,
            heat_epochs=warm.heat_epochs,
            heat_positions=warm.heat_positions,
            measured={name: _rows(name, rows) for name in both[0].measured},
            by_output=[
                [c.at(both[0].epochs, c.by_output[output][i]) for c, i in rows]
                for output in range(len(both[0].by_output))
            ],
            confusion=(first if first.epochs[-1] == both[0].epochs[-1] else both[0]).confusion,
            films=[
                max(own, key=lambda each: each.epochs[-1])
                for seed in seeds
                if (own := [f for c in (self, other) for f in c.films if f.seed == seed])
            ],
        )


def _fit(both: Sequence[Curves], seed: int, epoch: str) -> list[float | None]:
    for each in both:
        if epoch in each.fits and seed in each.seeds:
            return each.fits[epoch][each.seeds.index(seed)]
    return [None] * len(both[0].positions)


def _rows(name: str, rows: Sequence[tuple[Curves, int]]) -> list[list[float | None]]:
    """The longest of the epochs, and the row of each seed there."""
    epochs = max((c.measured[name][0] for c, _ in rows if name in c.measured), key=len)
    found = [dict(zip(*_pair(c.measured.get(name, [[]]), i), strict=True)) for c, i in rows]
    return [epochs, *([each.get(epoch) for epoch in epochs] for each in found)]


def _pair(
    table: list[list[float | None]], place: int
) -> tuple[list[float | None], list[float | None]]:
    return table[0], table[1 + place] if len(table) > 1 + place else [None] * len(table[0])


def curves(runs: Runs, device: str, marks: PlotHints) -> Curves:
    """The thinned ``runs``, with the fits at the epochs of ``marks`` as far as they go."""
    shown, grid = replace_seeds(runs, SEEDS_SHOWN), shown_epochs(runs.epochs_done)
    every = max(1, -(-len(runs.probe) // POINTS_SHOWN))
    if runs.probe.ndim == 2:
        every = 1  # of a grid of two coordinates every second point would be none
    heat_every = max(1, -(-len(runs.probe) // HEAT_POINTS))
    heat_at = _heat_places(runs, marks)
    error = np.abs(runs.predictions[0] - runs.probe_target[0])[heat_at][:, ::heat_every]
    if runs.outputs > 1:
        error = np.sqrt(np.square(error).mean(axis=2))
    confusion = runs.measured.get("confusion")
    outputs = runs.outputs if runs.outputs > 1 else 0
    warm = marks.kind == "regions"
    return Curves(
        experiment=runs.experiment,
        device=device,
        seeds=shown.seeds.tolist(),
        epochs=grid.tolist(),
        mse=rounded(shown.mse[:, grid]),
        peaks=rounded(_peaks(shown.mse[0], grid)),
        waves=runs.waves.tolist(),
        shares=rounded(shown.projections[:, grid].transpose(0, 2, 1), 4),
        fits={
            str(epoch): rounded(shown.predictions[:, _place(runs, epoch), ::every])
            for epoch in marks.epochs
            if epoch <= runs.epochs_done
        },
        positions=rounded(runs.probe[::every]),
        target=rounded(runs.probe_target[0, ::every]),
        heat=rounded(error, 2) if warm else [],
        heat_epochs=runs.snapshots[heat_at].tolist() if warm else [],
        heat_positions=rounded(runs.probe[::heat_every]) if warm else [],
        measured={
            name: _table(each, grid)
            for name, each in runs.measured.items()
            if each.values.ndim == 2
        },
        by_output=[
            rounded(runs.of_output(each).mse[:SEEDS_SHOWN, grid]) for each in range(outputs)
        ],
        confusion=[] if confusion is None else _square(confusion, runs.classes),
        films=films(runs, marks.epochs, every),
    )


def _table(taken: Measurements, grid: NDArray[np.int64]) -> list[list[float | None]]:
    """The epochs of a measure and its rows; of many epochs those of ``grid``."""
    epochs, values = taken.epochs, taken.values[:SEEDS_SHOWN]
    if len(epochs) > MOST_TAKEN:
        kept = np.isin(epochs, grid)
        epochs, values = epochs[kept], values[:, kept]
    return [epochs.tolist(), *rounded(values)]


def _square(confusion: Measurements, classes: int) -> list[list[int]]:
    """The first seed's last counts, ``(true, given)``; nothing where it diverged."""
    last = confusion.values[0, -1]
    counts: list[list[int]] = last.reshape(classes, classes).astype(int).tolist()
    return counts if np.isfinite(last).all() else []


def _heat_places(runs: Runs, marks: PlotHints) -> NDArray[np.int64]:
    """Which snapshots a picture of the errors shows: of the last part up to the rule's epoch."""
    last = min(marks.epochs[-1], runs.epochs_done)
    seen = np.flatnonzero((runs.snapshots >= last / HEAT_SPAN) & (runs.snapshots <= last))
    places = np.unique(np.linspace(0, len(seen) - 1, HEAT_EPOCHS).astype(int))
    return np.asarray(seen[places], np.int64)


def _peaks(errors: NDArray[np.float64], grid: NDArray[np.int64]) -> NDArray[np.float64]:
    """The largest of the errors since the epoch before, for each epoch of ``grid``."""
    starts = [0, *(grid[:-1] + 1)]
    return np.array([errors[a : b + 1].max() for a, b in zip(starts, grid, strict=True)])


def shown_epochs(epochs: int) -> NDArray[np.int64]:
    """The epochs of learning curves, up to ``epochs``, the last one always.

    >>> shown_epochs(20).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 20]
    """
    found = list[int]()
    for epoch in snapshot_epochs(epochs).tolist():
        if epoch <= FIRST or epoch >= STEP * found[-1]:
            found.append(epoch)
    return np.array([*found, *([epochs] if found[-1] < epochs else [])], dtype=np.int64)


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


def _place(runs: Runs, epoch: int) -> int:
    return int(np.searchsorted(runs.snapshots, epoch, side="right")) - 1
