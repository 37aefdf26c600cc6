"""A map is drawn from its numbers, and anew only where these change."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from epochal import Cell, EpochsMap
from epochal.judging.findings import Findings
from epochal.report.drawn import draw, drawn_digest
from epochal.report.pictures import maps
from epochal_testing import judged, synthetic

CELLS = tuple(Cell(f"{x} × {y}", x, y) for x in (0.5, 2) for y in (1, 3))
RULE = EpochsMap(epoch=30, mse_below=0.1, cells=CELLS, x="frequency", y="layers")
CLAIM = synthetic.claim(RULE)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    """The epochs of each map that was drawn."""
    found: list[Mapping[str, Any]] = []
    picture = maps.picture

    def noted(title: str, rule: EpochsMap, epochs: Mapping[str, Any]) -> Figure:
        found.append(epochs)
        return picture(title, rule, epochs)

    monkeypatch.setattr(maps, "picture", noted)
    return found


def judged_map() -> Findings:
    findings = Findings()
    judged.take(findings, CLAIM)
    return findings


def test_a_map_keeps_its_numbers_and_no_curves() -> None:
    findings = judged_map()
    [result] = findings.of("c")
    assert findings.curves == {}
    assert list(result.outcomes[0]["numbers"]) == ["cells fitted", *(c.arm for c in CELLS)]


def test_a_map_is_drawn_once_and_shows_the_median_of_each_cell(
    tmp_path: Path, shown: list[Mapping[str, Any]]
) -> None:
    findings = judged_map()
    [result] = findings.of("c")
    for place, outcome in enumerate(result.outcomes):
        outcome["numbers"] |= {
            "0.5 × 1": 3 + place,
            "2 × 1": None,
            "0.5 × 3": [7, None, None][place],
        }
    drawn = draw(findings, CLAIM, tmp_path)
    assert drawn is not None
    assert drawn.path == "figures/c.png"
    assert drawn.words.startswith("The epochs that each setting takes: ")
    assert draw(findings, CLAIM, tmp_path) == drawn
    [epochs] = shown
    assert [epochs["0.5 × 1"], epochs["2 × 1"], epochs["0.5 × 3"]] == [4, None, None]
    assert len(drawn_digest(tmp_path / "c.png") or "") == 16
    result.outcomes[0]["numbers"]["0.5 × 1"] = 100
    draw(findings, CLAIM, tmp_path)
    assert shown[1]["0.5 × 1"] == 5


@pytest.mark.parametrize("epochs", [(12, None, 7, 30), (None,) * 4, (1,) * 4])
def test_every_cell_says_its_epochs_or_that_it_is_censored(
    epochs: tuple[int | None, ...],
) -> None:
    values = dict(zip((cell.arm for cell in CELLS), epochs, strict=True))
    texts = maps.picture("title", RULE, values).axes[0].texts
    assert [each.get_text() for each in texts] == [
        f"{each}" if each is not None else "not in 30" for each in epochs
    ]
