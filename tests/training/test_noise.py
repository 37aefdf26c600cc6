"""Noise on the targets: training sees it, and errors are told without it."""

from dataclasses import replace

import numpy as np
import pytest

from epochal import MLP, Circle, Experiment, Formula, Line, Loop, Noise, Optimizer, Sine, train
from epochal.experiments.data import draw
from epochal.experiments.experiment import Experiment as Setting

NOISY = Experiment(
    inputs=Line(low=-1, high=1, points=40),
    target=Formula("x**2"),
    net=MLP(widths=(16,)),
    optimizer=Optimizer("SGD", lr=0.1),
    dtype="float64",
    noise=Noise(0.3),
)


def outputs(experiment: Setting, seed: int) -> np.ndarray:
    """What the untrained net gives, from its loss and its error."""
    runs, data = train(experiment, [seed], epochs=0), draw(experiment, seed)
    assert runs.train_target[0].tolist() == data.target.tolist()
    return np.array([runs.loss[0, 0], runs.mse[0, 0]])


def test_the_loss_is_that_of_noisy_targets_and_the_error_that_of_clean_ones() -> None:
    loss, error = outputs(NOISY, 3)
    clean_loss, clean_error = outputs(replace(NOISY, noise=None), 3)
    assert error == pytest.approx(clean_error) == pytest.approx(clean_loss)
    noise = draw(NOISY, 3).noisy - draw(NOISY, 3).target
    assert loss != error
    assert abs(loss - error - np.mean(noise**2)) < 2 * np.sqrt(error * np.mean(noise**2))


@pytest.mark.parametrize("loop", [Loop(), Loop(batch=7), Loop(loss="half_sum", stop_below=2.3)])
def test_what_is_learned_is_nearer_to_the_target_than_to_the_noise(loop: Loop) -> None:
    rate = 0.1 if loop.loss == "mean" else 0.1 / 20
    runs = train(replace(NOISY, loop=loop, optimizer=Optimizer("SGD", lr=rate)), [0, 1], epochs=300)
    loss = runs.loss * loop.mse_factor(40)
    assert (runs.mse[:, -1] < loss[:, -1]).all()
    assert (loss[:, -1] > 0.3 * 0.3**2).all()


def test_a_clean_setting_has_the_bits_that_it_had() -> None:
    plain = replace(NOISY, noise=None)
    assert plain.digest == replace(plain, noise=None).digest != NOISY.digest
    runs = train(plain, [0], epochs=20)
    assert (runs.mse == runs.loss).all()


def test_prefix_sum_sees_the_same_noise() -> None:
    circle = replace(NOISY, inputs=Circle(points=30), target=Sine(2))
    reference, fast = (
        train(circle, [0], epochs=30, engine=each) for each in ("reference", "prefix_sum")
    )
    np.testing.assert_allclose(fast.loss, reference.loss, rtol=1e-10)
    np.testing.assert_allclose(fast.mse, reference.mse, rtol=1e-10)
