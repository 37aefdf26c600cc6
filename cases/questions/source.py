"""The source of the questions: its story, and its page in the order of the questions."""

from epochal import Part, Sentence, Source

PARTS = (
    Part(
        heading="q1: a sine over fifty periods",
        says="A net with ReLU everywhere, also on the output, does not fit a sine from 0 to 314.",
        claims=("questions-q1-output-relu", "questions-q1-forty-units"),
        tried="questions-q1-output-relu",
    ),
    Part(
        heading="q2: a noisy sine in fifty epochs",
        says="Six tanh units fit a noisy sine badly. Scale the targets, take another trainer?",
        claims=(
            "questions-q2-scaled-targets",
            "questions-q2-more-epochs",
            "questions-q2-another-trainer",
        ),
        tried="questions-q2-scaled-targets:raw",
    ),
    Part(
        heading="q3: the sine is learned, the cosine never",
        says="A net of sigmoids learns sin x and never cos x. Why?",
        claims=("questions-q3-cosine",),
        tried="questions-q3-cosine:cosine",
    ),
    Part(
        heading="q4: three points",
        says="A net of ten units has converged, and does not pass three points.",
        claims=("questions-q4-line", "questions-q4-converged"),
        tried="questions-q4-line",
    ),
    Part(
        heading="q6: a straight line, now and then",
        says="A small net of ReLUs gets stuck on y = 2x - 1 in most starts.",
        claims=("questions-q6-output-relu", "questions-q6-stuck", "questions-q6-stuck-torch"),
        tried="questions-q6-output-relu",
    ),
    Part(
        heading="q7: wiggles",
        says="A wide net with a summed loss gives wiggles where a sine should be.",
        claims=("questions-q7-wiggles", "questions-c-sum"),
        tried="questions-c-sum:sum",
    ),
    Part(
        heading="q9: does dropout help?",
        says="With dropout a small net fits a sine worse than without.",
        claims=("questions-q9-dropout-two", "questions-q9-dropout-many"),
        tried="questions-q9-dropout-two:dropout",
    ),
    Part(
        heading="q11: normalise",
        says="A deep tanh net does not learn sin x for x up to 999. Normalise the inputs?",
        claims=("questions-q11-standardised",),
        tried="questions-q11-standardised",
    ),
    Part(
        heading="q13: one frequency",
        says="A model of one sine does not find its frequency.",
        claims=("questions-q13-never",),
        tried="questions-q13-never",
    ),
    Part(
        heading="q14: a figure doubted",
        says="A figure shows that a net without biases does not learn odd frequencies. True?",
        claims=("questions-q14-no-bias", "questions-q14-even", "questions-q14-angle"),
        tried="questions-q14-no-bias",
    ),
    Part(
        heading="q15: |x| from two or three units",
        says="Two or three ReLU units learn |x| now and then. How often?",
        claims=("questions-q15-two-units", "questions-q15-three-units"),
        tried="questions-q15-two-units",
    ),
    Part(
        heading="q16: beyond the data",
        says="A net does not continue a periodic function beyond its training range.",
        claims=("questions-q16-cannot", "questions-q16-periodic"),
        tried="questions-q16-cannot:ReLU",
    ),
    Part(
        heading="More functions",
        says="A parabola, a cone, a cube, a step, a wave, a sum, and two functions at once.",
        claims=(
            "questions-a-parabola",
            "questions-b-cone",
            "questions-d-cube",
            "questions-e-step",
            "questions-f-wave",
            "questions-f-wave-inside",
            "questions-g-sum-of-three",
            "questions-m-two-functions",
        ),
    ),
    Part(
        heading="Classes",
        says="XOR, a parity, two spirals, and addition modulo 23.",
        claims=(
            "questions-j-xor",
            "questions-j-xor-relu",
            "questions-k-parity",
            "questions-l-spirals",
            "questions-n-addition",
            "questions-n-addition-later",
        ),
    ),
    Part(
        heading="Inside a net",
        says="How sharp a minimum is, how many pieces a net has, and the modes of a linear net.",
        claims=(
            "questions-h-sharpness",
            "questions-i-pieces",
            "questions-o-modes",
            "questions-o-modes-times",
        ),
    ),
)

QUESTIONS = Source(
    key="questions",
    title="Questions that people ask",
    authors="epochal",
    year=2026,
    url="questions.md",
    story=(
        "Why does my net not fit this? Twelve questions of forums, with what was reported and "
        "advised, and what `epochal try` says. Then eight settings of the same kind: a parabola, "
        "a cone, a summed loss, a target without scaling, a step from a file, a wave beyond its "
        "training range, a sum of three coordinates, and two functions at once. Four are about "
        "classes: XOR, a parity, two spirals, and addition modulo 23. And three are about how "
        "nets learn and what they are like inside, after papers of 2014 to 2021: the modes of a "
        "linear net, how sharp a minimum is, and how many pieces a net has."
    ),
    bibtex="",
    parts=PARTS,
    films=("questions-l-spirals",),
    highlights=(
        Sentence(
            by="questions-f-wave",
            refuted=(
                "A net that learned one period of a sine does not continue it over three: its "
                "error stays at {questions-f-wave: least probe MSE / variance} of the variance."
            ),
        ),
        Sentence(
            by="questions-n-addition-later",
            reproduced=(
                "A net finds the rule of addition {questions-n-addition-later: ratio} times later "
                "than it knows the table by heart."
            ),
        ),
    ),
)
