"""`epochal.train` prints, returns and draws what a net reached, and what a straight line has."""

import base64
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from epochal import (
    MLP,
    Box,
    Circle,
    Experiment,
    Formula,
    Line,
    Optimizer,
    Runs,
    Sine,
    SumOfSines,
    Table,
    Training,
    Wave,
    train,
)
from epochal.experiments.inputs import Input
from epochal.experiments.targets import Target
from epochal.report.pictures.labels import overlaps
from epochal.training.train import train as silent

INPUTS = Line(low=-1, high=1, points=20)
TINY = Experiment(
    inputs=INPUTS, target=Sine(2), net=MLP(widths=(8,)), optimizer=Optimizer("SGD", lr=0.1)
)


def test_it_prints_a_row_a_seed_beside_the_best_constant_and_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    runs = train(TINY, [0, 1], epochs=50)
    head, *rows, said = capsys.readouterr().out.splitlines()
    assert re.split(r" {2,}", head) == ["seed", "MSE at epoch 50", "best constant", "best line"]
    assert runs.line_error is not None
    columns = zip([0, 1], runs.error, runs.constant_error, runs.line_error, strict=True)
    assert [row.split() for row in rows] == [
        [str(seed), *(f"{each:.3g}" for each in errors)] for seed, *errors in columns
    ]
    assert said == "Error below that of the best line: 2 of 2 seeds."


def test_errors_are_those_of_the_points_that_the_net_is_judged_on() -> None:
    runs = train(TINY, [3], epochs=5, quiet=True)
    x, y = runs.train_positions[0], runs.train_target[0]
    slope, height = np.polyfit(x, y, 1)
    assert runs.error[0] == runs.mse[0, -1]
    assert runs.constant_error[0] == pytest.approx(np.mean((y - y.mean()) ** 2))
    assert runs.line_error == pytest.approx([np.mean((y - slope * x - height) ** 2)])


def test_a_quiet_training_prints_nothing_and_gives_the_runs_of_the_engine(
    capsys: pytest.CaptureFixture[str],
) -> None:
    runs, plain = train(TINY, [0], epochs=20, quiet=True), silent(TINY, [0], epochs=20)
    assert capsys.readouterr().out == ""
    assert isinstance(runs, Runs)
    np.testing.assert_array_equal(runs.loss, plain.loss)
    longer = train(TINY, [0], epochs=30, earlier=[runs], quiet=True)
    np.testing.assert_array_equal(longer.loss, silent(TINY, [0], epochs=30).loss)
    assert str(runs.until(10)).startswith("seed    MSE at epoch 10")


def own(data: Any, seed: int, device: str) -> Any:
    while True:
        yield 1.0, lambda features: np.zeros(len(features))


@pytest.mark.parametrize(
    ("target", "inputs"),
    [
        (Sine(2), INPUTS),
        (Formula("x * y"), Box(low=(0, 0), high=(1, 9), points=20)),
        (Formula("x * z"), Box(low=(0,) * 3, high=(1,) * 3, points=20)),
        (Table([0, 1, 2, 3, 4], [0, 1, 4, 9, 16], held_out=0.4), None),
        (SumOfSines((Wave(1),)), Circle(points=30)),
    ],
)
@pytest.mark.parametrize("epochs", [0, 3])
def test_every_setting_is_drawn_into_a_file_and_into_a_notebook(
    tmp_path: Path, target: Target, inputs: Input | None, epochs: int
) -> None:
    setting = replace(TINY, inputs=inputs, target=target, probe=100)  # type: ignore[arg-type]
    runs = train(setting, [0, 1], epochs=epochs, quiet=True)
    figure = runs.plot(tmp_path / "a.png")
    assert overlaps(figure) == []
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    page = runs._repr_html_()
    assert page.startswith("<pre>seed")
    data = re.search(r"base64,([^\"]+)", page)
    assert data is not None
    assert Image.open(BytesIO(base64.b64decode(data[1]))).size[0] > 500


def test_on_a_circle_no_line_closes(capsys: pytest.CaptureFixture[str]) -> None:
    setting = replace(TINY, inputs=Circle(points=30), target=SumOfSines((Wave(1),)))
    assert train(setting, [0], epochs=1).line_error is None
    out = capsys.readouterr().out
    assert "line" not in out
    assert "Error below that of the best constant: " in out


def test_what_diverged_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    runs = train(replace(TINY, optimizer=Optimizer("SGD", lr=1e6)), [0], epochs=50)
    first = runs.diverged_at()[0]
    assert f"0       diverged at epoch {first}" in capsys.readouterr().out
    assert runs.plot() is not None


def test_many_seeds_are_counted() -> None:
    text = str(train(TINY, range(12), epochs=1, quiet=True))
    assert len(text.splitlines()) == 13
    assert "and 2 more seeds" in text


def test_a_loop_of_ones_own_is_printed_too() -> None:
    runs = train(
        Training(train=own, flops_an_epoch=1.0, inputs=INPUTS, target=Sine(2)),
        [0],
        epochs=3,
        quiet=True,
    )
    assert runs.error[0] == pytest.approx(np.mean(runs.train_target**2))
    assert overlaps(runs.plot()) == []
