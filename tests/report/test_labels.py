"""In no picture does a label cover another one."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from epochal.claims.rules.base import PlotHints
from epochal.judging.curves import Curves
from epochal.report.pictures import matrix
from epochal.report.pictures.labels import overlaps
from epochal.report.pictures.learning import learning
from epochal.report.pictures.rates import draw_reached
from epochal.report.pictures.style import LABELS, png
from epochal.report.shown import Reached

ROOT = Path(__file__).parents[2]
OLDER = {"matrix.png"}
"""Drawn before labels were measured, from a journal with five versions of torch."""

PICTURES = sorted(each for each in (ROOT / "reports").rglob("*.png") if each.name not in OLDER)


def inside(path: Path | BytesIO) -> Mapping[Any, Any]:
    with Image.open(path) as image:
        return dict(image.info)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_no_label_of_a_committed_picture_covers_another_one(path: Path) -> None:
    assert inside(path)[LABELS] == ""


def test_a_picture_lists_the_labels_that_cover_each_other() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.set_title("training MSE", loc="left")
    axes.text(0, 1.02, "epoch 50", transform=axes.transAxes)
    assert set(inside(BytesIO(png(figure)))[LABELS].split(" on ")) == {"epoch 50", "training MSE"}


def test_numbers_beyond_the_ends_of_an_axis_are_no_labels() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1])
    axes.set_xticks([0, 0.5, 1, 50], ["zero", "half", "one", "far away"])
    axes.set_xlim(0, 1)
    assert overlaps(figure) == []


@pytest.mark.parametrize(
    "epochs",
    [(50,), (1,), (15000, 30000), (1, 2, 3), (10, 100, 1000, 10000), (29999, 30000), (1, 30000)],
)
def test_marked_epochs_have_room_however_near_they_are(epochs: tuple[int, ...]) -> None:
    shown = [0, 1, 10, 100, 1000, 30000]
    falling: list[float | None] = [1 / (1 + epoch) for epoch in shown]
    curves = Curves(
        experiment="e",
        device="cpu",
        seeds=[44],
        epochs=shown,
        mse=[falling],
        waves=[],
        shares=[[]],
        fits={},
        positions=[0.0, 1.0],
        target=[0.0, 1.0],
        heat=[],
        heat_epochs=[],
        heat_positions=[],
    )
    figure = Figure(figsize=(4.6, 3.7), layout="constrained")
    learning(figure.subplots(), {"run": curves}, PlotHints(epochs=epochs, mse=(0.01, 0.02)))
    assert overlaps(figure) == []


def test_labels_of_a_matrix_have_room() -> None:
    versions = ["2.4.1", "2.7.1", "2.10.0", "2.13.0", "2.15.0"]
    claims = [f"thread-one-oscillation-100-superposition-{place}" for place in range(70)]
    times = [(f"sentinel-{name}", [(1.0, 0.9, 1.1)] * 5) for name in ("sgd", "adam", "batches")]
    letters, ratios = [["A"] * 5] * 70, [[1.0] * 5] * 70
    title = "the first 200 epochs"
    assert overlaps(matrix.picture(title, versions, claims, letters, ratios, 3, times)) == []


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ([0.001, 0.002, 1.0, 1.0, None], [1, 1, 2, 1]),
        ([5.0, 5.0, 5.0], [3]),
        ([None, None], [2]),
        ([-1.0, 0.0, 1.0, None], [1, 1, 1, 1]),
    ],
)
def test_every_seed_of_a_rate_is_in_its_histogram(
    values: list[float | None], bars: list[int]
) -> None:
    figure = Figure()
    axes = figure.subplots()
    draw_reached(axes, Reached(name="least MSE", values=values, holds=[True] * len(values)))
    heights = np.array([bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)])
    assert heights[heights > 0].tolist() == bars
    assert (axes.get_xlabel() == "least MSE") == (None not in values)
