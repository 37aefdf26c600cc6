"""The picture of most claims: the fit over a line or a circle, and how it got there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from epochal.claims.rules.base import PlotHints
from epochal.experiments.inputs import Array
from epochal.judging.curves import HEAT_SPAN, Curves
from epochal.report.colours import FAINT, PALE, SETTINGS, THRESHOLD
from epochal.report.pictures.learning import FIRST, MOST_FITS, learning, mark_epochs
from epochal.report.pictures.rates import SHARES, WIDTH, draw_reached
from epochal.report.pictures.style import LINES, array, named, styled, titled
from epochal.report.shown import Reached, Target

__all__ = ["picture"]

MOST_WAVES = 8
"""How many shares fit into one picture."""

BELOW: Any = {"ha": "center", "va": "bottom", "fontsize": 8}
"""How text stands at the lower edge."""

HEAT_RANGE = (2e-2, 1.0)
"""Errors below are fitted for the eye; the error of a net that outputs 0 is about 0.7."""


@styled
def picture(
    title: str,
    marks: PlotHints,
    arms: Mapping[str, Curves],
    position: str = "x",
    formula: str = "",
    trained: tuple[float, float] | None = None,
    targets: Mapping[str, Target] | None = None,
    reached: Reached | None = None,
) -> Figure:
    """Draws a claim: on the left the fit at the claimed epoch, on the right how it got there.

    Args:
        title: one line above both panels.
        marks: the epochs and thresholds of the rule.
        arms: the curves of each experiment, by its name in the claim.
        position: what the horizontal axis is called.
        formula: the target as mathematics, where all settings have one.
        trained: the range of the training points, where the net is shown beyond it.
        targets: of each experiment, on a finer grid than that of its curves.
        reached: what every seed of a rate reached, in a third panel.
    """
    figure = Figure(figsize=(10.5 + WIDTH * bool(reached), 3.7))
    titled(figure, title)
    left, right, *rest = figure.subplots(1, 2 + bool(reached), width_ratios=SHARES[bool(reached)])
    _fit(left, arms, marks, position, formula, targets or {})
    if reached is not None:
        draw_reached(rest[0], reached)
    if trained is not None:
        left.axvspan(*trained, color=FAINT, alpha=0.15, lw=0)
        left.text(sum(trained) / 2, left.get_ylim()[0], "trained on", **BELOW)
    if marks.kind == "regions":
        _heat(figure, right, next(iter(arms.values())), marks, position)
    elif marks.kind == "shares":
        _shares(right, next(iter(arms.values())), marks, position)
    else:
        learning(right, arms, marks)
    return figure


def _fit(
    axes: Axes,
    arms: Mapping[str, Curves],
    marks: PlotHints,
    position: str,
    formula: str,
    targets: Mapping[str, Target],
) -> None:
    epoch = marks.epochs[-1]
    for place, (name, curves) in enumerate([*arms.items()][:MOST_FITS]):
        x, fits = array(curves.positions), curves.fits.get(str(epoch), [])
        if all(curves.target != each.target for each in [*arms.values()][:place]):
            several = len({tuple(each.target) for each in arms.values()}) > 1
            colour = FAINT if place == 0 else PALE[place % len(PALE)]
            words = f"target of {name}" if several else f"target {formula}".strip()
            line = targets.get(name, Target(curves.positions, curves.target))
            axes.plot(line.x, line.y, color=colour, lw=1.2, ls="--", label=words)
        for seed, fit in enumerate(fits):
            if seed > 0 and len(arms) > 1:
                break  # with two arms the first seed of each is enough to see
            label = _seed_label(curves, seed, name if len(arms) > 1 else "")
            width = 1.8 if seed == 0 else 0.7
            alpha = 1.0 if seed == 0 else 0.35
            axes.plot(
                x,
                array(fit),
                color=SETTINGS[place % len(SETTINGS)],
                lw=width,
                ls=LINES[place % 2],
                alpha=alpha,
                label=label,
            )
    _limit_to_targets(axes, arms.values())
    _shade_regions(axes, marks.regions, float(x.max()))
    axes.set_xlabel(position)
    axes.set_ylabel("output")
    named(axes, f"the net at epoch {epoch}")
    axes.legend(loc="upper left", ncols=3, fontsize=8, columnspacing=1.0, handlelength=1.5)


def _seed_label(curves: Curves, place: int, name: str) -> str | None:
    if name:
        return f"{name}, seed {curves.seeds[0]}"
    if place == 0:
        return f"seed {curves.seeds[0]}"
    more = len(curves.seeds) - 1
    return f"{more} more seed{'s' * (more > 1)}" if place == 1 else None


def _limit_to_targets(axes: Axes, arms: Iterable[Curves]) -> None:
    values = [value for curves in arms for value in curves.target]
    low, high = min(values), max(values)
    span = high - low or 1.0
    axes.set_ylim(low - span / 4, high + 0.45 * span)  # above is room for the legend


def _shade_regions(axes: Axes, regions: Sequence[float], end: float) -> None:
    if not regions:
        return
    centre, edges = regions[0], regions[-1]
    axes.axvspan(-centre, centre, color=THRESHOLD, alpha=0.08, lw=0)
    for low, high in ((-end, -edges), (edges, end)):
        axes.axvspan(low, high, color=SETTINGS[1], alpha=0.08, lw=0)
    bottom = axes.get_ylim()[0]
    axes.text(0, bottom, "centre", color=THRESHOLD, **BELOW)
    for place in (-(end + edges) / 2, (end + edges) / 2):
        axes.text(place, bottom, "edge", color=SETTINGS[1], **BELOW)


def _shares(axes: Axes, curves: Curves, marks: PlotHints, position: str) -> None:
    asked = [place for place, wave in enumerate(curves.waves) if wave in marks.shares]
    shown = asked if len(curves.waves) > len(SETTINGS) else range(len(curves.waves))
    if len(shown) > MOST_WAVES:
        shown = [shown[each] for each in np.linspace(0, len(shown) - 1, MOST_WAVES).astype(int)]
    ramp = mpl.colormaps["viridis"](np.linspace(0, 0.9, max(len(shown), 2)))
    for number, place in enumerate(shown):
        frequency = curves.waves[place]
        colour = SETTINGS[number] if len(shown) <= len(SETTINGS) else ramp[number]
        thresholds = marks.shares.get(frequency, ())
        words = ", threshold ".join([f"ω = {frequency:g}", *(f"{each:g}" for each in thresholds)])
        for seed, rows in enumerate(curves.shares):
            x, y = array(curves.epochs)[FIRST:], array(rows[place])[FIRST:]
            label = words if seed == 0 else None
            axes.plot(x, y, color=colour, lw=1.6 if seed == 0 else 0.7, label=label)
        for threshold in thresholds:
            axes.axhline(threshold, color=colour, lw=1, ls=":")
    axes.set_xscale("log")
    shares = array(
        [each for rows in curves.shares for place in shown for each in rows[place][FIRST:]]
    )
    axes.set_ylim(-0.1, max(1.2, 1.05 * np.nanmax(shares, initial=0.0)))
    mark_epochs(axes, marks)
    axes.set_xlabel("epoch")
    axes.set_ylabel("share of the target's own")
    every = len(shown) == len(curves.waves)
    part = "" if every else f" ({len(shown)} of {len(curves.waves)})"
    named(axes, f"share learned, by ω{part}")
    axes.legend(loc="best", fontsize=8, ncols=1 + (len(shown) > 4))


def _heat(figure: Figure, axes: Axes, curves: Curves, marks: PlotHints, position: str) -> None:
    horizon = marks.epochs[-1]
    epochs = np.array(curves.heat_epochs, float)
    keep = (epochs >= max(FIRST, horizon / HEAT_SPAN)) & (epochs <= horizon)
    error = np.array([array(row) for row in curves.heat])[keep]
    x = array(curves.heat_positions)
    shown = np.clip(_local_rms(error, x, curves.waves), *HEAT_RANGE)
    mesh = axes.pcolormesh(
        x, epochs[keep], shown, cmap="magma_r", norm=LogNorm(*HEAT_RANGE), shading="nearest"
    )
    axes.set_yscale("log")
    for radius in marks.regions:
        for place in (-radius, radius):
            axes.axvline(place, color="white", lw=1, ls=":")
    axes.set_xlabel(position)
    axes.set_ylabel("epoch")
    named(axes, f"error of seed {curves.seeds[0]}, epoch by epoch")
    bar = figure.colorbar(mesh, ax=axes, pad=0.01)
    bar.set_label("local RMS error: light is fitted", fontsize=8)


def _local_rms(error: Array, x: Array, waves: Sequence[float]) -> Array:
    """The root of the mean squared error over half an oscillation of the slowest wave.

    Without the window the zeros of the target would look fitted before training began.
    """
    half = np.pi / min(waves) / 2 if waves else 0.0
    near = np.abs(x[:, None] - x[None]) <= half
    square = np.nan_to_num(error, nan=HEAT_RANGE[1]) ** 2
    rms: Array = np.sqrt(square @ near / near.sum(axis=0))
    return rms
