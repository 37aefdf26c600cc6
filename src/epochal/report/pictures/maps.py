"""The picture of a map: the epochs that each of many settings takes."""

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from epochal.claims.rules.named.several import EpochsMap
from epochal.report.colours import FAINT, INK
from epochal.report.pictures.style import styled

__all__ = ["picture"]

PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
"""Behind text on a hatched cell."""

COLOURS = "YlGnBu"

DARK = 0.5
"""From this part of the colours on, text on them is white."""


@styled
def picture(
    title: str,
    rule: EpochsMap,
    epochs: Mapping[str, float | None],
) -> Figure:
    """Draws a square a cell, with its epochs in it; hatched where the cell is censored.

    Args:
        title: a line or two above the map.
        rule: tells the places of the cells.
        epochs: of each cell's experiment; None where it did not get there.
    """
    columns = sorted({cell.x for cell in rule.cells})
    rows = sorted({cell.y for cell in rule.cells})
    least = min((each for each in epochs.values() if each), default=1)
    norm = LogNorm(least, max(rule.epoch, least + 1))
    figure = Figure(figsize=(2.6 + 1.1 * len(columns), 1.9 + 0.6 * len(rows)))
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    axes = figure.subplots()
    for cell in rule.cells:
        x, y, value = columns.index(cell.x), rows.index(cell.y), epochs[cell.arm]
        looks: Any = {"facecolor": "white", "edgecolor": FAINT, "hatch": "////"}
        text: Any = {"fontsize": 8, "color": INK, "bbox": PAPER}
        if value is not None:
            place = norm(value)
            looks = {"facecolor": mpl.colormaps[COLOURS](place)}
            text = {"fontsize": 10, "color": "white" if place > DARK else INK}
        axes.add_patch(Rectangle((x - 0.48, y - 0.47), 0.96, 0.94, lw=0, **looks))
        label = f"not in {rule.epoch}" if value is None else f"{value:g}"
        axes.text(x, y, label, ha="center", va="center", **text)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(-0.5, len(rows) - 0.5)
    axes.set_xticks(range(len(columns)), [f"{each:g}" for each in columns])
    axes.set_yticks(range(len(rows)), [f"{each:g}" for each in rows])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(rule.x)
    axes.set_ylabel(rule.y)
    bar = figure.colorbar(ScalarMappable(norm, COLOURS), ax=axes, pad=0.02)
    bar.set_label(f"epochs to MSE < {rule.mse_below:g}", fontsize=8)
    return figure
