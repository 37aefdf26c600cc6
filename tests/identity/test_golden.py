"""Digests and defaults that stored results depend on: a change here makes all of them unusable.

A field may be added, with a default under which everything stays as it was. A default or a name
that changes needs a reason that is worth every stored run, and a baseline that is carried over.
"""

from dataclasses import MISSING, fields
from typing import Any

import pytest

from epochal import (
    MLP,
    Activation,
    Box,
    Circle,
    Embedding,
    Experiment,
    Formula,
    FourierFeatures,
    Function,
    Group,
    Initializer,
    Labels,
    Line,
    Loop,
    Loss,
    ModuleNet,
    Noise,
    Optimizer,
    Output,
    Points,
    Scaling,
    Scheduler,
    Sine,
    Siren,
    SumOfSines,
    Table,
    Training,
    Vector,
    Wave,
    spirals,
    xor,
)
from epochal.identity.digest import canonical, digest

LINE = Line(low=-1, high=1, points=20)
PLAIN = Experiment(
    inputs=LINE, target=Sine(2), net=MLP(widths=(8,)), optimizer=Optimizer("SGD", lr=0.1)
)
EVERY_FIELD = Experiment(
    inputs=Line(low=-1, high=1, points=20, draw="grid", embedding=Embedding("angle", 0.4)),
    target=SumOfSines((Wave(2, 0.5, 0.25), Wave(9)), scale="unit_norm"),
    net=MLP(
        widths=(8, 4),
        activation=Activation("ELU", alpha=0.5),
        bias=False,
        output_bias=False,
        weights=Initializer("kaiming_normal_", a=5**0.5),
        biases=Initializer("zeros_"),
    ),
    optimizer=Optimizer("Adam", lr=1e-3, betas=(0.9, 0.99), weight_decay=1e-5),
    loop=Loop(loss="half_sum", zero_grad="after", train_mode="never", batch=6, drop_last=True),
    dtype="float64",
    probe=77,
)

