"""Pictures are drawn anew only where what they show has changed."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from epochal import FitsBy
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.report import drawn, plots
from epochal.report.drawn import draw_if_changed, drawn_digest
from epochal_testing import judged, synthetic

CLAIM = synthetic.claim(FitsBy(epoch=30, mse_below=0.1))
MARKS = CLAIM.rule.marks()


@pytest.fixture
def arms() -> dict[str, Curves]:
    findings = Findings()
    judged.take(findings, CLAIM)
    return {"run": next(iter(findings.curves.values()))}


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The paths of the pictures that were drawn."""
    paths: list[Path] = []
    picture = plots.picture

    def noted(path: Path, *rest: Any) -> None:
        paths.append(path)
        picture(path, *rest)

    monkeypatch.setattr(plots, "picture", noted)
    return paths


def test_an_equal_picture_is_left_alone(
    tmp_path: Path, arms: Mapping[str, Curves], drawings: list[Path]
) -> None:
    path = tmp_path / "a.png"
    draw_if_changed(path, "title", MARKS, arms)
    first = path.read_bytes()
    draw_if_changed(path, "title", MARKS, arms)
    assert drawings == [path]
    assert path.read_bytes() == first
    assert len(drawn_digest(path) or "") == 16


def test_whatever_changes_what_it_shows_draws_it_anew(
    tmp_path: Path,
    arms: Mapping[str, Curves],
    drawings: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, run = tmp_path / "a.png", arms["run"]
    other = replace(run, mse=[[each and 2 * each for each in row] for row in run.mse])
    draw_if_changed(path, "title", MARKS, arms)
    draw_if_changed(path, "another title", MARKS, arms)
    draw_if_changed(path, "another title", replace(MARKS, mse=(0.2,)), arms)
    draw_if_changed(path, "another title", replace(MARKS, mse=(0.2,)), {"run": other})
    draw_if_changed(path, "another title", replace(MARKS, mse=(0.2,)), {"run": other}, "angle θ")
    monkeypatch.setattr(drawn, "fingerprint", lambda modules: "other code")
    draw_if_changed(path, "another title", replace(MARKS, mse=(0.2,)), {"run": other}, "angle θ")
    assert drawings == [path] * 6


@pytest.mark.parametrize("content", [None, b"", b"no picture"])
def test_what_is_no_picture_is_drawn(
    tmp_path: Path, arms: Mapping[str, Curves], drawings: list[Path], content: bytes | None
) -> None:
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    assert drawn_digest(path) is None
    draw_if_changed(path, "title", MARKS, arms)
    assert drawings == [path]
