"""A claim about how often: decided by the exact interval of a share, and wrong no more often."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from scipy import stats

from epochal import AnyOfSeeds, Bounds, Control, EpochsRatio, FitsBy, Looks, Runs, ShareOfSeeds
from epochal.claims.case import Case
from epochal.claims.verdicts import Status, decided_by, first_seeds, judge
from epochal.errors import SpecError
from epochal_testing.synthetic import claim, runs

FITS = FitsBy(epoch=9, mse_below=0.1)

ESTIMATE = Control(change="the same", rule=ShareOfSeeds(of=FITS))


def case(seeds: int = 50, **band: float) -> Case:
    return claim(ShareOfSeeds(of=FITS, seeds=seeds, **band)).cases[0]


def holding(k: int) -> Callable[[Case, Sequence[int]], Mapping[str, Runs]]:
    """Of the seeds that are asked for the first k fit."""

    def ask(case: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        errors = np.full((len(seeds), 10), 1.0)
        errors[:k, 5:] = 0.01
        return {"run": runs(seeds, errors)}

    return ask


@pytest.mark.parametrize(
    ("k", "status"),
    [(0, "refuted"), (10, "refuted"), (25, "undecided"), (35, "undecided"), (48, "reproduced")],
)
def test_the_share_is_judged_by_its_interval(k: int, status: str) -> None:
    asked = case(low=0.6)
    verdict = judge(asked, holding(k))
    assert (verdict.status.value, len(verdict.outcomes)) == (status, 50)
    assert verdict.interval is not None
    assert verdict.interval[0] <= k / 50 <= verdict.interval[1]
    assert decided_by(asked, verdict.outcomes).status is verdict.status
    assert ("crosses" in verdict.why) == (status == "undecided")


def test_a_share_in_the_middle_can_be_told() -> None:
    assert judge(case(low=0.3, high=0.8, seeds=100), holding(55)).status is Status.REPRODUCED


@pytest.mark.parametrize(
    ("k", "told"),
    [
        (0, "0 of 50, 95% interval [0.00, 0.07]"),
        (37, "37 of 50, 95% interval [0.60, 0.85]"),
        (50, "50 of 50, 95% interval [0.93, 1.00]"),
    ],
)
def test_without_a_band_it_is_estimated_with_its_interval(k: int, told: str) -> None:
    asked = case()
    verdict = judge(asked, holding(k))
    assert (verdict.status, verdict.why, verdict.k) == (Status.ESTIMATED, told, k)
    assert decided_by(asked, verdict.outcomes).why == told
    assert asked.rule.describe() == "of 50 seeds a share, estimated: MSE < 0.1 by epoch 9"


def test_the_level_of_an_estimate_is_named() -> None:
    strict = claim(ShareOfSeeds(of=FITS), looks=Looks(alpha=0.01)).cases[0]
    assert judge(strict, holding(25)).why == "25 of 50, 99% interval [0.32, 0.68]"


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_the_interval_of_an_estimate_holds_the_share_as_often_as_it_says(share: float) -> None:
    intervals = [judge(case(), holding(k)).interval for k in range(51)]
    covered = sum(
        float(stats.binom.pmf(k, 50, share))
        for k, each in enumerate(intervals)
        if each and each[0] <= share <= each[1]
    )
    assert covered >= 0.95


def test_it_asks_for_a_fixed_number_of_seeds() -> None:
    assert len(first_seeds(case(low=0.6))) == 50
    assert len(first_seeds(case(low=0.6, seeds=100))) == 100
    assert len(judge(case(low=0.6), holding(20), seeds=20).outcomes) == 20


@pytest.mark.parametrize("share", [0.05, 0.3, 0.55, 0.6, 0.65, 0.8, 0.95])
def test_it_is_wrong_no_more_often_than_its_level(share: float) -> None:
    """By all that can be seen of 50 seeds, each with its probability."""
    asked, truth = case(low=0.6, high=0.8), 0.6 <= share <= 0.8
    wrong = sum(
        float(stats.binom.pmf(k, 50, share))
        for k in range(51)
        if judge(asked, holding(k)).status is (Status.REFUTED if truth else Status.REPRODUCED)
    )
    assert wrong <= asked.claim.looks.alpha


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: ShareOfSeeds(of=FITS, low=0.7, high=0.6), "rule.high = 0.6: it must exceed low"),
        (
            lambda: claim(ShareOfSeeds(of=FITS), expected="reproduced"),
            "c.expected = 'reproduced': a share of seeds without a band is an estimate, which has "
            "no verdict; leave it out, or give the rule low or high",
        ),
        (
            lambda: claim(ShareOfSeeds(of=FITS, low=0.1), control=ESTIMATE),
            "c.control.change = 'the same': a share of seeds without a band is an estimate",
        ),
        (lambda: ShareOfSeeds(of=FITS, low=60), "rule.low = 60.0: a share lies between 0 and 1"),
        (lambda: ShareOfSeeds(of=FITS, low=0.6, seeds=9), "rule.seeds = 9: a whole number of at"),
        (lambda: ShareOfSeeds(of=0.5, low=0.6), "rule.of = 0.5: a rule is needed"),
        (
            lambda: ShareOfSeeds(
                of=EpochsRatio(epoch=9, over="a", under="b", mse_below=0.1, high=1), low=0.6
            ),
            "rule.of = 'EpochsRatio': it does not hold or fail for a seed",
        ),
    ],
)
def test_what_has_no_share_is_refused(make: Callable[[], object], told: str) -> None:
    with pytest.raises(SpecError) as error:
        make()
    assert told in str(error.value)


# ------------------------------------------------------------------- at least one of several seeds


def groups(of: int = 10, **bounds: float) -> Case:
    return claim(AnyOfSeeds(of=FITS, seeds=of), bounds=Bounds(**bounds)).cases[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("of", [2, 10, 40])
def test_a_group_of_seeds_holds_as_often_as_its_bounds_say(of: int) -> None:
    asked = groups(of, max_seeds=9)
    for single, group in ((asked.bounds.low, 0.2), (asked.bounds.high, 0.8)):
        assert 1 - stats.binom.pmf(0, of, single) == pytest.approx(group)
    assert asked.bounds.max_seeds == 9 * of
    assert asked.rule.describe() == f"at least 1 of {of} seeds: MSE < 0.1 by epoch 9"


@pytest.mark.parametrize(("share", "status"), [(0.3, "reproduced"), (0.002, "refuted")])
def test_at_least_one_of_ten_is_judged_seed_by_seed(share: float, status: str) -> None:
    rng, statuses = np.random.default_rng(0), []
    for _ in range(60):

        def ask(case: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
            errors = np.ones((len(seeds), 10))
            errors[rng.random(len(seeds)) < share] = 0.01
            return {"run": runs(seeds, errors)}

        statuses.append(judge(groups(), ask).status.value)
    assert statuses.count(status) >= 55


def test_it_is_refused_of_less_than_two_seeds_and_of_a_share() -> None:
    with pytest.raises(SpecError, match=r"rule\.seeds = 1"):
        AnyOfSeeds(of=FITS, seeds=1)
    with pytest.raises(SpecError, match=r"rule\.of = 'AnyOfSeeds': it does not hold or fail"):
        ShareOfSeeds(of=AnyOfSeeds(of=FITS))
