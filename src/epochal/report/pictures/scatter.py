"""Pictures of single points: a table and its fit, or what was predicted against what is true."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from epochal.claims.rules.base import PlotHints
from epochal.judging.curves import Curves
from epochal.report.colours import FAINT, INK, SETTINGS
from epochal.report.pictures.learning import MOST_FITS, learning
from epochal.report.pictures.rates import SHARES, WIDTH, draw_reached
from epochal.report.pictures.style import LINES, array, named, styled, titled
from epochal.report.shown import Known, Reached

__all__ = ["picture"]


@styled
def picture(
    title: str,
    marks: PlotHints,
    arms: Mapping[str, Curves],
    known: Known,
    reached: Reached | None = None,
) -> Figure:
    """Draws the points on the left, and on the right how the error fell.

    Args:
        title: a line or two above it.
        marks: the epochs and thresholds of the rule.
        arms: the curves of each experiment, by its name in the claim.
        known: the points.
        reached: what every seed of a rate reached, in a third panel.
    """
    figure = Figure(figsize=(10.5 + WIDTH * bool(reached), 4.2))
    titled(figure, title)
    left, right, *rest = figure.subplots(1, 2 + bool(reached), width_ratios=SHARES[bool(reached)])
    if reached is not None:
        draw_reached(rest[0], reached)
    (_fit if known.x else _against)(left, marks, arms, known)
    error = "MSE on the rows held out" if any(known.held) else "training MSE"
    learning(right, arms, marks, error, float(np.var(known.y)))
    return figure


def _fit(axes: Axes, marks: PlotHints, arms: Mapping[str, Curves], known: Known) -> None:
    """The points of a table, and each setting's net between them."""
    epoch, held = str(marks.epochs[-1]), np.array(known.held)
    x, y = np.array(known.x), np.array(known.y)
    several = len(arms) > 1
    axes.plot(x[~held], y[~held], "o", ms=4, color=FAINT, alpha=0.8, label="trained on")
    if held.any():
        axes.plot(x[held], y[held], "o", ms=5, mfc="none", color=INK, label="held out")
    for place, (name, curves) in enumerate([*arms.items()][:MOST_FITS]):
        for seed, fit in enumerate(curves.fits[epoch][: 1 if several else None]):
            label = f"{name + ', ' if several else ''}seed {curves.seeds[0]}" if seed == 0 else None
            axes.plot(
                curves.positions,
                array(fit),
                color=SETTINGS[place % len(SETTINGS)],
                ls=LINES[place % 2],
                lw=1.8 if seed == 0 else 0.7,
                alpha=1.0 if seed == 0 else 0.35,
                label=label,
            )
    margin = 0.25 * (float(np.ptp(y)) or 1.0)
    axes.set_ylim(y.min() - margin, y.max() + 2 * margin)
    axes.set_xlabel("x")
    axes.set_ylabel("output")
    named(axes, f"the net at epoch {epoch}")
    axes.legend(loc="upper left", ncols=3, fontsize=8, columnspacing=1.0, handlelength=1.5)


def _against(axes: Axes, marks: PlotHints, arms: Mapping[str, Curves], known: Known) -> None:
    """What each setting's first seed predicts, by what is true."""
    epoch, held = str(marks.epochs[-1]), np.array(known.held)
    y = np.array(known.y)
    ends = [float(y.min()), float(y.max())]
    for place, (name, curves) in enumerate([*arms.items()][:MOST_FITS]):
        fit, colour = array(curves.fits[epoch][0]), SETTINGS[place % len(SETTINGS)]
        seed = f"{name + ', ' if len(arms) > 1 else ''}seed {curves.seeds[0]}"
        trained = f"{seed}, trained on" if held.any() else seed
        axes.plot(y[~held], fit[~held], "o", ms=3.5, color=colour, alpha=0.5, label=trained)
        if held.any():
            axes.plot(
                y[held], fit[held], "o", ms=5, mfc="none", color=colour, label=f"{seed}, held out"
            )
    axes.plot(ends, ends, "-", color=INK, lw=0.8)
    margin = 0.15 * (ends[1] - ends[0] or 1.0)
    axes.set_ylim(ends[0] - margin, ends[1] + 2 * margin)
    axes.set_xlabel("true")
    axes.set_ylabel("predicted")
    named(axes, f"the net at epoch {epoch}")
    axes.legend(loc="upper left", fontsize=8)
