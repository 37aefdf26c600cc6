"""Inputs, targets and the data that one seed draws from them."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import RandomState

from epochal import MLP, Circle, Embedding, Experiment, Line, Optimizer, Sine, SumOfSines, Wave
from epochal.errors import SpecError
from epochal.experiments.data import draw
from epochal.experiments.inputs import Array, Input
from epochal.experiments.targets import Target

LINE = Line(low=-7.5, high=7.5, points=200)
X = np.array([-4.0, -0.5, 0.0, 1.0, 7.25])


def setting(inputs: Input, target: Target) -> Experiment:
    return Experiment(
        inputs=inputs, target=target, net=MLP(widths=(4,)), optimizer=Optimizer("SGD", lr=0.1)
    )


def test_uniform_positions_are_the_first_thing_that_the_seed_draws() -> None:
    np.random.seed(44)
    posted = np.random.uniform(-7.5, 7.5, (200, 1))
    assert np.array_equal(LINE.positions(RandomState(44)), posted[:, 0])


def test_positions_depend_on_the_seed_and_on_nothing_else() -> None:
    experiment = setting(LINE, Sine(2))
    again, other = draw(experiment, 3), draw(experiment, 4)
    assert np.array_equal(draw(experiment, 3).positions, again.positions)
    assert not np.array_equal(again.positions, other.positions)


def test_a_net_that_is_trained_on_one_period_may_be_asked_about_many() -> None:
    many = Line(low=-6, high=6, points=9, embedding=Embedding("modulo", 3.0))
    plain = setting(Line(low=0, high=3, points=50), Sine(2))
    data, alone = draw(replace(plain, probe_inputs=many), 3), draw(plain, 3)
    assert np.array_equal(data.features, alone.features)
    assert data.probe[[0, -1]].tolist() == [-6, 6]
    assert np.array_equal(data.probe_features[:, 0], np.mod(data.probe, 3))
    assert np.array_equal(data.probe_target, np.sin(2 * data.probe))


def test_the_probe_grid_has_points_for_the_oscillations_of_its_own_range() -> None:
    plain = setting(Line(low=0, high=3, points=50), Sine(2))
    with pytest.raises(SpecError, match="the target makes 318"):
        replace(plain, probe_inputs=Line(low=-500, high=500, points=9))


def test_a_grid_holds_both_ends_of_the_line() -> None:
    grid = Line(low=-2, high=6, points=5, draw="grid").positions(RandomState(0))
    assert grid.tolist() == [-2, 0, 2, 4, 6]


def test_a_line_without_embedding_gives_the_net_x() -> None:
    assert LINE.dimensions == 1
    assert np.array_equal(LINE.features(X), X[:, None])


def test_a_constant_embedding_appends_its_value() -> None:
    features = Embedding("constant", -3).features(X)
    assert np.array_equal(features, np.stack([X, np.full(5, -3.0)], axis=1))


def test_an_angle_embedding_puts_x_on_the_unit_circle() -> None:
    embedding = Embedding("angle", 0.4)
    features = embedding.features(X)
    assert embedding.dimensions == features.shape[1] == 2
    assert np.allclose(np.angle(features[:, 0] + 1j * features[:, 1]), 0.4 * X)
    assert np.allclose((features**2).sum(axis=1), 1)


def test_a_modulo_embedding_folds_negative_positions_upwards() -> None:
    assert Embedding("modulo", 3).features(X)[:, 0].tolist() == [2.0, 2.5, 0.0, 1.0, 1.25]


@pytest.mark.parametrize("kind", Embedding.KINDS)
def test_every_embedding_makes_as_many_columns_as_it_says(kind: str) -> None:
    embedding = Embedding(kind, 2.0)
    line = Line(low=-1, high=1, points=7, embedding=embedding)
    assert draw(setting(line, Sine(2)), 0).features.shape == (7, line.dimensions)
    assert line.dimensions == embedding.dimensions


def test_regular_angles_go_round_once_and_leave_pi_out() -> None:
    circle = Circle(points=8)
    angles = circle.positions(RandomState(0))
    assert angles[0] == -np.pi
    assert np.allclose(np.diff(angles), 2 * np.pi / 8)
    assert angles[-1] < np.pi
    assert circle.span == 2 * np.pi


def test_uniform_angles_are_drawn_from_the_seed() -> None:
    angles = Circle(points=50, draw="uniform").positions(RandomState(7))
    assert np.array_equal(angles, RandomState(7).uniform(-np.pi, np.pi, 50))


def test_the_net_sees_angles_as_points_of_the_unit_circle() -> None:
    features = Circle(points=4).features(np.array([0.0, np.pi / 2]))
    assert np.allclose(features, [[1, 0], [0, 1]])


def test_a_sine_has_its_amplitude_frequency_and_phase() -> None:
    sine = Sine(2, amplitude=3, phase=np.pi / 2)
    assert np.allclose(sine.values(X), 3 * np.cos(2 * X))
    assert sine.waves == (Wave(2, 3, np.pi / 2),)


def test_a_sine_of_2_makes_4_8_oscillations_over_the_posters_range() -> None:
    assert Sine(2).oscillations(LINE.span) == pytest.approx(4.8, abs=0.05)


def test_a_sum_is_the_sum_of_its_waves() -> None:
    both = SumOfSines((Wave(4), Wave(14, 0.5, 1)))
    assert np.allclose(both.values(X), np.sin(4 * X) + 0.5 * np.sin(14 * X + 1))


def test_unit_norm_divides_the_target_by_its_norm_over_the_training_points() -> None:
    plain = draw(setting(LINE, Sine(2)), 5)
    scaled = draw(setting(LINE, Sine(2, scale="unit_norm")), 5)
    norm = np.linalg.norm(plain.target)
    assert np.linalg.norm(scaled.target) == pytest.approx(1)
    assert np.allclose(scaled.target * norm, plain.target)
    assert np.allclose(scaled.probe_target * norm, plain.probe_target)


@given(
    seed=st.integers(0, 2**31),
    phases=st.tuples(st.floats(-4, 4), st.floats(-4, 4)),
    amplitudes=st.tuples(st.floats(0.01, 100), st.floats(0.01, 100)),
    scale=st.sampled_from(SumOfSines.SCALES),
    inputs=st.sampled_from([LINE, Circle(points=61), Circle(points=61, draw="uniform")]),
)
def test_a_perfect_predictor_has_all_of_every_wave(
    seed: int,
    phases: tuple[float, float],
    amplitudes: tuple[float, float],
    scale: str,
    inputs: Input,
) -> None:
    waves = (Wave(4, amplitudes[0], phases[0]), Wave(9, amplitudes[1], phases[1]))
    data = draw(setting(inputs, SumOfSines(waves, scale)), seed)
    assert np.allclose(data.projector @ data.target, 1)
    only_first = waves[0].values(data.positions)
    first, second = data.projector @ only_first
    assert first > 0
    assert second == pytest.approx(0, abs=1e-6 * first)


@dataclass(frozen=True)
class Flat:
    """A target that names no waves, or some that are 0 at every point."""

    height: float = 0.0
    waves: tuple[Wave, ...] = ()
    scale: str = "as_is"

    def values(self, positions: Array) -> Array:
        return np.full_like(positions, self.height)


SEVEN = Line(low=-3, high=3, points=7, draw="grid")


@pytest.mark.parametrize("scale", ["as_is", "unit_norm"])
def test_a_target_that_is_zero_everywhere_is_a_target(scale: str) -> None:
    data = draw(setting(SEVEN, Flat(scale=scale)), 0)
    assert data.target.tolist() == [0.0] * 7
    assert data.probe_target.tolist() == [0.0] * 601
    assert data.projector.shape == (0, 7)


def test_the_share_of_a_wave_that_is_zero_at_every_point_is_undefined() -> None:
    class Silent(Wave):
        def values(self, positions: Array) -> Array:
            return np.zeros_like(positions)

    shares = draw(setting(SEVEN, Flat(1.0, (Silent(2), Wave(0.5)))), 0).projector @ np.ones(7)
    assert np.isnan(shares[0])
    assert np.isfinite(shares[1])


def test_a_target_without_waves_is_described_without_oscillations() -> None:
    assert "oscillations" not in setting(SEVEN, Flat()).describe()
    assert "at most 1.91 oscillations" in setting(SEVEN, Sine(2)).describe()
