"""Digests: equal for equal settings however they were built, different for any changed field."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epochal import (
    MLP,
    Activation,
    Circle,
    Embedding,
    Experiment,
    Initializer,
    Line,
    Loop,
    ModuleNet,
    Optimizer,
    Sine,
    SumOfSines,
    Training,
    Wave,
)
from epochal.experiments.inputs import Input
from epochal.experiments.targets import Target
from epochal.identity.digest import digest, own_code

ROOT = Path(__file__).parents[2]

small = st.floats(0.01, 9)
lines = st.builds(
    Line,
    low=st.floats(-5, 0),
    high=st.floats(1, 5),
    points=st.integers(10, 99),
    draw=st.sampled_from(Line.DRAWS),
    embedding=st.builds(Embedding, st.sampled_from(Embedding.KINDS), small),
)
circles = st.builds(Circle, points=st.integers(10, 99), draw=st.sampled_from(Circle.DRAWS))
waves = st.builds(Wave, small, small, st.floats(-3, 3))
targets = st.one_of(
    st.builds(Sine, small, small, st.floats(-3, 3), st.sampled_from(Sine.SCALES)),
    st.builds(
        SumOfSines,
        st.lists(waves, min_size=1, max_size=3, unique_by=lambda wave: wave.angular_frequency),
        st.sampled_from(SumOfSines.SCALES),
    ),
)
perceptrons = st.builds(
    MLP,
    widths=st.lists(st.integers(1, 9), max_size=3).map(tuple),
    activation=st.sampled_from([Activation("ReLU"), Activation("ELU", alpha=0.5)]),
    bias=st.booleans(),
    output_bias=st.booleans(),
    weights=st.sampled_from([None, Initializer("ones_")]),
    biases=st.sampled_from([None, Initializer("zeros_")]),
)
optimizers = st.builds(
    Optimizer,
    st.sampled_from(["SGD", "Adam"]),
    lr=small,
    weight_decay=st.sampled_from([0.0, 1e-5]),
)
loops = st.builds(
    Loop,
    loss=st.sampled_from(("mean", "half_sum")),
    zero_grad=st.sampled_from(Loop.ZERO_GRADS),
    train_mode=st.sampled_from(Loop.TRAIN_MODES),
    batch=st.sampled_from([None, 1, 5]),
)
experiments = st.builds(
    Experiment,
    inputs=st.one_of(lines, circles),
    target=targets,
    net=perceptrons,
    optimizer=optimizers,
    loop=loops,
    dtype=st.sampled_from(Experiment.DTYPES),
    probe=st.integers(130, 140),
)

BASE = Experiment(
    inputs=Line(low=-1, high=1, points=20),
    target=SumOfSines((Wave(2), Wave(3))),
    net=MLP(widths=(8, 4)),
    optimizer=Optimizer("SGD", lr=0.1, momentum=0.9),
)


@given(experiments, experiments)
def test_digests_are_equal_exactly_where_settings_are(one: Experiment, other: Experiment) -> None:
    assert (one.digest == other.digest) == (one == other)
    assert replace(one).digest == one.digest


@given(st.permutations(["lr", "momentum", "weight_decay", "nesterov"]))
def test_the_order_of_arguments_does_not_matter(names: list[str]) -> None:
    values = {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-5, "nesterov": True}
    built = Optimizer("SGD", **{name: values[name] for name in names})
    assert digest(built) == digest(Optimizer("SGD", **values))


@given(st.integers(1, 9), st.integers(-9, 0), st.integers(1, 9))
def test_a_whole_number_where_a_float_belongs_is_the_same_setting(
    frequency: int, low: int, high: int
) -> None:
    def setting(kind: Callable[[int], float]) -> Experiment:
        line = Line(
            low=kind(low),
            high=kind(high),
            points=20,
            embedding=Embedding("modulo", kind(high)),
        )
        target = Sine(kind(frequency), amplitude=kind(high), phase=kind(low))
        return replace(BASE, inputs=line, target=target)

    assert setting(int) == setting(float)
    assert setting(int).digest == setting(float).digest


def test_the_order_of_a_mapping_does_not_matter() -> None:
    one, other = {"lr": 0.1, "betas": (0.9, 0.99)}, {"betas": [0.9, 0.99], "lr": 0.1}
    assert digest(one) == digest(other)


def test_records_with_the_same_fields_differ_by_their_class() -> None:
    named = [kind("Adam", lr=0.1) for kind in (Activation, Initializer, Optimizer)]
    assert len({digest(each) for each in named}) == 3


def test_minus_zero_is_zero() -> None:
    assert digest(Wave(2, phase=-0.0)) == digest(Wave(2, phase=0.0))


def test_lists_and_bare_names_are_taken_for_what_they_mean() -> None:
    listed = MLP(widths=[8, 4], activation="ReLU")  # type: ignore[arg-type]
    assert listed == BASE.net
    assert digest(listed) == digest(BASE.net)


def changed(inputs: Input | None = None, target: Target | None = None, **net: Any) -> Experiment:
    given_net = BASE.net
    assert isinstance(given_net, MLP)
    return replace(
        BASE,
        inputs=inputs or BASE.inputs,
        target=target or BASE.target,
        net=replace(given_net, **net),
    )


CHANGES: dict[str, Experiment] = {
    "low": changed(Line(low=-2, high=1, points=20)),
    "high": changed(Line(low=-1, high=2, points=20)),
    "points": changed(Line(low=-1, high=1, points=21)),
    "draw": changed(Line(low=-1, high=1, points=20, draw="grid")),
    "embedding kind": changed(Line(low=-1, high=1, points=20, embedding=Embedding("modulo"))),
    "embedding value": changed(Line(low=-1, high=1, points=20, embedding=Embedding("as_is", 2.0))),
    "circle": changed(Circle(points=20)),
    "circle draw": changed(Circle(points=20, draw="uniform")),
    "frequency": changed(target=SumOfSines((Wave(2), Wave(4)))),
    "amplitude": changed(target=SumOfSines((Wave(2), Wave(3, 2)))),
    "phase": changed(target=SumOfSines((Wave(2), Wave(3, 1, 1)))),
    "order of waves": changed(target=SumOfSines((Wave(3), Wave(2)))),
    "scale": changed(target=SumOfSines((Wave(2), Wave(3)), scale="unit_norm")),
    "one sine": changed(target=Sine(2)),
    "one wave": changed(target=SumOfSines((Wave(2),))),
    "widths": changed(widths=(8,)),
    "order of widths": changed(widths=(4, 8)),
    "activation": changed(activation=Activation("Tanh")),
    "activation argument": changed(activation=Activation("ReLU", inplace=True)),
    "bias": changed(bias=False),
    "output bias": changed(output_bias=False),
    "weights": changed(weights=Initializer("zeros_")),
    "biases": changed(biases=Initializer("zeros_")),
    "optimizer": replace(BASE, optimizer=Optimizer("Adam", lr=0.1)),
    "lr": replace(BASE, optimizer=Optimizer("SGD", lr=0.2, momentum=0.9)),
    "lr by one bit": replace(BASE, optimizer=Optimizer("SGD", lr=0.1 + 2**-56, momentum=0.9)),
    "momentum": replace(BASE, optimizer=Optimizer("SGD", lr=0.1)),
    "loss": replace(BASE, loop=Loop(loss="half_sum")),
    "zero_grad": replace(BASE, loop=Loop(zero_grad="after")),
    "train_mode": replace(BASE, loop=Loop(train_mode="never")),
    "batch": replace(BASE, loop=Loop(batch=5)),
    "dtype": replace(BASE, dtype="float64"),
    "probe": replace(BASE, probe=602),
}


def test_any_changed_field_gives_another_digest() -> None:
    found = {name: experiment.digest for name, experiment in CHANGES.items()}
    found["nothing"] = BASE.digest
    assert len(set(found.values())) == len(found)


PRINT = """
from pathlib import Path
from epochal.claims.folder import load
for claim in load(Path("cases")):
    print(claim.id, *(each.digest for each in claim.experiments_by_name.values()))
