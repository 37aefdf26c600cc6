"""The thread, post by post: who says what, and the claims that were made of it.

The posts are told in our own words, in about the order in which they stand in the thread.
"""

from epochal import Part

POSTS = (
    Part(
        heading="The question",
        says=(
            "A net with two hidden layers of 200 ReLU units is trained on 1500 points of sin(2x). "
            "After 15000 epochs the middle of the range fits and its ends do not. The papers that "
            "the poster read speak of far fewer epochs. What is wrong?"
        ),
        claims=(
            "thread-centre-not-edges",
            "thread-many-more-cycles",
            "thread-50-does-not-transfer",
            "thread-as-copied-is-linear",
            "thread-zero-grad-missing-helps",
            "thread-zero-grad-missing-unstable",
        ),
    ),
    Part(
        heading="A first reply: the data, the plot, the code",
        says=(
            "Are there 22500 samples? Does a plot at the training points look different? The code "
            "itself looks right."
        ),
        claims=(
            "thread-sample-count",
            "thread-sample-count-6000",
            "thread-plot-grid-innocent",
            "thread-nothing-wrong-with-code",
            "thread-nothing-wrong-with-gradient",
        ),
    ),
    Part(
        heading="On the order of the loop's lines",
        says="zero_grad() belongs at the beginning of the loop, and train() before it.",
        claims=("thread-zero-grad-order",),
    ),
    Part(
        heading="What the paper's figure shows",
        says=(
            "In Figure 2 of Basri et al. the net has learned the slow sine by epoch 50, and the "
            "fast one can be ignored."
        ),
        claims=(
            "thread-clear-sine-by-50",
            "thread-disregard-higher",
            "thread-disregard-higher-later",
        ),
    ),
    Part(
        heading="Momentum and weight decay",
        says="With these the poster's own setting fits better.",
        claims=(
            "thread-momentum-better",
            "thread-momentum-alone",
            "thread-decay-alone",
            "thread-step-alone",
        ),
    ),
    Part(
        heading="The poster: it still takes thousands of epochs",
        says="That is better, but far from the paper's 50 epochs.",
        claims=("thread-still-thousands",),
    ),
    Part(
        heading="Four layers of 512",
        says="A larger net with a larger step is nearly perfect by epoch 800.",
        claims=(
            "thread-reply-800",
            "thread-reply-800-three-hidden",
            "thread-reply-tanh",
            "thread-loss-iffy",
        ),
    ),
    Part(
        heading="The poster: not at frequency 4",
        says="It works for sin(2x) but not for sin(4x). The fit begins in the middle and fans out.",
        claims=(
            "thread-frequency-4-fails",
            "thread-frequency-4-never",
            "thread-fans-out",
            "thread-fans-out-poster",
            "thread-fans-out-superposition",
        ),
    ),
    Part(
        heading="The poster: the paper's two sines",
        says="They can be fitted, but not in the way that the paper describes.",
        claims=("thread-fit-isnt-as-described", "thread-fit-isnt-as-described-at-all"),
    ),
    Part(
        heading="One oscillation, laid end to end",
        says=(
            "A single oscillation is fitted within 100 epochs, and its fit can be repeated. The "
            "poster: one would not know the period."
        ),
        claims=(
            "thread-one-oscillation-100",
            "thread-one-oscillation-100-centred",
            "thread-one-oscillation-100-superposition",
            "thread-concatenate",
            "thread-concatenate-needs-the-period",
        ),
    ),
    Part(
        heading="The poster: more data take longer",
        says="The more data points, the longer it takes to learn the whole.",
        claims=(
            "thread-more-points-slower",
            "thread-more-points-slower-denser",
            "thread-more-points-slower-superposition",
        ),
    ),
    Part(
        heading="On frequencies",
        says="Nets learn low frequencies first. Two sines give them more structure to fit.",
        claims=(
            "thread-low-before-high",
            "thread-low-before-high-in-one",
            "thread-superposition-helps",
        ),
    ),
    Part(
        heading="More depth, more width",
        says="Try a deeper net, a wider one, and both. The poster tried: it only takes more time.",
        claims=(
            "thread-blow-up-width",
            "thread-blow-up-width-literally",
            "thread-blow-up-depth",
            "thread-blow-up-depth-literally",
            "thread-blow-up-both",
            "thread-blow-up-both-literally",
            "thread-map",
        ),
    ),
    Part(
        heading="Fewer layers",
        says="Two layers go as far as two oscillations; more layers and epochs go further.",
        claims=(
            "thread-two-layers-two-hidden-centred",
            "thread-two-layers-two-hidden-from-0",
            "thread-two-layers-one-hidden-centred",
            "thread-two-layers-one-hidden-from-0",
            "thread-depth-more-cycles",
            "thread-epochs-more-cycles",
        ),
    ),
    Part(
        heading="Theory and practice",
        says=(
            "A net with two layers can approximate any function, in theory. In practice computers "
            "are discrete."
        ),
        claims=(
            "thread-two-layer-universal",
            "thread-two-layer-trained",
            "thread-discrete-practice",
            "thread-discrete-practice-step",
        ),
    ),
    Part(
        heading="Another dimension",
        says="A second input might help. The poster tried: it had no effect.",
        claims=("thread-add-a-dimension", "thread-add-a-dimension-circle"),
    ),
    Part(
        heading="What nobody answered: what am I doing wrong?",
        says=(
            "Is there a small change of the poster's setting that fits the whole range in 50 "
            "epochs? And what lies between that setting and the paper's figure?"
        ),
        claims=(
            "thread-smallest-change",
            "thread-smallest-change-needs-both",
            "thread-smallest-change-tanh",
            "thread-adam-alone",
            "thread-known-period",
            "thread-ladder-1",
            "thread-ladder-2",
            "thread-ladder-3",
            "thread-ladder-4",
            "thread-ladder-5",
            "thread-ladder-6",
        ),
    ),
)
