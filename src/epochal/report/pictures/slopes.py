"""The picture of an exponent: the epochs of every seed by frequency, on logarithmic axes."""

from collections.abc import Collection, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from epochal.claims.rules.named.numbers import Exponent
from epochal.report.colours import FAINT, INK, SETTINGS, THRESHOLD
from epochal.report.fitted import Seeds, power_laws
from epochal.report.pictures.style import styled

__all__ = ["draw", "picture"]

APART = 1.2
"""Frequencies that are named below the axis lie at least so many times apart."""

DOT, OTHER = SETTINGS[:2]


@styled
def picture(
    title: str,
    rule: Exponent,
    seeds: Seeds,
    interval: Sequence[float] | None = None,
) -> Figure:
    """Draws a dot a seed and frequency, the fitted line in the rule's band, and the prediction.

    What does not get there is a triangle at the top edge.

    Args:
        title: a line or two above it.
        rule: tells which frequency each experiment has.
        seeds: what was found.
        interval: of the exponent.
    """
    figure = Figure(figsize=(7.2, 4.4))
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    draw(figure.subplots(), rule, seeds, interval)
    return figure


def draw(axes: Axes, rule: Exponent, seeds: Seeds, interval: Sequence[float] | None = None) -> None:
    """The same into one panel."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    _lines(axes, rule, seeds, interval)
    _dots(axes, rule.arms, seeds, rule.epoch, DOT, "a seed")
    _dots(axes, rule.beside, seeds, rule.epoch, OTHER, "a seed, not in the fit")
    ticks = _ticks({frequency for _, frequency in (*rule.arms, *rule.beside)})
    axes.set_xticks(ticks, [f"{each:g}" for each in ticks], fontsize=8)
    axes.minorticks_off()
    axes.set_ylim(top=1.6 * rule.epoch)
    axes.axhline(rule.epoch, color=FAINT, lw=0.8)
    axes.text(ticks[0], 1.08 * rule.epoch, f"never in {rule.epoch}", fontsize=8, color=INK)
    axes.set_xlabel("wavenumber k")
    axes.set_ylabel(f"epochs to MSE < {rule.mse_below:.3g}")
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0, 0.9))  # the empty corner


def _ticks(frequencies: Collection[float]) -> list[float]:
    """As many of ``frequencies`` as have room for their number."""
    kept: list[float] = []
    for each in sorted(frequencies):
        if not kept or each >= APART * kept[-1]:
            kept.append(each)
    return kept


def _dots(
    axes: Axes,
    arms: Sequence[tuple[str, float]],
    seeds: Seeds,
    last: int,
    colour: str,
    label: str,
) -> None:
    reached = [(k, each[name]) for name, k in arms for each in seeds if each.get(name)]
    never = sorted({k for name, k in arms for each in seeds if not each.get(name)})
    if reached:
        axes.plot(*zip(*reached, strict=True), "o", ms=4, alpha=0.6, color=colour, label=label)
    if never:
        axes.plot(never, [last] * len(never), "^", ms=6, color=colour, label=f"{label}, never")


def _lines(axes: Axes, rule: Exponent, seeds: Seeds, interval: Sequence[float] | None) -> None:
    """The mean slope through the middle of the dots in the band of slopes, and the source's own."""
    looks: dict[str, Any] = {
        "theory": {"ls": "--", "color": INK, "lw": 1},
        "fitted": {"color": DOT, "lw": 1.2},
        "stated": {"ls": ":", "color": THRESHOLD, "lw": 2},
    }
    lines = {line.kind: line for line in power_laws(rule, seeds, interval)}
    if "low" in lines:
        low, high = lines["low"], lines["high"]
        axes.fill_between(low.x, low.y, high.y, color=FAINT, alpha=0.5, lw=0, label=low.label)
    for kind, look in looks.items():
        if kind in lines:
            axes.plot(lines[kind].x, lines[kind].y, label=lines[kind].label, **look)
