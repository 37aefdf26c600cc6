"""Rules about classes and about one of several outputs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from epochal import (
    MLP,
    ErrorRateAt,
    ErrorRateBy,
    Experiment,
    FitsBy,
    Formula,
    IsAffine,
    Labels,
    Line,
    Loop,
    Loss,
    MaxErrorAt,
    Measured,
    MseAt,
    Optimizer,
    Runs,
    ShareBy,
    Sine,
    Table,
    Vector,
    departure,
    error_rate,
    fitted_radius,
    largest_error,
    loss_rise,
    measured,
    mse,
    mse_over_line,
    spirals,
)
from epochal.claims.rules.base import SeedRule
from epochal.claims.verdicts import judge
from epochal.errors import SpecError
from epochal.experiments.runs import BY_OUTPUT, Measurements
from epochal_testing.synthetic import EXPERIMENT, PROBE, claim, runs

RARE = Labels.table(range(8), [0, 0, 0, 1, 0, 1, 0, 1], held_out=range(6, 8))
"""Three of eight rows have class 1."""

CLASSES = Experiment(
    target=RARE,
    net=MLP(widths=(4,)),
    optimizer=Optimizer("SGD", lr=0.1),
    loop=Loop(loss=Loss("CrossEntropyLoss")),
)
OUTPUTS = replace(EXPERIMENT, target=Vector((Sine(2), Formula("0.1*cos(x)"))))
LAST = 100


def two_outputs(first: float, second: float, seeds: int = 3) -> dict[str, Runs]:
    """Runs whose outputs have these errors at every epoch, and are as far off everywhere."""
    errors = np.array([first, second])
    plain = runs(range(seeds), np.full((seeds, LAST + 1), errors.mean()))
    target = np.stack([np.sin(PROBE), 0.1 * np.cos(PROBE)], axis=1)
    off = np.sqrt(errors) * np.ones((seeds, len(plain.snapshots), len(PROBE), 1))
    by_output = Measurements(np.arange(LAST + 1), np.tile(errors, (seeds, LAST + 1, 1)))
    made = replace(
        plain,
        probe_target=np.tile(target, (seeds, 1, 1)),
        train_target=np.tile(target, (seeds, 1, 1)),
        predictions=target + off,
        measured={BY_OUTPUT: by_output},
    )
    return {"run": made}


def held(rule: SeedRule, made: dict[str, Runs]) -> set[bool]:
    return {outcome.holds for outcome in rule.outcomes(made)}


def test_a_rule_about_errors_asks_for_all_outputs_or_one() -> None:
    made = two_outputs(0.04, 0.2)
    assert held(mse().below(0.13).by(LAST), made) == {True}
    assert held(mse().below(0.11).by(LAST), made) == {False}
    assert held(mse(output=0).below(0.05).by(LAST), made) == {True}
    assert held(mse(output=1).below(0.15).by(LAST), made) == {False}
    assert held(mse(on="probe").within(0.119, 0.121).at(LAST), made) == {True}
    assert held(mse(on="probe", output=1).within(0.19, 0.21).at(LAST), made) == {True}
    assert held(mse(region=(0, 3), output=0).below(0.05).at(LAST), made) == {True}


def test_a_share_of_the_variance_is_that_of_the_output() -> None:
    made = two_outputs(0.04, 0.004)
    assert held(mse(output=0, relative=True).below(0.1).at(LAST), made) == {True}
    assert held(mse(output=1, relative=True).above(0.5).at(LAST), made) == {True}


def test_distances_and_radii_take_an_output() -> None:
    made = two_outputs(0.04, 0.25)
    assert held(largest_error(output=0).below(0.21).at(LAST), made) == {True}
    assert held(largest_error(output=1).below(0.21).at(LAST), made) == {False}
    assert held(largest_error().above(0.45).at(LAST), made) == {True}
    assert held(departure(output=1).below(0.2).at(LAST), made) == {True}
    assert held(departure(output=0).above(0.5).at(LAST), made) == {True}
    assert held(fitted_radius(0.05, output=0).above(7).at(LAST), made) == {True}
    assert held(fitted_radius(0.05, output=1).above(7).at(LAST), made) == {False}
    assert held(mse_over_line(output=1).above(10).at(LAST), made) == {True}
    assert held(loss_rise(output=1).above(1.5).never(LAST), made) == {True}
    assert mse(output=1).below(0.1).by(9).describe() == "MSE(output 1) < 0.1 by epoch 9"


def test_a_rule_about_one_output_is_refused_where_a_line_would_pass_for_that_output() -> None:
    claim(mse(output=0).below(0.1).by(9), experiments=OUTPUTS)
    with pytest.raises(SpecError, match=r"0\.1: the best .* has MSE 0\.00\d+ and passes it"):
        claim(mse(output=1).below(0.1).by(9), experiments=OUTPUTS)


# ----------------------------------------------------------------------------------------- classes


def test_an_error_rate_that_the_most_frequent_class_has_is_refused() -> None:
    asked = ErrorRateBy(epoch=9, below=0.4)
    why = r"0\.4: the most frequent class has an error rate of 0\.375 and passes it"
    with pytest.raises(SpecError, match=why):
        claim(asked, experiments=CLASSES)
    near = claim(error_rate().below(0.3).by(9), experiments=CLASSES).cases[0].notes
    assert "the most frequent class has an error rate of 0.375; that is close to 0.3" in near
    claim(asked, experiments=CLASSES, allow_trivial=True)
    claim(error_rate().above(0.4).by(9), experiments=CLASSES)
    claim(measured("error rate", growth=True).below(0.9).by(9), experiments=CLASSES)


def test_of_a_formula_the_most_frequent_class_is_known_over_many_seeds() -> None:
    tenth = replace(
        CLASSES, target=Labels(Formula("x > 0.8")), inputs=Line(low=-1, high=1, points=20)
    )
    with pytest.raises(SpecError, match=r"the most frequent class has an error rate of 0\.(09|1)"):
        claim(ErrorRateBy(epoch=9, below=0.15), experiments=tenth)
    claim(ErrorRateBy(epoch=9, below=0.05), experiments=tenth)


def test_a_measure_that_happens_to_be_called_so_is_no_rate_of_classes() -> None:
    own = Measured(name="error rate", function=print)
    numbers = replace(EXPERIMENT, measure=(own,))
    claim(measured("error rate").below(0.99).by(9), experiments=numbers)


def test_remarks_tell_how_many_rows_are_held_out() -> None:
    told = claim(ErrorRateBy(epoch=9, below=0.1), experiments=CLASSES).cases[0].notes
    assert told == ["2 of 8 rows are held out"]


def test_grokking_is_a_ratio_of_epochs() -> None:
    rule = (
        error_rate(on="held_out")
        .below(0.1)
        .ratio_of_epochs(error_rate().below(0.1), epoch=LAST, low=3)
    )
    at = np.arange(LAST + 1)
    early, late = (np.where(at < first, 1.0, 0.0) for first in (10, 60))
    rates = {"error rate": early, "held-out error rate": late}

    def ask(_: object, seeds: Sequence[int]) -> Mapping[str, Runs]:
        measured = {name: np.tile(rate, (len(seeds), 1)) for name, rate in rates.items()}
        return {"run": runs(seeds, np.ones((len(seeds), LAST + 1)), measured=measured)}

    found = judge(claim(rule, experiments=CLASSES).cases[0], ask)
    assert (found.status, found.interval) == ("reproduced", (6.0, 6.0))


SIGN = replace(
    CLASSES, target=Labels(Formula("x > 0")), inputs=Line(low=-1, high=1, points=20), probe=41
)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: claim(FitsBy(epoch=9, mse_below=0.1), experiments=SIGN), "ask for error_rate()"),
        (lambda: claim(mse().below(0.1).by(9), experiments=SIGN), "the target is 2 classes, and"),
        (lambda: claim(IsAffine(epoch=9), experiments=SIGN), "ask for error_rate()"),
        (lambda: claim(MaxErrorAt(epoch=9, below=0.1), experiments=SIGN), "ask for error_rate()"),
        (
            lambda: claim(MseAt(epoch=9, variance_share_below=0.1, on="probe"), experiments=SIGN),
            "ask for error_rate()",
        ),
        (
            lambda: claim(ShareBy(epoch=9, angular_frequency=2, share_above=0.5), experiments=SIGN),
            "the target names no waves",
        ),
        (
            lambda: claim(ErrorRateBy(epoch=9, below=0.1)),
            "quantity.measure = 'error rate': the setting measures nothing; give Labels(…) as tar",
        ),
        (
            lambda: claim(ErrorRateBy(epoch=9, below=0.1, on="held_out"), experiments=SIGN),
            "give Labels(…) of a table that holds rows out",
        ),
        (lambda: ErrorRateBy(epoch=9, below=0.1, on="test"), "rule.on = 'test': not one of held"),
        (lambda: ErrorRateAt(epoch=9), "give one such as below=0.05"),
        (lambda: ErrorRateAt(epoch=9, below=0.1, above=0.2), "give one"),
        (
            lambda: claim(mse(output=2).below(1e-3).by(9), experiments=OUTPUTS),
            "quantity.output = 2: the target has 2 outputs; name one from 0 to 1",
        ),
        (lambda: claim(mse(output=1).below(0.1).by(9)), "the target has 1 output; leave it out"),
        (lambda: mse(output=-1), "quantity.output = -1"),
        (
            lambda: claim(
                ShareBy(epoch=9, angular_frequency=2, share_above=0.5), experiments=OUTPUTS
            ),
            "the target names no waves",
        ),
        (
            lambda: claim(
                mse(on="probe").below(0.1).by(9),
                experiments=replace(
                    EXPERIMENT,
                    inputs=None,  # type: ignore[arg-type]
                    target=Table([0, 1, 2], [[0, 5], [1, 4], [4, 3]]),
                ),
            ),
            "the target of a table",
        ),
        (
            lambda: claim(
                error_rate().below(0.1).by(9) & mse().below(0.1).by(9),
                experiments=replace(CLASSES, target=spirals(points=9), inputs=None),  # type: ignore[arg-type]
            ),
            "ask for error_rate()",
        ),
    ],
)
def test_rules_that_a_target_cannot_answer_are_refused(make: Callable[[], Any], told: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
