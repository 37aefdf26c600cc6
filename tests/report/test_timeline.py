"""A claim's verdicts over time, as rows and as a picture."""

from dataclasses import asdict
from itertools import pairwise
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from epochal import FitsBy
from epochal.judging.findings import Findings
from epochal.report.pictures import timeline as module
from epochal.report.pictures.timeline import timeline
from epochal_testing import judged, synthetic

CLAIM = synthetic.claim(FitsBy(epoch=30, mse_below=0.1))


def verdicts(*trained: int | None) -> list[dict[str, Any]]:
    result = asdict(judged.take(Findings(), CLAIM))
    return [
        {"at": 1e9 + 1e5 * n, "environment": "e" * 16, "result": result, "trained": each}
        for n, each in enumerate(trained)
    ]


def test_answers_from_the_journal_look_other_than_measurements() -> None:
    axes = timeline("c", verdicts(3, 0, None)).axes[0]
    hollow = [line.get_markerfacecolor() == "none" for line in axes.get_lines()]
    assert hollow == [False, True, False]
    told = [text.get_text() for text in axes.texts]
    assert ["from the journal" in each for each in told] == [False, True, False]


@pytest.mark.parametrize("count", [1, 5, 12, 30])
def test_no_text_lies_on_another(count: int) -> None:
    figure = timeline("thread-as-copied-is-linear", verdicts(*[0] * count))
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    axes = figure.axes[0]
    for texts in (axes.texts, axes.get_xticklabels()):
        boxes = [text.get_window_extent() for text in texts]
        assert len(boxes) == count
        assert all(a.x1 <= b.x0 for a, b in pairwise(boxes))
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_window_extent().x1 <= figure.bbox.x1
    assert count <= module.SHOWN
