"""Mutants: faults mutant what is learned, equivalent changes hardly a digit."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from epochal import MLP, Experiment, Line, Loop, Noise, Optimizer, Sine, Table, train
from epochal.errors import Interrupted, SpecError
from epochal.training.environments import measured_in
from lab.mutants.equivalent import EQUIVALENT
from lab.mutants.mutant import Mutant
from lab.mutants.registry import FAULTS, MUTANTS, named
from lab.mutants.slips import SLIPS, place

EPOCHS = 120

PLAIN = Experiment(
    inputs=Line(low=-2, high=2, points=40),
    target=Sine(2),
    net=MLP(widths=(16, 16)),
    optimizer=Optimizer("SGD", lr=0.02, momentum=0.9, weight_decay=1e-2),
    loop=Loop(zero_grad="after"),
    probe=21,
)
BATCHES = replace(
    PLAIN, net=MLP(widths=(16,)), optimizer=Optimizer("Adam", lr=3e-3), loop=Loop(batch=8)
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@cache
def errors(mutant: str, experiment: Experiment, seed: int = 45) -> np.ndarray:
    """The error in every epoch under the mutant of that name."""
    trained = named(mutant).train if mutant else train
    runs = trained(experiment, [seed], epochs=EPOCHS)
    assert runs.experiment == experiment.digest
    assert runs.seeds.tolist() == [seed]
    found: np.ndarray = runs.mse[0]
    return found


def apart(mutant: str, experiment: Experiment) -> float:
    """How far the errors are from what they are without it, as a log ratio."""
    with np.errstate(divide="ignore"):
        return float(np.abs(np.log(errors(mutant, experiment) / errors("", experiment))).max())


@pytest.mark.parametrize(
    "mutant", [each for each in FAULTS if each not in SLIPS], ids=lambda mutant: mutant.name
)
def test_a_fault_changes_what_is_learned(mutant: Mutant) -> None:
    settings = [each for each in (PLAIN, BATCHES) if mutant.applies(each)]
    assert settings
    assert max(apart(mutant.name, each) for each in settings) > 1e-5


@pytest.mark.parametrize("mutant", EQUIVALENT, ids=lambda mutant: mutant.name)
def test_a_benign_change_changes_roundings_at_most(mutant: Mutant) -> None:
    assert max(apart(mutant.name, each) for each in (PLAIN, BATCHES)) < 1e-3


@pytest.mark.parametrize("mutant", SLIPS, ids=lambda mutant: mutant.name)
def test_a_slip_is_found_where_its_function_stands_and_taken_out_again(mutant: Mutant) -> None:
    function, old, _ = mutant.process.args  # type: ignore[attr-defined]
    found, _ = place(function, old)
    before = found.__code__
    with mutant.process():
        assert found.__code__ is not before
        assert found.__code__.co_name == function
    assert found.__code__ is before


def test_a_slip_that_is_found_nowhere_is_an_error() -> None:
    with pytest.raises(SpecError, match="0 functions called _update have this expression once"):
        place("_update", "self.loop.zero_grad == 'sometimes'")


def test_zeroing_every_second_epoch_changes_a_loop_that_zeroes_before() -> None:
    assert apart("slip-zero-before", BATCHES) > 1e-2
    assert apart("slip-zero-after", BATCHES) == 0


@pytest.mark.parametrize("mutant", ["rows-permuted", "point-dropped", "point-twice"])
def test_rows_may_be_moved_where_others_are_held_out(mutant: str) -> None:
    x = [round(-1 + place / 20, 3) for place in range(40)]
    table = Table(x=x, y=[each**2 for each in x], held_out=0.25)
    held = Experiment(target=table, net=MLP(widths=(8,)), optimizer=Optimizer("SGD", lr=0.1))
    noisy = replace(PLAIN, noise=Noise(0.1))
    limit = 1e-4 if mutant == "rows-permuted" else 1.0
    assert all(0 < apart(mutant, each) < limit for each in (held, noisy))


def test_there_are_as_many_as_the_gate_promises_to_be_tried_on() -> None:
    assert len(FAULTS) >= 25
    assert sum(each.declared == "none" for each in FAULTS) <= 5
    assert len(EQUIVALENT) >= 8
    assert all(each.is_equivalent == (each in EQUIVALENT) for each in MUTANTS.values())
    assert len(MUTANTS) == len(FAULTS) + len(EQUIVALENT)
    kinds = {"verdict", "drift", "either", "none", "nothing"}
    assert {each.declared for each in MUTANTS.values()} <= kinds


def test_the_loop_is_as_it_was_afterwards_whatever_happens() -> None:
    before = errors("", PLAIN)

    def stops(epoch: int, loss: float) -> None:
        raise Interrupted("on purpose")

    with pytest.raises(Interrupted, match="on purpose"):
        named("two-threads").train(PLAIN, [45], epochs=1, watch=stops)
    assert torch.get_num_threads() == 1
    assert (errors.__wrapped__("", PLAIN) == before).all()


def test_a_changed_run_is_no_row_of_the_real_one() -> None:
    facts = measured_in(PLAIN, "cpu"), measured_in(PLAIN, "cpu", variant=named("step-5-up"))
    assert facts[0].key != facts[1].key
    assert "engine variant" not in facts[0].facts
    assert facts[1].facts["engine variant"] == "step-5-up"


def test_an_unknown_change_is_named() -> None:
    with pytest.raises(SpecError, match=r"'step-6-up'.*there is no such mutant.*step-5-up"):
        named("step-6-up")


def test_forgotten_zeroing_adds_the_gradients_of_two_epochs_and_no_more() -> None:
    """In plain SGD the step after the forgotten one is the sum of two gradients."""
    plain = replace(PLAIN, optimizer=Optimizer("SGD", lr=1e-3))
    forgotten, right = errors("zero-grad-forgotten", plain), errors("", plain)
    assert (forgotten[:51] == right[:51]).all()  # the 50th epoch's own step is the usual one
    steps = (forgotten[50] - forgotten[51]) / (right[50] - right[51])
    assert steps == pytest.approx(2, rel=0.05)
    after = (forgotten[52] - forgotten[53]) / (right[52] - right[53])
    assert after == pytest.approx(1, rel=0.1)


def test_a_stale_gradient_is_that_of_the_update_before() -> None:
    plain = replace(PLAIN, optimizer=Optimizer("SGD", lr=1e-3))
    stale, right = errors("stale-gradient", plain), errors("", plain)
    assert stale[1] == right[1]  # the first has none before it
    assert stale[2] != right[2]
    assert stale[40] == pytest.approx(right[39], rel=0.02)
