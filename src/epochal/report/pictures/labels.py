"""Overlap of labels: every text of a picture must have its own place."""

from collections.abc import Iterator
from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

__all__ = ["overlaps"]

TOUCH = 1.0
"""Points that two labels may share: the box of a text is a little larger than its letters."""


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    """Return the pairs of texts in ``figure`` that cover each other, in reading order.

    Titles, labels, legends, annotations and the numbers at the axes are compared, all by the boxes
    that they take when drawn.

    >>> figure = Figure()
    >>> _ = figure.text(0.5, 0.5, "epoch 50"), figure.text(0.5, 0.51, "training MSE")
    >>> _ = figure.text(0.1, 0.9, "alone")
    >>> overlaps(figure)
    [('epoch 50', 'training MSE')]
    """
    figure.draw_without_rendering()
    places = [(_words(text), _box(text, figure)) for text in _labels(figure)]
    return [
        (one, other)
        for (one, here), (other, there) in combinations(places, 2)
        if here.width > 0 and there.width > 0 and Bbox.intersection(here, there) is not None
    ]


def _labels(figure: Figure) -> Iterator[Text]:
    """All texts that are seen; numbers of an axis beyond its ends are not."""
    unseen = set[Text]()
    for axes in figure.findobj(lambda each: hasattr(each, "get_xticklabels")):
        for axis in (axes.xaxis, axes.yaxis):  # type: ignore[attr-defined]
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not (axes.axison and low <= tick.get_loc() <= high):  # type: ignore[attr-defined]
                    unseen |= {tick.label1, tick.label2}
    for text in figure.findobj(Text):
        if text.get_visible() and _words(text) and text not in unseen:
            yield text


def _words(text: Text) -> str:
    return " ".join(text.get_text().split())


def _box(text: Text, figure: Figure) -> Bbox:
    margin = TOUCH * figure.dpi / 72
    return text.get_window_extent().padded(-margin)
