"""The picture of a net of two coordinates: target, net and error as maps, and how it got there."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from epochal.claims.rules.base import PlotHints
from epochal.experiments.inputs import Array
from epochal.judging.curves import Curves
from epochal.report.pictures.learning import MOST_FITS, learning
from epochal.report.pictures.rates import WIDTH, draw_reached
from epochal.report.pictures.style import array, named, styled, titled
from epochal.report.shown import Reached

__all__ = ["picture"]

VALUES, ERRORS = "viridis", "magma_r"

OBLONG = 3.0
"""Of boxes that are no longer than this a circle is drawn as a circle."""


@styled
def picture(
    title: str,
    marks: PlotHints,
    arms: Mapping[str, Curves],
    formula: str = "",
    reached: Reached | None = None,
) -> Figure:
    """Draws a row a setting: target, net of the first seed and error; beside them all errors.

    Target and nets have one range of colours, and errors have one. Where a net is off the target's
    range, its colour is that of the end.

    Args:
        title: a line or two above it.
        marks: the epochs and thresholds of the rule.
        arms: the curves of each experiment, by its name in the claim.
        formula: the target as mathematics, where there is one.
        reached: what every seed of a rate reached, in a last panel.
    """
    shown, epoch = list(arms.items())[:MOST_FITS], str(marks.epochs[-1])
    figure = Figure(figsize=(13.5 + WIDTH * bool(reached), 0.6 + 3.1 * len(shown)))
    titled(figure, title, long=135)
    widths = (3, 1.25 + bool(reached))
    maps, beside = figure.subfigures(1, 2, squeeze=False, width_ratios=widths)[0]
    rows = maps.subplots(len(shown), 3, squeeze=False, sharex=True, sharey=True)
    known = array([value for _, curves in shown for value in curves.target])
    low, high = float(known.min()), float(known.max())
    errors = [np.abs(array(c.fits[epoch][0]) - array(c.target)) for _, c in shown]
    worst = max((float(np.nanmax(each, initial=0.0)) for each in errors), default=0.0) or 1.0
    for row, (name, curves), error in zip(rows, shown, errors, strict=True):
        prefix = f"{name}: " if len(shown) > 1 else ""
        first, fit = array(curves.target), array(curves.fits[epoch][0])
        mesh = _map(row[0], curves, first, VALUES, (low, high))
        _map(row[1], curves, fit, VALUES, (low, high))
        named(row[0], f"{prefix}target {formula}")
        named(row[1], f"seed {curves.seeds[0]} at epoch {epoch}")
        maps.colorbar(mesh, ax=row[:2], pad=0.01)
        mesh = _map(row[2], curves, error, ERRORS, (0.0, worst))
        named(row[2], "|net − target|")
        maps.colorbar(mesh, ax=row[2], pad=0.01)
        row[0].set_ylabel("y")
    for axes in rows[-1]:
        axes.set_xlabel("x")
    span = np.ptp(np.array(shown[0][1].positions), axis=0)
    if 1 / OBLONG < span[0] / span[1] < OBLONG:
        for axes in rows.ravel():
            axes.set_aspect("equal")
    right, *rest = beside.subplots(1, 1 + bool(reached), squeeze=False)[0]
    learning(right, arms, marks)
    if reached is not None:
        draw_reached(rest[0], reached)
    return figure


def _map(
    axes: Axes, curves: Curves, values: Array, colours: str, between: Sequence[float]
) -> QuadMesh:
    """A square grid of positions, row by row, as a map."""
    positions = np.array(curves.positions)
    side = round(len(positions) ** 0.5)
    x, y = positions[::side, 0], positions[:side, 1]
    low, high = between
    return axes.pcolormesh(
        x, y, values.reshape(side, side).T, cmap=colours, vmin=low, vmax=high, shading="gouraud"
    )
