"""The picture of a matrix: a cell a claim and version, coloured by how far apart they are."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from epochal.report.colours import FAINT, INK, SETTINGS
from epochal.report.pictures.style import styled, titled

__all__ = ["picture"]

EQUAL, NONE = "#cfe6d8", "white"

STEPS = (
    (1e-4, "#fbe7c6", "error within 0.01%"),
    (1e-2, "#f5c07a", "within 1%"),
    (math.inf, "#d9622b", "further"),
)
"""Up to which |log ratio| of the error a cell with other bits has which colour."""


@styled
def picture(
    title: str,
    versions: Sequence[str],
    claims: Sequence[str],
    letters: Sequence[Sequence[str]],
    ratios: Sequence[Sequence[float | None]],
    pinned: int,
    times: Sequence[tuple[str, Sequence[tuple[float, float, float] | None]]] = (),
) -> Figure:
    """Draws claims down and versions across.

    Args:
        title: a line above it.
        versions: oldest first.
        claims: a row each.
        letters: of each row and version; equal letters of a row are equal bits; nothing where it
            was not seen.
        ratios: of each row and version the error over the pinned version's.
        pinned: the place of the version that the others are held against.
        times: of each claim that was timed, by version, an epoch over one of the pinned version,
            with the ends of its interval; drawn above the claims.
    """
    above, below = 1.8 * bool(times), 1.6 + 0.17 * len(claims)
    figure = Figure(figsize=(4.4 + 0.8 * len(versions), above + below))
    titled(figure, title, long=60)
    if times:
        upper, axes = figure.subplots(2, height_ratios=(above, below), sharex=True)
        _draw_times(upper, times, len(versions))
    else:
        axes = figure.subplots()
    for y, (row, errors) in enumerate(zip(letters, ratios, strict=True)):
        for x, (letter, ratio) in enumerate(zip(row, errors, strict=True)):
            colour = _colour(letter, row[pinned], ratio)
            axes.add_patch(Rectangle((x - 0.49, y - 0.45), 0.98, 0.9, color=colour, lw=0))
            axes.text(x, y, letter or "·", ha="center", va="center", fontsize=7, color=INK)
    axes.set_xlim(-0.5, len(versions) - 0.5)
    axes.set_ylim(len(claims) - 0.5, -0.5)
    axes.set_xticks(range(len(versions)), versions)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(claims)), claims, fontsize=7)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.get_xticklabels()[pinned].set_fontweight("bold")
    handles = [Patch(color=EQUAL, label="the same bits")]
    handles += [Patch(color=colour, label=f"other bits, {name}") for _, colour, name in STEPS]
    handles += [Patch(facecolor=NONE, edgecolor=FAINT, label="not seen")]
    figure.legend(handles=handles, loc="outside lower left", ncols=2, fontsize=8)
    return figure


def _draw_times(
    axes: Axes,
    times: Sequence[tuple[str, Sequence[tuple[float, float, float] | None]]],
    versions: int,
) -> None:
    """An epoch over one of the pinned version: a mark a claim and version, with its interval."""
    axes.axhline(1, color=FAINT, lw=1)
    for place, (claim, row) in enumerate(times):
        away = 0.16 * (place - (len(times) - 1) / 2)
        known = [(x + away, *each) for x, each in enumerate(row) if each is not None]
        x, ratio, low, high = (list(each) for each in zip(*known, strict=True))
        ends = [
            [middle - end for middle, end in zip(ratio, low, strict=True)],
            [end - middle for middle, end in zip(ratio, high, strict=True)],
        ]
        colour = SETTINGS[place % len(SETTINGS)]
        axes.errorbar(x, ratio, ends, fmt="o", ms=4, lw=1.2, color=colour, label=claim)
    axes.set_xlim(-0.5, versions - 0.5)
    axes.set_ylabel("time of an epoch,\nover the pinned")
    axes.legend(fontsize=7, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))  # above the marks


def _colour(letter: str, pinned: str, ratio: float | None) -> str:
    if not letter:
        return NONE
    if letter == pinned:
        return EQUAL
    away = math.inf if not ratio or ratio < 0 else abs(math.log(ratio))
    return next(colour for least, colour, _ in STEPS if away <= least)