"""


def test_digests_do_not_depend_on_the_process() -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-c", PRINT],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": "src"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert printed[0] == printed[1]
    assert "thread-centre-not-edges" in printed[0]


def function_in(path: Path, text: str) -> Callable[..., Any]:
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[..., Any] = module.made
    return function


def test_a_functions_digest_changes_with_its_text_and_not_with_its_place(tmp_path: Path) -> None:
    one = function_in(tmp_path / "one.py", "def made(seed=0):\n    return 1\n")
    moved = function_in(tmp_path / "two.py", "\n\nX = 3\n\n\ndef made(seed=0):\n    return 1\n")
    other = function_in(tmp_path / "three.py", "def made(seed=0):\n    return 2\n")
    nets = [replace(BASE, net=ModuleNet(factory=each, weights=3)) for each in (one, moved, other)]
    assert nets[0].digest == nets[1].digest
    assert nets[0].digest != nets[2].digest
    own = [Training(train=each, flops_an_epoch=1.0) for each in (one, moved, other)]
    assert own[0].digest == own[1].digest
    assert own[0].digest != own[2].digest


def test_own_code_is_found_beside_what_no_digest_holds() -> None:
    assert own_code([{1, 2}, Optimizer("SGD", lr=0.1)]) == {}
    assert set(own_code([{1, 2}, test_what_has_no_canonical_form_is_refused])) == {
        "test_what_has_no_canonical_form_is_refused"
    }


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="a specification cannot hold a set"):
        digest(Optimizer("SGD", lr={1, 2}))
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest(Optimizer("SGD", momentum=float("nan")))