GOLDEN: dict[str, tuple[object, str]] = {
    "plain": (PLAIN, "a877359a00adca1a"),
    "every field": (EVERY_FIELD, "b5322619a32f3418"),
    "line": (LINE, "d5b24d8f26681851"),
    "grid": (Line(low=0, high=2.5, points=7, draw="grid"), "627ca37e01b51ebb"),
    "embedded": (
        Line(low=-1, high=1, points=20, embedding=Embedding("modulo", 0.5)),
        "64917524e380037f",
    ),
    "circle": (Circle(points=1001), "447a2bdfe60e3cc0"),
    "random circle": (Circle(points=9, draw="uniform"), "c6f621a1f751c56e"),
    "sine": (Sine(2), "efe90eca9771c075"),
    "sine in full": (Sine(2, amplitude=0.5, phase=1, scale="unit_norm"), "b566bb9e6021eee1"),
    "formula": (Formula("x**2 - 1"), "c02db3b218a3c2e1"),
    "noise": (Noise(0.05), "fd1336d84b555d31"),
    "sines": (SumOfSines((Wave(4), Wave(14)), scale="unit_norm"), "eba350bbd16441f5"),
    "perceptron": (MLP(widths=(200, 200)), "341044bc90c39056"),
    "linear": (MLP(widths=(), activation="Identity", bias=False), "be6c70816735947c"),
    "module net": (
        ModuleNet(factory=dict, arguments={"omega": 30.0}, weights=3),
        "27083be63ab18cc0",
    ),
    "optimizer": (Optimizer("SGD", lr=2e-3, momentum=0.9), "1a0e9789c990489f"),
    "loop": (Loop(), "7522acf4447c9c48"),
    "batches": (Loop(batch=10, drop_last=True), "d1e7b1d06616f788"),
    "huber": (Loop(loss=Loss("HuberLoss", delta=0.5)), "906119c6c03a7e00"),
    "steps": (Scheduler("StepLR", step_size=10), "08002a5f328bc1f1"),
    "stopping": (Loop(loss="half_sum", stop_below=0.05), "316e4a3c4cc189f0"),
    "box": (Box(low=(-1, 0), high=(1, 2), points=9), "18d7ea1c27bdec7b"),
    "points": (Points([0, 1, 4]), "d2f90afd8cfd078e"),
    "table": (Table([0, 1, 4], [1, 2, 3], held_out=0.4), "07a3112ce511e905"),
    "scaling": (Scaling(inputs="min_max", target="standardise"), "4fc206e0a070c4ea"),
    "groups": (Optimizer("SGD", lr=1, groups=[Group("*.bias", lr=2)]), "a72f8f403f2f0672"),
    "clipped": (Loop(clip_norm=1, clip_value=0.5), "443326c0a2d608b0"),
    "warm-up": (
        Scheduler(
            "SequentialLR",
            schedulers=[Scheduler("LinearLR", total_iters=9), Scheduler("StepLR", step_size=10)],
            milestones=[9],
        ),
        "9392929df3b29d25",
    ),
    "held out": (Table([0, 1, 4], [1, 2, 3], held_out=[1]), "b91ba3a6ac08e68b"),
    "vector": (Vector((Sine(1), Formula("cos(x)"))), "b1a03ebbfde94c5e"),
    "labels": (Labels(Formula("x > 0"), names=("left", "right")), "b0c4bbba4c85d194"),
    "spirals": (spirals(points=20), "af0582adb5d70aea"),
    "XOR": (xor(), "c1403c192dbc502a"),
    "hinge": (Loop(loss="hinge"), "6c307da035f5c717"),
    "training": (Training(train=dict, flops_an_epoch=1.0), "49c13609f598f85c"),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_digest_stays_what_it_was(name: str) -> None:
    spec, known = GOLDEN[name]
    assert digest(spec) == known, canonical(spec)


NONE = "no default"

DEFAULTS: dict[type, dict[str, Any]] = {
    Experiment: {
        "inputs": None,
        "target": NONE,
        "net": NONE,
        "optimizer": NONE,
        "loop": {"": "Loop"},
        "dtype": "float32",
        "probe": 601,
        "probe_inputs": None,
        "noise": None,
        "scheduler": None,
        "scaling": None,
        "measure": [],
    },
    Box: {"low": NONE, "high": NONE, "points": NONE, "draw": "uniform"},
    Points: {"content": NONE, "shape": NONE},
    Scaling: {"inputs": "as_is", "target": "as_is"},
    Table: {"held_out": 0, "plane": False, "content": NONE, "shape": NONE},
    Loss: {"name": NONE, "arguments": NONE},
    Scheduler: {"name": NONE, "arguments": NONE},
    Formula: {"text": NONE, "scale": "as_is"},
    Function: {"function": NONE, "name": "", "scale": "as_is", "outputs": 1},
    Noise: {"sd": NONE},
    Vector: {"parts": NONE},
    Labels: {"of": NONE, "classes": None},
    Training: {
        "train": NONE,
        "flops_an_epoch": NONE,
        "inputs": None,
        "target": None,
        "probe": 601,
        "draws": True,
        "axis": "x",
    },
    Line: {
        "low": NONE,
        "high": NONE,
        "points": NONE,
        "draw": "uniform",
        "embedding": {"": "Embedding"},
    },
    Circle: {"points": NONE, "draw": "regular"},
    Embedding: {"kind": "as_is", "value": 1},
    Sine: {"angular_frequency": NONE, "amplitude": 1, "phase": 0, "scale": "as_is"},
    SumOfSines: {"waves": NONE, "scale": "as_is"},
    Wave: {"angular_frequency": NONE, "amplitude": 1, "phase": 0},
    MLP: {
        "widths": NONE,
        "activation": {"": "Activation", "name": "ReLU", "arguments": []},
        "bias": True,
        "output_bias": True,
        "weights": None,
        "biases": None,
        "output": {"": "Output"},
        "dropout": 0,
        "batch_norm": False,
        "features": None,
    },
    FourierFeatures: {"angular_frequencies": [], "count": None, "sd": None},
    Siren: {"widths": NONE, "first_omega": 30, "hidden_omega": 30},
    Output: {"weights": None, "trained": True, "scaled": False, "activation": None},
    ModuleNet: {"factory": NONE, "arguments": [], "weights": NONE},
    Group: {"name": NONE, "arguments": NONE},
    Optimizer: {"name": NONE, "arguments": NONE, "groups": []},
    Activation: {"name": NONE, "arguments": NONE},
    Initializer: {"name": NONE, "arguments": NONE},
    Loop: {
        "loss": "mean",
        "zero_grad": "before",
        "train_mode": "once",
        "batch": None,
        "drop_last": False,
        "stop_below": None,
        "clip_norm": None,
        "clip_value": None,
    },
}


@pytest.mark.parametrize("kind", DEFAULTS, ids=lambda kind: kind.__name__)
def test_a_default_stays_what_it_was(kind: type) -> None:
    assert defaults(kind) == DEFAULTS[kind]


def defaults(kind: Any) -> dict[str, Any]:
    """The default of each field that counts, in canonical form."""
    found = {}
    for each in fields(kind):
        if each.default_factory is not MISSING:
            found[each.name] = canonical(each.default_factory())
        elif each.compare:
            found[each.name] = NONE if each.default is MISSING else canonical(each.default)
    return found


def test_a_field_at_its_default_and_one_that_is_not_given_are_one() -> None:
    given = Experiment(
        inputs=Line(low=-1, high=1, points=20, draw="uniform", embedding=Embedding("as_is", 1)),
        target=Sine(2, amplitude=1, phase=-0.0, scale="as_is"),
        net=MLP(widths=[8], activation=Activation("ReLU"), bias=True, weights=None),  # type: ignore[arg-type]
        optimizer=Optimizer("SGD", lr=0.1),
        loop=Loop(loss="mean", batch=None),
        probe=601,
    )
    assert given.digest == PLAIN.digest
    assert canonical(PLAIN) == {
        "": "Experiment",
        "inputs": {"": "Line", "low": -1, "high": 1, "points": 20},
        "target": {"": "Sine", "angular_frequency": 2},
        "net": {"": "MLP", "widths": [8]},
        "optimizer": {"": "Optimizer", "name": "SGD", "arguments": [["lr", 0.1]]},
    }
