"""Symptoms that need no training: each is found where it is, and not in a near setting."""

import subprocess
import sys
from dataclasses import fields, replace
from math import pi
from typing import Any

import numpy as np
import pytest

from epochal import (
    MLP,
    Experiment,
    Formula,
    Initializer,
    Line,
    Loop,
    Noise,
    Optimizer,
    Output,
    Scaling,
    Table,
)
from epochal.diagnosis.asked import Asked, asked, with_batch
from epochal.diagnosis.before import Before, turning_points
from epochal.diagnosis.changes import CHANGES
from epochal.diagnosis.static import STATIC
from epochal.diagnosis.symptom import Finding, found
from epochal_testing.diagnosed import HEALTHY, KNOWN, Q1, Q2, Q3, Q4, Q6, Q11, Q14, line

PLAIN = Experiment(
    inputs=line(-1, 1, 40),
    target=Formula("x**2"),
    net=MLP(widths=(8, 8)),
    optimizer=Optimizer("Adam", lr=1e-2),
)


def of(experiment: Experiment, goal: float | None = None) -> Asked:
    return asked(experiment, 100, goal)


def net(experiment: Experiment, **changes: Any) -> Experiment:
    assert isinstance(experiment.net, MLP)
    return replace(experiment, net=replace(experiment.net, **changes))


def table(x: Any, y: Any, experiment: Experiment = PLAIN) -> Experiment:
    given = {each.name: getattr(experiment, each.name) for each in fields(experiment)}
    return Experiment(**(given | {"inputs": None, "target": Table(x, y)}))


Q4_LINE = replace(PLAIN, target=Formula("2*x - 1"), net=MLP(widths=(8,), activation="Identity"))
ZEROS = Initializer("zeros_")
PAIRS: dict[str, tuple[Asked, Asked]] = {
    "constant-target": (
        of(table([0, 1, 2], [3, 3, 3])),
        of(table([0, 1, 2], [3, 3, 3.1])),
    ),
    "output-range": (of(Q6), of(net(Q6, output=Output(activation="Softsign")), goal=20.0)),
    "no-activation": (of(Q4), of(table([-1, 0, 1], [1, 2, 3], Q4))),
    "parity": (of(Q14), of(net(Q14, bias=True))),
    "equal-units": (of(net(PLAIN, weights=ZEROS)), of(net(PLAIN, weights=(None, None, ZEROS)))),
    "few-pieces": (
        of(replace(PLAIN, target=Formula("sin(20*x)"), net=MLP(widths=(6,)))),
        of(replace(PLAIN, target=Formula("sin(20*x)"), net=MLP(widths=(32,)))),
    ),
    "narrow-layer": (of(net(PLAIN, widths=(1, 8))), of(net(PLAIN, widths=(2, 8)))),
    "input-scale": (of(Q11), of(replace(Q11, scaling=Scaling(inputs="standardise")))),
    "target-scale": (
        of(replace(PLAIN, target=Formula("x**2 + 100"))),
        of(
            replace(
                PLAIN,
                target=Formula("x**2 + 100"),
                scaling=Scaling(target="standardise"),
            )
        ),
    ),
    "fast-target": (of(Q11), of(replace(Q11, inputs=line(0, 30, 300)))),
    "beyond-range": (
        of(replace(PLAIN, probe_inputs=line(-3, 3, 40))),
        of(replace(PLAIN, probe_inputs=line(-1, 1, 90))),
    ),
    "below-noise": (of(Q2), of(Q2, goal=0.05)),
    "large-batch": (with_batch(of(PLAIN), 64), with_batch(of(PLAIN), 32)),
    "summed-gradients": (of(replace(PLAIN, loop=Loop(zero_grad="never"))), of(PLAIN)),
    "dropout": (
        of(net(PLAIN, dropout=0.2)),
        of(replace(net(PLAIN, dropout=0.2), noise=Noise(0.01))),
    ),
}
"""By a symptom a setting that has it, and a near one that has not."""


def findings(given: Asked) -> dict[str, Finding]:
    return {each.key: each for each in found(STATIC, Before(given))}


