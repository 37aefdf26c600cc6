"""The script of a setting is plain torch, and gives the very bits of the reference engine."""

import ast
import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from epochal import (
    MLP,
    Activation,
    Experiment,
    Formula,
    FourierFeatures,
    Function,
    Line,
    Loop,
    Loss,
    Noise,
    Optimizer,
    Output,
    Scaling,
    Scheduler,
    SumOfSines,
    Table,
    Wave,
)
from epochal.diagnosis.changes import CHANGES, applicable
from epochal.diagnosis.script import changed_lines, script, unwritten
from epochal.process import kept
from epochal.training.numerics import numerics
from epochal.training.train import train_seeds
from epochal_testing.diagnosed import HEALTHY, KNOWN, POSTER, Q2

EPOCHS = 3
SMALL = replace(POSTER, inputs=Line(low=-3, high=3, points=50), probe=1201)


def net(**given: Any) -> Experiment:
    return replace(SMALL, net=MLP(**({"widths": (8, 8)} | given)))


def of(text: str) -> Experiment:
    return replace(SMALL, target=Formula(text))


SIGNS = Output(weights="signs", trained=False, scaled=True)
WAVES = SumOfSines((Wave(1), Wave(2, amplitude=0.5, phase=1)))
MANY = list(np.linspace(-1, 1, 60))
HELD = Experiment(
    target=Table(MANY, [each**2 for each in MANY], held_out=0.2),
    net=MLP(widths=(8,)),
    optimizer=Optimizer("Adam", lr=1e-2),
)
SETTINGS = {
    **{name: given.experiment for name, (given, _) in KNOWN.items()},
    **{name: given.experiment for name, given in HEALTHY.items()},
    "comparisons": of("where(0 < x < 1, 2, (x > 2) - (x < -1))"),
    "constants": of("e**(-x**2)*pi"),
    "waves": replace(SMALL, target=WAVES),
    "signs": net(widths=(8,), output=SIGNS, output_bias=False),
    "dropout": net(dropout=0.2),
    "batch norm": net(batch_norm=True),
    "sine": net(activation=Activation("Sine", omega=3.0)),
    "snake": net(activation="Snake"),
    "starts": net(weights=("zeros", None, "glorot_uniform"), biases="ones"),
    "features": net(features=FourierFeatures(angular_frequencies=(1, 2, 4))),
    "half sum": replace(SMALL, loop=Loop(loss="half_sum")),
    "zeroed after": replace(SMALL, loop=Loop(zero_grad="after")),
    "never zeroed": replace(SMALL, loop=Loop(zero_grad="never")),
    "batches": replace(SMALL, loop=Loop(batch=7, drop_last=True)),
    "named loss": replace(SMALL, loop=Loop(loss=Loss("SmoothL1Loss", beta=0.5))),
    "LBFGS": replace(SMALL, optimizer=Optimizer("LBFGS", lr=0.1)),
    "held out": HELD,
    "float64": replace(
        SMALL,
        noise=Noise(0.1),
        scaling=Scaling(inputs="min_max", target="standardise"),
        dtype="float64",
    ),
}


def lines(experiment: Experiment) -> str:
    table = getattr(experiment.target, "of", experiment.target)
    if not isinstance(table, Table):
        return ""
    x, y = np.asarray(table.x).tolist(), np.asarray(table.y).tolist()
    return f"x, y = np.array({x}), np.array({y})"


def check(experiment: Experiment) -> None:
    assert not unwritten(experiment)
    text = script(experiment, EPOCHS, lines(experiment))
    assert "epochal" not in text
    space: dict[str, Any] = {}
    with numerics(), kept():
        exec(compile(text, "script", "exec"), space)
        runs = train_seeds(experiment, [0], "cpu", EPOCHS, engine="reference")
    found = hashlib.sha256()
    for parameter in space["net"].parameters():
        found.update(parameter.detach().numpy().tobytes())
    assert found.hexdigest()[:16] == runs.weight_hash[0, -1]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_script_trains_to_the_same_bits(name: str) -> None:
    check(SETTINGS[name])


@pytest.mark.parametrize("name", ["q2", "q3", "q6", "q14", "one wave", "plane", "spirals"])
def test_so_does_the_script_of_each_change(name: str) -> None:
    experiment = Q2 if name == "q2" else SETTINGS[name]
    for changed in applicable(experiment).values():
        check(changed)


def test_the_lines_to_change_are_few() -> None:
    [adam] = [each for each in CHANGES if each.key == "adam"]
    changed = adam.of(POSTER)
    assert changed is not None
    told = changed_lines(script(POSTER, 9), script(changed, 9)).splitlines()
    marked = [line for line in told if line.startswith(("+", "-"))]
    assert marked == [
        "-optimizer = torch.optim.SGD(net.parameters(), lr=0.002)",
        "+optimizer = torch.optim.Adam(net.parameters(), lr=0.001)",
    ]


def test_a_script_is_the_length_of_a_forum_post() -> None:
    text = script(POSTER, 15000)
    assert len(text.splitlines()) < 35
    ast.parse(text)


def square(x: Any) -> Any:
    return x**2


UNWRITTEN = {
    "function": (replace(SMALL, target=Function(square)), "no formula or table"),
    "scheduler": (replace(SMALL, scheduler=Scheduler("StepLR", step_size=9)), "a scheduler"),
    "clipping": (replace(SMALL, loop=Loop(clip_norm=1.0)), "clips gradients"),
}


@pytest.mark.parametrize("name", UNWRITTEN)
def test_what_no_script_is_written_for_is_said(name: str) -> None:
    experiment, why = UNWRITTEN[name]
    assert why in unwritten(experiment)
