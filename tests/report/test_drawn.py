"""Pictures are drawn anew only where what they show has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from epochal import (
    MLP,
    Box,
    Experiment,
    FitsBy,
    Formula,
    Line,
    Optimizer,
    Runs,
    Table,
    Training,
    train,
)
from epochal.experiments import data
from epochal.experiments.inputs import Input
from epochal.experiments.targets import Target
from epochal.files import save
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.report import drawn
from epochal.report.chosen import FINE
from epochal.report.drawn import draw_if_changed, drawn_digest
from epochal_testing import judged, synthetic

CLAIM = synthetic.claim(FitsBy(epoch=30, mse_below=0.1))
MARKS = CLAIM.rule.marks()
SGD = Optimizer("SGD", lr=1e-6)


@pytest.fixture
def arms() -> dict[str, Curves]:
    findings = Findings()
    judged.take(findings, CLAIM)
    return {"run": next(iter(findings.curves.values()))}


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The paths of the pictures that were drawn."""
    paths: list[Path] = []

    def noted(path: Path, content: bytes) -> None:
        paths.append(path)
        save(path, content)

    monkeypatch.setattr(drawn, "save", noted)
    return paths


def test_an_equal_picture_is_left_alone(
    tmp_path: Path, arms: Mapping[str, Curves], drawings: list[Path]
) -> None:
    path = tmp_path / "a.png"
    draw_if_changed("plots", path, "title", MARKS, arms, "x", "", None)
    first = path.read_bytes()
    draw_if_changed("plots", path, "title", MARKS, arms, "x", "", None)
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
    lower, changed = replace(MARKS, mse=(0.2,)), {"run": other}
    for shown in (
        ("title", MARKS, arms, "x", "", None),
        ("another title", MARKS, arms, "x", "", None),
        ("another title", lower, arms, "x", "", None),
        ("another title", lower, changed, "x", "", None),
        ("another title", lower, changed, "angle θ", "$x$", (-1.0, 1.0)),
    ):
        draw_if_changed("plots", path, *shown)
    monkeypatch.setattr(drawn, "fingerprint", lambda modules: "other code")
    draw_if_changed("plots", path, *shown)
    assert drawings == [path] * 6


@pytest.mark.parametrize("content", [None, b"", b"no picture"])
def test_what_is_no_picture_is_drawn(
    tmp_path: Path, arms: Mapping[str, Curves], drawings: list[Path], content: bytes | None
) -> None:
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)
    assert drawn_digest(path) is None
    draw_if_changed("plots", path, "title", MARKS, arms, "x", "", None)
    assert drawings == [path]


LINE = Line(low=-1, high=1, points=20)
TABLE = Table([0, 1, 2, 3, 4], [0, 1, 4, 9, 16], held_out=0.4)
ROWS = Table(np.arange(400.0).reshape(200, 2), np.arange(200.0), held_out=0.1)


def shown(target: Target, inputs: Input | None = None, **more: Any) -> tuple[str, list[Any]]:
    """The kind of the picture of a claim about such data, trained for two epochs, and its parts."""
    setting = Experiment(
        inputs=inputs,  # type: ignore[arg-type]
        target=target,
        net=MLP(widths=(4,)),
        optimizer=SGD,
        **more,
    )
    rule = FitsBy(epoch=2, mse_below=1e-9)
    claim = synthetic.claim(rule, experiments=setting, allow_trivial=True)
    findings, kept = Findings(), []

    def trained(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        return train(setting, list(seeds), epochs=epochs)

    judged.take(findings, claim, trained, seeds=2)
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(drawn, "draw_if_changed", lambda *given: kept.append(given))
        drawn.draw(findings, claim, Path(folder))
        patch.undo()
        (kind, path, *parts) = kept[0]
        draw_if_changed(kind, path, *parts)
        assert path.read_bytes().startswith(b"\x89PNG")
    return kind, parts


def test_a_formula_is_written_beside_its_curve() -> None:
    kind, parts = shown(Formula("x**2"), LINE)
    assert (kind, parts[4]) == ("plots", "$x^{2}$")


def test_a_target_is_drawn_on_a_finer_grid_than_its_net() -> None:
    _, parts = shown(Formula("sin(40*x)"), Line(low=-1, high=1, points=200), probe=201)
    line, curves = parts[6]["run"], parts[2]["run"]
    assert (len(curves.positions), len(line.x)) == (101, FINE)
    np.testing.assert_allclose(line.y, np.sin(40 * np.array(line.x)), atol=0.02)


def own(seed: int, device: str, epochs: int) -> Runs:
    """A run that nothing but this function knows."""
    return judged.falling("run", [seed], epochs)


def test_a_loop_of_ones_own_is_drawn_by_what_it_yields(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Any] = []
    training = Training(train=own, flops_an_epoch=1.0, axis="wavelength")
    claim = synthetic.claim(FitsBy(epoch=30, mse_below=0.1), experiments=training)
    findings = Findings()
    judged.take(findings, claim)
    monkeypatch.setattr(drawn, "draw_if_changed", lambda *given: kept.append(given))
    drawn.draw(findings, claim, tmp_path)
    kind, _, _, _, arms, axis, *rest = kept[0]
    assert (kind, axis, rest) == ("plots", "wavelength", ["", None, {}, None])
    assert len(arms["run"].fits["30"]) == len(arms["run"].seeds)


def test_a_range_beyond_the_training_points_is_told_apart() -> None:
    wide = replace(LINE, low=-3, high=3)
    assert shown(Formula("x**2"), LINE, probe_inputs=wide)[1][5] == (-1, 1)
    assert shown(Formula("x**2"), wide, probe_inputs=LINE)[1][5] is None


def test_two_coordinates_are_maps_and_more_are_predicted_against_true() -> None:
    kind, parts = shown(Formula("x * y"), Box(low=(0, 0), high=(1, 9), points=20), probe=100)
    curves = parts[2]["run"]
    assert (kind, parts[3]) == ("planes", r"$x\,y$")
    assert np.shape(curves.positions) == (100, 2)
    np.testing.assert_allclose(np.prod(curves.positions, axis=1), curves.target, rtol=1e-3)
    kind, parts = shown(Formula("x * z"), Box(low=(0,) * 3, high=(1,) * 3, points=20), probe=50)
    assert (kind, len(parts[3].y), parts[3].x) == ("scatter", 50, ())


def test_a_table_is_drawn_by_its_rows_and_those_held_out_are_told_apart() -> None:
    kind, parts = shown(TABLE)
    known = parts[3]
    assert (kind, known.x, known.y) == ("scatter", [0, 1, 2, 3, 4], [0, 1, 4, 9, 16])
    first = parts[2]["run"].seeds[0]
    held = data.draw(Experiment(target=TABLE, net=MLP(widths=(4,)), optimizer=SGD), first).held
    assert held is not None
    assert [x for x, out in zip(known.x, known.held, strict=True) if out] == held.positions.tolist()


def test_a_table_of_several_inputs_is_predicted_against_true() -> None:
    kind, parts = shown(ROWS)
    known, curves = parts[3], parts[2]["run"]
    assert (kind, known.x, known.y) == ("scatter", (), curves.positions)
    assert len(known.held) == len(known.y) == 100
    assert 0 < sum(known.held) < 20