@pytest.mark.parametrize("key", [each.key for each in STATIC])
def test_a_symptom_is_found_where_it_is_and_not_beside_it(key: str) -> None:
    with_it, without = PAIRS[key]
    assert key in findings(with_it)
    assert key not in findings(without)


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_settings_have_no_symptom(name: str) -> None:
    assert not findings(HEALTHY[name])


@pytest.mark.parametrize("name", KNOWN)
def test_known_causes_are_named(name: str) -> None:
    given, key = KNOWN[name]
    assert key in findings(given)


FLOORS = {
    "q1": (of(Q1), "output-range", 0.25),
    "q3": (of(Q3), "parity", 0.125),
    "q4": (of(Q4), "no-activation", 0.0057),
    "q6": (of(Q6), "output-range", 10 / 7),
    "q14": (of(Q14), "parity", 0.5),
    "a ray": (
        of(
            replace(net(Q14, widths=(64,)), inputs=line(-pi, pi, 400), target=Formula("cos(x)")),
            1e-4,
        ),
        "parity",
        None,
    ),
}


@pytest.mark.parametrize("name", FLOORS)
def test_floors_are_those_of_the_best_function(name: str) -> None:
    given, key, floor = FLOORS[name]
    told = findings(given)[key].numbers["floor"]
    if floor is None:  # two straight lines that meet at 0, and a constant
        x = np.linspace(-pi, pi, 4000)
        columns = np.stack([np.abs(x), x, np.ones(4000)], axis=1)
        floor = np.mean((np.cos(x) - columns @ np.linalg.lstsq(columns, np.cos(x))[0]) ** 2)
    assert told == pytest.approx(floor, rel=0.01)


def test_remedies_are_changes() -> None:
    known = {each.key for each in CHANGES}
    assert not {key for each in STATIC for key in each.remedies} - known


def test_noise_beyond_the_output_is_no_floor() -> None:
    """Errors are against the target without noise, so that a floor is that of its values."""
    given = net(Q2, output=Output(activation="Tanh"))
    assert "output-range" not in findings(of(given))
    loud = replace(Q4_LINE, noise=Noise(1.0))
    assert "no-activation" not in findings(of(loud, goal=0.01))


def test_noise_is_told_from_rows_with_equal_inputs() -> None:
    random = np.random.RandomState(0)
    x = np.repeat(np.linspace(-1, 1, 50), 4)
    given = of(table(x, x**2 + random.normal(0, 0.1, 200)))
    assert Before(given).noise == pytest.approx(0.01, rel=0.2)
    assert given.goal == pytest.approx(1.25 * 0.01, rel=0.2)  # not 2% of the variance


def test_ripples_of_noise_are_no_oscillations() -> None:
    random, x = np.random.RandomState(0), np.linspace(-pi, pi, 300)
    given = of(table(x, np.sin(x) + random.normal(0, 0.2, 300)))
    assert Before(given).turns == 2
    assert Before(of(table(x, np.sin(10 * x) + random.normal(0, 0.1, 300)))).turns == 20


@pytest.mark.parametrize(("periods", "turns"), [(1, 2), (5, 10), (159, 318)])
def test_turning_points_are_counted(periods: int, turns: int) -> None:
    x = np.linspace(0, 2 * pi * periods, 40_001)
    assert turning_points(np.sin(x)) == turns
    assert turning_points(np.sin(x) + 0.01 * np.sin(50 * x)) == turns  # ripples are none


def test_a_wave_counts_once_over_a_line() -> None:
    given = of(replace(PLAIN, inputs=Line(low=-pi, high=pi, points=50), target=Formula("cos(x)")))
    assert Before(given).turns == 1


PROBE = """
import sys
from epochal.cli.parser import main
from epochal.diagnosis import diagnose
class Stop(Exception): pass
def stop(*given): raise Stop
diagnose._train = stop
try:
    main(["try", "--target", "sin(2*x)", "--range", "-7.5", "7.5", "--optimizer", "SGD"])
except Stop:
    print("torch" in sys.modules)
"""


def test_what_needs_no_training_is_told_without_torch() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert "Before training" in done.stdout
    assert done.stdout.endswith("False\n")
