"""The picture of a computation, which learns nothing: its numbers beside those that are claimed."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from epochal.experiments.inputs import Array
from epochal.judging.curves import Curves
from epochal.report.colours import FAINT, INK, SETTINGS
from epochal.report.pictures.style import array, named, styled

__all__ = ["draw", "picture"]

WIDE = 30.0
"""From such a ratio of the largest number to the smallest on the axis is logarithmic."""


@styled
def picture(
    title: str,
    curves: Curves,
    axis: str,
) -> Figure:
    """Draws the numbers, and beside them what part of the claimed ones they are.

    Args:
        title: a line above it.
        curves: the computation's: its target has the claimed numbers, its fit the computed ones.
        axis: what positions are called.
    """
    claimed = np.array(curves.target, float)
    figure = Figure(figsize=(10.5, 3.7))
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    if claimed.any():
        left, right = figure.subplots(1, 2)
        _ratios(right, curves, axis)
    else:
        left = figure.subplots()
    draw(left, curves, axis)
    return figure


def draw(axes: Axes, curves: Curves, axis: str) -> None:
    """The claimed numbers and the computed ones, by position; zeros have no place on a log axis."""
    x, claimed = np.array(curves.positions), np.array(curves.target, float)
    above = claimed[claimed > 0]
    wide = len(above) > 1 and above.max() > WIDE * above.min() and not (claimed < 0).any()
    axes.plot(x, claimed, "o", ms=8, mfc="none", color=SETTINGS[1], label="claimed")
    for number, computed in enumerate(_computed(curves)):
        label = "computed" if number == 0 else None
        axes.plot(x, computed, "o", ms=3.5, color=SETTINGS[0], label=label)
    if wide:
        axes.set_yscale("log")
        axes.set_ylim(above.min() / 4, above.max() * 4)
    if above.size and not claimed.all():
        zeros = x[claimed == 0]
        bottom = axes.get_ylim()[0]
        axes.plot(zeros, np.full(len(zeros), bottom), "|", color=FAINT, ms=9, label="claimed: 0")
    axes.set_xlabel(axis)
    axes.set_ylabel("value")
    axes.legend(fontsize=8, loc="best")


def _ratios(axes: Axes, curves: Curves, axis: str) -> None:
    x, claimed = np.array(curves.positions), np.array(curves.target, float)
    known = claimed != 0
    for computed in _computed(curves):
        axes.plot(x[known], computed[known] / claimed[known], "o", ms=3.5, color=SETTINGS[0])
    axes.axhline(1, color=INK, lw=0.8)
    low, high = axes.get_ylim()
    axes.set_ylim(min(0.0, low), max(1.5, high))
    axes.set_xlabel(axis)
    axes.set_ylabel("ratio")
    named(axes, "computed over claimed")


def _computed(curves: Curves) -> list[Array]:
    fits = curves.fits[max(curves.fits, key=int)]
    return [array(each) for each in fits]
