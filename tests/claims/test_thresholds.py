"""Thresholds that a constant or a straight line passes are refused, or told."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from epochal import (
    Band,
    Cell,
    CentreBeforeEdges,
    Circle,
    Control,
    EdgesBeforeCentre,
    Embedding,
    EpochsMap,
    EpochsRatio,
    Exponent,
    FitsBy,
    Line,
    Loop,
    LosesFit,
    LowBeforeHigh,
    MseAt,
    Noise,
    RadiusGrows,
    Reduced,
    Scheduler,
    ShareBy,
    SharesAt,
    Sine,
    StaysAbove,
    SumOfSines,
    Wave,
    WhichFit,
)
from epochal.claims.rules.base import Rule
from epochal.errors import SpecError
from epochal.experiments.inputs import Array
from epochal_testing.synthetic import EXPERIMENT, claim

FAST = replace(EXPERIMENT, target=Sine(20))
"""48 oscillations: a line has next to nothing of them."""
SLOW = replace(EXPERIMENT, target=SumOfSines((Wave(0.1), Wave(20))))
"""Of the slow wave's quarter oscillation a line has nearly all."""
HALF = 0.5
"""The error of a constant on a sine of many oscillations: its variance."""


def asked(rule: Rule, experiment: object = FAST, **more: Any) -> object:
    return claim(rule, experiments=dict.fromkeys(rule.needs(), experiment), **more)


def arms(**more: Any) -> dict[str, Any]:
    return {"epoch": 9, "over": "a", "under": "b", **more}


ERRORS: Mapping[str, Callable[[float], Rule]] = {
    "FitsBy": lambda value: FitsBy(epoch=9, mse_below=value),
    "FitsBy share": lambda value: FitsBy(epoch=9, variance_share_below=2 * value),
    "FitsBy, probe": lambda value: FitsBy(epoch=9, mse_below=value, on="probe"),
    "StaysAbove": lambda value: StaysAbove(epoch=9, mse_above=value),
    "MseAt": lambda value: MseAt(epoch=9, variance_share_above=2 * value),
    "EpochsRatio": lambda value: EpochsRatio(**arms(mse_below=value, high=2)),
    "WhichFit": lambda value: WhichFit(epoch=9, mse_below=value, fits=("a",), fails=("b",)),
    "EpochsMap": lambda value: EpochsMap(
        epoch=9, mse_below=value, cells=(Cell("a", 1, 1), Cell("b", 2, 1))
    ),
    "LosesFit": lambda value: LosesFit(epoch=9, mse_below=0.01, mse_above=value),
    "RadiusGrows": lambda value: RadiusGrows(epoch=9, mse_below=value, ends_at=7, looks=5),
    "MseAt, probe": lambda value: MseAt(epoch=9, variance_share_above=2 * value, on="probe"),
    "Exponent": lambda value: Exponent(epoch=9, arms=(("a", 1), ("b", 2)), mse_below=value, low=1),
    "CentreBeforeEdges": lambda value: CentreBeforeEdges(
        epoch=9, centre=2, centre_below=value, edges=5, edges_above=0.1
    ),
    "CentreBeforeEdges, edges": lambda value: CentreBeforeEdges(
        epoch=9, centre=2, centre_below=0.1, edges=5, edges_above=value
    ),
    "EdgesBeforeCentre": lambda value: EdgesBeforeCentre(
        epoch=9, centre=2, centre_above=0.1, edges=5, edges_below=value
    ),
    "EdgesBeforeCentre, centre": lambda value: EdgesBeforeCentre(
        epoch=9, centre=2, centre_above=value, edges=5, edges_below=0.1
    ),
    "CentreBeforeEdges, in all": lambda value: CentreBeforeEdges(
        epoch=9, centre=2, centre_below=0.1, edges=5, edges_above=0.1, mse_above=value
    ),
}


@pytest.mark.parametrize("make", ERRORS.values(), ids=ERRORS)
def test_an_error_that_a_constant_has_is_refused_by_every_rule(
    make: Callable[[float], Rule],
) -> None:
    asked(make(0.9 * HALF))
    with pytest.raises(SpecError, match=r"the best straight line has .* and passes it"):
        asked(make(1.1 * HALF))
    asked(make(1.1 * HALF), allow_trivial=True)


SHARES: Mapping[str, Rule] = {
    "ShareBy": ShareBy(epoch=9, angular_frequency=0.1, share_above=0.9),
    "SharesAt": SharesAt(epoch=9, bands=(Band(0.1, 0.9),)),
    "LowBeforeHigh": LowBeforeHigh(epoch=9, low=0.1, high=20, share_above=0.9),
}


@pytest.mark.parametrize("rule", SHARES.values(), ids=SHARES)
def test_a_share_that_a_line_has_is_refused_by_every_rule(rule: Rule) -> None:
    with pytest.raises(SpecError, match=r"the best straight line has a share of .* at ω = 0.1 and"):
        asked(rule, SLOW)
    asked(rule, SLOW, allow_trivial=True)


def test_the_line_names_field_value_what_a_line_has_and_the_next_step() -> None:
    one = replace(FAST, inputs=Line(low=0, high=math.pi, points=9), target=Sine(2))
    with pytest.raises(SpecError) as found:
        asked(FitsBy(epoch=9, mse_below=0.2), one)
    assert str(found.value) == (
        "c.rule.mse_below = 0.2: the best straight line has MSE 0.196 and passes it; "
        "ask for more, or say allow_trivial=True in the claim"
    )


