"""How an error falls from epoch to epoch: the panel that most pictures have."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from epochal.claims.rules.base import PlotHints
from epochal.judging.curves import Curves
from epochal.report.colours import INK, SETTINGS, THRESHOLD
from epochal.report.pictures.style import LINES, array, named
from epochal.report.shown import thresholds

__all__ = ["FIRST", "MOST_FITS", "learning", "mark_epochs"]

MOST_FITS = 3
"""How many settings' fits are shown over each other; their errors are shown all."""

SPIKE = 2.0
"""An error with larger factors between two epochs that are drawn has spikes."""

NEAR = 0.25
"""Epochs that are nearer, as a part of the axis, share one label."""

DIVERGED = 1e4
"""Errors beyond this many times the first one are not shown: the others would all look equal."""

FIRST = 1
"""Epoch 0 has no place on a log axis; curves start here."""

COLUMNS = 2
"""Of small panels."""


def learning(
    axes: Axes,
    arms: Mapping[str, Curves],
    marks: PlotHints,
    title: str = "training MSE",
    variance: float | None = None,
) -> None:
    """Draws the errors of every seed of ``arms``, or what the rule asks of, with its thresholds.

    Args:
        axes: the panel.
        arms: the curves of each experiment, by its name in the claim.
        marks: the epochs and thresholds.
        title: what the error is.
        variance: of the target, where it is not that of the first arm's curves.
    """
    if marks.kind == "measured":
        return _measured(axes, arms, marks)
    spikes = False
    for place, (name, curves) in enumerate(arms.items()):
        for seed, row in enumerate(curves.mse):
            label = (name if len(arms) > 1 else _seeds(curves)) if seed == 0 else None
            x, y = array(curves.epochs)[FIRST:], array(row)[FIRST:]
            colour = SETTINGS[place % len(SETTINGS)]
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
    if any(len(curves.epochs) > FIRST for curves in arms.values()):
        axes.set_xscale("log")  # which matplotlib refuses where nothing was trained
    if any(value for curves in arms.values() for row in curves.mse for value in row[FIRST:]):
        axes.set_yscale("log")  # which matplotlib refuses where every seed diverged at once
    for threshold in thresholds(marks, arms, variance):
        axes.axhline(threshold, color=THRESHOLD, lw=1.2, label=f"threshold {threshold:.3g}")
    low, high = axes.get_ylim()
    starts = [row[FIRST] for curves in arms.values() for row in curves.mse if row[FIRST:]]
    first = max((each for each in starts if each is not None), default=0.0)
    if low > 0:
        high = min(high, DIVERGED * first) if first else high
        axes.set_ylim(min(low, high / 30), high)  # small changes must not look large
    mark_epochs(axes, marks)
    axes.set_xlabel("epoch")
    axes.set_ylabel("MSE")
    named(axes, f"{title}{' (shaded: spikes)' if spikes else ''}")
    if len(arms) <= MOST_FITS:
        axes.legend(loc="best", fontsize=8)
    else:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)


def _measured(axes: Axes, arms: Mapping[str, Curves], marks: PlotHints) -> None:
    """What the rule asks of a measure, epoch by epoch, with its bounds."""
    names = [*marks.measured]
    if marks.epochs[-1] <= FIRST:
        return _measured_once(axes, arms, names)
    if len(names) > MOST_FITS:
        return _small_multiples(axes, arms, marks)
    for place, (arm, name) in enumerate((arm, name) for arm in arms for name in names):
        epochs, *rows = arms[arm].measured.get(name, [[]])
        words = [*([arm] if len(arms) > 1 else []), *([name] if len(names) > 1 else [])]
        for seed, row in enumerate(rows):
            label = (", ".join(words) or _seeds(arms[arm])) if seed == 0 else None
            axes.plot(
                array(epochs)[FIRST:],
                array(row)[FIRST:],
                color=SETTINGS[place % len(SETTINGS)],
                lw=1.6 if seed == 0 else 0.7,
                label=label,
            )
    for bounds in marks.measured.values():
        if len(bounds) == 2:
            axes.axhspan(*bounds, color=THRESHOLD, alpha=0.12, lw=0)
        for bound in bounds:
            axes.axhline(bound, color=THRESHOLD, lw=1.2, label=f"bound {bound:.3g}")
    axes.set_xscale("log")
    mark_epochs(axes, marks)
    axes.set_xlabel("epoch")
    axes.set_ylabel(names[0] if len(names) == 1 else "")
    named(axes, ", ".join(names))
    axes.legend(loc="best", fontsize=8)


