"""Sentinels of the gate: small, smooth settings that tell a changed loop by how nets learn.

They are our own, chosen for their cost and not for what they say: a training takes a few seconds,
no two need the same code, and five unanimous seeds decide, so that drift has five pairs. The gate
is tried on them by ``pytest bench/ --mutants``. Thresholds are set on seeds 1000 to 1002.

``draws-dropout`` watches what they leave out: a training that draws as it goes. It is none of
``sentinel-*``, on which the gate is tried, since a mask belongs to a row: points in another order,
benign anywhere else, are another training there.
"""

from dataclasses import replace

from epochal import MLP, Bounds, Claim, Control, Experiment, FitsBy, MseAt, Optimizer, Source

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
        "Three small settings that learn so smoothly that a change of a few percent shows. They "
        "say little about nets: they tell whether a training loop is still what it was. A fourth "
        "tells whether torch still draws the same numbers."
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
            "The setting that the thread begins with still has more than 0.8 of the variance left "
            "at epoch 1000."
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
            "With (cos 2x, sin 2x) for x, momentum 0.9 and a weight decay of 1e-3 the error gets "
            "below 0.01 by epoch 100."
        ),
        experiments=WITH_THE_PERIOD,
        rule=FitsBy(epoch=100, mse_below=0.01),
        tier="standard",
        ours=True,
        expected="reproduced",
        bounds=FIVE,
        control=Control(
            change="x as it is", experiments={"run": replace(POSTER, optimizer=DECAYING)}
        ),
    ),
    Claim(
        id="sentinel-batches",
        source=SENTINELS,
        where="batches, Adam and tanh",
        says="Batches of 32 with Adam and tanh fit the thread's sine within 50 epochs.",
        reading="With these, and a step of 3e-3, the error gets below 0.01 by epoch 50.",
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
    Claim(
        id="draws-dropout",
        source=SENTINELS,
        where="numbers drawn in every epoch",
        says="A fifth of the units dropped does not keep momentum from fitting the thread's sine.",
        reading=(
            "With the period given, and a fifth of each hidden layer's units dropped at random in "
            "each step, the error of the whole net gets below 0.01 by epoch 100."
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
