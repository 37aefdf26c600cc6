"""The pictures. The only module that imports matplotlib."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from epochal.claims.rules.base import Marks
from epochal.experiments.inputs import Array
from epochal.files import save
from epochal.judging.curves import HEAT_SPAN, Curves

__all__ = ["picture"]

INK, FAINT, GOAL = "#22303c", "#9aa7b1", "#2a9d5c"
ARMS = ("#1f6fb4", "#d9622b", "#7d4fa3", "#3a8f3a", "#8a6d3b", "#c2417c")
PALE = ("#a5c5e1", "#f0c0ab", "#cbb9da", "#b1d2b1", "#d0c5b1", "#e7b3cb")
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "savefig.dpi": 110,
    "figure.constrained_layout.use": True,
}
LINES = ("-", (0, (5, 3)))
"""The second arm is dashed, so that two equal curves are seen to be two."""

PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1}
"""Behind text that may lie on a curve."""

MOST_FITS = 3
"""How many settings' fits are shown over each other; their errors are shown all."""

LONG = 105
"""A title with more letters takes two lines."""

SPIKE = 2.0
"""From this factor on an error is told to have spikes."""

MOST_WAVES = 8
"""How many shares fit into one picture."""

FIRST = 1
"""Epoch 0 has no place on a log axis; curves start here."""

HEAT_RANGE = (2e-2, 1.0)
"""Errors below are fitted for the eye; the error of a net that outputs 0 is about 0.7."""


