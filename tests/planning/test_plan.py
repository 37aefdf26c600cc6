"""What a run will take: rounds of seeds, rates from stored runs, and the simulated schedule."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epochal import EpochsRatio, FitsBy
from epochal.claims.cost import Share
from epochal.errors import SpecError
from epochal.planning.machines import Machines, parse, scaled
from epochal.planning.plan import RUN_SECONDS, START_SECONDS, Plan
from epochal.planning.rates import MEASURED, MODEL, PACE, Rates
from epochal.planning.rounds import rounds
from epochal.planning.shared_out import components
from epochal.planning.simulate import Chain, in_order, simulate
from epochal.training.cost import seconds
from epochal_testing import sessions
from epochal_testing.synthetic import EXPERIMENT, case, claim

CPU = Machines(2, "cpu")
LONG = claim(FitsBy(epoch=10000, mse_below=0.1))
[CASE] = LONG.cases
OTHER = replace(EXPERIMENT, probe=999)


def row(seconds: float, epochs: int = 10000, device: str = "cpu (a CPU)") -> dict[str, Any]:
    """A stored run, as the journal lists it."""
    run = {"experiment": EXPERIMENT.digest, "seed": 44, "epochs_done": epochs, "device": device}
    return {**run, "seconds": seconds}


# ------------------------------------------------------------------------------------ rounds


def test_a_claim_without_a_verdict_goes_as_expected() -> None:
    assert rounds(CASE) == [range(44, 47)]


def test_a_stored_verdict_tells_how_many_seeds_there_will_be() -> None:
    found = rounds(CASE, [True, True, False, True, True])
    assert found == [range(44, 47), range(47, 49)]
    wavering = rounds(CASE, [True, False] * 8)
    assert wavering[0] == range(44, 47)
    assert wavering[-1].stop == 44 + LONG.bounds.max_seeds
    assert [each.start for each in wavering[1:]] == [each.stop for each in wavering[:-1]]


def test_a_fixed_number_of_seeds_is_one_round() -> None:
    assert rounds(CASE, [True], seeds=7) == [range(44, 51)]


def test_a_rule_about_a_number_has_its_looks() -> None:
    numeric = case(EpochsRatio(over="a", under="b", mse_below=0.1, low=2, epoch=100))
    first, *_ = numeric.claim.looks.seeds
    assert rounds(numeric) == [range(44, 44 + first)]
    more = rounds(numeric, [True] * (first + 1))
    assert [each.stop - 44 for each in more] == [*numeric.claim.looks.seeds[:2]]


# ------------------------------------------------------------------------------------- rates


def test_the_settings_own_runs_tell_its_rate() -> None:
    share, model = Share(EXPERIMENT, 44, 10000), seconds(EXPERIMENT, 10000)
    rates = Rates([row(model * 3), row(model * 5, device="cuda:0 (NVIDIA H100)")], [EXPERIMENT])
    assert rates.of(share, CPU).source == MEASURED
    assert rates.of(share, CPU).seconds == pytest.approx(3 * model)
    on_gpu = rates.of(share, Machines(1, "h100"))
    assert on_gpu.source == MEASURED
    assert on_gpu.seconds == pytest.approx(5 * model)


def test_other_settings_are_scaled_by_the_pace_and_nothing_measured_is_said_to_be_so() -> None:
    model = seconds(EXPERIMENT, 10000)
    rates = Rates([row(model * 3)], [EXPERIMENT, OTHER])
    other = rates.of(Share(OTHER, 44, 10000), CPU)
    assert other.source == PACE
    assert other.seconds == pytest.approx(3 * seconds(OTHER, 10000))
    absent = rates.of(Share(EXPERIMENT, 44, 10000), Machines(8, "H100"))
    assert absent.source == MODEL
    assert absent.seconds == pytest.approx(seconds(EXPERIMENT, 10000, "cuda:0"))


def test_a_run_that_was_cut_short_early_tells_no_rate() -> None:
    rates = Rates([row(0.4, epochs=5)], [EXPERIMENT])
    assert rates.of(Share(EXPERIMENT, 44, 10000), CPU).source == MODEL


# ---------------------------------------------------------------------------------- schedule

KEYS = st.tuples(st.sampled_from("abcd"), st.integers(0, 4))
CHAINS = st.lists(
    st.lists(st.lists(KEYS, min_size=1, max_size=4, unique=True), min_size=1, max_size=3),
    min_size=1,
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(CHAINS, st.integers(1, 8), st.randoms(use_true_random=False))
def test_no_schedule_is_shorter_than_its_bounds(drawn: Any, workers: int, draw: Any) -> None:
    chains = [Chain(str(place), tuple(map(tuple, each))) for place, each in enumerate(drawn)]
    keys = {key for chain in chains for each in chain.rounds for key in each}
    costs = {key: draw.uniform(0.1, 5.0) for key in keys}
    found = simulate(in_order(chains, costs), costs, workers)
    whole, longest = sum(costs.values()), max(costs.values())
    assert found.wall >= max(whole / workers, longest) - 1e-9
    assert found.wall <= whole + 1e-9
    assert found.wall == pytest.approx(max(found.ends.values()))
    if workers == 1:
        assert found.wall == pytest.approx(whole)


def test_a_further_round_goes_before_what_has_not_started() -> None:
    chains = [
        Chain("two rounds", ((("a", 1),), (("a", 2),))),
        Chain("many", (tuple(("b", seed) for seed in range(9)),)),
    ]
    costs = {key: 1.0 for chain in chains for each in chain.rounds for key in each}
    assert simulate(chains, costs, 1).ends == {"two rounds": 2.0, "many": 11.0}


# -------------------------------------------------------------------------------------- plan


def test_claims_that_share_a_setting_are_trained_once() -> None:
    short = claim(FitsBy(epoch=5000, mse_below=0.1), id="short").cases[0]
    plan = Plan([CASE, short], [CPU], Rates([], [EXPERIMENT]))
    assert len(plan.runs) == 3
    assert plan.seconds() == pytest.approx(3 * (seconds(EXPERIMENT, 10000) + RUN_SECONDS))
    assert plan.wall([CPU]) == pytest.approx(START_SECONDS + 2 / 3 * plan.seconds())
    assert plan.stored([row(1.0), row(1.0, epochs=500)]) == 1


def test_more_workers_never_take_longer_and_the_longest_chain_is_the_bound() -> None:
    plan = Plan([CASE], [Machines(1, "cpu")], Rates([], [EXPERIMENT]))
    walls = [wall for _, wall in plan.curve()]
    assert walls == sorted(walls, reverse=True)
    assert walls[-1] == pytest.approx(START_SECONDS + plan.longest.chain)


def test_a_claim_goes_wholly_to_one_kind_and_those_that_share_a_setting_together() -> None:
    own = [replace(EXPERIMENT, probe=points) for points in (901, 903, 905)]
    cases = [
        claim(FitsBy(epoch=9000, mse_below=0.1), id=f"c{i}", experiments=each).cases[0]
        for i, each in enumerate([*own, own[0]])
    ]
    assert sorted(len(group) for group in components(cases)) == [1, 1, 2]
    machines = [Machines(4, "cpu"), Machines(1, "H100")]
    where = Plan(cases, machines, Rates([], own)).shared_out(machines)
    assert where["c0"] is where["c3"]
    assert set(where.values()) == set(machines)


def test_machines_are_counts_and_kinds() -> None:
    assert [each.workers for each in parse("8xH100, 64xCPU")] == [32, 64]
    assert [each.count for each in scaled(parse("1xcpu"), 1000)] == [1000]


@pytest.mark.parametrize("text", ["", "cpu", "0xcpu", "8 H100", "2xcpu,3xcpu", "2xcpu,"])
def test_other_machines_are_refused(text: str) -> None:
    with pytest.raises(SpecError, match="--on"):
        parse(text)


# ----------------------------------------------------------------------------------- command


def test_a_plan_trains_nothing_and_makes_no_journal(tmp_path: Path) -> None:
    folder = sessions.prepare(tmp_path, sessions.EVERY_STANDING)
    ended = sessions.epochal(folder, "plan", "--on", "2xcpu,1xH100", "--claims", "fits,new")
    assert ended.code == 0, ended.text
    assert "2 claims in the tier full: 3 runs, " in ended.text
    assert "H100: not measured" in ended.text
    assert ended.trained == ()
    assert not (folder / ".epochal").exists()


WRONG = {
    "cores": ("--cores", "0", "ERROR: --cores = 0: at least one core trains; give 2, say"),
    "seeds": ("--seeds", "0", "ERROR: --seeds = 0: "),
    "claims": ("--claims", "nothing", "ERROR: --claims = 'nothing': it matches no claim; "),
    "on": ("--on", "many", "ERROR: --on = 'many': each entry is a count, an x and a kind; "),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_option_of_a_plan_ends_in_one_line(
    tmp_path: Path, wrong: tuple[str, str, str]
) -> None:
    option, value, line = wrong
    folder = sessions.prepare(tmp_path, sessions.EVERY_STANDING)
    ended = sessions.epochal(folder, "plan", option, value)
    assert ended.code == 4
    assert ended.text.startswith(line)
    assert len(ended.text.splitlines()) == 1
