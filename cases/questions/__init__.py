"""Questions of the kind that forums are asked, each as a claim that can be judged.

The settings are ours, after what people ask when a net will not fit: targets by formula and from a
file, several coordinates, noise, losses that are summed, data that are not scaled, and what a net
is like inside.
"""

from dataclasses import replace
from math import pi
from pathlib import Path

from epochal import (
    MLP,
    Box,
    Claim,
    Condition,
    Control,
    ErrorRateBy,
    Experiment,
    FitsBy,
    Formula,
    Initializer,
    Line,
    LinearRegions,
    Loop,
    Loss,
    MseRatioAt,
    Optimizer,
    SameLosses,
    Scaling,
    Scheduler,
    ShareOfSeeds,
    Sharpness,
    Sine,
    StaysAbove,
    Table,
    Vector,
    error_rate,
    learning_rate,
    measured,
    modular_addition,
    mse,
    parity,
    spirals,
    xor,
)

from .asked import ASKED, WIGGLES
from .source import QUESTIONS

PARABOLA = Experiment(
    inputs=Line(low=0, high=1, points=100, draw="grid"),
    target=Formula("(x - 1/2)**2"),
    net=MLP(widths=(16, 16)),
    optimizer=Optimizer("SGD", lr=1e-3),
)
CONE = Experiment(
    inputs=Box(low=(-1, -1), high=(1, 1), points=1000),
    target=Formula("sqrt(x**2 + y**2)"),
    net=MLP(widths=(3,)),
    optimizer=Optimizer("Adam", lr=1e-2),
)
SUMMED = replace(
    WIGGLES,
    optimizer=Optimizer("SGD", lr=4e-7),
    loop=Loop(loss=Loss("MSELoss", reduction="sum")),
    dtype="float64",
)
MEAN = replace(SUMMED, optimizer=Optimizer("SGD", lr=4000 * 4e-7), loop=Loop())
CUBE = Experiment(
    inputs=Line(low=1, high=3999, points=3999, draw="grid"),
    target=Formula("x**3"),
    net=MLP(widths=(64,)),
    optimizer=Optimizer("Adam", lr=1e-3),
)
STANDARDISED = replace(CUBE, scaling=Scaling(inputs="standardise", target="standardise"))
STEP = Experiment(
    target=Table.read(Path(__file__).with_name("step.csv"), held_out=0.2),
    net=MLP(widths=(64,), activation="Tanh"),
    optimizer=Optimizer("Adam", lr=1e-2),
)
WAVE = Experiment(
    inputs=Line(low=-pi, high=pi, points=200),
    target=Formula("sin(x)"),
    net=MLP(widths=(64,), activation="Tanh"),
    optimizer=Optimizer("Adam", lr=1e-2),
    probe_inputs=Line(low=-10, high=10, points=200),
)
SUM = Experiment(
    inputs=Box(low=(0, 0, 0), high=(1, 1, 1), points=200),
    target=Formula("x + y + z"),
    net=MLP(widths=(32,)),
    optimizer=Optimizer("Adam", lr=1e-2),
    scheduler=Scheduler("ReduceLROnPlateau", factor=0.5, patience=20),
)
CHEBYSHEV = Experiment(
    inputs=Line(low=-1, high=1, points=20, draw="grid"),
    target=Formula("16*x**5 - 20*x**3 + 5*x"),
    net=MLP(widths=(100, 100), activation="Tanh"),
    optimizer=Optimizer("SGD", lr=0.1),
    measure=(Sharpness(every=100),),
)


def random_net(*widths: int) -> Experiment:
    """A ReLU net with He's weights and random biases, as good as untrained."""
    return Experiment(
        inputs=Line(low=-3, high=3, points=100),
        target=Formula("sin(x)"),
        net=MLP(widths=widths, weights="he_uniform", biases=Initializer("normal_", std=0.3)),
        optimizer=Optimizer("SGD", lr=1e-9),
        measure=(LinearRegions(low=-3, high=3),),
    )