def test_the_reduced_rule_and_the_control_are_asked_too() -> None:
    fine, trivial = FitsBy(epoch=9, mse_below=0.1), FitsBy(epoch=5, mse_below=0.6)
    with pytest.raises(SpecError, match="passes it"):
        asked(fine, reduced=Reduced(rule=trivial, why="sooner"), tier="full")
    with pytest.raises(SpecError, match=r"control\.rule\.mse_below"):
        asked(fine, control=Control(change="another threshold", rule=trivial))


def test_from_half_of_it_on_a_note_says_so() -> None:
    def told(value: float) -> list[str]:
        rule = FitsBy(epoch=9, mse_below=value)
        case = claim(rule, experiments=FAST, allow_trivial=True).case("full")
        assert case is not None
        return case.notes

    assert told(0.24) == []
    assert told(0.26) == ["the best straight line has MSE 0.502; that is close to 0.26"]
    assert told(0.6) == ["the best straight line has MSE 0.502, which passes 0.6"]


def test_on_a_circle_no_line_closes() -> None:
    slope = replace(FAST, inputs=Circle(points=50), target=Sine(1))
    asked(FitsBy(epoch=9, mse_below=0.45), slope)
    with pytest.raises(SpecError, match=r"the best constant has MSE 0\.5 "):
        asked(FitsBy(epoch=9, mse_below=0.55), slope)


def test_an_embedding_changes_nothing_and_neither_does_the_number_of_points() -> None:
    folded = Line(low=-1, high=1, points=3, embedding=Embedding("modulo", 0.1))
    with pytest.raises(SpecError, match="the best straight line"):
        asked(FitsBy(epoch=9, mse_below=0.1), replace(FAST, inputs=folded, target=Sine(1)))


def test_a_target_of_norm_1_has_the_variance_of_one_point_in_n() -> None:
    unit = replace(FAST, inputs=Circle(points=50), target=Sine(4, scale="unit_norm"))
    asked(FitsBy(epoch=9, mse_below=0.019), unit)
    with pytest.raises(SpecError, match=r"the best constant has MSE 0\.02 "):
        asked(FitsBy(epoch=9, mse_below=0.021), unit)


@dataclass(frozen=True)
class Level:
    waves = ()
    scale = "as_is"

    def values(self, positions: Array) -> Array:
        return np.full_like(positions, 3.0)


@dataclass(frozen=True)
class Fails(Level):
    def values(self, positions: Array) -> Array:
        raise RuntimeError("no such file")


def test_a_scheduler_that_ends_before_the_rule_does_is_refused() -> None:
    cycle = Scheduler("OneCycleLR", max_lr=0.1, total_steps=8)
    asked(FitsBy(epoch=8, mse_below=0.01), replace(FAST, scheduler=cycle))
    with pytest.raises(SpecError) as error:
        asked(FitsBy(epoch=9, mse_below=0.01), replace(FAST, scheduler=cycle))
    assert str(error.value) == (
        "c.scheduler = 'OneCycleLR(max_lr=0.1, total_steps=8)': the rule needs epoch 9, but the "
        "scheduler ends after 8 steps, one for each epoch; give it more steps"
    )


def test_one_that_is_made_of_others_ends_where_the_first_of_them_does() -> None:
    def cycle(steps: int) -> Scheduler:
        return Scheduler("OneCycleLR", max_lr=0.1, total_steps=steps)

    def sequence(*parts: Scheduler) -> float:
        return Scheduler("SequentialLR", schedulers=parts, milestones=[10]).epochs

    step = Scheduler("StepLR", step_size=5)
    assert sequence(step, cycle(8)) == 18
    assert sequence(cycle(8), step) == 8
    assert sequence(cycle(10), step) == sequence(step, step) == math.inf
    assert Scheduler("ChainedScheduler", schedulers=[step, cycle(8)]).epochs == 8
    assert Scheduler("OneCycleLR", max_lr=0.1, epochs=3, steps_per_epoch=4).epochs == 12


def test_a_note_tells_of_noise_and_its_variance() -> None:
    noisy = replace(FAST, noise=Noise(0.1))
    [note] = asked(FitsBy(epoch=9, mse_below=0.01), noisy).cases[0].notes  # type: ignore[attr-defined]
    assert note == (
        "training sees noise of standard deviation 0.1, a variance of 0.01; errors are measured "
        "without it"
    )


def test_an_error_below_the_one_that_training_ends_at_is_refused() -> None:
    stopped = replace(FAST, loop=Loop(loss="half_sum", stop_below=0.05))
    least = 0.1 / FAST.inputs.points
    for fine in (FitsBy(epoch=9, mse_below=least), FitsBy(epoch=9, variance_share_below=1e-9)):
        asked(fine, stopped)
    with pytest.raises(SpecError) as error:
        asked(FitsBy(epoch=9, mse_below=least / 2), stopped)
    assert str(error.value) == (
        f"c.rule.mse_below = {least / 2!r}: training ends at the first MSE below {least:.3g}, by "
        "loop.stop_below; ask for no less, or let it train on"
    )


def test_a_constant_target_has_no_variance_to_be_a_share_of() -> None:
    level = replace(FAST, target=Level())
    with pytest.raises(SpecError, match="a constant target has no variance"):
        asked(MseAt(epoch=9, variance_share_above=0.5), level, allow_trivial=True)
    with pytest.raises(SpecError, match="the best constant has MSE 0 "):
        asked(FitsBy(epoch=9, mse_below=1e-9), level)


def test_what_a_targets_own_code_raises_is_left_to_the_trial() -> None:
    asked(FitsBy(epoch=9, mse_below=0.9), replace(FAST, target=Fails()))
