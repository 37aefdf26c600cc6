"""The card of a claim: one image for links that are shared."""

from io import BytesIO
from textwrap import wrap

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from epochal.experiments.inputs import Array
from epochal.report.colours import FAINT, INK, VERDICTS
from epochal.report.pictures.style import STYLE, styled
from epochal.report.shown import Card

__all__ = ["SIZE", "card"]

SIZE, DPI = (1200, 630), STYLE["savefig.dpi"]
"""Pixels, which is what sites expect that show a link, and pixels an inch."""

MARGIN = 44
"""Pixels around everything."""

TOP, BOTTOM = 84, 64
"""Pixels above the sentence, and below the picture."""

SENTENCES = ((53, 23), (62, 20), (77, 16), (102, 12))
"""Letters in a line of the sentence and their size; the first that needs at most `MOST` lines."""

MOST, COMMAND = 3, 118
"""Lines of the sentence, and letters in a line of the command."""


@styled
def card(shown: Card, picture: Figure | None) -> Figure:
    """Draws sentence, verdict, seeds, picture and command, 1200 × 630 pixels.

    Args:
        shown: the texts.
        picture: the claim's own, if there is one.
    """
    width, height = SIZE
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    figure.set_layout_engine("none")

    def write(x: float, y: float, text: str, **looks: object) -> None:
        figure.text(x / width, 1 - y / height, text, va="top", **looks)  # type: ignore[arg-type]

    colour = VERDICTS.get(shown.status, FAINT)
    write(
        MARGIN + 10,
        MARGIN - 4,
        shown.status,
        fontsize=15,
        fontweight="bold",
        color="white",
        bbox={"facecolor": colour, "edgecolor": "none", "boxstyle": "round,pad=0.35"},
    )
    write(MARGIN + 190, MARGIN - 4, shown.seeds, fontsize=15, color=INK)
    write(width - MARGIN, MARGIN - 4, "epochal", fontsize=15, color=FAINT, ha="right")
    lines, size = _sentence(shown.says)
    write(MARGIN, TOP, "\n".join(lines), fontsize=size, fontweight="bold", linespacing=1.2)
    if picture is not None:
        room = height - BOTTOM - TOP - int((1.25 * len(lines) + 0.7) * size * DPI / 72)
        drawn = _drawn(picture, width - 2 * MARGIN, room)
        left, below = (width - drawn.shape[1]) // 2, BOTTOM + (room - drawn.shape[0]) // 2
        figure.figimage(drawn, left, below)
    command = wrap(shown.command, COMMAND, break_on_hyphens=False)
    write(
        MARGIN,
        height - 18 - 20 * min(len(command), 2),
        "\n".join(command[:2]),
        fontsize=10.5,
        family="monospace",
        color=INK,
    )
    return figure


def _sentence(text: str) -> tuple[list[str], float]:
    """``text`` in at most `MOST` lines and the size of its letters; cut where it is longer."""
    for letters, size in SENTENCES:
        lines = wrap(text, letters)
        if len(lines) <= MOST:
            return lines, size
    return wrap(text, letters, max_lines=MOST, placeholder=" …"), size


def _drawn(picture: Figure, width: int, height: int) -> Array:
    """``picture`` as pixels, as large as fits."""
    across, down = picture.get_size_inches()
    with mpl.rc_context(STYLE):
        file = BytesIO()
        picture.savefig(file, format="png", dpi=min(width / across, height / down))
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"), float) / 255
