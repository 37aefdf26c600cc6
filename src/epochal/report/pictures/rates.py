"""The panel of a rate: what each of its many seeds reached, as a histogram."""

import numpy as np
from matplotlib.axes import Axes

from epochal.experiments.inputs import Array
from epochal.report.colours import FAILS, HOLDS, THRESHOLD
from epochal.report.pictures.style import named
from epochal.report.shown import Reached

__all__ = ["SHARES", "WIDTH", "draw_reached"]

WIDTH = 4.0
"""Inches that the panel adds to a picture."""

SHARES = ((1.15, 1), (1.15, 1, 0.8))
"""Widths of the panels of a picture, without the panel of a rate and with it."""

BINS = 20

WIDE = 30.0
"""Positive values with a larger ratio between the ends get a logarithmic axis."""


def draw_reached(axes: Axes, reached: Reached) -> None:
    """Draws how many seeds reached which value; seeds that hold and seeds that fail are stacked.

    The last bar, with a gap before it, has the seeds that never got there.
    """
    known = np.array([each for each in reached.values if each is not None] or [1.0])
    never = sum(each is None for each in reached.values)
    wide = bool(known.min() > 0 and known.max() > WIDE * known.min())
    edges = _edges(known, wide, BINS + 2 * bool(never))
    beyond = float(edges[-2:].mean())
    values = np.array([beyond if each is None else each for each in reached.values])
    holds, below = np.array(reached.holds), np.zeros(len(edges) - 1)
    for chosen, colour, word in ((holds, HOLDS, "hold"), (~holds, FAILS, "fail")):
        bars, label = np.histogram(values[chosen], edges)[0], f"{chosen.sum()} {word}"
        axes.bar(edges[:-1], bars, np.diff(edges), below, align="edge", color=colour, label=label)
        below += bars
    for threshold in reached.thresholds:
        axes.axvline(threshold, color=THRESHOLD, lw=1.2, label=f"threshold {threshold:.3g}")
    if wide:
        axes.set_xscale("log")
    axes.set_xlabel(reached.name + (f" (last bar: {never} never)" if never else ""))
    axes.set_ylabel("seeds")
    named(axes, f"what {len(values)} seeds reached")
    axes.legend(fontsize=8)


def _edges(known: Array, wide: bool, bins: int) -> Array:
    """The edges of ``bins`` bins of equal ratio or width, of which `BINS` cover what is known."""
    low, high = float(known.min()), float(known.max())
    if wide:
        return low * (high / low) ** (np.arange(bins + 1) / BINS)
    return low + (high - low or 1.0) * np.arange(bins + 1) / BINS
