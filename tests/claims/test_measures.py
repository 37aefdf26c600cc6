"""Rules about what a setting measures of its net."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from epochal import (
    LayerNorms,
    Optimizer,
    Runs,
    Sharpness,
    Training,
    WeightNorm,
    learning_rate,
    measured,
    mse,
)
from epochal.claims.verdicts import judge
from epochal.errors import SpecError
from epochal.experiments.runs import Measurements
from epochal.experiments.snapshots import snapshot_epochs
from epochal.judging.curves import curves
from epochal.report.chosen import of_curves
from epochal_testing.rows import ALL, LAST
from epochal_testing.synthetic import EXPERIMENT, claim, diverged, runs

RATE = 0.1
SETTING = replace(
    EXPERIMENT,
    optimizer=Optimizer("SGD", lr=RATE),
    measure=(Sharpness(), LayerNorms(), WeightNorm(every=40)),
)
AT = snapshot_epochs(ALL)


def made(*rows: Any) -> dict[str, Runs]:
    """Runs whose sharpness at each snapshot is a row for each seed; norms grow with the epoch."""
    seeds, flat = range(44, 44 + len(rows)), np.full((len(rows), ALL + 1), 0.3)
    values = np.array([np.broadcast_to(each, AT.shape) for each in rows], float)
    norms = np.stack([np.broadcast_to(AT + 1.0, values.shape)] * 2, axis=2) * [1, 10]
    far = np.array([0, 40, 80, 120])
    found = {
        "sharpness": Measurements(AT, values),
        "layer norms": Measurements(AT, norms),
        "weight norm": Measurements(far, np.tile(far + 1.0, (len(rows), 1))),
    }
    return {"run": replace(runs(seeds, flat), measured=found)}


def held(rule: Any, *rows: Any) -> list[bool]:
    return [each.holds for each in rule.outcomes(made(*rows))]


def test_a_measure_is_asked_of_like_any_quantity() -> None:
    rises = np.where(AT >= 50, 25.0, 5.0)
    assert held(measured("sharpness").above(20).by(LAST), rises, 5) == [True, False]
    assert held(measured("sharpness").above(20).by(40), rises) == [False]
    assert held(measured("sharpness").within(24, 26).at(LAST), rises, 5) == [True, False]
    assert held(measured("sharpness").below(20).throughout(40), rises, 5) == [True, True]
    [found] = measured("sharpness").above(20).by(LAST).outcomes(made(rises))
    assert found.numbers == {"first epoch above": 50, "largest sharpness": 25}
    lost = diverged(made(rises)["run"], 0, 60)
    assert not measured("sharpness").above(20).by(LAST).outcomes({"run": lost})[0].holds


def test_a_median_over_a_window_is_moved_by_no_spike() -> None:
    spiky = np.where(AT % 10 == 0, 1e6, 20.0)
    rule = measured("sharpness").within(18, 22).over(40, LAST)
    assert held(rule, spiky, 25, np.where(AT < 40, 99, 20)) == [True, False, True]
    assert rule.describe() == "18 < sharpness < 22, as a median from epoch 40 to 100"
    assert rule.outcomes(made(spiky))[0].numbers == {"median sharpness": 20}
    with pytest.raises(SpecError, match=r"rule\.after = 85: weight norm is not known from there"):
        held(measured("weight norm").above(1).over(85, LAST), 1)


def test_what_is_measured_seldom_is_the_last_that_is_known() -> None:
    assert held(measured("weight norm").within(80, 82).at(100), 1) == [True]
    assert held(measured("weight norm").within(40, 42).at(79), 1) == [True]


def test_several_numbers_have_a_component_each_and_may_be_told_as_growth() -> None:
    assert held(measured("layer norms", component=1).within(980, 1000).at(LAST), 1) == [True]
    grown = measured("layer norms", component=0, growth=True)
    assert held(grown.above(50).by(LAST), 1) == [True]
    [found] = grown.above(50).by(LAST).outcomes(made(1))
    assert found.numbers == {
        "first epoch above": 50,
        "largest growth of layer norms 0": 101,
    }
    for wrong in (measured("layer norms"), measured("layer norms", component=2)):
        with pytest.raises(SpecError, match="layer norms is 2 numbers; name one from 0 to 1"):
            held(wrong.above(1).by(LAST), 1)
    with pytest.raises(SpecError, match="sharpness is 1 number; leave it out"):
        held(measured("sharpness", component=0).above(1).by(LAST), 1)


def test_the_bound_of_a_measure_may_follow_the_learning_rate() -> None:
    rule = (measured("sharpness") * learning_rate()).within(1.8, 2.2).over(40, LAST)
    assert rule.describe() == (
        "1.8 < sharpness × learning rate < 2.2, as a median from epoch 40 to 100"
    )
    for sharpness, status in ((20.0, "reproduced"), (30.0, "refuted")):

        def ask(_: object, seeds: Sequence[int], value: float = sharpness) -> Mapping[str, Runs]:
            return made(*[value] * len(seeds))

        assert judge(claim(rule, experiments=SETTING).cases[0], ask).status == status
    assert rule.marks().kind == "measured"
    assert rule.marks().measured == {"sharpness": (1.8, 2.2)}
    assert rule.marks().rate == 1
    both = (rule & measured("sharpness").above(1).by(LAST)).marks()
    assert (both.measured, both.rate) == ({"sharpness": (1,)}, 0)
    assert (mse() / learning_rate()).below(10).at(LAST).marks().mse == ()


def test_a_picture_shows_what_is_asked_with_its_bounds() -> None:
    rule = measured("sharpness").within(18, 22).at(LAST)
    assert rule.marks().kind == "measured"
    assert rule.marks().measured == {"sharpness": (18, 22)}


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda: claim(measured("curvature").above(1).by(9), experiments=SETTING),
            "quantity.measure = 'curvature': the setting measures sharpness, layer norms, weight",
        ),
        (lambda: claim(measured("sharpness").above(1).by(9)), "the setting measures nothing; add"),
        (
            lambda: claim(
                measured("sharpness").above(1).by(9),
                experiments=Training(train=print, flops_an_epoch=1.0),
            ),
            "the setting measures nothing; add",
        ),
        (lambda: measured(""), "quantity.measure = '': a text is needed"),
        (lambda: measured("a", component=-1), "quantity.component = -1"),
    ],
)
def test_what_is_not_measured_cannot_be_asked(make: Callable[[], object], told: str) -> None:
    with pytest.raises(SpecError, match=told):
        make()


def test_bounds_are_drawn_in_the_unit_of_one_learning_rate_or_not_at_all() -> None:
    rule = (measured("sharpness", "a") * learning_rate("a")).within(1.8, 2.2).at(LAST)
    marks = rule.marks()
    drawn = {"a": curves(made(20.0)["run"], "cpu", marks)}
    other = replace(SETTING, optimizer=Optimizer("SGD", lr=0.2))
    for settings, bounds in (({"a": SETTING}, (18, 22)), ({"a": SETTING, "b": other}, ())):
        shown = of_curves(settings, drawn, "title", marks)[2]
        assert shown.measured["sharpness"] == pytest.approx(bounds)
