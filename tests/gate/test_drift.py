"""Learning drift: what benign changes do sets the margin, and only what lies beyond it is news."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from epochal import FitsBy, Runs
from epochal.claims.case import Case
from epochal.errors import Exit, SpecError
from epochal.gate.drift import CHANCE, Drift, drifts
from epochal.gate.gate import Gate, settings
from epochal.gate.quantities import Key, Quantity, quantities, users
from epochal.gate.tolerances import FILE, Tolerances, load_tolerances, measured, save_tolerances
from epochal.judging.findings import CaseResult, Findings
from epochal.plugin.outcomes import exit_code
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


def known(noise: float) -> Tolerances:
    """Tolerances where equivalent changes are noise."""
    benign = {f"change {i}": quantities(found(1.0, noise, i)) for i in (1, 2)}
    return measured(quantities(found()), benign)


def moved(after: Findings, within: Tolerances, before: Findings | None = None) -> list[str]:
    reference = before or found()
    told = drifts(quantities(reference), quantities(after), within, users(reference))
    return [str(each.key) for each in told if each.moved]


def test_what_is_equal_is_said_to_be_so() -> None:
    told = drifts(quantities(found()), quantities(found()), known(1e-4), users(found()))
    assert all(each.bit_equal for each in told)
    assert f"{len(told)} quantities compared, {len(told)} equal" in drifting(told)


@pytest.mark.parametrize("factor", [1.05, 0.95])
def test_slower_and_faster_learning_are_news_beyond_the_margin(factor: float) -> None:
    assert "MSE at epoch 32" in moved(found(factor), known(1e-4))
    # The same shift lies within what benign changes do to a net that is less smooth.
    assert not [name for name in moved(found(factor), known(0.02)) if name.startswith("MSE")]


def test_a_chaotic_setting_is_gated_by_verdict_alone_and_said_to_be() -> None:
    chaotic = known(0.5)
    named = settings(found())
    told = drifts(quantities(found()), quantities(found(3.0)), chaotic, users(found()))
    errors = [each for each in told if each.key.name == "MSE"]
    assert not any(each.moved or each.open for each in errors)
    assert "within the margin" in drifting(errors)
    unknown = drifts(quantities(found()), quantities(found(3.0)), Tolerances(), users(found()))
    assert not any(each.moved for each in unknown)  # nothing was measured, so nothing is claimed
    only = "Only verdicts, and numbers of bit-equal training, were compared of 1 setting: fits."
    assert only in drifting(unknown, settings=named)
    assert "Only the verdict" not in drifting(told, settings=named)


def test_every_seed_far_beyond_what_is_benign_is_news_even_where_it_is_chaotic() -> None:
    assert "MSE at epoch 32" in moved(found(99.0), known(0.5))


def test_every_seed_moved_in_no_common_direction_is_news() -> None:
    """As where the same seeds draw other nets, which learn better or worse by chance."""
    within = known(1e-4)
    told = drifts(quantities(found()), quantities(found(1.0, 0.05)), within, users(found()))
    last = next(each for each in told if str(each.key) == "MSE at epoch 32")
    assert last.scattered
    assert not last.shifted
    assert last.text.endswith("5 of 5 seeds")
    assert "learning drifted: seeds drifted apart" in drifting(told)


def test_a_seed_that_stays_where_it_was_leaves_the_others_to_the_interval() -> None:
    one = Quantity(Key("fits", "MSE", 64), dict.fromkeys(range(5), 1.0))
    other = replace(one, values={0: 1.0, 1: 1.1, 2: 0.9, 3: 1.2, 4: 0.8})
    within = Tolerances({one.key: 1e-4}, {one.key: 5}, ("one", "other"))
    [told] = drifts({one.key: one}, {one.key: other}, within, {})
    assert told.open
    assert not told.moved
    assert exit_code([], pairs=None, drifts=[told]) == Exit.UNDECIDED
    assert "1 undecided" in drifting([told])


@pytest.mark.parametrize(("beyond", "news"), [(13, False), (14, True), (20, True)])
def test_of_many_seeds_so_many_must_move_that_benign_changes_would_seldom_do_it(
    beyond: int, news: bool
) -> None:
    """14 of 20 beyond 10 others: C(20, 14) / C(30, 14) is 1 in 3752, and for 13 1 in 1545."""
    key = Key("fits", "MSE", 64)
    signs = [(-1) ** seed * 0.05 * (seed < beyond) for seed in range(20)]
    told = Drift(("fits",), key, tuple(signs), 0.01, smooth=False, behind=10)
    assert told.scattered is news


def test_what_has_a_sign_is_compared_by_differences() -> None:
    key = Key("fits", "prediction at 37% of the grid", 8)
    one, other = (Quantity(key, {1: value, 2: None}) for value in (-0.1, 0.2))
    assert one.changes(other) == {1: pytest.approx(0.3), 2: 0.0}
    told = Drift(("fits",), key, (0.3, 0.3, 0.3), 0.01, smooth=True, behind=10)
    assert told.shifted
    assert told.text == "prediction at 37% of the grid at epoch 8: +0.3"


def test_every_number_of_a_rule_is_compared_rates_by_differences() -> None:
    key = Key("fits/full", "sharpness")
    before = Quantity(key, {44: 2.0, 45: -2.0, 46: 2.0, 47: None})
    after = Quantity(key, {44: 4.0, 45: -4.0, 46: -2.0, 47: None})
    double = math.log(2)
    assert before.changes(after) == {44: double, 45: double, 46: -math.inf, 47: 0.0}
    rate = Key("fits/full", "least error rate")
    change = Quantity(rate, {44: 0.0}).changes(Quantity(rate, {44: 0.01}))
    assert change == {44: 0.01}
    names = {each.name for each in quantities(found()) if each.epoch is None}
    assert names == {"first epoch below", "least MSE"}


def test_a_number_that_moves_without_a_tolerance_is_named() -> None:
    told = drifts(quantities(found()), quantities(found(1.5)), Tolerances(), users(found()))
    assert not any(each.moved or each.open for each in told)
    text = drifting(told)
    assert "Changed, with no tolerance to judge it by: fits (first epoch below, least MSE)." in text
    assert "no tolerance" not in drifting(
        drifts(quantities(found()), quantities(found()), Tolerances(), users(found()))
    )


def test_the_first_epoch_parts_of_the_smooth_ones_and_the_last_are_looked_at() -> None:
    within = known(1e-4)
    errors = [key for key in within.largest if key.name == "MSE"]
    late = {key: 9.0 for key in errors if key.epoch and key.epoch > 20}
    cut = replace(within, largest={**within.largest, **late})
    told = drifts(quantities(found()), quantities(found()), cut, users(found()))
    looked = [each for each in told if each.key.name == "MSE"]
    assert [each.key.epoch for each in looked] == [0, 1, 4, 8, 16, 32]
    assert [each.smooth for each in looked] == [True] * 5 + [False]


def test_a_seed_that_gets_there_on_one_side_alone_is_infinitely_far() -> None:
    reached = Quantity(Key("fits", "first epoch below"), {1: 10.0, 2: None, 3: 7.0})
    other = replace(reached, values={1: None, 2: None, 3: 14.0, 4: 1.0})
    assert reached.changes(other) == {1: math.inf, 2: 0.0, 3: pytest.approx(math.log(2))}


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


def test_tolerances_stand_beside_the_baseline_and_grow(tmp_path: Path) -> None:
    folder = tmp_path
    assert load_tolerances(folder) == Tolerances()
    first = known(1e-3)
    save_tolerances(first, folder)
    assert load_tolerances(folder) == first
    another = Key("another", "MSE", 4)
    more = Tolerances({another: 0.01}, {another: 3}, ("float64",))
    save_tolerances(load_tolerances(folder).updated(more), folder)
    grown = load_tolerances(folder)
    assert grown.largest == {**first.largest, **more.largest}
    less, wider = Tolerances({another: 0.001}, {another: 20}), Tolerances({another: 0.02})
    assert grown.updated(less).largest[another] == 0.01  # another machine undoes nothing
    assert grown.updated(less).seeds[another] == 20
    assert grown.updated(wider).largest[another] == 0.02


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"changes": []})])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / FILE
    path.write_text(text)
    with pytest.raises(SpecError, match=r"tolerances\.json.*cannot be read.*restore it from git"):
        load_tolerances(path.parent)


def test_a_gpu_drifts_against_the_cpu_where_the_baseline_has_no_gpu() -> None:
    before, after = found(), Findings()
    judged.take(after, CLAIM, judged.falling, device="cuda:0", seeds=5)
    told = Gate(before, known(1e-4)).drifts(after)
    assert told
    assert any(each.moved for each in told)


@dataclass
class More:
    """A runner that has further seeds at hand: of ``everything`` those that it is asked for."""

    everything: Findings
    asked: list[Sequence[int]] = field(default_factory=list)

    @property
    def selected(self) -> Sequence[tuple[Case, str]]:
        case = CLAIM.case("full")
        assert case is not None
        return [(case, "cpu")]

    def further(self, case: Case, device: str, seeds: Sequence[int]) -> CaseResult:
        self.asked.append(seeds)
        [result], [sampled] = self.everything.results.values(), self.everything.samples.values()
        wanted = [each for each in result.outcomes if each["seed"] in seeds]
        rows = {
            name: [row for seed, row in zip(sampled.seeds, of_all, strict=True) if seed in seeds]
            for name, of_all in sampled.values.items()
        }
        kept = replace(sampled, seeds=list(seeds), values=rows)
        return CaseResult(case, replace(result, outcomes=wanted), samples=(kept,))


@pytest.mark.parametrize(
    ("noise", "moves"),
    [
        (0.02, True),  # seeds move apart: 14 of 20 are enough, 4 of 5 are not
        (0.0005, False),
        (0.0, False),
    ],
)
def test_what_is_open_is_decided_on_more_seeds_of_the_baseline(noise: float, moves: bool) -> None:
    within = known(1e-3)
    gate = Gate(found(seeds=20), within)
    more, five = More(found(1.0, noise, 7, seeds=20)), found(1.0, noise, 7, seeds=20)
    # The first five of the very seeds that the runner has, one of them as it was.
    [result], [sampled] = five.results.values(), five.samples.values()
    [still] = found(seeds=20).samples.values()
    rows = {name: [still.values[name][0], *of_all[1:5]] for name, of_all in sampled.values.items()}
    after = Findings(
        results={result.key: replace(result, outcomes=result.outcomes[:5])},
        samples={sampled.key: replace(sampled, seeds=sampled.seeds[:5], values=rows)},
    )
    told = gate.settled(after, more)
    assert any(each.moved for each in told) is moves
    assert [list(each) for each in more.asked] == ([list(range(49, 64))] if moves else [])


def test_what_stays_open_on_all_seeds_is_undecided() -> None:
    within = known(1e-3)
    gate = Gate(found(seeds=5), within)
    after = found(1.0, 0.02, 7, seeds=5)
    [sampled] = after.samples.values()
    [still] = found(seeds=5).samples.values()
    rows = {n: [still.values[n][0], *of_all[1:]] for n, of_all in sampled.values.items()}
    after.samples[sampled.key] = replace(sampled, values=rows)
    told = gate.settled(after, More(after))
    assert any(each.open for each in told)
    assert exit_code([], pairs=None, drifts=told) == Exit.UNDECIDED


@pytest.mark.parametrize("seeds", [5, 6, 10, 20])
def test_so_many_seeds_lie_beyond_benign_changes_as_seldom_as_it_says(seeds: int) -> None:
    """Of heavy tails, and with the margin at the largest benign change itself."""
    generator, trials, behind = np.random.default_rng(7), 20_000, 2 * seeds
    changes = np.abs(generator.standard_cauchy((trials, seeds + behind)))
    margins = changes[:, seeds:].max(axis=1)
    key = Key("fits", "MSE", 8)
    wrong = sum(
        Drift(("fits",), key, tuple(each[:seeds]), margin, smooth=False, behind=behind).scattered
        for each, margin in zip(changes.tolist(), margins.tolist(), strict=True)
    )
    assert wrong <= binom.ppf(0.999, trials, CHANCE)
