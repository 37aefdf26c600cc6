"""The picture of a net that tells classes apart: where it gives which, and its error rates."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from epochal.claims.rules.base import PlotHints
from epochal.experiments.runs import BY_CLASSES, HELD_OUT
from epochal.judging.curves import Curves
from epochal.report.colours import FAINT, PALE, SETTINGS, THRESHOLD
from epochal.report.pictures.learning import FIRST, MOST_FITS, learning, mark_epochs
from epochal.report.pictures.rates import WIDTH, draw_reached
from epochal.report.pictures.style import array, named, styled, titled
from epochal.report.shown import Labelled, Reached

__all__ = ["picture"]

RATE, MARGIN = BY_CLASSES

NAMED = 10
"""Of up to so many classes tables have numbers and names."""


@styled
def picture(
    title: str,
    marks: PlotHints,
    arms: Mapping[str, Curves],
    points: Mapping[str, Labelled],
    names: Sequence[str],
    reached: Reached | None = None,
) -> Figure:
    """Draws each setting's classes, those of the first seed, and beside them all error rates.

    In two dimensions they are regions with the points of the seed, on a line steps; else a table
    of how often each class is given for each, or of many classes the margin over epochs.

    Args:
        title: a line or two above it.
        marks: the epochs and thresholds of the rule.
        arms: the curves of each experiment, by its name in the claim.
        points: the same of points and their classes.
        names: of the classes.
        reached: what every seed of a rate reached, in a last panel.
    """
    shown = [*arms.items()][:MOST_FITS]
    figure = Figure(figsize=(3.8 * len(shown) + 5.0 + WIDTH * bool(reached), 3.9))
    titled(figure, title, long=30 * len(shown) + 50)
    widths = [*[1.0] * len(shown), 1.35, *([1.1] if reached else [])]
    panels = figure.subplots(1, len(widths), width_ratios=widths)
    for axes, (arm, curves) in zip(panels, shown, strict=False):
        fit = array(curves.fits[str(marks.epochs[-1])][0])
        prefix = f"{arm}, " if len(arms) > 1 else ""
        epoch = marks.epochs[-1]
        if np.ndim(curves.positions) == 2:
            _regions(axes, curves, fit, points[arm], names)
        elif points[arm].x:
            _steps(axes, curves, fit, points[arm], names)
        elif curves.confusion:
            epoch = curves.epochs[-1]
            _table(axes, curves, points[arm], names)
        else:
            _over_epochs(axes, {arm: curves}, marks, MARGIN)
            named(axes, f"{prefix}least margin of a point")
            continue
        named(axes, f"{prefix}seed {curves.seeds[0]} at epoch {epoch}")
    if all(name.endswith(RATE) for name in marks.measured):
        _over_epochs(panels[len(shown)], arms, marks, RATE)
        named(panels[len(shown)], "error rate")
    else:
        learning(panels[len(shown)], arms, marks)
    if reached is not None:
        draw_reached(panels[-1], reached)
    return figure


def _colours(count: int) -> tuple[Sequence[str], Sequence[str]]:
    """Colours of points and of regions, one for each class."""
    if count <= len(SETTINGS):
        return SETTINGS[:count], PALE[:count]
    ramp = mpl.colormaps["viridis"](np.linspace(0, 1, count))
    every = [mpl.colors.to_hex(each) for each in ramp]
    return every, every


def _regions(
    axes: Axes, curves: Curves, fit: np.ndarray, points: Labelled, names: Sequence[str]
) -> None:
    """Which class is given where, and the points of the seed."""
    strong, pale = _colours(len(names))
    positions = np.array(curves.positions)
    side = round(len(positions) ** 0.5)
    given = np.ma.masked_invalid(fit).reshape(side, side).T
    axes.pcolormesh(
        positions[::side, 0],
        positions[:side, 1],
        given,
        cmap=ListedColormap(list(pale)),
        vmin=-0.5,
        vmax=len(names) - 0.5,
        shading="nearest",
        rasterized=True,
    )
    x, y, held = np.array(points.x), np.array(points.y), np.array(points.held)
    for place, name in enumerate(names):
        mine = (y == place) & ~held
        label = name if len(names) <= NAMED else None
        axes.plot(*x[mine].T, "o", ms=3, color=strong[place], label=label)
        if (held & (y == place)).any():
            axes.plot(*x[held & (y == place)].T, "o", ms=4, mfc="none", color=strong[place])
    axes.set_xlabel("x")
    axes.set_ylabel("y")
    if len(names) <= NAMED:
        axes.legend(loc="upper left", bbox_to_anchor=(0, -0.16), ncols=4, fontsize=8)


def _steps(
    axes: Axes, curves: Curves, fit: np.ndarray, points: Labelled, names: Sequence[str]
) -> None:
    """Which class is given along the line, and the points of the seed."""
    axes.plot(
        curves.positions, fit, drawstyle="steps-mid", color=SETTINGS[0], lw=1.6, label="the net"
    )
    axes.plot(points.x, points.y, "o", ms=3, color=FAINT, label="points")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("x")
    axes.set_ylabel("class")
    axes.legend(loc="best", fontsize=8)


def _table(axes: Axes, curves: Curves, points: Labelled, names: Sequence[str]) -> None:
    """How often each class is given for each, on the rows held out if there are any."""
    counts = np.array(curves.confusion)
    axes.imshow(counts, cmap="Blues", vmin=0, vmax=max(1, 1.4 * counts.max()))
    for row, column in np.ndindex(counts.shape):
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=9)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("class given")
    axes.set_ylabel(f"class of the {'held-out' if any(points.held) else 'training'} row")


def _over_epochs(axes: Axes, arms: Mapping[str, Curves], marks: PlotHints, measure: str) -> None:
    """What is measured of all seeds, on the training points and on those held out."""
    for place, (arm, curves) in enumerate(arms.items()):
        for name, line in ((measure, "-"), (HELD_OUT + measure, ":")):
            epochs, *rows = curves.measured.get(name, [[]])
            where = "held out" if name.startswith(HELD_OUT) else "training"
            words = ", ".join(filter(None, (arm if len(arms) > 1 else "", where)))
            for seed, row in enumerate(rows):
                axes.plot(
                    array(epochs)[FIRST:],
                    array(row)[FIRST:],
                    line,
                    color=SETTINGS[place % len(SETTINGS)],
                    lw=1.6 if seed == 0 else 0.7,
                    alpha=0.9 if seed == 0 else 0.5,
                    label=words if seed == 0 else None,
                )
    if measure == RATE:
        for bound in {each for bounds in marks.measured.values() for each in bounds}:
            axes.axhline(bound, color=THRESHOLD, lw=1.2, label=f"threshold {bound:.3g}")
        axes.set_ylim(bottom=-0.02)
    axes.set_xscale("log")
    mark_epochs(axes, marks)
    axes.set_xlabel("epoch")
    axes.set_ylabel(measure)
    axes.legend(loc="best", fontsize=8)
