"""The settings that the thread's sentences are about, and what most of them vary.

"Frequency f" in the thread is angular: y = sin(f·x). The poster's setting and the reply's are
facts of the thread; what it leaves open is said where it is filled in.
"""

from dataclasses import replace
from math import pi

from epochal import (
    MLP,
    Activation,
    Experiment,
    Line,
    Loop,
    Optimizer,
    Sine,
    Source,
    SumOfSines,
    Wave,
)

from .answer import ANSWER, HIGHLIGHTS
from .posts import POSTS

THREAD = Source(
    key="thread",
    title="Neural net to approximate a sine function",
    authors="PyTorch forum",
    year=2020,
    url="https://discuss.pytorch.org/t/101647",
    story=(
        "Somebody trains a net with two hidden layers of 200 ReLU units on y = sin(2x) over ±7.5, "
        "which is 4.8 oscillations. After 15000 epochs the middle fits and the edges do not, "
        "although papers speak of 50 epochs. A dozen people answer. This page tests their "
        "sentences."
    ),
    bibtex="""@misc{pytorchforum101647,
  title        = {Neural net to approximate a sine function},
  howpublished = {PyTorch Forums, topic 101647},
  year         = {2020},
  url          = {https://discuss.pytorch.org/t/101647}
}""",
    parts=POSTS,
    seed=44,
    answer=ANSWER,
    highlights=HIGHLIGHTS,
    films=(
        "thread-centre-not-edges",
        "thread-reply-800",
        "thread-frequency-4-fails",
        "thread-smallest-change",
    ),
)

POSTER = Experiment(
    inputs=Line(low=-7.5, high=7.5, points=1500),
    target=Sine(2),
    net=MLP(widths=(200, 200)),
    optimizer=Optimizer("SGD", lr=2e-3),
    loop=Loop(zero_grad="after", train_mode="every_epoch"),
)
"""The poster's setting; where zero_grad() stood is inferred from a public copy of the code."""

MOMENTUM = replace(POSTER, optimizer=Optimizer("SGD", lr=2e-3, momentum=0.9, weight_decay=1e-5))
"""The poster's setting with the momentum and weight decay of a reply."""

MOMENTUM_ALONE = replace(POSTER, optimizer=Optimizer("SGD", lr=2e-3, momentum=0.9))
DECAY_ALONE = replace(POSTER, optimizer=Optimizer("SGD", lr=2e-3, weight_decay=1e-5))
NO_ZERO_GRAD = replace(POSTER, loop=Loop(zero_grad="never", train_mode="every_epoch"))
"""The poster's setting as the forum's copy of the code shows it, where no zero_grad() is seen."""

REPLY = Experiment(
    inputs=POSTER.inputs,
    target=POSTER.target,
    net=MLP(widths=(512,) * 4),
    optimizer=Optimizer("SGD", lr=1e-2, momentum=0.9, weight_decay=1e-5),
    loop=POSTER.loop,
)
"""The reply's setting; it does not say whether its 4 layers are all hidden: we take 4 hidden."""

REPLY_TANH = replace(REPLY, net=MLP(widths=(512,) * 4, activation=Activation("Tanh")))
REPLY_AT_4 = replace(REPLY, target=Sine(4))
BOTH_SINES = SumOfSines((Wave(4), Wave(14)))
REPLY_ON_BOTH = replace(REPLY, target=BOTH_SINES)
"""The reply's net on the paper's two sines, over the poster's range."""


def periods(count: int, *, centred: bool) -> Line:
    """``count`` periods of sin(2x) at the poster's 100 points a unit, around 0 or from 0 on."""
    low = -count * pi / 2 if centred else 0.0
    return Line(low=low, high=low + count * pi, points=314 * count)


def hidden(layers: int, width: int = 512) -> MLP:
    """A net of the reply's kind."""
    return MLP(widths=(width,) * layers)


ONE_OSCILLATION = replace(REPLY, inputs=periods(1, centred=False))
