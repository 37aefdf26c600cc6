"""What the thread says of the paper's Figure 2, and what became of it in other hands."""

from dataclasses import replace

from epochal import (
    Band,
    Claim,
    Control,
    EpochsRatio,
    FitsBy,
    Loop,
    Optimizer,
    ShareBy,
    ShareRatioAt,
    SharesAt,
    Sine,
)

from ..basri_2019 import FIGURE_2
from .settings import REPLY, REPLY_ON_BOTH, THREAD

SLOW_ALONE = replace(FIGURE_2, target=Sine(4, amplitude=1001**-0.5))
"""Figure 2 with its slow sine alone, as high as it is there."""

FASTER = replace(FIGURE_2, optimizer=Optimizer("SGD", lr=1e-3, momentum=0.9))

CLAIMS = [
    Claim(
        id="thread-clear-sine-by-50",
        source=THREAD,
        where="a post that describes Figure 2 of Basri et al. 2019",
        says="In the paper's figure the slow sine is plainly there after 50 epochs.",
        reading=(
            "In the figure's setting the net has learned more than 0.9 of the slow sine's "
            "amplitude by epoch 50. The paper itself claims less, which `b19-fig2-epoch50` checks."
        ),
        experiments=FIGURE_2,
        rule=ShareBy(epoch=50, angular_frequency=4, share_above=0.9),
        expected="refuted",
        found=(
            "The net has learned slightly more than half of the amplitude at epoch 50, and 0.9 of "
            "it between epochs 200 and 240."
        ),
        control=Control(
            change="with momentum 0.9, which learns it in time",
            experiments={"run": FASTER},
        ),
    ),
    Claim(
        id="thread-fit-isnt-as-described",
        source=THREAD,
        where="the poster, on the paper's two sines in the reply's setting",
        says="It does not go as the paper describes it.",
        reading=(
            "As described, the net would have learned 0.9 of sin(4x) by epoch 50. The reply's net "
            "on sin(4x) + sin(14x) has not."
        ),
        experiments=REPLY_ON_BOTH,
        rule=SharesAt(epoch=50, bands=(Band(4, None, 0.9),)),
        tier="standard",
        expected="reproduced",
        found="At epoch 50 the net has learned 0.01 of it.",
        control=Control(
            change="the paper's own setting with momentum 0.9, which does",
            experiments={"run": FASTER},
        ),
    ),
    Claim(
        id="thread-fit-isnt-as-described-at-all",
        source=THREAD,
        where="the same post",
        says="The net can be made to fit the function.",
        reading=(
            "The reply's net on sin(4x) + sin(14x) over ±7.5 gets below an error of 0.05 by epoch "
            "2000. A net that outputs 0 has an error of 1."
        ),
        experiments=REPLY_ON_BOTH,
        rule=FitsBy(epoch=2000, mse_below=0.05),
        tier="standard",
        expected="refuted",
        control=Control(
            change="sin(2x) alone, which it fits",
            experiments={"run": REPLY},
            rule=FitsBy(epoch=800, mse_below=0.05),
        ),
    ),
    Claim(
        id="thread-disregard-higher",
        source=THREAD,
        where="a reply on what Figure 2 shows at epoch 50",
        says="The fast sine can be ignored while the net learns the slow one.",
        reading=(
            "At epoch 50 of Figure 2 the learned part of sin(4θ) is within 10% of that without the "
            "fast sine."
        ),
        experiments={"alone": SLOW_ALONE, "both": FIGURE_2},
        rule=ShareRatioAt(epoch=50, over="alone", under="both", low=0.9, high=1.1),
        expected="reproduced",
        control=Control(
            change="momentum 0.9 in one of them",
            experiments={"alone": replace(SLOW_ALONE, optimizer=FASTER.optimizer)},
        ),
    ),
    Claim(
        id="thread-disregard-higher-later",
        source=THREAD,
        where="the same reply",
        says="The fast sine can be ignored while the net learns the slow one.",
        reading=(
            "Up to 0.9 of sin(4θ): the net needs as many epochs for it as without the fast sine, "
            "within 10%."
        ),
        experiments={"both": FIGURE_2, "alone": SLOW_ALONE},
        rule=EpochsRatio(epoch=500, over="both", under="alone", share_above=0.9, low=0.9, high=1.1),
        tier="standard",
        expected="refuted",
        found=(
            "The fast sine slows the slow one down: 0.9 of it takes 1.3 to 1.5 times as many "
            "epochs."
        ),
        control=Control(
            change="the slow sine alone in both, with zero_grad() in another place in one",
            experiments={
                "both": replace(SLOW_ALONE, loop=Loop(loss="half_sum", zero_grad="after"))
            },
        ),
    ),
]
