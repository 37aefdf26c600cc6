"""What all pictures share: colours, the look of axes, and how one is written."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from io import BytesIO
from textwrap import wrap
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from epochal.experiments.inputs import Array
from epochal.report.colours import FAINT, INK
from epochal.report.pictures.labels import overlaps

__all__ = [
    "LABELS",
    "LINES",
    "STYLE",
    "array",
    "covered",
    "named",
    "png",
    "scale",
    "styled",
    "titled",
]

P = ParamSpec("P")

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

ROW = 15
"""Points between a panel and its title: a row of labels, such as the marked epochs."""

LABELS = "epochal-labels"
"""The word under which a PNG lists the labels that cover each other."""

LONG = 105
"""A title with more letters takes two lines."""


def titled(figure: Figure, title: str, long: int = LONG) -> None:
    """Writes ``title`` above ``figure``, each of its lines in lines of so many letters."""
    shown = "\n".join(line for each in title.splitlines() for line in wrap(each, long))
    figure.suptitle(shown, x=0.01, ha="left", fontsize=11, fontweight="bold")


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """``draw`` in the look of all pictures."""

    @wraps(draw)
    def drawn(*given: P.args, **named: P.kwargs) -> Figure:
        with mpl.rc_context(STYLE):
            return draw(*given, **named)

    return drawn


def png(figure: Figure, facts: Mapping[str, str] | None = None) -> bytes:
    """``figure`` as a PNG file, with ``facts`` inside.

    Labels that cover each other are listed inside too. No date or version is in it: equal results
    give equal bytes.
    """
    with mpl.rc_context(STYLE):
        drawn, inside = BytesIO(), {"Software": None, **covered(figure), **(facts or {})}
        figure.savefig(drawn, format="png", metadata=inside)
    return drawn.getvalue()


def covered(figure: Figure) -> dict[str, str]:
    """The labels of ``figure`` that cover each other, as a fact for a file."""
    return {LABELS: "; ".join(" on ".join(each) for each in overlaps(figure))}


def scale(name: str, steps: int = 12) -> list[tuple[float, str]]:
    """A map of colours, as parts of its range and their colours."""
    parts = np.linspace(0, 1, steps)
    return [(float(part), mpl.colors.to_hex(mpl.colormaps[name](part))) for part in parts]


def array(values: Sequence[float | None]) -> Array:
    """``values`` as an array, NaN where there is none."""
    return np.array([np.nan if value is None else value for value in values], float)


def named(axes: Axes, title: str) -> None:
    """Writes ``title`` above one panel, with room for a row of labels between them."""
    axes.set_title(title, loc="left", fontsize=10, pad=ROW)