def picture(
    path: Path,
    title: str,
    marks: Marks,
    arms: Mapping[str, Curves],
    position: str = "x",
    facts: Mapping[str, str] | None = None,
) -> None:
    """Draws a claim: on the left the fit at the claimed epoch, on the right how it got there.

    Args:
        path: the PNG file.
        title: one line above both panels.
        marks: the epochs and thresholds of the rule.
        arms: the curves of each experiment, by its name in the claim.
        position: what the horizontal axis is called.
        facts: what is written into the file beside the picture.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10.5, 3.7))
        shown = "\n".join(wrap(title, LONG))
        figure.suptitle(shown, x=0.01, ha="left", fontsize=11, fontweight="bold")
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
        _fit(left, arms, marks, position)
        if marks.kind == "regions":
            _heat(figure, right, next(iter(arms.values())), marks, position)
        elif marks.kind == "shares":
            _shares(right, next(iter(arms.values())), marks, position)
        else:
            _learning(right, arms, marks)
        picture = BytesIO()
        # No date or version inside: the same results give the same bytes.
        figure.savefig(picture, format="png", metadata={"Software": None, **(facts or {})})
        save(path, picture.getvalue())


def _fit(axes: Axes, arms: Mapping[str, Curves], marks: Marks, position: str) -> None:
    epoch = marks.epochs[-1]
    for place, (name, curves) in enumerate([*arms.items()][:MOST_FITS]):
        x, fits = _numbers(curves.positions), curves.fits.get(str(epoch), [])
        if all(curves.target != each.target for each in [*arms.values()][:place]):
            several = len({tuple(each.target) for each in arms.values()}) > 1
            colour = FAINT if place == 0 else PALE[place % len(PALE)]
            told = f"target of {name}" if several else "target"
            axes.plot(x, curves.target, color=colour, lw=1.2, ls="--", label=told)
        for seed, fit in enumerate(fits):
            if seed > 0 and len(arms) > 1:
                break  # with two arms the first seed of each is enough to see
            label = _seed_label(curves, seed, name if len(arms) > 1 else "")
            width = 1.8 if seed == 0 else 0.7
            alpha = 1.0 if seed == 0 else 0.35
            axes.plot(
                x,
                _numbers(fit),
                color=ARMS[place % len(ARMS)],
                lw=width,
                ls=LINES[place % 2],
                alpha=alpha,
                label=label,
            )
    _limit_to_targets(axes, arms.values())
    _shade_regions(axes, marks.regions, float(x.max()))
    axes.set_xlabel(position)
    axes.set_title(f"the net at epoch {epoch}", loc="left", fontsize=10)
    axes.legend(loc="upper left", ncols=3, fontsize=8, columnspacing=1.0, handlelength=1.5)


def _seed_label(curves: Curves, place: int, name: str) -> str | None:
    if name:
        return f"{name}, seed {curves.seeds[0]}"
    if place == 0:
        return f"seed {curves.seeds[0]}"
    return f"{len(curves.seeds) - 1} more seeds" if place == 1 else None


def _limit_to_targets(axes: Axes, arms: Iterable[Curves]) -> None:
    top = max(abs(value) for curves in arms for value in curves.target) or 1.0
    axes.set_ylim(-1.5 * top, 1.9 * top)


def _shade_regions(axes: Axes, regions: Sequence[float], end: float) -> None:
    if not regions:
        return
    centre, edges = regions[0], regions[-1]
    axes.axvspan(-centre, centre, color=GOAL, alpha=0.08, lw=0)
    for low, high in ((-end, -edges), (edges, end)):
        axes.axvspan(low, high, color=ARMS[1], alpha=0.08, lw=0)
    bottom = axes.get_ylim()[0]
    axes.text(0, bottom, "centre", ha="center", va="bottom", fontsize=8, color=GOAL)
    for place in (-(end + edges) / 2, (end + edges) / 2):
        axes.text(place, bottom, "edge", ha="center", va="bottom", fontsize=8, color=ARMS[1])


def _learning(axes: Axes, arms: Mapping[str, Curves], marks: Marks) -> None:
    spikes = False
    for place, (name, curves) in enumerate(arms.items()):
        for seed, row in enumerate(curves.mse):
            label = (name if len(arms) > 1 else f"{len(curves.seeds)} seeds") if seed == 0 else None
            x, y = _numbers(curves.epochs)[FIRST:], _numbers(row)[FIRST:]
            colour = ARMS[place % len(ARMS)]
            looks: Any = {"lw": 1.6, "alpha": 0.9} if seed == 0 else {"lw": 0.7, "alpha": 0.5}
            axes.plot(x, y, color=colour, ls=LINES[place % 2], label=label, **looks)
            if seed == 0 and curves.peaks:
                peaks = _numbers(curves.peaks)[FIRST:]
                known = np.isfinite(peaks) & np.isfinite(y)
                spikes = spikes or bool((peaks[known] > SPIKE * y[known]).any())
                if known.any():
                    axes.fill_between(
                        x[known], y[known], peaks[known], color=colour, alpha=0.2, lw=0
                    )
    axes.set_xscale("log")
    if any(value for curves in arms.values() for row in curves.mse for value in row[FIRST:]):
        axes.set_yscale("log")  # which matplotlib refuses where every seed diverged at once
    variance = float(np.var(next(iter(arms.values())).target))
    for threshold in (*marks.mse, *(share * variance for share in marks.variance_share)):
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
    low, high = axes.get_ylim()
    if low > 0:
        axes.set_ylim(min(low, high / 30), high)  # small changes must not look large
    _mark_epoch(axes, marks)
    axes.set_xlabel("epoch")
    told = " (shaded: spikes)" if spikes else ""
    axes.set_title(f"training MSE{told}", loc="left", fontsize=10)
    if len(arms) <= MOST_FITS:
        axes.legend(loc="lower left", fontsize=8)
    else:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)


def _shares(axes: Axes, curves: Curves, marks: Marks, position: str) -> None:
    asked = [place for place, wave in enumerate(curves.waves) if wave in marks.shares]
    shown = asked if len(curves.waves) > len(ARMS) else range(len(curves.waves))
    if len(shown) > MOST_WAVES:
        shown = [shown[each] for each in np.linspace(0, len(shown) - 1, MOST_WAVES).astype(int)]
    ramp = mpl.colormaps["viridis"](np.linspace(0, 0.9, max(len(shown), 2)))
    for number, place in enumerate(shown):
        frequency = curves.waves[place]
        colour = ARMS[number] if len(shown) <= len(ARMS) else ramp[number]
        for seed, rows in enumerate(curves.shares):
            x, y = _numbers(curves.epochs)[FIRST:], _numbers(rows[place])[FIRST:]
            label = f"sin({frequency:g}{position[-1]})" if seed == 0 else None
            axes.plot(x, y, color=colour, lw=1.6 if seed == 0 else 0.7, label=label)
        for threshold in marks.shares.get(frequency, ()):
            axes.axhline(threshold, color=colour, lw=1, ls=":")
            axes.text(FIRST, threshold, f" {threshold:g}", color=colour, va="bottom", fontsize=8)
    axes.set_xscale("log")
    shares = _numbers(
        [each for rows in curves.shares for place in shown for each in rows[place][FIRST:]]
    )
    axes.set_ylim(-0.1, max(1.2, 1.05 * np.nanmax(shares, initial=0.0)))
    _mark_epoch(axes, marks)
    axes.set_xlabel("epoch")
    told = (
        "each sine" if len(shown) == len(curves.waves) else f"{len(shown)} of {len(curves.waves)}"
    )
    axes.set_title(f"share learned of {told}", loc="left", fontsize=10)
    axes.legend(loc="upper left", fontsize=8, ncols=1 + (len(shown) > 4))


def _heat(figure: Figure, axes: Axes, curves: Curves, marks: Marks, position: str) -> None:
    horizon = marks.epochs[-1]
    epochs = np.array(curves.heat_epochs, float)
    keep = (epochs >= max(FIRST, horizon / HEAT_SPAN)) & (epochs <= horizon)
    error = np.array([_numbers(row) for row in curves.heat])[keep]
    x = _numbers(curves.heat_positions)
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
    axes.set_title(f"error of seed {curves.seeds[0]}, epoch by epoch", loc="left", fontsize=10)
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


def _mark_epoch(axes: Axes, marks: Marks) -> None:
    last = axes.get_xlim()[1]
    for epoch in marks.epochs:
        axes.axvline(epoch, color=INK, lw=0.8, ls=":")
        axes.annotate(
            f"epoch {epoch}",
            (epoch, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="right" if epoch > last / 3 else "center",
            fontsize=8,
        )


def _numbers(values: Sequence[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values], float)
