"""Our answer to the thread, and its highlights. All numbers come from claims and results."""

from epochal import Answer, Sentence

ANSWER = Answer(
    key="answer",
    title="What am I doing wrong?",
    picture="thread-smallest-change-tanh",
    paragraphs=(
        (
            Sentence(
                by="thread-nothing-wrong-with-code",
                reproduced=(
                    "Your code is right: a loop that we wrote without torch has the same losses."
                ),
                refuted="A loop that we wrote without torch has other losses than yours.",
            ),
            Sentence(
                by="thread-centre-not-edges",
                reproduced=(
                    "Your net needs more updates. An epoch on all points at once is a single "
                    "update. After {thread-centre-not-edges: rule.epoch} of them, plain SGD has "
                    "fitted the middle (an error of {thread-centre-not-edges: centre}) but not the "
                    "ends ({thread-centre-not-edges: edges})."
                ),
                undecided="We could not repeat what you see.",
            ),
        ),
        (
            Sentence(
                by="thread-smallest-change",
                reproduced=(
                    "**Change two things: feed the points in batches of "
                    "{thread-smallest-change: two changes.loop.batch}, and use Adam with a step of "
                    "{thread-smallest-change: two changes.optimizer.lr}.** Your net on your data "
                    "then gets below an error of {thread-smallest-change: rule.mse_below} over the "
                    "whole range within {thread-smallest-change: rule.epoch} epochs, in "
                    "{thread-smallest-change: k} of {thread-smallest-change: n} runs, "
                    "{thread-smallest-change: own seed}. These are "
                    "{thread-smallest-change: updates two changes} updates instead of "
                    "{thread-smallest-change: updates as posted}."
                ),
                refuted=(
                    "Small batches with Adam, which we tried, fit your data in "
                    "{thread-smallest-change: k} of {thread-smallest-change: n} runs only."
                ),
                undecided="Our runs do not settle whether small batches with Adam would help.",
            ),
            Sentence(
                by="thread-smallest-change-needs-both",
                reproduced=(
                    "It takes both changes. By then the batches alone are at "
                    "{thread-smallest-change-needs-both: least MSE, batches}, Adam alone is at "
                    "{thread-smallest-change-needs-both: least MSE, Adam}, and batches "
                    "with momentum are at "
                    "{thread-smallest-change-needs-both: least MSE, batches, momentum}."
                ),
            ),
            Sentence(
                by="thread-smallest-change-tanh",
                reproduced=(
                    "With tanh instead of ReLU and a step of "
                    "{thread-smallest-change-tanh: three changes.optimizer.lr}, the error gets "
                    "below {thread-smallest-change-tanh: rule.mse_below} in "
                    "{thread-smallest-change-tanh: k} of {thread-smallest-change-tanh: n} runs, "
                    "{thread-smallest-change-tanh: own seed}. The picture shows this net."
                ),
            ),
        ),
        (
            Sentence(
                by="thread-still-thousands",
                reproduced=(
                    "On all points at once, momentum, which you were advised to use, needs "
                    "{thread-still-thousands: first epoch below} epochs for the same error."
                ),
                undecided="Our runs do not settle how long momentum takes.",
            ),
            Sentence(
                by="thread-reply-800",
                reproduced=(
                    "Four layers of {thread-reply-800: run.net.width} with a larger step need "
                    "{thread-reply-800: first epoch below} epochs for an error of "
                    "{thread-reply-800: rule.mse_below}."
                ),
            ),
            Sentence(
                by="thread-clear-sine-by-50",
                refuted=(
                    "The net of the paper's figure is not that fast either: at epoch "
                    "{thread-clear-sine-by-50: rule.epoch} it has learned "
                    "{thread-clear-sine-by-50: share at 50} of the slow sine."
                ),
                reproduced="The paper's figure is as fast as it is said to be.",
            ),
        ),
    ),
)

HIGHLIGHTS = (
    Sentence(
        by="thread-smallest-change-tanh",
        reproduced=(
            "Batches of {thread-smallest-change-tanh: three changes.loop.batch}, Adam and tanh fit "
            "the poster's data in {thread-smallest-change-tanh: rule.epoch} epochs in "
            "{thread-smallest-change-tanh: k} of {thread-smallest-change-tanh: n} seeds. As "
            "posted, {thread-centre-not-edges: rule.epoch} epochs are not enough."
        ),
    ),
    Sentence(
        by="thread-ladder-5",
        reproduced=(
            "A larger step alone turns {thread-ladder-5: min a low target} to "
            "{thread-ladder-5: max a low target} epochs into "
            "{thread-ladder-5: min the paper's step} to {thread-ladder-5: max the paper's step}."
        ),
    ),
    Sentence(
        by="thread-zero-grad-missing-helps",
        undecided=(
            "Whether a forgotten zero_grad() helps is a coin toss: it does in "
            "{thread-zero-grad-missing-helps: k} of {thread-zero-grad-missing-helps: n} seeds."
        ),
    ),
    Sentence(
        by="thread-two-layer-trained",
        refuted=(
            "Two layers do learn what they can represent, with a step three times as large: the "
            "least error is {thread-two-layer-trained: least MSE, step 0.003} instead of "
            "{thread-two-layer-trained: least MSE, step 0.001}."
        ),
    ),
    Sentence(
        by="thread-disregard-higher-later",
        refuted=(
            "The fast sine slows the slow one down: to nine tenths of it the net needs "
            "{thread-disregard-higher-later: min ratio} to "
            "{thread-disregard-higher-later: max ratio} times the epochs."
        ),
    ),
)
