"""A source's own picture: what its claims found, in panels side by side."""

from collections.abc import Sequence
from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from epochal.experiments.inputs import Array
from epochal.judging.curves import Curves
from epochal.report.colours import FAINT, SETTINGS, THRESHOLD
from epochal.report.pictures import numbers, slopes
from epochal.report.pictures.style import array, styled
from epochal.report.shown import Found, Shown

__all__ = ["picture"]

COLUMNS, LONG = 3, 52
"""Panels in a row, and letters in a line above one."""


@styled
def picture(panels: Sequence[Shown]) -> Figure:
    """Draws ``panels`` side by side."""
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(5.2 * columns, 4.1 * rows))
    every = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, panel in zip(every, panels, strict=False):
        _panel(axes, panel)
        axes.set_title("\n".join(wrap(panel.title, LONG)), loc="left", fontsize=10.5)
    for axes in every[len(panels) :]:
        axes.axis("off")
    return figure


def _panel(axes: Axes, panel: Shown) -> None:
    first = panel.found[0]
    if first.exponent is not None:
        slopes.draw(axes, first.exponent, first.seeds, first.interval)
    elif first.marks.epochs[-1] <= 1:
        numbers.draw(axes, next(iter(first.curves.values())), first.axis)
    elif panel.shows == "fit":
        _fit(axes, first)
    elif first.marks.kind == "shares":
        _shares(axes, first)
    else:
        _errors(axes, panel.found)


def _fit(axes: Axes, found: Found) -> None:
    for place, (name, curves) in enumerate(found.curves.items()):
        x = np.array(curves.positions)
        if place == 0:
            axes.plot(x, curves.target, "--", color=FAINT, lw=1.2, label="target")
        for number, fit in enumerate(curves.fits[str(found.marks.epochs[-1])]):
            label = (name if len(found.curves) > 1 else "a seed") if number == 0 else None
            axes.plot(x, array(fit), color=SETTINGS[place], lw=1, alpha=0.7, label=label)
    axes.set_xlabel(found.axis)
    axes.set_ylabel("output")
    axes.legend(fontsize=8)


def _shares(axes: Axes, found: Found) -> None:
    curves = next(iter(found.curves.values()))
    asked = [place for place, wave in enumerate(curves.waves) if wave in found.marks.shares]
    for colour, place in zip(SETTINGS, asked, strict=False):
        for number, rows in enumerate(curves.shares):
            label = f"ω = {curves.waves[place]:g}" if number == 0 else None
            axes.plot(*_line(curves, rows[place]), color=colour, lw=1, alpha=0.7, label=label)
    axes.set_xscale("log")
    axes.set_xlim(right=found.marks.epochs[-1])
    axes.set_ylim(-0.1, 1.2)
    axes.set_xlabel("epoch")
    axes.set_ylabel("share learned")
    axes.legend(fontsize=8)


def _errors(axes: Axes, every: Sequence[Found]) -> None:
    place = 0
    for found in every:
        for name, curves in found.curves.items():
            both = ", ".join(filter(None, (found.label, name if len(found.curves) > 1 else "")))
            for number, row in enumerate(curves.mse):
                label = both if number == 0 else None
                x, y = _line(curves, row)
                axes.plot(x, y, color=SETTINGS[place % len(SETTINGS)], lw=1, alpha=0.7, label=label)
            place += 1
    for threshold in {each for found in every for each in found.marks.mse}:
        axes.axhline(threshold, color=THRESHOLD, lw=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(right=max(found.marks.epochs[-1] for found in every))
    axes.set_xlabel("epoch")
    axes.set_ylabel("training MSE")
    axes.legend(fontsize=8)


def _line(curves: Curves, values: Sequence[float | None]) -> tuple[Array, Array]:
    """From epoch 1 on: epoch 0 has no place on a log axis."""
    return np.array(curves.epochs[1:], float), array(values[1:])
