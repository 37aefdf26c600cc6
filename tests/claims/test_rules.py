"""Every rule on runs of which the answer is known, and how often verdicts on them are wrong."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

import epochal
from epochal import Bounds, Cell, EpochsMap, LosesFit, Runs, Sine, WhichFit
from epochal.claims.case import Case
from epochal.claims.rules.base import Rule
from epochal.claims.verdicts import Status, judge
from epochal.errors import SpecError
from epochal.experiments.runs import PER_SEED
from epochal_testing.numbers import NUMBERS
from epochal_testing.rows import ALL, BEYOND, EPOCHS, KINDS, LAST, NEVER, Rows, below_at, some
from epochal_testing.synthetic import EXPERIMENT, case, diverged, runs

every_rule = pytest.mark.parametrize("rows", KINDS.values(), ids=KINDS)


def held(rows: Rows, made: Mapping[str, Runs]) -> list[bool]:
    return [outcome.holds for outcome in rows.rule.outcomes(made)]


# ------------------------------------------------------------------------------- every rule


def test_every_rule_is_tested_here() -> None:
    exported = [getattr(epochal, name) for name in epochal.__all__]
    names = {each.__name__ for each in exported if hasattr(each, "needs")}
    assert names == {*KINDS, *NUMBERS, "AnyOfSeeds", "ShareOfSeeds"}  # these two in test_share
    assert all(name == type(rows.rule).__name__ for name, rows in KINDS.items())


@every_rule
def test_a_rule_holds_on_the_rows_where_it_should_and_fails_on_the_others(rows: Rows) -> None:
    holds, made = some(rows, 200)
    outcomes = rows.rule.outcomes(made)
    assert [outcome.holds for outcome in outcomes] == holds.tolist()
    assert [outcome.seed for outcome in outcomes] == list(range(44, 244))
    assert all(type(outcome.holds) is bool for outcome in outcomes)
    assert all(outcome.diverged is None for outcome in outcomes)


@every_rule
def test_what_comes_after_the_rules_epoch_does_not_matter(rows: Rows) -> None:
    holds, made = some(rows)
    cut = {name: each.until(LAST) for name, each in made.items()}
    late = {name: diverged(each, 3, LAST + 1) for name, each in made.items()}
    assert rows.rule.outcomes(cut) == rows.rule.outcomes(made)
    assert rows.rule.outcomes(late) == rows.rule.outcomes(made)
    assert held(rows, cut) == holds.tolist()


@every_rule
def test_a_seed_is_judged_without_regard_to_the_seeds_beside_it(rows: Rows) -> None:
    _, made = some(rows, 12)
    alone = []
    for row in range(12):
        parts = {}
        for name, each in made.items():
            fields = {field: getattr(each, field)[row : row + 1] for field in PER_SEED}
            measured = {
                of: replace(series, values=series.values[row : row + 1])
                for of, series in each.measured.items()
            }
            parts[name] = replace(each, measured=measured, **fields)
        alone += rows.rule.outcomes(parts)
    assert alone == rows.rule.outcomes(made)


named_divergence = {name: rows for name, rows in KINDS.items() if "*" not in rows.lost}
judged_false = pytest.mark.parametrize("rows", named_divergence.values(), ids=named_divergence)


@judged_false
@pytest.mark.parametrize("epoch", [0, 1, LAST - 2, LAST])
def test_a_diverged_seed_fails_and_the_others_do_not(rows: Rows, epoch: int) -> None:
    made = rows.make(np.random.default_rng(1), np.ones(4, bool), range(4))
    for arm in made.keys() - set(rows.lost):
        gone = {**made, arm: diverged(made[arm], 2, epoch)}
        outcomes = rows.rule.outcomes(gone)
        assert [outcome.holds for outcome in outcomes] == [True, True, False, True]
        assert [outcome.diverged for outcome in outcomes] == [None, None, epoch, None]
        shown = [number for outcome in outcomes for number in outcome.numbers.values()]
        assert all(number is None or math.isfinite(number) for number in shown)


@every_rule
def test_a_seed_that_was_never_finite_fails(rows: Rows) -> None:
    made = rows.make(np.random.default_rng(1), np.ones(2, bool), range(2))
    lost = {name: diverged(each, 0, 0) for name, each in made.items()}
    for each in lost.values():
        each.loss[0] = np.nan
    assert held(rows, lost) == [False, True]


def test_a_fit_that_is_lost_by_divergence_counts_as_lost_and_one_that_never_was_does_not() -> None:
    reached = np.array([10, 10, NEVER])[:, None] <= EPOCHS
    made = runs(range(3), np.where(reached, 0.04, 1.0))
    for row, epoch in ((0, 50), (1, 5), (2, 50)):
        made = diverged(made, row, epoch)
    outcomes = LosesFit(epoch=LAST, mse_below=0.05, mse_above=10).outcomes({"run": made})
    assert [each.numbers["lost at"] for each in outcomes] == [50, None, None]
    assert [each.holds for each in outcomes] == [True, False, False]


def test_a_cell_that_is_never_fitted_or_diverges_is_later_than_any_other() -> None:
    cells = tuple(Cell(name, x, 1) for x, name in enumerate("abc"))
    rule = EpochsMap(epoch=LAST, mse_below=0.05, cells=cells)
    never = below_at(NEVER)["run"]
    lost = diverged(below_at(10)["run"], 0, 50)
    made = {"a": below_at(7)["run"], "b": lost, "c": never}
    [found] = rule.outcomes(made)
    assert found.holds
    assert found.numbers == {"cells fitted": 1, "a": 7, "b": None, "c": None}
    [found] = rule.outcomes({**made, "a": lost})  # nothing grows from never to never
    assert not found.holds


def test_an_arm_that_diverges_has_not_fitted_unless_it_had() -> None:
    rule = WhichFit(epoch=LAST, mse_below=0.05, fails=("run",))
    gone = diverged(diverged(below_at(10, NEVER)["run"], 0, 50), 1, 50)
    assert [each.holds for each in rule.outcomes({"run": gone})] == [False, True]
    fits = replace(rule, fits=("run",), fails=())
    assert [each.holds for each in fits.outcomes({"run": gone})] == [False, False]


@pytest.mark.parametrize(
    "rule", [*(rows.rule for rows in KINDS.values()), *NUMBERS.values()], ids=[*KINDS, *NUMBERS]
)
def test_a_rule_tells_its_needs_its_marks_and_itself(rule: Rule) -> None:
    last = max(rule.needs().values())
    assert rule.marks().epochs[-1] == last
    assert rule.marks().kind in ("mse", "shares", "regions", "map", "slope", "measured")
    assert "\n" not in rule.describe()
    assert len(rule.describe()) < 120


# ----------------------------------------------------------- the error rates of whole verdicts


def verdicts(rows: Rows, share: float, replications: int) -> list[Status]:
    rng = np.random.default_rng(5)

    def ask(_: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        return rows.make(rng, rng.random(len(seeds)) < share, seeds)

    return [judge(case(rows.rule), ask).status for _ in range(replications)]


def test_a_verdict_is_wrong_no_more_often_than_its_bounds_say() -> None:
    """By one rule: the test sees whether seeds hold, which every rule tells as it should."""
    rows, bounds, n = KINDS["FitsBy"], Bounds(), 400
    for share in (bounds.low / 2, bounds.low, bounds.high, (1 + bounds.high) / 2):
        right, wrong = Status.REPRODUCED, Status.REFUTED
        allowed = bounds.beta
        if share <= bounds.low:
            right, wrong, allowed = wrong, right, bounds.alpha
        found = verdicts(rows, share, n)
        assert found.count(wrong) <= allowed * n
        assert found.count(right) >= 0.9 * n


def test_the_rows_go_on_after_the_last_epoch_of_the_rules() -> None:
    assert EPOCHS[-1] == ALL == LAST + BEYOND
    assert all(set(rows.rule.needs().values()) == {LAST} for rows in KINDS.values())


def test_rules_about_shares_are_refused_where_the_target_names_no_waves() -> None:
    class Flat(Sine):
        waves = ()

    experiment = replace(EXPERIMENT, target=Flat(2))
    for name in ("SharesAt", "ShareBy", "LowBeforeHigh"):
        with pytest.raises(SpecError, match="the target names no waves; give it waves, or ask for"):
            KINDS[name].rule.check({"run": experiment})
