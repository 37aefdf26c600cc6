"""How an error falls from epoch to epoch: the panel that most pictures have."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from epochal.claims.rules.base import PlotHints
from epochal.judging.curves import Curves
from epochal.report.pictures.style import ARMS, GOAL, INK, LINES, array, named

__all__ = ["FIRST", "MOST_FITS", "learning", "mark_epochs"]

MOST_FITS = 3
"""How many settings' fits are shown over each other; their errors are shown all."""

PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1}
"""Behind text that may lie on a curve."""

SPIKE = 2.0
"""From this factor on an error is told to have spikes."""

NEAR = 0.2
"""How far apart two labels have to be, as a part of the axis."""

FIRST = 1
"""Epoch 0 has no place on a log axis; curves start here."""


def learning(
    axes: Axes,
    arms: Mapping[str, Curves],
    marks: PlotHints,
    title: str = "training MSE",
    variance: float | None = None,
) -> None:
    """Draws the errors of every seed of ``arms``, with the thresholds of the rule.

    Args:
        axes: the panel.
        arms: the curves of each experiment, by its name in the claim.
        marks: the epochs and thresholds.
        title: what the error is.
        variance: of the target, where it is not that of the first arm's curves.
    """
    spikes = False
    for place, (name, curves) in enumerate(arms.items()):
        for seed, row in enumerate(curves.mse):
            label = (name if len(arms) > 1 else f"{len(curves.seeds)} seeds") if seed == 0 else None
            x, y = array(curves.epochs)[FIRST:], array(row)[FIRST:]
            colour = ARMS[place % len(ARMS)]
            looks: Any = {"lw": 1.6, "alpha": 0.9} if seed == 0 else {"lw": 0.7, "alpha": 0.5}
            axes.plot(x, y, color=colour, ls=LINES[place % 2], label=label, **looks)
            if seed == 0 and curves.peaks:
                peaks = array(curves.peaks)[FIRST:]
                known = np.isfinite(peaks) & np.isfinite(y)
                spikes = spikes or bool((peaks[known] > SPIKE * y[known]).any())
                if known.any():
                    axes.fill_between(
                        x[known], y[known], peaks[known], color=colour, alpha=0.2, lw=0
                    )
    axes.set_xscale("log")
    if any(value for curves in arms.values() for row in curves.mse for value in row[FIRST:]):
        axes.set_yscale("log")  # which matplotlib refuses where every seed diverged at once
    if variance is None:
        variance = float(np.var(next(iter(arms.values())).target))
    _thresholds(axes, (*marks.mse, *(share * variance for share in marks.variance_share)))
    low, high = axes.get_ylim()
    if low > 0:
        axes.set_ylim(min(low, high / 30), high)  # small changes must not look large
    mark_epochs(axes, marks)
    axes.set_xlabel("epoch")
    named(axes, f"{title}{' (shaded: spikes)' if spikes else ''}")
    if len(arms) <= MOST_FITS:
        axes.legend(loc="lower left", fontsize=8)
    else:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)


def _thresholds(axes: Axes, thresholds: tuple[float, ...]) -> None:
    for threshold in thresholds:
        axes.axhline(threshold, color=GOAL, lw=1.2)
        axes.text(
            FIRST,
            threshold,
            f" threshold {threshold:.3g}",
            color=GOAL,
            va="top",
            fontsize=8,
            bbox=PAPER,
            zorder=0,
        )


def mark_epochs(axes: Axes, marks: PlotHints) -> None:
    """Mark the epochs that the rule speaks of; of two that are near, one is its number alone."""
    place = axes.transScale + axes.transLimits
    epochs = sorted(marks.epochs)
    at = [float(place.transform((epoch, axes.get_ylim()[1]))[0]) for epoch in epochs]
    for epoch, here, before, after in zip(epochs, at, [-1, *at], [*at[1:], 2], strict=False):
        axes.axvline(epoch, color=INK, lw=0.8, ls=":")
        axes.annotate(
            f"{epoch}" if here - before < NEAR else f"epoch {epoch}",
            (epoch, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="right" if here > 1 - NEAR / 2 or after - here < NEAR else "center",
            fontsize=8,
        )
