"""Learning drift: what benign changes do sets the margin, and only what lies beyond it is news."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epochal import FitsBy, Runs
from epochal.errors import SpecError
from epochal.gate import records
from epochal.gate.drift import drifts
from epochal.gate.gate import Gate
from epochal.gate.quantities import Quantity, quantities, users
from epochal.gate.spread import Spread, spread
from epochal.judging.findings import Findings
from epochal.report.comparison import drifting
from epochal_testing import judged, synthetic

CLAIM = synthetic.claim(FitsBy(epoch=60, mse_below=0.1), id="fits")
EPOCHS = 100


def found(factor: float = 1.0, noise: float = 0.0, seed: int = 0, seeds: int = 5) -> Findings:
    """Nets whose error at every epoch is ``factor`` times what it was, give or take some noise."""
    generator = np.random.default_rng(seed)

    def make(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        each = np.exp(noise * generator.standard_normal((len(seeds), 1)))
        left = 2 * np.exp(-np.arange(epochs + 1) / 20)
        return synthetic.runs(seeds, factor * each * left)

    findings = Findings()
    judged.take(findings, CLAIM, make, seeds=seeds)
    return findings


def known(noise: float) -> Spread:
    """The benign spread where benign changes are noise."""
    benign = {f"change {i}": quantities(found(1.0, noise, i)) for i in (1, 2)}
    return spread(quantities(found()), benign)


def moved(after: Findings, within: Spread, before: Findings | None = None) -> list[str]:
    reference = before or found()
    told = drifts(quantities(reference), quantities(after), within, users(reference))
    return [each.name for each in told if each.moved]


def test_what_is_equal_is_said_to_be_so() -> None:
    told = drifts(quantities(found()), quantities(found()), known(1e-4), users(found()))
    assert all(each.bit_equal for each in told)
    assert "5 quantities compared, 5 of them equal" in drifting(told)


@pytest.mark.parametrize("factor", [1.05, 0.95])
def test_slower_and_faster_learning_are_news_beyond_the_margin(factor: float) -> None:
    assert "MSE at 60" in moved(found(factor), known(1e-4))
    # The same shift lies within what benign changes do to a net that is less smooth.
    assert not [name for name in moved(found(factor), known(0.02)) if "MSE" in name]


def test_a_chaotic_setting_is_gated_by_verdict_alone_and_said_to_be() -> None:
    chaotic = known(0.5)
    told = drifts(quantities(found()), quantities(found(3.0)), chaotic, users(found()))
    assert not any(each.moved for each in told)
    assert "within the margin" in drifting(told)
    told = drifts(quantities(found(seeds=3)), quantities(found(99.0)), chaotic, users(found()))
    assert not any(each.moved for each in told)
    assert "Gated by verdict alone, chaotic or of unmeasured spread: fits." in drifting(told)
    assert moved(found(3.0), Spread()) == []  # nothing was measured, so nothing is claimed


def test_every_seed_far_beyond_what_is_benign_is_news_even_where_it_is_chaotic() -> None:
    assert "MSE at 60" in moved(found(99.0), known(0.5))


def test_every_seed_moved_in_no_common_direction_is_news() -> None:
    """As where the same seeds draw other nets, which learn better or worse by chance."""
    within = known(1e-4)
    told = drifts(quantities(found()), quantities(found(1.0, 0.05)), within, users(found()))
    last = next(each for each in told if each.name == "MSE at 60")
    assert last.scattered
    assert not last.shifted
    assert last.told.endswith("every seed")
    assert "learning drifted: every seed moved" in drifting(told)


def test_a_seed_that_stays_where_it_was_leaves_the_others_to_the_interval() -> None:
    one = Quantity("fits", "MSE at 60", dict.fromkeys(range(5), 1.0))
    other = replace(one, values={0: 1.0, 1: 1.1, 2: 0.9, 3: 1.2, 4: 0.8})
    within = Spread({one.key: 1e-4}, {one.key: 5})
    assert not drifts({one.key: one}, {one.key: other}, within, {})[0].moved


def test_the_first_epoch_parts_of_the_smooth_ones_and_the_last_are_looked_at() -> None:
    within = known(1e-4)
    errors = [key for key in within.largest if " MSE at " in key]
    late = {key: 9.0 for key in errors if int(key.split()[-1]) > 40}
    cut = replace(within, largest={**within.largest, **late})
    told = drifts(quantities(found()), quantities(found()), cut, users(found()))
    epochs = [int(each.name.removeprefix("MSE at ")) for each in told if "MSE" in each.name]
    assert epochs == [0, 7, 17, 37, 60]
    assert [each.smooth for each in told if "MSE" in each.name] == [True] * 4 + [False]


def test_a_seed_that_gets_there_on_one_side_alone_is_infinitely_far() -> None:
    reached = Quantity("fits", "first epoch below", {1: 10.0, 2: None, 3: 7.0})
    other = replace(reached, values={1: None, 2: None, 3: 14.0, 4: 1.0})
    assert reached.logs(other) == {1: math.inf, 2: 0.0, 3: pytest.approx(math.log(2))}


def test_few_seeds_have_no_interval_and_no_drift() -> None:
    two = found(2.0, seeds=2)
    assert moved(two, known(1e-4), found(seeds=2)) == []


def test_false_alarms_on_benign_noise_are_rare_and_real_shifts_are_seen() -> None:
    """Over 400 gates each: noise of the size that set the margin, and a shift of five of them."""
    within, reference = known(0.005), found()
    before, told = quantities(reference), users(reference)
    alarms, seen = 0, 0
    for seed in range(400):
        for factor in (1.0, 1.05):
            after = quantities(found(factor, 0.005, 1000 + seed))
            alarm = any(each.moved for each in drifts(before, after, within, told))
            alarms += alarm and factor == 1.0
            seen += alarm and factor != 1.0
    assert alarms <= 4  # 1%, the level of all looks at a setting together
    assert seen >= 380


def test_the_spread_stands_beside_the_baseline_and_grows(tmp_path: Path) -> None:
    folder = tmp_path
    assert records.load_spread(folder) == Spread()
    first = known(1e-3)
    records.save_spread(first, folder)
    assert records.load_spread(folder) == first
    more = Spread({"another MSE at 5": 0.01}, {"another MSE at 5": 3}, ("float64",))
    records.save_spread(records.load_spread(folder).updated(more), folder)
    assert records.load_spread(folder).largest == {**first.largest, **more.largest}


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"changes": []})])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / records.SPREAD
    path.write_text(text)
    with pytest.raises(SpecError, match=r"spread\.json.*cannot be read.*restore it from git"):
        records.load_spread(path.parent)


def test_a_gpu_drifts_against_the_cpu_where_the_baseline_has_no_gpu() -> None:
    before, after = found(), Findings()
    judged.take(after, CLAIM, judged.falling, device="cuda:0", seeds=5)
    told = Gate(before, known(1e-4)).drifts(after)
    assert told
    assert any(each.moved for each in told)
