"""Depth and width: more of both, less of both, and what two layers can do."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from epochal import (
    Claim,
    Control,
    EpochsRatio,
    Experiment,
    FitsBy,
    MaxErrorAt,
    Optimizer,
    Training,
    WhichFit,
)
from epochal.experiments.data import Data
from epochal.experiments.inputs import Array

from .reply import SLOWER
from .settings import POSTER, REPLY, THREAD, hidden, periods

Predict = Callable[[Array], Array]

SIZES = {
    "width": ("1024 units in each layer instead of 512", hidden(4, 1024)),
    "depth": ("8 hidden layers instead of 4", hidden(8)),
    "both": ("8 hidden layers of 1024 units instead of 4 of 512", hidden(8, 1024)),
}
"""What was made larger, by the end of a claim's id."""


def blown_up(what: str, *, literally: bool) -> Claim:
    """The claim that a larger net reaches the same error at the same epoch."""
    change, net = SIZES[what]
    band = (0.9, 1.1) if literally else (0.5, 2.0)
    meaning = "literally the very same epoch" if literally else "about the same epoch"
    return Claim(
        id=f"thread-blow-up-{what}{'-literally' if literally else ''}",
        source=THREAD,
        where="the reply that suggests more depth and width, and the poster's answer",
        says="A larger net gives the same results, at the very same epoch, and takes more time.",
        reading=(
            f"With {change} the reply's net needs {band[0]:g} to {band[1]:g} times as many epochs "
            f"to an error of 0.1: {meaning}."
        ),
        experiments={"larger": replace(REPLY, net=net), "reply": REPLY},
        rule=EpochsRatio(
            epoch=800, over="larger", under="reply", mse_below=0.1, low=band[0], high=band[1]
        ),
        tier="full",
        control=Control(
            change="one hidden layer, as in all these claims",
            experiments={"larger": replace(REPLY, net=hidden(1))},
        ),
    )


def over_periods(layers: int, *counts: int, centred: bool) -> dict[str, Experiment]:
    """The reply's net with this number of hidden layers, on each number of periods of sin(2x)."""
    return {
        f"{count} period{'s' * (count > 1)}": replace(
            REPLY, net=hidden(layers), inputs=periods(count, centred=centred)
        )
        for count in counts
    }


def two_layers(
    layers: int, *, centred: bool, control: Control, expected: str, found: str = ""
) -> Claim:
    """The claim that two layers fit two oscillations and no more, in one of its readings."""
    counted = "two hidden layers" if layers == 2 else "one hidden layer and the output"
    place = "around 0" if centred else "from 0 on"
    return Claim(
        id=f"thread-two-layers-{'two' if layers == 2 else 'one'}-hidden-"
        f"{'centred' if centred else 'from-0'}",
        source=THREAD,
        where="the poster, on fewer layers",
        says="Two layers fit two oscillations and no more, and these only at about 800 epochs.",
        reading=(
            f"Two layers are {counted} of 512, and the oscillations lie {place}. By epoch 800 the "
            "error is below 0.05 on one and on two periods of sin(2x), but not on four."
        ),
        experiments=over_periods(layers, 1, 2, 4, centred=centred),
        rule=WhichFit(
            epoch=800, mse_below=0.05, fits=("1 period", "2 periods"), fails=("4 periods",)
        ),
        tier="standard",
        expected=expected,
        found=found,
        control=control,
    )


DEEP_ENOUGH = Control(
    change="four hidden layers around 0 for one and two periods",
    experiments=over_periods(4, 1, 2, centred=True),
)
ON_4_PERIODS = {
    "four layers": over_periods(4, 4, centred=True)["4 periods"],
    "two layers": over_periods(2, 4, centred=True)["4 periods"],
}


def corners(data: Data, seed: int, device: str) -> Iterator[tuple[float, Predict]]:
    """One hidden ReLU layer with its weights set by hand: a polygon with corners on the sine."""
    yield from polygon(data, 200)


def few_corners(data: Data, seed: int, device: str) -> Iterator[tuple[float, Predict]]:
    """The same with 20 units, a corner for each."""
    yield from polygon(data, 20)


def polygon(data: Data, units: int) -> Iterator[tuple[float, Predict]]:
    """A net Σ aᵢ·relu(x − xᵢ) + b, whose slope changes by aᵢ at each of ``units`` corners."""
    x = np.linspace(-7.5, 7.5, units + 1)
    slopes = np.diff(np.sin(2 * x)) / np.diff(x)
    changes = np.diff(slopes, prepend=0.0)

    def predict(features: Array) -> Array:  # (n, 1) to (n,)
        hidden_layer = np.maximum(features - x[:-1], 0.0)
        return np.asarray(hidden_layer @ changes + np.sin(2 * x[0]))

    while True:
        yield float(np.mean((predict(data.features) - data.target) ** 2)), predict


