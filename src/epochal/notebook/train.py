"""`train` for a script or a notebook: what the net reached beside what a straight line has."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tabulate import tabulate

from epochal.claims.rules.base import PlotHints
from epochal.claims.rules.thresholds import line_errors, rate_of_most_frequent, variance_of
from epochal.experiments.experiment import Experiment
from epochal.experiments.inputs import Array
from epochal.experiments.own_loop import Training
from epochal.experiments.runs import Runs
from epochal.judging.curves import curves
from epochal.notebook.show import kept, page
from epochal.report.drawn import figure_of_curves
from epochal.training.engines.record import Watch
from epochal.training.observer import Observer
from epochal.training.train import train as train_silently

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Trained", "train"]

MOST_SEEDS = 10
"""How many seeds are listed; more are counted."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Trained(Runs):
    """`Runs` that know their setting, and print and draw themselves.

    Attributes:
        setting: what was trained.
    """

    setting: Experiment | Training

    @property
    def error(self) -> Array:
        """Mean squared error at the last epoch, ``(seed,)``; of classes the error rate."""
        return self.mse[:, -1]

    @property
    def constant_error(self) -> Array:
        """The same of the best constant, or of the most frequent class, ``(seed,)``."""
        if self.classes:
            return np.array([rate_of_most_frequent(row) for row in self.train_target])
        return variance_of(self.train_target)

    @property
    def line_error(self) -> Array | None:
        """The same of the best straight line or plane; None on a circle, and of classes."""
        return line_errors(self.setting, self)

    def plot(self, path: str | Path | None = None) -> "Figure":
        """Draw the fit at the last epoch and the errors over epochs.

        Args:
            path: a PNG file to write, if any.

        Returns:
            The figure, which a notebook displays.
        """
        marks = PlotHints(epochs=(self.epochs_done,))
        title = f"{self._word} {np.median(self.error):.3g}, {self._constant} {self._flat()}"
        if len(self.seeds) > 1:
            title = f"{len(self.seeds)} seeds: median {title}"
        drawn = curves(self, "cpu", marks)
        return kept(figure_of_curves(self.setting, drawn, title), path)

    @property
    def _word(self) -> str:
        return "error rate" if self.classes else "MSE"

    @property
    def _constant(self) -> str:
        return "most frequent class" if self.classes else "best constant"

    def _flat(self) -> str:
        constant, line = f"{np.median(self.constant_error):.3g}", self.line_error
        return constant if line is None else f"{constant}, best line {np.median(line):.3g}"

    def __str__(self) -> str:
        line = self.line_error
        names = ["seed", f"{self._word} at epoch {self.epochs_done}", self._constant]
        columns = [self.seeds.tolist(), self._reached(), _short(self.constant_error)]
        if line is not None:
            names.append("best line")
            columns.append(_short(line))
        rows = list(zip(*columns, strict=True))[:MOST_SEEDS]
        more = len(self.seeds) - len(rows)
        flat = self.constant_error if line is None else np.minimum(self.constant_error, line)
        below = int((self.error < flat).sum())
        than = self._constant if line is None else "best line"
        said = f"Error below that of the {than}: {below} of {len(self.seeds)} seeds."
        table = tabulate(rows, names, tablefmt="plain", disable_numparse=True)
        return "\n".join([table, *([f"and {more} more seeds"] if more else []), said])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return page(str(self), self.plot())

    def _reached(self) -> list[str]:
        pairs = zip(_short(self.error), self.diverged_at(), strict=True)
        return [error if at is None else f"diverged at epoch {at}" for error, at in pairs]


def _short(values: Array) -> list[str]:
    return [f"{value:.3g}" for value in values]


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
    quiet: bool = False,
) -> Trained:
    """Train ``experiment`` for each of ``seeds``; print and return what was reached.

    Args:
        experiment: the setting, or a loop of your own as a `Training`.
        seeds: one independent replication each.
        device: as for ``pytest bench/ --device``: ``cpu``, ``cuda``, ``cuda:N``, ``auto``, …
        epochs: how many epochs in all.
        engine: ``auto``, or the name of one engine.
        earlier: shorter runs of these very seeds, one `Runs` each, from which training resumes.
        watch: called with the epoch and its loss now and then; may raise to stop.
        observer: called at the start, at every epoch and at every update; not for a `Training`.
        quiet: print nothing.

    Returns:
        `Runs` with the error of each seed, that of the best constant and of the best straight line
        through the same points, and a ``plot()``.

    Raises:
        SpecError: a setting, a seed, the device or the number of epochs is wrong.
        BrokenRun: the training could not be run.

    >>> from epochal import Experiment, Line, MLP, Optimizer, Sine, train
    >>> tiny = Experiment(
    ...     inputs=Line(low=-1, high=1, points=20),
    ...     target=Sine(2),
    ...     net=MLP(widths=(8,)),
    ...     optimizer=Optimizer("SGD", lr=0.1),
    ... )
    >>> runs = train(tiny, [0, 1], epochs=100, quiet=True)
    >>> runs.loss.shape, runs.error.shape
    ((2, 101), (2,))
    >>> bool((runs.error < runs.constant_error).all())
    True
    """
    how = {"engine": engine, "earlier": earlier, "watch": watch, "observer": observer}
    runs = train_silently(experiment, seeds, device, epochs, **how)  # type: ignore[arg-type]
    found = Trained(**vars(runs), setting=experiment)
    if not quiet:
        print(found)
    return found
