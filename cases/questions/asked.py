"""Questions of forums about nets that do not fit, told in our own words.

What a post leaves open is filled in by us, and said in the claim's reading.
"""

from dataclasses import replace
from math import pi

from epochal import (
    MLP,
    Circle,
    Claim,
    Control,
    Experiment,
    FitsBy,
    Formula,
    Initializer,
    Line,
    ModuleNet,
    MseRatioAt,
    Noise,
    Optimizer,
    Output,
    Scaling,
    ShareOfSeeds,
    Sine,
    StaysAbove,
    Table,
    WhichFit,
    mse,
)

from .source import QUESTIONS

ADAM = Optimizer("Adam", lr=1e-2)


def grid(low: float, high: float, points: int) -> Line:
    """A regular grid."""
    return Line(low=low, high=high, points=points, draw="grid")


MANY_PERIODS = Experiment(
    inputs=grid(0, 314, 3141),
    target=Formula("sin(x)"),
    net=MLP(widths=(1, 100), output=Output(activation="ReLU")),
    optimizer=Optimizer("SGD", lr=0.01),
    probe=1201,
)
FORTY = replace(MANY_PERIODS, net=MLP(widths=(1, 40)))
ONE_PERIOD = Experiment(
    inputs=grid(0, 6.2, 63), target=Formula("sin(x)"), net=MLP(widths=(40,)), optimizer=ADAM
)

NOISY = Experiment(
    inputs=grid(0, 4 * pi, 200),
    target=Formula("sin(x)"),
    noise=Noise(0.2),
    net=MLP(widths=(6,), activation="Tanh"),
    optimizer=Optimizer("SGD", lr=0.1),
)

SIGMOIDS = MLP(widths=(10,), activation="Sigmoid", bias=False, output=Output(activation="Sigmoid"))
COSINE = Experiment(
    inputs=grid(-pi, pi, 200),
    target=Formula("(cos(x) + 1)/2"),
    net=SIGMOIDS,
    optimizer=Optimizer("SGD", lr=0.5),
)
HALF_SINE = replace(COSINE, target=Formula("(sin(x) + 1)/2"))

THREE_POINTS = Experiment(
    target=Table([-1, 0, 1], [-0.245, 0.123, 0.171]),
    net=MLP(widths=(10,), activation="Identity"),
    optimizer=Optimizer("Adam", lr=1e-5),
)

RELUS = MLP(
    widths=(4, 2), weights="glorot_uniform", biases="zeros", output=Output(activation="ReLU")
)
STRAIGHT = Experiment(
    target=Table([-1, 0, 1, 2, 3, 4, 5], [-3, -1, 1, 3, 5, 7, 9]),
    net=RELUS,
    optimizer=Optimizer("Adam", lr=1e-3),
)

WIGGLES = Experiment(
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
    optimizer=Optimizer("SGD", lr=1.6e-3),
)
ONE_SINE = Experiment(
    inputs=Line(low=-pi, high=pi, points=200),
    target=Sine(1),
    net=MLP(widths=(2,), activation="Tanh"),
    optimizer=ADAM,
)


def dropped(width: int, part: float) -> Experiment:
    """One period of a sine, with a part of so many hidden units left out."""
    return replace(ONE_SINE, net=MLP(widths=(width,), activation="Tanh", dropout=part))


THOUSAND = Experiment(
    inputs=grid(0, 999, 1000),
    target=Formula("sin(x)"),
    net=MLP(widths=(64,) * 4, activation="Tanh"),
    optimizer=Optimizer("Adam", lr=1e-3),
    scaling=Scaling(inputs="standardise"),
    probe=4807,
)


