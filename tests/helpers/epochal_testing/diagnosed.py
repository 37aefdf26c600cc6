"""Settings whose cause is known, and healthy ones: what `try` must name, and what it must not."""

from dataclasses import replace
from math import pi

import numpy as np

from epochal import (
    MLP,
    Box,
    Circle,
    Experiment,
    Formula,
    FourierFeatures,
    Initializer,
    Labels,
    Line,
    Loop,
    Loss,
    Noise,
    Optimizer,
    Output,
    Scaling,
    Siren,
    Table,
    spirals,
)
from epochal.diagnosis.asked import Asked, asked


def line(low: float, high: float, points: int) -> Line:
    return Line(low=low, high=high, points=points, draw="grid")


ADAM = Optimizer("Adam", lr=1e-2)
ROWS = np.linspace(-pi, pi, 400)
RIPPLES = np.random.RandomState(0).normal(0, 0.2, 400)

Q1 = Experiment(
    inputs=line(0, 314, 3141),
    target=Formula("sin(x)"),
    net=MLP(widths=(1, 100), output=Output(activation="ReLU")),
    optimizer=Optimizer("SGD", lr=0.01),
    probe=1201,
)
Q2 = Experiment(
    inputs=line(0, 4 * pi, 200),
    target=Formula("sin(x)"),
    noise=Noise(0.2),
    net=MLP(widths=(6,), activation="Tanh"),
    optimizer=Optimizer("SGD", lr=0.1),
)
Q3 = Experiment(
    inputs=line(-pi, pi, 200),
    target=Formula("(cos(x) + 1)/2"),
    net=MLP(widths=(10,), activation="Sigmoid", bias=False, output=Output(activation="Sigmoid")),
    optimizer=Optimizer("SGD", lr=0.5),
)
Q4 = Experiment(
    target=Table([-1, 0, 1], [-0.245, 0.123, 0.171]),
    net=MLP(widths=(10,), activation="Identity"),
    optimizer=Optimizer("Adam", lr=1e-5),
)
Q6 = Experiment(
    target=Table([-1, 0, 1, 2, 3, 4, 5], [-3, -1, 1, 3, 5, 7, 9]),
    net=MLP(
        widths=(4, 2), weights="glorot_uniform", biases="zeros", output=Output(activation="ReLU")
    ),
    optimizer=Optimizer("Adam", lr=1e-3),
)
Q7 = Experiment(
    inputs=Line(low=-1, high=9, points=4000),
    target=Formula("sin(x)/2.5"),
    noise=Noise(0.05),
    net=MLP(
        widths=(128,),
        activation="Tanh",
        bias=False,
        output_bias=False,
        weights=Initializer("normal_"),
        output=Output(activation="Tanh"),
    ),
    optimizer=Optimizer("SGD", lr=4e-7),
    loop=Loop(loss=Loss("MSELoss", reduction="sum")),
)
Q11 = Experiment(
    inputs=line(0, 999, 1000),
    target=Formula("sin(x)"),
    net=MLP(widths=(64,) * 4, activation="Tanh"),
    optimizer=Optimizer("Adam", lr=1e-3),
    probe=4807,
)
Q14 = Experiment(
    inputs=Circle(points=100),
    target=Formula("cos(3*theta)"),
    net=MLP(widths=(256,), bias=False),
    optimizer=Optimizer("Adam", lr=1e-3),
)
POSTER = Experiment(
    inputs=Line(low=-7.5, high=7.5, points=1500),
    target=Formula("sin(2*x)"),
    net=MLP(widths=(200, 200)),
    optimizer=Optimizer("SGD", lr=2e-3),
)
DEAD = Experiment(
    inputs=line(-1, 1, 100),
    target=Formula("x**2"),
    net=MLP(widths=(32, 32), biases=(None, Initializer("constant_", val=-10.0), None)),
    optimizer=Optimizer("Adam", lr=1e-3),
)