DEPTHS = {
    "1 layer": random_net(64),
    "2 layers": random_net(32, 32),
    "4 layers": random_net(16, 16, 16, 16),
    "8 layers": random_net(8, 8, 8, 8, 8, 8, 8, 8),
}


LOGITS = Loop(loss=Loss("BCEWithLogitsLoss"))
XOR = Experiment(
    target=xor(),
    net=MLP(widths=(2,), activation="Tanh"),
    optimizer=Optimizer("Adam", lr=0.05),
    loop=LOGITS,
    probe=1600,
)
XOR_RELU = replace(XOR, net=MLP(widths=(2,)))
PARITY = Experiment(
    target=parity(3),
    net=MLP(widths=(16,), activation="Tanh"),
    optimizer=Optimizer("Adam", lr=0.05),
    loop=LOGITS,
)
SPIRALS = Experiment(
    target=spirals(points=100),
    net=MLP(widths=(32, 32)),
    optimizer=Optimizer("Adam", lr=1e-2),
    loop=Loop(loss=Loss("CrossEntropyLoss")),
    probe=1600,
)
TWO_FUNCTIONS = Experiment(
    inputs=Line(low=-pi, high=pi, points=200),
    target=Vector((Sine(1), Formula("cos(x)"))),
    net=MLP(widths=(32, 32), activation="Tanh"),
    optimizer=Optimizer("Adam", lr=1e-2),
)


def addition(held_out: float) -> Experiment:
    """Addition modulo 23 with weight decay, a share of the pairs held out."""
    return Experiment(
        target=modular_addition(23, held_out=held_out),
        net=MLP(widths=(256,)),
        optimizer=Optimizer("AdamW", lr=1e-2, weight_decay=1.0),
    )


ADDITION = addition(held_out=0.4)


def linear_net(*widths: int, std: float = 0.01) -> MLP:
    """A net that is linear in its inputs, however deep, with small weights."""
    start = Initializer("normal_", std=std)
    return MLP(widths=widths, activation="Identity", bias=False, output_bias=False, weights=start)


MODES = Experiment(
    target=Table(
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
        [[8, 0, 0, 0], [0, 4, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]],
    ),
    net=linear_net(16),
    optimizer=Optimizer("SGD", lr=0.1),
)
"""Each of four inputs has a strength with which it makes its own output: 8, 4, 2 and 1."""


def learned(mode: int) -> Condition:
    """A mode is learned once 90% of the variance of its output is."""
    return mse(output=mode, relative=True).below(0.1)


def pieces(deep: str) -> Condition:
    """So many pieces has a deep net of 64 units, divided by those of a shallow one."""
    ratio = measured("linear regions", deep) / measured("linear regions", "1 layer")
    return ratio.within(0.5, 1.5)


