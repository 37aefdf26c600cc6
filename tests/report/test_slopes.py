"""An exponent is drawn from its numbers: the picture shows dots, what never gets there, theory."""

from pathlib import Path

import pytest
from PIL import Image

from epochal import Exponent
from epochal.report.pictures import slopes

RULE = Exponent(
    epoch=1000,
    arms=(("k = 8", 8), ("k = 16", 16)),
    beside=(("k = 3", 3), ("k = 2", 2)),
    predicted=((8, 70), (16, 290)),
    mse_below=0.1,
    low=1.5,
)


@pytest.mark.parametrize(
    "seeds",
    [
        [{"exponent": 2.0, "k = 8": 80, "k = 16": 320, "k = 3": None, "k = 2": 20}],
        [{"exponent": None, "k = 8": 80, "k = 16": None, "k = 3": None, "k = 2": None}],
        [{"exponent": None, "k = 8": None, "k = 16": None, "k = 3": None, "k = 2": None}],
    ],
)
def test_it_is_drawn_whatever_was_reached(
    tmp_path: Path, seeds: list[dict[str, float | None]]
) -> None:
    path = tmp_path / "a.png"
    slopes.picture(path, "a title", RULE, seeds, None, {"epochal": "facts"})
    with Image.open(path) as image:
        assert image.info["epochal"] == "facts"
        assert image.size[0] > 500


def test_numbers_that_have_no_room_below_the_axis_are_left_out() -> None:
    assert slopes._ticks({1, 2, 20, 21, 24, 25, 30}) == [1, 2, 20, 24, 30]
