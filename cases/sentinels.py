"""Sentinels of the gate: small, smooth settings that tell a changed loop by how nets learn.

They are our own, chosen for their cost and not for what they say: a training takes a second or a
few, no two need the same code, and five unanimous seeds decide, so that drift has five pairs. The
baseline holds 20 seeds of each, for where five leave it open. Together they reach every branch of
the reference loop, which a test holds. The gate is tried on them by ``python -m lab mutants``.
Thresholds are set on seeds 1000 to 1002.

``draws-dropout`` watches what they leave out: a training that draws as it goes. It is none of
``sentinel-*``, on which the gate is tried, since a mask belongs to a row: points in another order,
benign anywhere else, are another training there.
"""

import math
from dataclasses import replace
from typing import Any

from epochal import (
    MLP,
    Bounds,
    Circle,
    Claim,
    Control,
    DeadUnits,
    ErrorRateBy,
    Experiment,
    FitsBy,
    Formula,
    GradientNorm,
    Group,
    Labels,
    LayerNorms,
    Line,
    LinearRegions,
    Loop,
    Loss,
    Measured,
    MseAt,
    Noise,
    Optimizer,
    Scaling,
    Scheduler,
    Sharpness,
    Sine,
    Source,
    Table,
    WeightNorm,
    measured,
)
from epochal.claims.rules.base import Rule

from .thread.inputs import embedded
from .thread.ladder import WITH_TANH
from .thread.settings import MOMENTUM, POSTER

SENTINELS = Source(
    key="sentinels",
    title="Sentinels of the gate",
    authors="epochal",
    year=2026,
    url="sentinels.md",
    story=(
        "Fifteen small settings learn so smoothly that the gate sees a change of a few percent, "
        "and in many of them a few thousandths. They say little about nets: they show whether a "
        "training loop has changed. Another setting, with dropout, shows whether torch still "
        "draws the same numbers."
    ),
    bibtex="""@misc{epochal,
  title        = {epochal: sentences about how neural nets learn, as tests},
  year         = {2026}
}""",
)

FIVE = Bounds(low=0.5, high=0.95)
"""Five unanimous seeds decide that it holds, two that fail that it does not."""

DECAYING = Optimizer("SGD", lr=2e-3, momentum=0.9, weight_decay=1e-3)

WITH_THE_PERIOD = replace(embedded("angle", 2.0), optimizer=DECAYING)


SMALL = Experiment(
    inputs=Line(low=-2, high=2, points=200),
    target=Sine(2),
    net=MLP(widths=(40, 40), activation="Tanh"),
    optimizer=Optimizer("Adam", lr=3e-3),
)
"""Two layers of tanh on a range of four units, on all points with Adam: an epoch takes 1 ms."""

SLOWLY = Optimizer("SGD", lr=1e-4)

WITHOUT_ZEROING = replace(
    SMALL, optimizer=Optimizer("SGD", lr=2e-5), loop=Loop(zero_grad="never", train_mode="never")
)
SCHEDULED = replace(
    SMALL,
    inputs=Circle(points=200),
    target=Sine(3),
    optimizer=Optimizer("SGD", lr=5e-4, momentum=0.9),
    loop=Loop(loss="half_sum", train_mode="every_epoch"),
    scheduler=Scheduler("StepLR", step_size=20, gamma=0.7),
)
NOISY = replace(
    SMALL,
    noise=Noise(0.1),
    scaling=Scaling(inputs="standardise", target="min_max"),
    loop=Loop(batch=30, drop_last=True),
    scheduler=Scheduler("ReduceLROnPlateau", patience=3, factor=0.5),
)
NORMED = replace(
    SMALL,
    net=MLP(widths=(40,), activation="Tanh", batch_norm=True),
    optimizer=Optimizer("SGD", lr=0.05),
    loop=Loop(batch=50),
)
MEASURED = tuple(round(-2 + 4 * place / 119, 6) for place in range(120))
CLOSURE = Experiment(
    target=Table(x=MEASURED, y=[round(math.sin(2 * x), 6) for x in MEASURED], held_out=0.25),
    net=MLP(widths=(20,), activation="Tanh"),
    optimizer=Optimizer("LBFGS", lr=0.1, max_iter=5, history_size=10),
    loop=Loop(stop_below=0.02),
)
STOPPING = replace(
    SMALL,
    optimizer=Optimizer("RMSprop", lr=1e-3),
    loop=Loop(loss=Loss("SmoothL1Loss", beta=0.5), stop_below=0.02),
)
WARMED_UP = Scheduler(
    "SequentialLR",
    schedulers=[
        Scheduler("LinearLR", start_factor=0.1, total_iters=20),
        Scheduler("CosineAnnealingLR", T_max=180),
    ],
    milestones=[20],
)
CLIPPED = replace(
    SMALL,
    optimizer=Optimizer("SGD", lr=0.2, groups=[Group("*.bias", lr=0.05)]),
    loop=Loop(clip_norm=0.2, clip_value=0.004),
    scheduler=WARMED_UP,
)