CLAIMS = [
    *ASKED,
    Claim(
        id="questions-a-parabola",
        source=QUESTIONS,
        where="question a",
        ours=True,
        tier="standard",
        says="Two hidden layers of 16 learn a parabola by plain SGD in 2000 epochs.",
        reading=(
            "On (x - 1/2)² over [0, 1] the error gets below a tenth of the variance within 2000 "
            "epochs."
        ),
        experiments=PARABOLA,
        rule=FitsBy(epoch=2000, variance_share_below=0.1),
        expected="refuted",
        control=Control(
            change="Adam at 1e-2",
            experiments={"run": replace(PARABOLA, optimizer=Optimizer("Adam", lr=1e-2))},
        ),
    ),
    Claim(
        id="questions-b-cone",
        source=QUESTIONS,
        where="question b",
        ours=True,
        tier="standard",
        says="Three ReLU units get stuck on a cone in six or seven of ten runs.",
        reading=(
            "In 50% to 90% of the runs the error never gets below 0.016, a fifth of the variance, "
            "in 1000 epochs of Adam."
        ),
        experiments=CONE,
        rule=ShareOfSeeds(of=StaysAbove(epoch=1000, mse_above=0.016), low=0.5, high=0.9, seeds=100),
        expected="reproduced",
        found=(
            "76 of 100 seeds get stuck; the 95% interval is [0.66, 0.84]. With a share of 0.76, "
            "six or seven of ten are seen in 38% of tries."
        ),
    ),
    Claim(
        id="questions-c-sum",
        source=QUESTIONS,
        where="question c",
        ours=True,
        tier="standard",
        says="A summed loss at 4e-7 is a mean loss at 1.6e-3, on 4000 points.",
        reading="In float64 the errors of 100 epochs are equal to one part in a million.",
        experiments={"sum": SUMMED, "mean": MEAN},
        rule=SameLosses(epoch=100, first="sum", second="mean", within=1e-6),
        expected="reproduced",
        found=(
            "In float32 they are not: after 500 epochs rounding makes them differ by 1e-7 to 1e-3."
        ),
        control=Control(
            change="a mean loss at 1.5e-3",
            experiments={"mean": replace(MEAN, optimizer=Optimizer("SGD", lr=1.5e-3))},
        ),
    ),
    Claim(
        id="questions-d-cube",
        source=QUESTIONS,
        where="question d",
        ours=True,
        tier="standard",
        says="x³ at x = 1 … 3999 is learned if both axes are standardised, and not as it is.",
        reading=(
            "After 500 epochs the error with standardised axes is less than a hundredth of that "
            "without."
        ),
        experiments={"standardised": STANDARDISED, "raw": CUBE},
        rule=MseRatioAt(epoch=500, over="standardised", under="raw", high=0.01),
        expected="reproduced",
        control=Control(
            change="only the inputs standardised",
            experiments={"standardised": replace(CUBE, scaling=Scaling(inputs="standardise"))},
        ),
    ),
    Claim(
        id="questions-e-step",
        source=QUESTIONS,
        where="question e",
        ours=True,
        tier="standard",
        says="A step from a file is learned.",
        reading="On the held-out fifth of the rows the error gets below 0.02 within 2000 epochs.",
        experiments=STEP,
        rule=FitsBy(epoch=2000, mse_below=0.02),
        expected="reproduced",
        control=Control(
            change="steps of 1e-4",
            experiments={"run": replace(STEP, optimizer=Optimizer("Adam", lr=1e-4))},
        ),
    ),
    Claim(
        id="questions-f-wave",
        source=QUESTIONS,
        where="question f",
        ours=True,
        tier="standard",
        says="A net that learned one period of a sine continues it over three.",
        reading="Trained on ±π, its error on ±10 is less than a tenth of the variance.",
        experiments=WAVE,
        rule=FitsBy(epoch=2000, variance_share_below=0.1, on="probe"),
        expected="refuted",
        control=Control(
            change="judged on ±3",
            experiments={"run": replace(WAVE, probe_inputs=Line(low=-3, high=3, points=200))},
        ),
    ),
    Claim(
        id="questions-f-wave-inside",
        source=QUESTIONS,
        where="question f",
        ours=True,
        tier="standard",
        says="A net learns a sine over one period.",
        reading="Trained on ±π, its error there gets below 1e-3 within 2000 epochs.",
        experiments=WAVE,
        rule=FitsBy(epoch=2000, mse_below=1e-3),
        expected="reproduced",
    ),
    Claim(
        id="questions-g-sum-of-three",
        source=QUESTIONS,
        where="question g",
        ours=True,
        tier="standard",
        says="A net learns the sum of three numbers with a step that shrinks on plateaus.",
        reading="The error gets below 1e-3 within 1000 epochs.",
        experiments=SUM,
        rule=FitsBy(epoch=1000, mse_below=1e-3),
        allow_trivial=True,  # a plane passes: that is what is asked
        expected="reproduced",
    ),
    Claim(
        id="questions-h-sharpness",
        source=QUESTIONS,
        where="question h, after Cohen et al., arXiv 2103.00065",
        ours=True,
        tier="standard",
        says="Gradient descent ends where the sharpness is 2 divided by the learning rate.",
        reading=(
            "On the Chebyshev polynomial of degree 5, from epoch 2000 to 4000, the largest "
            "eigenvalue of the Hessian times the learning rate has a median between 1.9 and 2.1."
        ),
        experiments=CHEBYSHEV,
        rule=(measured("sharpness") * learning_rate()).within(1.9, 2.1).over(2000, 4000),
        expected="reproduced",
        control=Control(
            change="a fifth of the learning rate, with which it is not there yet",
            experiments={"run": replace(CHEBYSHEV, optimizer=Optimizer("SGD", lr=0.02))},
        ),
    ),
    Claim(
        id="questions-i-pieces",
        source=QUESTIONS,
        where="question i, after Hanin and Rolnick, arXiv 1901.09021",
        ours=True,
        tier="standard",
        says="At the start a deep ReLU net has about as many linear pieces as a shallow one.",
        reading=(
            "With He's weights and random biases 64 units in 2, 4 or 8 layers make half to one and "
            "a half times as many pieces on [-3, 3] as 64 units in one layer."
        ),
        experiments=DEPTHS,
        rule=pieces("2 layers").at(1) & pieces("4 layers").at(1) & pieces("8 layers").at(1),
        expected="reproduced",
        control=Control(
            change="torch's own start in 8 layers, whose biases and weights are smaller",
            experiments={"8 layers": replace(DEPTHS["8 layers"], net=MLP(widths=(8,) * 8))},
        ),
    ),
    Claim(
        id="questions-j-xor",
        source=QUESTIONS,
        where="question j",
        ours=True,
        tier="standard",
        says="Two tanh units learn XOR.",
        reading=(
            "How often? The share of 100 starts in which all four points are on the right side "
            "within 1000 epochs of Adam is estimated."
        ),
        experiments=XOR,
        rule=ShareOfSeeds(of=ErrorRateBy(epoch=1000, below=0.1), seeds=100),
        found="Somewhat more than half of all starts; most of them are there within 100 epochs.",
    ),
    Claim(
        id="questions-j-xor-relu",
        source=QUESTIONS,
        where="question j",
        ours=True,
        tier="standard",
        says="Two ReLU units learn XOR.",
        reading=(
            "How often? The share of 100 starts in which all four points are on the right side "
            "within 1000 epochs of Adam is estimated."
        ),
        experiments=XOR_RELU,
        rule=ShareOfSeeds(of=ErrorRateBy(epoch=1000, below=0.1), seeds=100),
        found="About every fourth start: half as often as with tanh.",
    ),
    Claim(
        id="questions-k-parity",
        source=QUESTIONS,
        where="question k",
        ours=True,
        tier="standard",
        says="Sixteen tanh units learn whether one or three of three bits are set.",
        reading="All eight points are on the right side within 300 epochs of Adam.",
        experiments=PARITY,
        rule=ErrorRateBy(epoch=300, below=0.1),
        expected="reproduced",
        control=Control(
            change="two units",
            experiments={"run": replace(PARITY, net=MLP(widths=(2,), activation="Tanh"))},
        ),
    ),
    Claim(
        id="questions-l-spirals",
        source=QUESTIONS,
        where="question l",
        ours=True,
        tier="standard",
        says="Two hidden layers of 32 tell two spirals apart.",
        reading=(
            "On 100 points of each spiral fewer than 2% are on the wrong side within 300 epochs "
            "of Adam."
        ),
        experiments=SPIRALS,
        rule=ErrorRateBy(epoch=300, below=0.02),
        expected="reproduced",
        control=Control(
            change="layers of 4",
            experiments={"run": replace(SPIRALS, net=MLP(widths=(4, 4)))},
        ),
    ),
    Claim(
        id="questions-m-two-functions",
        source=QUESTIONS,
        where="question m",
        ours=True,
        tier="standard",
        says="One net learns a sine and a cosine at once.",
        reading="Both of its outputs have an error below 1e-3 within 500 epochs of Adam.",
        experiments=TWO_FUNCTIONS,
        rule=mse(output=0).below(1e-3).by(500) & mse(output=1).below(1e-3).by(500),
        expected="reproduced",
        control=Control(
            change="two layers of 2",
            experiments={
                "run": replace(TWO_FUNCTIONS, net=MLP(widths=(2, 2), activation="Tanh")),
            },
        ),
    ),
    Claim(
        id="questions-n-addition",
        source=QUESTIONS,
        where="question n, after Power et al., arXiv 2201.02177",
        ours=True,
        tier="standard",
        says="A net that has learned a table by heart finds its rule later, if its weights decay.",
        reading=(
            "Of addition modulo 23, with 40% of the pairs held out, fewer than 5% are wrong "
            "within 1000 epochs."
        ),
        experiments=ADDITION,
        rule=ErrorRateBy(epoch=1000, below=0.05, on="held_out"),
        expected="reproduced",
        control=Control(
            change="no weight decay",
            experiments={"run": replace(ADDITION, optimizer=Optimizer("Adam", lr=1e-2))},
        ),
    ),
    Claim(
        id="questions-n-addition-later",
        source=QUESTIONS,
        where="question n, after Power et al., arXiv 2201.02177",
        ours=True,
        tier="standard",
        says="It finds the rule long after it has learned the table.",
        reading=(
            "Held-out pairs take at least ten times as many epochs as those trained on, until "
            "fewer than 5% are wrong."
        ),
        experiments=ADDITION,
        rule=error_rate(on="held_out")
        .below(0.05)
        .ratio_of_epochs(error_rate().below(0.05), epoch=1000, low=10),
        expected="reproduced",
        control=Control(
            change="a twentieth of the pairs held out",
            experiments={"run": addition(held_out=0.05)},
        ),
    ),
    Claim(
        id="questions-o-modes",
        source=QUESTIONS,
        where="question o, after Saxe, McClelland and Ganguli, arXiv 1312.6120",
        ours=True,
        tier="standard",
        says="A deep linear net learns its modes one after the other, the strongest first.",
        reading=(
            "Of four modes of strengths 8, 4, 2 and 1 each is learned, to 90% of its variance, "
            "before the next one is."
        ),
        experiments=MODES,
        rule=learned(0).before(learned(1), 600)
        & learned(1).before(learned(2), 600)
        & learned(2).before(learned(3), 600),
        allow_trivial=True,  # a linear net has to learn a linear target
        expected="reproduced",
        control=Control(
            change="no hidden layer",
            experiments={"run": replace(MODES, net=linear_net())},
        ),
    ),
    Claim(
        id="questions-o-modes-times",
        source=QUESTIONS,
        where="question o, after Saxe, McClelland and Ganguli, arXiv 1312.6120",
        ours=True,
        tier="standard",
        says="The time that a mode takes is inversely proportional to its strength.",
        reading="A mode of strength 1 takes 7 to 9 times as many epochs as one of strength 8.",
        experiments=MODES,
        rule=learned(3).ratio_of_epochs(learned(0), epoch=2000, low=7, high=9),
        allow_trivial=True,  # a linear net has to learn a linear target
        expected="refuted",
        found=(
            "It takes about six times as many. A mode of strength s that begins at a takes about "
            "ln(s/a)/s: the sentence leaves out a logarithm, which matters less the smaller the "
            "start is."
        ),
        control=Control(
            change="a start a million times smaller",
            experiments={"run": replace(MODES, net=linear_net(16, std=1e-8))},
        ),
    ),
]
