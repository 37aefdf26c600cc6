"""Films: the predictions of seeds over epochs, packed."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from epochal import FitsBy, Runs
from epochal.claims.rules.base import PlotHints
from epochal.experiments.snapshots import always_kept, film_epochs
from epochal.journal.retention import thinned
from epochal.judging.curves import Curves, curves
from epochal.judging.films import OFF, VALUES, films
from epochal.judging.findings import Findings
from epochal_testing import judged, synthetic

MARKS = PlotHints(epochs=(37, 100), mse=(0.05,))


def moving(seeds: int, epochs: int, scale: float = 1.0) -> Runs:
    made = synthetic.runs(range(seeds), np.full((seeds, epochs + 1), 0.25))
    rng = np.random.RandomState(1)
    return replace(made, predictions=scale * rng.standard_normal(made.predictions.shape))


def test_a_film_has_the_predictions_to_half_a_thousandth_of_the_range() -> None:
    made = moving(3, 100)
    for seed, film in enumerate(films(made, MARKS.epochs, every=1)):
        at = np.searchsorted(made.snapshots, film.epochs)
        assert film.seed == seed
        assert {*film_epochs(100), *MARKS.epochs} == {*film.epochs}
        wanted = made.predictions[seed, at]
        assert np.abs(film.fits - wanted).max() <= film.unit / 2 * 1.0001
        assert film.unit <= np.ptp(synthetic.TARGET) / 950
        assert film.mse == [0.25] * len(film.epochs)


def test_what_is_not_finite_or_far_off_is_missing_and_comes_back() -> None:
    made = moving(1, 40)
    made.predictions[0, 5:9, 3] = np.nan, np.inf, -np.inf, 1e30
    [film] = films(made, (), every=1)
    at = np.searchsorted(made.snapshots, film.epochs)
    missing = ~(np.abs(made.predictions[0, at]) < 1e3)
    assert missing.sum() >= 2
    assert (np.isnan(film.fits) == missing).all()
    assert not np.isnan(film.fits[-1]).any()


@given(st.integers(1, 100_000))
def test_the_epochs_of_a_film_are_kept_however_long_a_training_is(epochs: int) -> None:
    found = film_epochs(epochs)
    assert {*found} <= {*always_kept(epochs)}
    assert found == [each for each in film_epochs(10 * epochs) if each <= epochs]
    assert len(found) <= 50


def test_thinned_runs_have_the_same_film() -> None:
    made = moving(2, 3000)
    assert films(thinned(made, {37, 100}), (37,), 1) == films(made, (37,), 1)


def test_grids_with_many_points_have_films_of_fewer_seeds() -> None:
    points = len(synthetic.PROBE)
    assert len(films(moving(9, 30), (), every=1)) == VALUES // points
    made = moving(3, 30)
    wide = replace(made, predictions=np.zeros((*made.predictions.shape[:2], 2 * VALUES)))
    assert len(films(wide, (), every=1)) == 1


def test_what_is_not_trained_has_no_film() -> None:
    assert films(moving(2, 1), (1,), every=1) == []


def test_each_seed_has_the_film_that_goes_further() -> None:
    short = curves(moving(2, 50), "cpu", MARKS)
    long = curves(moving(1, 90), "cpu", MARKS)
    for both in (short.merged(long), long.merged(short)):
        assert [film.seed for film in both.films] == [0, 1]
        assert [film.epochs[-1] for film in both.films] == [90, 50]


def test_a_film_can_end_earlier_and_seeds_that_do_not_go_so_far_have_none() -> None:
    short, long = curves(moving(2, 50), "cpu", MARKS), curves(moving(1, 90), "cpu", MARKS)
    both = short.merged(long)
    assert [film.seed for film in both.filmed(90).films] == [0]
    cut = both.filmed(40).films
    whole = both.films[0]
    last = max(epoch for epoch in whole.epochs if epoch <= 40)
    assert [film.epochs[-1] for film in cut] == [last, last]
    assert (cut[0].fits == whole.fits[: len(cut[0].epochs)]).all()
    assert cut[0].mse == whole.mse[: len(cut[0].epochs)]
    assert both.filmed(91).films == []


def test_films_travel_as_json_and_change_no_picture() -> None:
    findings = Findings()
    judged.take(findings, synthetic.claim(FitsBy(epoch=30, mse_below=0.1)))
    [kept] = findings.curves.values()
    assert kept.films
    assert Curves(**kept.told) == kept
    assert Findings.from_json(findings.to_json()).curves == findings.curves
    assert replace(kept, films=[]).drawn == kept.drawn
    assert OFF == -(2**15)
