"""Symptoms that show while a net trains: each is found where it is, and not in a near setting."""

from dataclasses import replace
from functools import cache

import pytest

from epochal import MLP, Experiment, Formula, Initializer, Line, Loop, Loss, Optimizer, Output
from epochal.diagnosis.after import After
from epochal.diagnosis.asked import asked
from epochal.diagnosis.changes import CHANGES
from epochal.diagnosis.symptom import found
from epochal.diagnosis.trained import TRAINED
from epochal.experiments.runs import join
from epochal.training.inside import look_inside
from epochal.training.numerics import numerics
from epochal.training.train import train_seeds
from epochal_testing.diagnosed import DEAD, HEALTHY, POSTER, Q6, Q7, line

SMALL = Experiment(
    inputs=Line(low=-2, high=2, points=100),
    target=Formula("sin(2*x)"),
    net=MLP(widths=(32, 32), activation="Tanh"),
    optimizer=Optimizer("SGD", lr=0.02),
)


def sgd(rate: float, experiment: Experiment = SMALL) -> Experiment:
    return replace(experiment, optimizer=Optimizer("SGD", lr=rate))


def adam(experiment: Experiment, rate: float = 1e-2) -> Experiment:
    return replace(experiment, optimizer=Optimizer("Adam", lr=rate))


def normal(std: float) -> Experiment:
    return adam(replace(SMALL, net=MLP(widths=(32,), activation="Tanh", weights=start(std))), 1e-4)


def start(std: float) -> Initializer:
    return Initializer("normal_", std=std)


BATCHES = replace(SMALL, loop=Loop(batch=32))
LONG = replace(SMALL, inputs=Line(low=-6, high=6, points=400), net=MLP(widths=(64, 64)))
TWO = replace(LONG, inputs=line(-3.1416, 3.1416, 200), target=Formula("sin(x) + sin(7*x)"))
DEEP = MLP(widths=(16,) * 8, activation="Sigmoid")
HALF = replace(sgd(1e-4), loop=Loop(loss="half_sum"))
NO_RELU = replace(Q6, net=MLP(widths=(4, 2)))

PAIRS: dict[str, tuple[Experiment, int, Experiment, int]] = {
    "diverged": (sgd(50.0, NO_RELU), 50, sgd(0.001, NO_RELU), 50),
    "dead-units": (DEAD, 50, replace(DEAD, net=MLP(widths=(32, 32))), 20),
    "saturated-units": (normal(20.0), 20, normal(0.3), 20),
    "constant-output": (DEAD, 300, replace(DEAD, net=MLP(widths=(32, 32))), 20),
    "vanishing-gradient": (
        sgd(0.1, replace(SMALL, net=DEEP)),
        20,
        sgd(0.1, replace(SMALL, net=replace(DEEP, activation="Tanh"))),
        20,
    ),
    "summed-loss": (HALF, 20, sgd(1e-4), 20),
    "small-steps": (sgd(1e-3), 40, sgd(0.3), 5),
    "swinging-loss": (adam(BATCHES, 0.3), 60, adam(BATCHES, 1e-4), 60),
    "middle-first": (adam(LONG, 3e-3), 150, adam(LONG, 3e-3), 5),
    "slow-first": (adam(TWO, 3e-3), 100, adam(TWO, 3e-3), 2),
    "few-updates": (SMALL, 20, BATCHES, 20),
    "still-learning": (SMALL, 100, sgd(1e-7), 100),
}
"""By a symptom a setting and epochs that have it, and near ones that have not."""


@cache
def after(experiment: Experiment, epochs: int) -> After:
    seeds = range(3)
    with numerics():
        parts = [
            train_seeds(experiment, [seed], "cpu", epochs, engine="reference") for seed in seeds
        ]
        begun = [look_inside(experiment, seed, "cpu", None) for seed in seeds]
        ended = [look_inside(experiment, seed, "cpu", parts[seed]) for seed in seeds]
    return After(asked(experiment, epochs), join(parts), begun, ended)


def keys(experiment: Experiment, epochs: int) -> set[str]:
    return {each.key for each in found(TRAINED, after(experiment, epochs))}


@pytest.mark.parametrize("key", [each.key for each in TRAINED])
def test_a_symptom_is_found_where_it_is_and_not_beside_it(key: str) -> None:
    one, epochs, other, until = PAIRS[key]
    assert key in keys(one, epochs)
    assert key not in keys(other, until)


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_settings_fit(name: str) -> None:
    """No symptom is told of a setting that fits."""
    given = HEALTHY[name]
    assert after(given.experiment, given.epochs).fits


def test_known_causes_are_named() -> None:
    assert "few-updates" in keys(POSTER, 60)
    assert "dead-units" in keys(DEAD, 50)
    assert "summed-loss" in keys(Q7, 10)


def test_a_summed_loss_is_one_of_the_mean() -> None:
    facts = after(Q7, 10)
    [told] = [each for each in found(TRAINED, facts) if each.key == "summed-loss"]
    assert told.numbers["same"] == pytest.approx(4e-7 * 4000)
    [told] = [each for each in found(TRAINED, after(HALF, 20)) if each.key == "summed-loss"]
    assert told.numbers["same"] == pytest.approx(1e-4 * 100 / 2)


def test_remedies_are_changes() -> None:
    known = {each.key for each in CHANGES}
    assert not {key for each in TRAINED for key in each.remedies} - known


def test_the_inside_of_a_net_is_that_of_its_last_epoch() -> None:
    """Bits of a training do not depend on whether its net was looked into."""
    with numerics():
        runs = train_seeds(SMALL, [0], "cpu", 20, engine="reference")
        begun, ended = (look_inside(SMALL, 0, "cpu", each) for each in (None, runs))
        again = train_seeds(SMALL, [0], "cpu", 20, engine="reference")
    assert (begun.epoch, ended.epoch) == (0, 20)
    assert [each.name for each in ended.layers] == [f"hidden layer {n} (Tanh)" for n in (1, 2)]
    assert len(ended.gradients) == 3
    assert runs.weight_hash.tolist() == again.weight_hash.tolist()


def test_a_net_of_which_all_is_dead_has_no_curvature() -> None:
    dead = replace(
        DEAD,
        net=MLP(
            widths=(32,),
            biases=(Initializer("constant_", val=-10.0), None),
            output=Output(trained=False),
        ),
    )
    assert look_inside(dead, 0, "cpu", None).sharpness == 0.0


def test_a_named_loss_is_summed_where_it_says_so() -> None:
    summed = replace(sgd(1e-4), loop=Loop(loss=Loss("SmoothL1Loss", reduction="sum")))
    assert "summed-loss" in keys(summed, 5)