def _small_multiples(axes: Axes, arms: Mapping[str, Curves], marks: PlotHints) -> None:
    """Many measures of one net: a small panel for each, since their scales differ."""
    axes.axis("off")
    rows = -(-len(marks.measured) // COLUMNS)
    for place, (name, bounds) in enumerate(marks.measured.items()):
        row, column = divmod(place, COLUMNS)
        corner = (column + 0.12) / COLUMNS, 1 - (row + 0.78) / rows
        small = axes.inset_axes((*corner, 0.8 / COLUMNS, 0.52 / rows))
        for number, (arm, curves) in enumerate(arms.items()):
            epochs, *values = curves.measured.get(name, [[]])
            for seed, each in enumerate(values):
                looks: Any = {"lw": 1.4} if seed == 0 else {"lw": 0.6, "alpha": 0.6}
                label = arm if seed == 0 and len(arms) > 1 else None
                x, y = array(epochs)[FIRST:], array(each)[FIRST:]
                small.plot(x, y, color=SETTINGS[number % len(SETTINGS)], label=label, **looks)
        if len(bounds) == 2:
            small.axhspan(*bounds, color=THRESHOLD, alpha=0.12, lw=0)
        for bound in bounds:
            small.axhline(bound, color=THRESHOLD, lw=1)
        small.axvline(marks.epochs[-1], color=INK, lw=0.8, ls=":")
        small.margins(y=0.15)
        small.tick_params(labelsize=7)
        small.set_title(name, loc="left", fontsize=8, pad=2)
        if row == rows - 1:
            small.set_xlabel("epoch", fontsize=8, labelpad=1)
    if len(arms) > 1:
        small.legend(fontsize=7)
    named(axes, f"measured up to epoch {marks.epochs[-1]}, with bounds")


def _measured_once(axes: Axes, arms: Mapping[str, Curves], names: Sequence[str]) -> None:
    """What is measured of nets that are hardly trained: a column of seeds for each setting."""
    columns = [(arm, name) for arm in sorted(arms) for name in names]
    for place, (arm, name) in enumerate(columns):
        last = [row[-1] for row in arms[arm].measured.get(name, [[]])[1:]]
        colour = SETTINGS[[*arms].index(arm) % len(SETTINGS)]
        axes.plot([place] * len(last), array(last), "o", color=colour, alpha=0.7)
    several = len(names) > 1
    labels = [f"{arm}\n{name}" if several else arm for arm, name in columns]
    axes.set_xticks(range(len(columns)), labels)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(bottom=0)
    named(axes, f"{', '.join(names)}, one point a seed")


def _seeds(curves: Curves) -> str:
    return f"{len(curves.seeds)} seed{'s' * (len(curves.seeds) > 1)}"


def mark_epochs(axes: Axes, marks: PlotHints) -> None:
    """Mark the epochs that the rule names, above the panel; those that are near share a label."""
    place = axes.transScale + axes.transLimits
    groups: list[list[tuple[int, float]]] = []
    for epoch in sorted(each for each in marks.epochs if each >= FIRST):
        axes.axvline(epoch, color=INK, lw=0.8, ls=":")
        here = float(place.transform((epoch, axes.get_ylim()[1]))[0])
        if groups and here - groups[-1][-1][1] < NEAR:
            groups[-1].append((epoch, here))
        else:
            groups.append([(epoch, here)])
    for group in groups:
        middle = (group[0][1] + group[-1][1]) / 2
        axes.annotate(
            ("epochs " if len(group) > 1 else "epoch ") + ", ".join(f"{each}" for each, _ in group),
            (min(middle, 1.0), 1),
            xycoords="axes fraction",
            xytext=(0, 2),
            textcoords="offset points",
            ha="right" if middle > 1 - NEAR / 2 else "left" if middle < NEAR / 2 else "center",
            fontsize=8,
        )