def rounded(*values: float) -> list[float]:
    """Values that are the same on every machine."""
    return [round(each, 6) for each in values]


OUTPUTS = Experiment(
    target=Table(x=MEASURED, y=[rounded(math.sin(2 * x), math.cos(x)) for x in MEASURED]),
    net=MLP(widths=(40,), activation="Tanh"),
    optimizer=Optimizer("Adam", lr=3e-3),
    scaling=Scaling(target="standardise"),
)
RINGS = [
    rounded(radius * math.cos(place), radius * math.sin(place))
    for radius in (0.3, 0.65, 1.0)
    for place in range(60)
]
CLASSES = Experiment(
    target=Labels.table(RINGS, [place // 60 for place in range(180)], held_out=0.25),
    net=MLP(widths=(48,), activation="Tanh", batch_norm=True),
    # Not Adam: it makes whole steps of gradients that are mere rounding, as before batch norm.
    optimizer=Optimizer("SGD", lr=0.3, momentum=0.9),
    loop=Loop(loss=Loss("CrossEntropyLoss")),
)
HINGE = Experiment(
    inputs=Line(low=-2, high=2, points=200),
    target=Labels(Formula("sin(3*x) > 0")),
    net=MLP(widths=(40,), activation="Tanh"),
    optimizer=Optimizer("Adam", lr=1e-2),
    loop=Loop(loss="hinge"),
)


def mean_square(net: Any, x: Any, y: Any) -> Any:
    """The mean square of the outputs."""
    return net(x).square().mean()


INSIDE = Experiment(
    inputs=Line(low=-2, high=2, points=200),
    target=Labels(Formula("sin(3*x) > 0")),
    net=MLP(widths=(40,)),
    optimizer=Optimizer("SGD", lr=0.1, momentum=0.9),
    loop=Loop(loss=Loss("CrossEntropyLoss")),
    measure=(
        Sharpness(every=20),
        WeightNorm(every=20),
        LayerNorms(every=20),
        GradientNorm(every=20),
        DeadUnits(every=20),
        LinearRegions(low=-2, high=2, every=20),
        Measured(name="mean square", function=mean_square),
    ),
)
LOOKED_AT = (
    measured("sharpness").within(1.5, 8).at(100)
    & measured("weight norm").within(7, 12).at(100)
    & measured("layer norms", component=1).within(4, 8).at(100)
    & measured("gradient norm").below(0.1).at(100)
    & measured("dead units").below(0.4).at(100)
    & measured("linear regions").above(15).at(100)
    & measured("mean square").above(1).at(100)
    & measured("confusion", component=0).above(60).at(100)
)


def sentinel(
    name: str, where: str, says: str, reading: str, setting: Experiment, rule: Rule, **control: Any
) -> Claim:
    """A sentinel whose control is the setting with other fields."""
    change = control.pop("change", "plain SGD with a small step")
    changed = replace(setting, **(control or {"optimizer": SLOWLY}))
    return Claim(
        id=f"sentinel-{name}",
        source=SENTINELS,
        where=where,
        says=says,
        reading=reading,
        experiments=setting,
        rule=rule,
        tier="standard",
        ours=True,
        expected="reproduced",
        bounds=FIVE,
        control=Control(change=change, experiments={"run": changed}),
    )


def dropping(part: float) -> Experiment:
    """The setting of ``sentinel-momentum``, with that part of each hidden layer dropped."""
    return replace(WITH_THE_PERIOD, net=MLP(widths=(200, 200), dropout=part))


CLAIMS = [
    Claim(
        id="sentinel-sgd",
        source=SENTINELS,
        where="plain gradient descent",
        says="Plain SGD has hardly begun to fit the thread's sine after 1000 epochs.",
        reading=(
            "In the setting of the thread's opening post the error is still above 0.8 of the "
            "variance at epoch 1000."
        ),
        experiments=POSTER,
        rule=MseAt(epoch=1000, variance_share_above=0.8),
        tier="standard",
        ours=True,
        expected="reproduced",
        bounds=FIVE,
        control=Control(change="momentum 0.9", experiments={"run": MOMENTUM}),
    ),
    Claim(
        id="sentinel-momentum",
        source=SENTINELS,
        where="momentum and weight decay",
        says="With the period given, momentum fits the thread's sine within 100 epochs.",
        reading=(
            "With inputs (cos 2x, sin 2x) instead of x, momentum 0.9 and a weight decay of 1e-3, "
            "the error gets below 0.01 by epoch 100."
        ),
        experiments=WITH_THE_PERIOD,
        rule=FitsBy(epoch=100, mse_below=0.01),
        tier="standard",
        ours=True,
        expected="reproduced",
        bounds=FIVE,
        control=Control(
            change="x itself as the input", experiments={"run": replace(POSTER, optimizer=DECAYING)}
        ),
    ),
    Claim(
        id="sentinel-batches",
        source=SENTINELS,
        where="batches, Adam and tanh",
        says="Batches of 32 with Adam and tanh fit the thread's sine within 50 epochs.",
        reading="With a step of 3e-3 the error gets below 0.01 by epoch 50.",
        experiments=WITH_TANH,
        rule=FitsBy(epoch=50, mse_below=0.01),
        tier="standard",
        ours=True,
        expected="reproduced",
        bounds=FIVE,
        control=Control(
            change="plain SGD",
            experiments={"run": replace(WITH_TANH, optimizer=POSTER.optimizer)},
        ),
    ),
    sentinel(
        "adam",
        "Adam on all points, zero_grad() before the backward pass",
        "Adam fits a slow sine with two small layers of tanh within 150 epochs.",
        "On sin(2x) over ±2, with a step of 3e-3, the error gets below 0.02 by epoch 150.",
        SMALL,
        FitsBy(epoch=150, mse_below=0.02),
    ),
    sentinel(
        "never-zeroed",
        "gradients that are never zeroed",
        "If gradients add up over all epochs, a tiny step hardly learns the slow sine.",
        "With a step of 2e-5 the error is still above half of the variance at epoch 300.",
        WITHOUT_ZEROING,
        MseAt(epoch=300, variance_share_above=0.5),
        change="Adam and zero_grad() before the backward pass",
        optimizer=SMALL.optimizer,
        loop=SMALL.loop,
    ),
    sentinel(
        "scheduled",
        "a summed loss, momentum and a schedule",
        "Momentum with a decaying step fits a sine on the circle within 200 epochs.",
        (
            "On sin(3θ), with half the sum of squares as loss and steps that shrink by 0.7 every "
            "20 epochs, the error gets below 0.05 by epoch 200."
        ),
        SCHEDULED,
        FitsBy(epoch=200, mse_below=0.05),
        optimizer=Optimizer("SGD", lr=1e-5),
    ),
    sentinel(
        "noisy-batches",
        "noise, scaled data, batches without an incomplete one, a step that shrinks on plateaus",
        "Noise on the targets does not keep small batches from learning the slow sine.",
        (
            "With noise of 0.1, scaled data and batches of 30, the error against the noise-free "
            "target gets below 0.05 by epoch 40."
        ),
        NOISY,
        FitsBy(epoch=40, mse_below=0.05),
    ),
    sentinel(
        "batch-norm",
        "batch norm, judged in evaluation mode",
        "A layer with batch norm learns the slow sine within 200 epochs.",
        "With plain SGD on batches of 50 the error in evaluation mode gets below 0.1 by epoch 200.",
        NORMED,
        FitsBy(epoch=200, mse_below=0.1),
    ),
    sentinel(
        "closure",
        "LBFGS on a table, judged on held-out rows, until the loss is small",
        "LBFGS fits a table of the slow sine within 16 epochs.",
        "The error on the held-out quarter of the rows gets below 0.05 by epoch 16.",
        CLOSURE,
        FitsBy(epoch=16, mse_below=0.05),
    ),
    sentinel(
        "stopping",
        "a named loss and training that stops",
        "RMSprop with a smooth L1 loss fits the slow sine before it stops.",
        "Training stops at a loss of 0.02. By then, within 200 epochs, the error is below 0.03.",
        STOPPING,
        FitsBy(epoch=200, mse_below=0.03),
    ),
    sentinel(
        "clipped",
        "clipped gradients, groups of parameters, a step that warms up",
        "Clipped gradients with a step that warms up learn the slow sine within 200 epochs.",
        (
            "The error gets below 0.19 by epoch 200. The loop is plain SGD at 0.2 with gradients "
            "clipped to norm 0.2 and entries of 0.004, a smaller step for biases, and a cosine "
            "schedule after 20 epochs of warm-up."
        ),
        CLIPPED,
        FitsBy(epoch=200, mse_below=0.19),
    ),
    sentinel(
        "outputs",
        "a table with two outputs, each standardised",
        "One small net of tanh fits a sine and a cosine together within 200 epochs.",
        "On sin(2x) and cos(x) over ±2 the error over both outputs gets below 0.05 by epoch 200.",
        OUTPUTS,
        FitsBy(epoch=200, mse_below=0.05),
    ),
    sentinel(
        "classes",
        "three classes, cross-entropy, rows held out and batch norm",
        "A small net of tanh tells three rings apart within 150 epochs.",
        "The error rate on the held-out quarter of 180 points gets below 0.1 by epoch 150.",
        CLASSES,
        ErrorRateBy(epoch=150, below=0.1, on="held_out"),
    ),
    sentinel(
        "hinge",
        "two classes and the hinge loss",
        "A small net of tanh learns the sign of a sine within 150 epochs.",
        "With the hinge loss, the error rate for the sign of sin(3x) gets below 0.15 by epoch 150.",
        HINGE,
        ErrorRateBy(epoch=150, below=0.15),
    ),
    sentinel(
        "inside",
        "what is measured inside of a net",
        "A trained ReLU net has few dead units, many linear regions and a small gradient.",
        (
            "After 100 epochs on the sign of sin(3x), sharpness, norms, dead units, linear "
            "regions, the mean square of outputs and the counts of classes lie within bounds."
        ),
        INSIDE,
        LOOKED_AT,
    ),
    Claim(
        id="draws-dropout",
        source=SENTINELS,
        where="numbers drawn in every epoch",
        says="Dropping a fifth of the units does not keep momentum from fitting the thread's sine.",
        reading=(
            "With the period given and a fifth of each hidden layer's units dropped in each step, "
            "the error of the whole net gets below 0.01 by epoch 100."
        ),
        experiments=dropping(0.2),
        rule=FitsBy(epoch=100, mse_below=0.01),
        tier="standard",
        ours=True,
        expected="reproduced",
        bounds=FIVE,
        control=Control(change="nine tenths dropped", experiments={"run": dropping(0.9)}),
    ),
]
