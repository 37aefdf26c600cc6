"""The picture of a net with several outputs: a panel for each, and how their error fell."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from epochal.claims.rules.base import PlotHints
from epochal.judging.curves import Curves
from epochal.report.colours import FAINT, INK, SETTINGS, THRESHOLD
from epochal.report.pictures.learning import FIRST, MOST_FITS, learning, mark_epochs
from epochal.report.pictures.rates import WIDTH, draw_reached
from epochal.report.pictures.style import LINES, array, named, styled, titled
from epochal.report.shown import Known, Reached

__all__ = ["MOST", "picture"]

MOST = 4
"""How many outputs have a panel; of more one panel has the errors of all."""


@styled
def picture(
    title: str,
    marks: PlotHints,
    arms: Mapping[str, Curves],
    names: Sequence[str],
    known: Sequence[Known],
    variances: Sequence[float],
    reached: Reached | None = None,
) -> Figure:
    """Draws the fit of each output, and beside them how their errors fell.

    Of one setting each output has its colour and its own errors; several settings have a colour
    each, and the errors over all outputs.

    Args:
        title: a line or two above it.
        marks: the epochs and thresholds of the rule.
        arms: the curves of each experiment, by its name in the claim.
        names: what the outputs are called.
        known: the points at which the target is known, for each output; none where it is a line.
        variances: of the target, for each output.
        reached: what every seed of a rate reached, in a last panel.
    """
    few = len(names) <= MOST
    count = len(names) if few else 1
    figure = Figure(figsize=(3.4 * count + 4.8 + WIDTH * bool(reached), 3.7))
    titled(figure, title, long=30 * count + 45)
    widths = [*[1.0] * count, 1.45, *([1.1] if reached else [])]
    panels = figure.subplots(1, len(widths), width_ratios=widths)
    if few:
        for output, (axes, name) in enumerate(zip(panels, names, strict=False)):
            one = {arm: curves.of_output(output) for arm, curves in arms.items()}
            colours = SETTINGS if len(arms) > 1 else SETTINGS[output:]
            _fit(axes, one, marks, known[output] if known else None, colours)
            named(axes, name)
        panels[0].legend(loc="best", fontsize=8)
    else:
        _errors(panels[0], arms, marks)
    if few and len(arms) == 1:
        _falls(panels[count], next(iter(arms.values())), marks, names, variances)
    else:
        variance = float(np.mean(variances))
        learning(panels[count], arms, marks, "MSE over all outputs", variance)
    if reached is not None:
        draw_reached(panels[-1], reached)
    return figure


def _fit(
    axes: Axes,
    arms: Mapping[str, Curves],
    marks: PlotHints,
    known: Known | None,
    colours: Sequence[str],
) -> None:
    """The target of one output and the net, along the line or against what is true."""
    epoch = str(marks.epochs[-1])
    first = next(iter(arms.values()))
    against = known is not None and not known.x
    if known is None:
        axes.plot(first.positions, array(first.target), "--", color=FAINT, lw=1.2, label="target")
    elif known.x:
        axes.plot(known.x, known.y, "o", ms=4, color=FAINT, alpha=0.8, label="the table")
    for place, (arm, curves) in enumerate([*arms.items()][:MOST_FITS]):
        fits = curves.fits[epoch][: 1 if len(arms) > 1 or against else None]
        for number, fit in enumerate(fits):
            label = f"{arm + ', ' if len(arms) > 1 else ''}seed {curves.seeds[0]}"
            colour = colours[place % len(colours)]
            if known is not None and against:
                axes.plot(known.y, array(fit), "o", ms=3.5, color=colour, alpha=0.5, label=label)
                continue
            axes.plot(
                curves.positions,
                array(fit),
                color=colour,
                ls=LINES[place % 2],
                lw=1.8 if number == 0 else 0.7,
                alpha=1.0 if number == 0 else 0.35,
                label=label if number == 0 else None,
            )
    if known is not None and against:
        ends = [min(known.y), max(known.y)]
        axes.plot(ends, ends, "-", color=INK, lw=0.8)
    axes.set_xlabel("true" if against else "x")
    axes.set_ylabel("predicted" if against else f"the net at epoch {epoch}")


def _falls(
    axes: Axes, curves: Curves, marks: PlotHints, names: Sequence[str], variances: Sequence[float]
) -> None:
    """The error of each output over epochs: as a share of its variance where the rule says so."""
    shares = bool(marks.variance_share)
    epochs = curves.epochs[FIRST:]
    for output, name in enumerate(names):
        for seed, row in enumerate(curves.by_output[output]):
            axes.plot(
                epochs,
                array(row)[FIRST:] / (variances[output] if shares else 1.0),
                color=SETTINGS[output],
                lw=1.6 if seed == 0 else 0.7,
                alpha=1.0 if seed == 0 else 0.4,
                label=name if seed == 0 else None,
            )
    for bound in {*(marks.variance_share if shares else marks.mse)}:
        axes.axhline(bound, color=THRESHOLD, lw=1.2, label=f"threshold {bound:.3g}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    mark_epochs(axes, marks)
    axes.set_xlabel("epoch")
    axes.set_ylabel("share of the variance" if shares else "MSE")
    named(axes, "MSE of each output" + shares * ", as a share of its variance")
    axes.legend(loc="best", fontsize=8)


def _errors(axes: Axes, arms: Mapping[str, Curves], marks: PlotHints) -> None:
    """The last error of each output, a point a seed."""
    for place, (arm, curves) in enumerate(arms.items()):
        last = np.array([[array(row)[-1] for row in rows] for rows in curves.by_output])
        for seed, errors in enumerate(last.T):
            label = arm if seed == 0 and len(arms) > 1 else None
            axes.plot(
                errors, "o", ms=3.5, color=SETTINGS[place % len(SETTINGS)], alpha=0.6, label=label
            )
    axes.set_yscale("log")
    axes.set_xlabel("output")
    axes.set_ylabel("MSE")
    named(axes, "MSE of each output, a point a seed")
    if len(arms) > 1:
        axes.legend(loc="best", fontsize=8)