def by_hand(train: Callable[..., Any], units: int) -> Training:
    """``train`` as a training of the poster's data that does not change anything."""
    cost = 2.0 * units * POSTER.inputs.points
    return Training(train=train, flops_an_epoch=cost, inputs=POSTER.inputs, target=POSTER.target)


def one_hidden(rate: float, units: int = 200) -> Experiment:
    """One hidden layer trained by the reply's optimizer, at some step."""
    optimizer = Optimizer("SGD", lr=rate, momentum=0.9, weight_decay=1e-5)
    return replace(POSTER, net=hidden(1, units), optimizer=optimizer)


STEPS = {"step 0.001": 1e-3, "step 0.003": 3e-3, "step 0.01": 1e-2}

CLAIMS = [
    *(blown_up(what, literally=each) for what in SIZES for each in (False, True)),
    two_layers(
        2,
        centred=True,
        expected="reproduced",
        control=Control(
            change="four hidden layers for the four periods",
            experiments=over_periods(4, 4, centred=True),
        ),
    ),
    two_layers(
        2,
        centred=False,
        expected="refuted",
        found="Where the oscillations lie decides it: from 0 on, the second one is not fitted.",
        control=DEEP_ENOUGH,
    ),
    two_layers(
        1,
        centred=True,
        expected="reproduced",
        control=Control(
            change="four hidden layers for the four periods",
            experiments=over_periods(4, 4, centred=True),
        ),
    ),
    two_layers(1, centred=False, expected="refuted", control=DEEP_ENOUGH),
    Claim(
        id="thread-depth-more-cycles",
        source=THREAD,
        where="a reply on adding layers and epochs",
        says="More layers, and more epochs, fit more oscillations.",
        reading=(
            "Layers: by epoch 800 four hidden layers of 512 get below 0.03 on four periods of "
            "sin(2x) around 0, and two do not."
        ),
        experiments=ON_4_PERIODS,
        rule=WhichFit(epoch=800, mse_below=0.03, fits=("four layers",), fails=("two layers",)),
        tier="standard",
        expected="reproduced",
        control=Control(
            change="a single period, which both fit",
            experiments={
                "four layers": over_periods(4, 1, centred=True)["1 period"],
                "two layers": over_periods(2, 1, centred=True)["1 period"],
            },
        ),
    ),
    Claim(
        id="thread-epochs-more-cycles",
        source=THREAD,
        where="the same reply",
        says="More layers, and more epochs, fit more oscillations.",
        reading=(
            "Epochs: two hidden layers of 512 get below 0.03 on four periods of sin(2x) around 0 "
            "after epoch 800 and by epoch 2000."
        ),
        experiments=ON_4_PERIODS["two layers"],
        rule=FitsBy(epoch=2000, after=800, mse_below=0.03),
        tier="full",
        expected="refuted",
        found=(
            "Learning stops: the error is 0.16 to 0.24 after 400 epochs and the same after 2000. "
            "Its minimum, 0.10 to 0.18, falls in the first 200."
        ),
        control=Control(
            change="a single period with a hundredth of the step, which is fitted in that time",
            experiments={
                "run": replace(
                    over_periods(2, 1, centred=True)["1 period"],
                    optimizer=SLOWER.optimizer,
                )
            },
        ),
    ),
    Claim(
        id="thread-two-layer-universal",
        source=THREAD,
        where="the reply on universal approximation",
        says="A net with two layers can approximate any function.",
        reading=(
            "One hidden layer of 200 ReLU units with weights set by hand is within 0.02 of sin(2x) "
            "everywhere on ±7.5. Each unit makes one corner of a polygon."
        ),
        experiments=by_hand(corners, 200),
        rule=MaxErrorAt(epoch=1, below=0.02),
        expected="reproduced",
        control=Control(change="20 units", experiments={"run": by_hand(few_corners, 20)}),
    ),
    Claim(
        id="thread-two-layer-trained",
        source=THREAD,
        where="the same reply, on going from theory to practice",
        says="What a net with two layers could represent it does not learn in practice.",
        reading=(
            "With the reply's optimizer the same 200 units never get below an error of 0.1 in 8000 "
            "epochs, with any of the steps 0.001, 0.003 and 0.01."
        ),
        experiments={name: one_hidden(rate) for name, rate in STEPS.items()},
        rule=WhichFit(epoch=8000, mse_below=0.1, fails=tuple(STEPS)),
        tier="standard",
        expected="refuted",
        found=(
            "With a step of 0.003 the same 200 units learn it to an error of 0.02 to 0.03. With "
            "0.001 they reach 0.2 to 0.3, and with 0.01 they learn nothing."
        ),
        control=Control(
            change="8 units, which cannot represent nine half-waves",
            experiments={name: one_hidden(rate, units=8) for name, rate in STEPS.items()},
        ),
    ),
]
