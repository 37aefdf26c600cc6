"""Seeds that repeat each other are no evidence: the verdict is broken, and says which they are."""

from collections.abc import Sequence

import numpy as np
import pytest

import epochal
from epochal import (
    MLP,
    Experiment,
    FitsBy,
    Initializer,
    Optimizer,
    Runs,
    StaysAbove,
    Table,
    Training,
)
from epochal.claims.case import Case
from epochal.claims.verdicts import Status, judge
from epochal.judging.independent import independent
from epochal_testing import synthetic

CLAIM = synthetic.claim(FitsBy(epoch=2, mse_below=0.1), id="fits")


@pytest.mark.parametrize(
    ("losses", "status"),
    [
        ({0: 0.01, 1: 0.02, 2: 0.03}, Status.REPRODUCED),
        ({0: 0.01, 1: 0.02, 2: 0.01}, Status.BROKEN),
    ],
)
def test_two_seeds_of_equal_losses_break_the_verdict(
    losses: dict[int, float], status: Status
) -> None:
    def trained(case: Case, seeds: Sequence[int]) -> dict[str, Runs]:
        left = np.array([[2.0, 1.0, losses[seed - 44]] for seed in seeds])
        return {"run": synthetic.runs(seeds, left)}

    case = CLAIM.case("full")
    assert case is not None
    verdict = judge(case, independent(trained))
    assert verdict.status is status
    if status is Status.BROKEN:
        assert "seeds 44 and 46 gave bit-identical losses" in verdict.why
        assert "Training(draws=False)" in verdict.why


def same(seed: int, device: str, epochs: int) -> Runs:
    """A computation in which nothing is drawn."""
    return synthetic.runs([seed], np.array([[2.0, 1.0, 0.01]]))


@pytest.mark.parametrize(("draws", "status"), [(False, Status.REPRODUCED), (True, Status.BROKEN)])
def test_where_nothing_is_drawn_seeds_may_be_equal(draws: bool, status: Status) -> None:
    training = Training(train=same, flops_an_epoch=1.0, draws=draws)
    case = synthetic.claim(CLAIM.rule, experiments={"run": training}).case("full")
    assert case is not None
    drawn = independent(
        lambda case, seeds: {
            "run": synthetic.runs(seeds, np.array([[2.0, 1.0, 0.01]] * len(seeds)))
        }
    )
    assert judge(case, drawn).status is status


def test_nets_that_die_alike_are_runs_of_their_own() -> None:
    """Whatever its weights are, a net that gives 0 everywhere has the losses of any other."""
    dead = Experiment(
        target=Table([0, 1, 2], [1, 2, 3]),
        net=MLP(widths=(2,), biases=Initializer("constant_", val=-10.0), output_bias=False),
        optimizer=Optimizer("SGD", lr=0.1),
    )
    rule = StaysAbove(epoch=2, mse_above=4.0)
    claim = synthetic.claim(rule, experiments=dead, allow_trivial=True)
    verdict = epochal.judge(claim, seeds=5)
    assert (verdict.status, verdict.k, verdict.n) == ("reproduced", 5, 5)