KNOWN: dict[str, tuple[Asked, str]] = {
    "q1": (asked(Q1, 1000), "output-range"),
    "q3": (asked(Q3, 5000), "parity"),
    "q4": (asked(Q4, 10000), "no-activation"),
    "q6": (asked(Q6, 500), "output-range"),
    "q7": (asked(Q7, 3000), "below-noise"),
    "q11": (asked(Q11, 2000), "fast-target"),
    "q14": (asked(Q14, 2000), "parity"),
}
"""By name a setting, and the symptom that is its cause and needs no training."""

HEALTHY: dict[str, Asked] = {
    "one wave": asked(
        Experiment(
            inputs=Line(low=-pi, high=pi, points=200),
            target=Formula("sin(x)"),
            net=MLP(widths=(64,), activation="Tanh"),
            optimizer=ADAM,
        ),
        1000,
    ),
    "parabola": asked(
        Experiment(
            inputs=Line(low=-1, high=1, points=100),
            target=Formula("x**2"),
            net=MLP(widths=(32, 32)),
            optimizer=ADAM,
        ),
        500,
    ),
    "odd target, no bias": asked(
        replace(Q3, target=Formula("(sin(x) + 1)/2"), optimizer=Optimizer("Adam", lr=0.05)), 3000
    ),
    "cos 2θ, no bias": asked(replace(Q14, target=Formula("cos(2*theta)"), optimizer=ADAM), 1000),
    "a line without activation": asked(
        Experiment(
            inputs=line(-1, 1, 50),
            target=Formula("2*x - 1"),
            net=MLP(widths=(10,), activation="Identity"),
            optimizer=ADAM,
        ),
        500,
    ),
    "sigmoid within its range": asked(
        Experiment(
            inputs=line(-3, 3, 100),
            target=Formula("(1 + tanh(x))/2"),
            net=MLP(widths=(16,), activation="Tanh", output=Output(activation="Sigmoid")),
            optimizer=ADAM,
        ),
        1000,
    ),
    "cube, standardised": asked(
        Experiment(
            inputs=line(1, 3999, 500),
            target=Formula("x**3"),
            net=MLP(widths=(64,)),
            optimizer=ADAM,
            scaling=Scaling(inputs="standardise", target="standardise"),
        ),
        1000,
    ),
    "plane": asked(
        Experiment(
            inputs=Box(low=(-1, -1), high=(1, 1), points=400),
            target=Formula("x*y"),
            net=MLP(widths=(64,)),
            optimizer=ADAM,
            loop=Loop(batch=32),
        ),
        200,
    ),
    "fast, sines": asked(
        Experiment(
            inputs=line(-1, 1, 512),
            target=Formula("sin(40*x)"),
            net=Siren(widths=(64, 64)),
            optimizer=Optimizer("Adam", lr=1e-3),
        ),
        500,
    ),
    "fast, features": asked(
        Experiment(
            inputs=line(-1, 1, 512),
            target=Formula("sin(80*x)"),
            net=MLP(widths=(64,), features=FourierFeatures(count=64, sd=60.0)),
            optimizer=ADAM,
        ),
        500,
    ),
    "noisy table": asked(
        Experiment(
            target=Table(ROWS, np.sin(ROWS) + RIPPLES, held_out=0.2),
            net=MLP(widths=(32,), activation="Tanh"),
            optimizer=ADAM,
        ),
        1000,
    ),
    "spirals": asked(
        Experiment(
            target=spirals(points=100),
            net=MLP(widths=(32, 32)),
            optimizer=ADAM,
            loop=Loop(loss=Loss("CrossEntropyLoss")),
            probe=1600,
        ),
        500,
    ),
    "labels of a formula": asked(
        Experiment(
            inputs=Box(low=(-1, -1), high=(1, 1), points=300),
            target=Labels(Formula("x**2 + y**2 < 0.5")),
            net=MLP(widths=(32,)),
            optimizer=ADAM,
            loop=Loop(loss=Loss("BCEWithLogitsLoss")),
            probe=1600,
        ),
        500,
    ),
}
"""Settings that fit, in which no symptom may be found."""