def one_frequency(start: float | None = None) -> object:
    """sin(f·x) with one trained weight f, drawn from N(0, 1) unless its start is given."""
    import torch

    class OneFrequency(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            begun = torch.randn(1, 1) if start is None else torch.full((1, 1), start)
            self.f = torch.nn.Parameter(begun)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.sin(x @ self.f)

    return OneFrequency()


FREQUENCY = Experiment(
    inputs=Line(low=-1, high=1, points=512),
    target=Sine(31),
    net=ModuleNet(one_frequency, weights=1),
    optimizer=ADAM,
)
NEAR = replace(FREQUENCY, net=ModuleNet(one_frequency, {"start": 30.5}, weights=1))

THIRD = Experiment(
    inputs=Circle(points=100),
    target=Formula("cos(3*theta)"),
    net=MLP(widths=(256,), bias=False),
    optimizer=Optimizer("Adam", lr=1e-3),
)
BIASED = MLP(widths=(256,))
ON_A_LINE = replace(THIRD, inputs=grid(-pi, pi, 100), target=Formula("cos(3*x)"))


def corner(units: int) -> Experiment:
    """|x| for so many ReLU units."""
    return Experiment(
        inputs=Line(low=-1, high=1, points=200),
        target=Formula("abs(x)"),
        net=MLP(widths=(units,)),
        optimizer=ADAM,
    )


def beyond(activation: str) -> Experiment:
    """x + sin²(x) on ±10, judged from 10 to 20."""
    return Experiment(
        inputs=Line(low=-10, high=10, points=200),
        probe_inputs=Line(low=10, high=20, points=200),
        target=Formula("x + sin(x)**2"),
        net=MLP(widths=(256,), activation=activation),
        optimizer=Optimizer("Adam", lr=3e-3),
    )


CONTINUED = mse(on="probe").below(0.0625).at(3000)
"""Half the variance of sin²(x): more than its straight part is continued."""

ASKED = [
    Claim(
        id="questions-q1-output-relu",
        source=QUESTIONS,
        where="question q1",
        says="A net with ReLU on its output does not learn a sine.",
        reading=(
            "On sin(x) at x = 0, 0.1 … 314 a 1-1-100-1 net, with SGD at 0.01, has an error of at "
            "least 0.249 for 1000 epochs: its output is never negative, and half of the target is."
        ),
        experiments=MANY_PERIODS,
        rule=StaysAbove(epoch=1000, mse_above=0.249),
        allow_trivial=True,  # on the control's one period a straight line has less
        expected="reproduced",
        control=Control(change="one period, 40 units, Adam", experiments=ONE_PERIOD),
    ),
    Claim(
        id="questions-q1-forty-units",
        source=QUESTIONS,
        where="question q1, the advice",
        tier="standard",
        says="Without ReLU on the output 40 units are enough.",
        reading=(
            "With 40 units for 100, and nothing after the output, the error gets below 0.05 "
            "within 1000 epochs."
        ),
        experiments=FORTY,
        rule=FitsBy(epoch=1000, mse_below=0.05),
        expected="refuted",
        found=(
            "The first layer still has one unit, so all fifty periods pass through one number "
            "that only rises or falls."
        ),
        control=Control(change="one period, no layer of one unit, Adam", experiments=ONE_PERIOD),
    ),
    Claim(
        id="questions-q2-scaled-targets",
        source=QUESTIONS,
        where="question q2, the advice",
        tier="standard",
        says="Scaled targets help a small net to fit a noisy sine.",
        reading=(
            "With 1-6-1 tanh and SGD at 0.1, the error after 50 epochs with standardised targets "
            "is less than nine tenths of that without."
        ),
        experiments={
            "scaled": replace(NOISY, scaling=Scaling(target="standardise")),
            "raw": NOISY,
        },
        rule=MseRatioAt(epoch=50, over="scaled", under="raw", high=0.9),
        expected="refuted",
        found="The targets had a deviation of 0.7 before: there was nothing to scale.",
    ),
    Claim(
        id="questions-q2-more-epochs",
        source=QUESTIONS,
        where="question q2",
        tier="standard",
        says="Adam fits the noisy sine in 1000 epochs.",
        reading="The error against the sine without noise gets below 0.1, a fifth of the variance.",
        experiments=replace(NOISY, optimizer=ADAM),
        rule=FitsBy(epoch=1000, mse_below=0.1),
        expected="reproduced",
        control=Control(change="SGD at 0.1", experiments=NOISY),
    ),
    Claim(
        id="questions-q2-another-trainer",
        source=QUESTIONS,
        where="question q2, the advice",
        tier="standard",
        says="Another trainer fits the noisy sine in 50 epochs.",
        reading=(
            "How often does LBFGS, of which an epoch makes up to 20 updates, get below 0.1 in 50 "
            "epochs? The share of 50 seeds is estimated."
        ),
        experiments=replace(NOISY, optimizer=Optimizer("LBFGS")),
        rule=ShareOfSeeds(of=FitsBy(epoch=50, mse_below=0.1), seeds=50),
    ),
    Claim(
        id="questions-q3-cosine",
        source=QUESTIONS,
        where="question q3",
        tier="standard",
        says="A net of sigmoids learns a sine and never a cosine.",
        reading=(
            "1-10-1 with sigmoid outputs and no biases in the hidden layer gets below 0.02 on "
            "(sin x + 1)/2 within 5000 epochs of SGD at 0.5, and not on (cos x + 1)/2."
        ),
        experiments={"sine": HALF_SINE, "cosine": COSINE},
        rule=WhichFit(epoch=5000, mse_below=0.02, fits=("sine",), fails=("cosine",)),
        expected="reproduced",
        found=(
            "What the last sigmoid is given is a constant plus an odd function of x, and a cosine "
            "is even: the best such net has the error of a constant, 0.125."
        ),
        control=Control(
            change="biases in the hidden layer",
            experiments={"cosine": replace(COSINE, net=replace(SIGMOIDS, bias=True))},
        ),
    ),
    Claim(
        id="questions-q4-line",
        source=QUESTIONS,
        where="question q4",
        tier="standard",
        says="A net without activations passes three points no nearer than a straight line.",
        reading=(
            "With ten units, no activation and Adam at 1e-5 the error never falls below 0.00568 in "
            "10000 epochs; that of the best straight line is 0.00569."
        ),
        experiments=THREE_POINTS,
        rule=StaysAbove(epoch=10000, mse_above=0.00568),
        allow_trivial=True,  # that it does no better than a line is what is asked
        expected="reproduced",
        control=Control(
            change="tanh, Adam at 1e-2",
            experiments=replace(
                THREE_POINTS, net=MLP(widths=(10,), activation="Tanh"), optimizer=ADAM
            ),
        ),
    ),
    Claim(
        id="questions-q4-converged",
        source=QUESTIONS,
        where="question q4",
        tier="standard",
        says="After 10000 epochs it has converged.",
        reading=(
            "How often is its error below 0.0058, near that of the best line? The share of 30 "
            "seeds is estimated."
        ),
        experiments=THREE_POINTS,
        rule=ShareOfSeeds(of=FitsBy(epoch=10000, mse_below=0.0058), seeds=30),
        allow_trivial=True,
    ),
    Claim(
        id="questions-q6-output-relu",
        source=QUESTIONS,
        where="question q6",
        says="A net with ReLU on its output does not learn a line with negative values.",
        reading=(
            "On 2x - 1 at x = -1 … 5 a 1-4-2-1 net has an error above 1.42 for 500 epochs of Adam "
            "at 1e-3: the two negative targets alone cost 10/7."
        ),
        experiments=STRAIGHT,
        rule=StaysAbove(epoch=500, mse_above=1.42),
        allow_trivial=True,  # a straight line fits, which this net is not
        expected="reproduced",
        control=Control(
            change="16 units a layer, no ReLU on the output, Adam at 1e-2",
            experiments=replace(STRAIGHT, net=MLP(widths=(16, 16)), optimizer=ADAM),
        ),
    ),
    Claim(
        id="questions-q6-stuck",
        source=QUESTIONS,
        where="question q6",
        tier="standard",
        says="It gets stuck in six or seven of ten starts.",
        reading=(
            "A net that gives 0 at all seven points has an error of 25. Of 100 starts 50% to 85% "
            "are never below 24.99 in 500 epochs."
        ),
        experiments=STRAIGHT,
        rule=ShareOfSeeds(of=StaysAbove(epoch=500, mse_above=24.99), low=0.5, high=0.85, seeds=100),
        allow_trivial=True,
        expected="reproduced",
        found=(
            "73 of 100 starts. On two other hundreds of seeds it was 60 and 68, so a single "
            "hundred does not tell six of ten from seven."
        ),
        control=Control(
            change="16 units a layer and no ReLU on the output",
            experiments=replace(STRAIGHT, net=MLP(widths=(16, 16))),
        ),
    ),
    Claim(
        id="questions-q6-stuck-torch",
        source=QUESTIONS,
        where="question q6",
        ours=True,
        tier="standard",
        says="It gets stuck less often from torch's own initial weights.",
        reading="The same share, with weights and biases as torch starts them.",
        experiments=replace(STRAIGHT, net=MLP(widths=(4, 2), output=Output(activation="ReLU"))),
        rule=ShareOfSeeds(of=StaysAbove(epoch=500, mse_above=24.99), seeds=100),
        allow_trivial=True,
    ),
    Claim(
        id="questions-q7-wiggles",
        source=QUESTIONS,
        where="question q7",
        tier="standard",
        says="The net only wiggles.",
        reading=(
            "1-128-1 tanh with a tanh output, weights from N(0, 1) and no biases, on a summed loss "
            "at 4e-7, which is a mean loss at 1.6e-3: for 3000 epochs the error stays above "
            "0.0076, a tenth of the variance."
        ),
        experiments=WIGGLES,
        rule=StaysAbove(epoch=3000, mse_above=0.0076),
        expected="reproduced",
        control=Control(
            change="torch's own start, biases, Adam at 1e-2, 1000 epochs",
            experiments=replace(
                WIGGLES,
                net=MLP(widths=(128,), activation="Tanh", output=Output(activation="Tanh")),
                optimizer=ADAM,
            ),
            rule=StaysAbove(epoch=1000, mse_above=0.0076),
        ),
    ),
    Claim(
        id="questions-q9-dropout-two",
        source=QUESTIONS,
        where="question q9",
        tier="standard",
        says="Dropout makes a net of two units worse.",
        reading=(
            "On one period of a sine, after 2000 epochs, the error in evaluation mode with half "
            "of the units left out is larger than that of the same seed without dropout."
        ),
        experiments={"dropout": dropped(2, 0.5), "none": dropped(2, 0.0)},
        rule=MseRatioAt(epoch=2000, over="dropout", under="none", low=1.0),
        expected="reproduced",
        control=Control(change="no dropout", experiments={"dropout": dropped(2, 0.0)}),
    ),
    Claim(
        id="questions-q9-dropout-many",
        source=QUESTIONS,
        where="question q9",
        tier="standard",
        says="Dropout makes a net of 64 units worse.",
        reading=(
            "On one period of a sine, after 2000 epochs, the error in evaluation mode with a "
            "fifth of the units left out is at least ten times that of the same seed without."
        ),
        experiments={"dropout": dropped(64, 0.2), "none": dropped(64, 0.0)},
        rule=MseRatioAt(epoch=2000, over="dropout", under="none", low=10.0),
        expected="reproduced",
        control=Control(change="no dropout", experiments={"dropout": dropped(64, 0.0)}),
    ),
    Claim(
        id="questions-q11-standardised",
        source=QUESTIONS,
        where="question q11, the advice",
        tier="standard",
        says="Standardised inputs let a net learn sin(x) at x = 0 … 999.",
        reading="Four layers of 64 tanh units get below a fifth of the variance in 2000 epochs.",
        experiments=THOUSAND,
        rule=FitsBy(epoch=2000, mse_below=0.1),
        expected="refuted",
        found="On standardised inputs u it is sin(289u): 159 oscillations stay 159 oscillations.",
        control=Control(
            change="one period",
            experiments=replace(THOUSAND, inputs=grid(0, 6.2, 100)),
        ),
    ),
    Claim(
        id="questions-q13-never",
        source=QUESTIONS,
        where="question q13",
        tier="standard",
        says="One trained frequency never finds a fast sine.",
        reading=(
            "sin(f·x) with f from N(0, 1) is fitted to sin(31x) on [-1, 1] by Adam at 1e-2. Fewer "
            "than 5% of starts get below 0.01 in 5000 epochs."
        ),
        experiments=FREQUENCY,
        rule=ShareOfSeeds(of=FitsBy(epoch=5000, mse_below=0.01), low=0.0, high=0.05, seeds=100),
        expected="reproduced",
        found=("None of n seeds bounds the rate by about 3/n. That is not never."),
        control=Control(change="a start at 30.5", experiments=NEAR),
    ),
    Claim(
        id="questions-q14-no-bias",
        source=QUESTIONS,
        where="question q14",
        says="Without biases a wide ReLU net does not learn cos(3θ) on the circle.",
        reading=(
            "256 units, of which the hidden ones have no biases, have an error above 0.499 for "
            "2000 epochs of Adam at 1e-3."
        ),
        experiments=THIRD,
        rule=StaysAbove(epoch=2000, mse_above=0.499),
        allow_trivial=True,  # a constant has 0.5: that it learns no more is what is asked
        expected="reproduced",
        found="The net is a linear function plus an even one, and this target is odd.",
        control=Control(change="biases", experiments=replace(THIRD, net=BIASED)),
    ),
    Claim(
        id="questions-q14-even",
        source=QUESTIONS,
        where="question q14",
        tier="standard",
        says="The same net learns cos(2θ).",
        reading="The error gets below 0.01 within 2000 epochs.",
        experiments=replace(THIRD, target=Formula("cos(2*theta)")),
        rule=FitsBy(epoch=2000, mse_below=0.01),
        expected="reproduced",
        control=Control(change="cos(3θ)", experiments=THIRD),
    ),
    Claim(
        id="questions-q14-angle",
        source=QUESTIONS,
        where="question q14",
        tier="standard",
        says="Given the angle alone, it does not learn cos(3θ) without biases either.",
        reading=(
            "On a grid of angles from -π to π the error stays above 0.49 for 2000 epochs: two "
            "straight lines that meet at 0 are all that such a net can give."
        ),
        experiments=ON_A_LINE,
        rule=StaysAbove(epoch=2000, mse_above=0.49),
        allow_trivial=True,  # a line has little less than a constant
        expected="reproduced",
        control=Control(change="biases", experiments=replace(ON_A_LINE, net=BIASED)),
    ),
    Claim(
        id="questions-q15-two-units",
        source=QUESTIONS,
        where="question q15",
        tier="standard",
        says="Two ReLU units learn |x| now and then.",
        reading=(
            "How often? The share of 100 starts whose error gets below 1e-3 within 2000 epochs of "
            "Adam at 1e-2 is estimated."
        ),
        experiments=corner(2),
        rule=ShareOfSeeds(of=FitsBy(epoch=2000, mse_below=1e-3), seeds=100),
    ),
    Claim(
        id="questions-q15-three-units",
        source=QUESTIONS,
        where="question q15",
        tier="standard",
        says="Three ReLU units learn |x| now and then.",
        reading="The same share, with one unit more.",
        experiments=corner(3),
        rule=ShareOfSeeds(of=FitsBy(epoch=2000, mse_below=1e-3), seeds=100),
    ),
    Claim(
        id="questions-q16-cannot",
        source=QUESTIONS,
        where="question q16",
        tier="standard",
        says="A net cannot continue x + sin²(x) beyond its data.",
        reading=(
            "Nets of 256 ReLU or tanh units, trained on ±10 for 3000 epochs, have an error above "
            "0.125 from 10 to 20: the variance of sin²(x), which the straight line alone would "
            "have."
        ),
        experiments={"ReLU": beyond("ReLU"), "tanh": beyond("Tanh")},
        rule=mse("ReLU", on="probe").above(0.125).at(3000)
        & mse("tanh", on="probe").above(0.125).at(3000),
        allow_trivial=True,
        expected="reproduced",
        control=Control(
            change="x + sin²(x) as activation",
            experiments={"ReLU": beyond("Snake"), "tanh": beyond("Snake")},
        ),
    ),
    Claim(
        id="questions-q16-periodic",
        source=QUESTIONS,
        where="question q16, after Ziyin et al., arXiv 2006.08195",
        tier="standard",
        says="A net with the activation x + sin²(x) continues it.",
        reading=(
            "How often? Of 50 seeds the share whose error from 10 to 20 is below 0.0625 at epoch "
            "3000 is estimated: half the variance of sin²(x)."
        ),
        experiments=beyond("Snake"),
        rule=ShareOfSeeds(of=CONTINUED, seeds=50),
        allow_trivial=True,
    ),
]
