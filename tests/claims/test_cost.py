"""What claims will take: shared trainings once, as far as any of them goes."""

from dataclasses import replace

from epochal import EpochsRatio, FitsBy, Loop, Optimizer
from epochal.claims.cost import may_stop, shares
from epochal_testing.synthetic import EXPERIMENT, claim

SHORT, LONG = (claim(FitsBy(epoch=epoch, mse_below=0.1)).cases[0] for epoch in (10, 100))
OTHER = replace(EXPERIMENT, optimizer=Optimizer("SGD", lr=2e-3))
RATIO = claim(
    EpochsRatio(epoch=50, over="a", under="b", mse_below=0.1, high=2),
    experiments={"a": EXPERIMENT, "b": OTHER},
).cases[0]


def test_an_experiment_that_claims_share_counts_once_with_its_longest_training() -> None:
    found = {(s.experiment.digest, s.seed): s.epochs for s in shares([SHORT, LONG, RATIO])}
    assert {seed for _, seed in found} == set(range(44, 49))  # a ratio asks for five seeds
    assert [found[EXPERIMENT.digest, seed] for seed in (44, 46, 47)] == [100, 100, 50]
    assert found[OTHER.digest, 44] == 50


def test_a_loop_that_may_stop_makes_a_bound_of_it() -> None:
    stops = claim(
        FitsBy(epoch=9, mse_below=0.1), experiments=replace(OTHER, loop=Loop(stop_below=0.01))
    )
    assert not may_stop([SHORT, RATIO])
    assert may_stop([SHORT, *stops.cases])
