"""Engines are timed in processes of their own, in alternation, and the page says what came out."""

import pytest

from lab import speed
from lab.speed import Speed, Way, measured
from lab.speed_page import growth, ratio, speed_page

REFERENCE, PREFIX_SUM = Way("reference", 1, 1), Way("prefix_sum", 2, 1)


def test_every_way_is_measured_and_exact_is_many_times_as_fast_as_stock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One process each; reports/speed.md has the whole table."""
    monkeypatch.setattr(speed, "BLOCK_SECONDS", 0.4)
    ways = (REFERENCE, Way("prefix_sum", 1, 1))  # each process of each way takes seconds to start
    found = measured(points=1001, units=4000, repeats=2, ways=ways)
    assert [each.way for each in found] == list(ways)
    for each in found:
        assert len(each.rates) == 2
        assert min(each.rates) > 0
        assert each.memory > 10
    assert ratio(found) > 10, [(str(each.way), each.rates) for each in found]


def test_the_page_tells_ratios_and_growth() -> None:
    found = [
        [
            Speed(REFERENCE, 1001, units, [rate, rate, 9.0], 100.0),
            Speed(Way("reference", 1, 2), 1001, units, [2 * rate] * 3, 100.0),
            Speed(PREFIX_SUM, 1001, units, [200 * rate] * 3, 100.0),
        ]
        for units, rate in ((4000, 20.0), (8000, 10.0))
    ]
    assert ratio(found[0]) == 100
    page = speed_page(found, "a machine")
    assert "| 1001     | 4000    | prefix_sum, 2 processes of one thread | 4000" in page
    assert "× 100" in page
    assert growth(found) == [
        "Twice the units, 1001 × 4000 to 1001 × 8000: an epoch of prefix_sum takes 2.00 times as "
        "long."
    ]
