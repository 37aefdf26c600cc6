"""An exponent is drawn from its numbers: the picture shows dots, what never gets there, theory."""

from io import BytesIO

import pytest
from PIL import Image

from epochal import Exponent
from epochal.report.pictures import slopes
from epochal.report.pictures.style import png

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
def test_it_is_drawn_whatever_was_reached(seeds: list[dict[str, float | None]]) -> None:
    figure = slopes.picture("a title", RULE, seeds, None)
    with Image.open(BytesIO(png(figure, {"epochal": "facts"}))) as image:
        assert image.info["epochal"] == "facts"
        assert image.size[0] > 500


def test_numbers_that_have_no_room_below_the_axis_are_left_out() -> None:
    assert slopes._ticks({1, 2, 20, 21, 24, 25, 30}) == [1, 2, 20, 24, 30]
