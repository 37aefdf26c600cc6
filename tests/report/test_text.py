"""The terminal's table and the words around a verdict."""

import re
import shlex
from dataclasses import replace

import pytest

from epochal import Control, Exponent, FitsBy, Reduced, mse
from epochal.claims.case import Case
from epochal.judging.findings import CaseResult, Findings
from epochal.judging.repeat import command
from epochal.report.terminal import others, table
from epochal.report.text import asked, case_id, explanation_of, middle, numbers, sure
from epochal_testing import judged, synthetic

CLAIM = synthetic.claim(
    FitsBy(epoch=100, mse_below=0.1),
    expected="reproduced",
    ours=True,
    tier="full",
    reduced=Reduced(rule=FitsBy(epoch=30, mse_below=0.2), why="judged early", tier="standard"),
    control=Control(
        change="too few epochs",
        experiments={"run": synthetic.EXPERIMENT},
        rule=FitsBy(epoch=2, mse_below=0.1),
    ),
)


def cases() -> tuple[Case, Case, Case]:
    full, reduced, control = (
        CLAIM.case("full"),
        CLAIM.case("standard"),
        CLAIM.control_case("full"),
    )
    assert full is not None
    assert reduced is not None
    assert control is not None
    return full, reduced, control


def found_of(case: Case) -> CaseResult:
    return CaseResult(case, judged.take(Findings(), case), expected=case.expected("cpu"))


def test_the_table_has_a_row_a_case_and_what_the_tier_left_out() -> None:
    _, reduced, control = cases()
    other = synthetic.claim(CLAIM.rule, id="other", tier="full")
    undecided = replace(judged.take(Findings(), control), status="undecided")
    found = [
        CaseResult(reduced, judged.take(Findings(), reduced), expected="reproduced"),
        CaseResult(control, undecided, expected="refuted"),
    ]
    lines = table(found).splitlines()
    assert lines[0].split() == ["claim", "verdict", "seeds", "medians", "time", "expected"]
    assert lines[2].startswith("c (reduced) *  as expected: reproduced")
    assert "3 of 3" in lines[2]
    assert lines[2].endswith("  reproduced")
    assert lines[3].startswith("c~control *    undecided")
    assert lines[3].endswith("  refuted")  # a control is expected to turn
    assert re.fullmatch(r"1 more claims: 1 in --tier full, about \d+ \w+\.", others([other], 2))
    assert others([], 2) == ""


def test_a_narrow_terminal_has_the_medians_below_their_rows() -> None:
    full, _, control = cases()
    found = [
        CaseResult(each, judged.take(Findings(), each), expected="reproduced")
        for each in (full, control)
    ]
    wide, narrow = table(found), table(found, 80)
    assert max(map(len, wide.splitlines())) > 80
    assert max(map(len, narrow.splitlines())) <= 80
    assert "\n    below 0.1 at epoch 17, least MSE" in narrow
    assert table(found, 200) == wide
    long = replace(CLAIM, id="an-id-of-a-claim-that-is-longer-than-all-others-in-this-table-are")
    case = long.cases[0]
    only = [CaseResult(case, judged.take(Findings(), case), expected="reproduced")]
    assert max(map(len, table(only, 80).splitlines())) <= 80


def test_a_row_whose_trainings_are_those_of_an_earlier_one_is_marked() -> None:
    full, _, _ = cases()
    runs = {("digest", seed, "cpu"): "trained" for seed in (44, 45)}
    found = CaseResult(full, judged.take(Findings(), full), expected="reproduced", origins=runs)
    text = table([found, replace(found)])
    assert text.count("shared ") == 1
    assert "shared: trained for an earlier row" in text


@pytest.mark.parametrize(
    ("place", "device", "seeds", "words"),
    [
        (0, "cpu", None, "pytest bench/ --claims c --tier full --fresh"),
        (1, "cpu", None, "pytest bench/ --claims c --tier standard --fresh"),
        (2, "cpu", None, "pytest bench/ --claims c --controls --tier full --fresh"),
        (0, "cuda:0", 7, "pytest bench/ --claims c --tier full --device cuda --seeds 7 --fresh"),
    ],
)
def test_the_command_repeats_the_row(
    place: int, device: str, seeds: int | None, words: str
) -> None:
    result = judged.take(Findings(), cases()[place], device=device, seeds=seeds)
    assert shlex.split(result.repeat) == words.split()
    elsewhere = shlex.split(command(result, CLAIM, "my cases"))
    assert elsewhere[4:6] == ["--cases", "my cases"]


def test_divergence_is_told_in_the_row() -> None:
    result = judged.take(Findings(), cases()[0])
    seeds = [
        {**each, "diverged": epoch}
        for each, epoch in zip(result.outcomes, (30, 12, 40), strict=True)
    ]
    told = "diverged in 3 of 3 seeds, earliest at epoch 12"
    assert middle(replace(result, outcomes=seeds)) == told
    seeds[0]["diverged"] = None
    mixed = middle(replace(result, outcomes=seeds))
    assert mixed.startswith("diverged in 2 of 3 seeds, earliest at epoch 12, ")
    assert "least MSE" in mixed


def test_an_explanation_says_what_was_asked_and_what_each_seed_showed() -> None:
    full, reduced, control = cases()
    text = explanation_of(found_of(control))
    assert text.startswith("c~control: refuted, expected refuted\n")
    assert "  control  too few epochs\n" in text
    assert "  rule     MSE < 0.1 by epoch 2\n" in text
    assert text.count("fails  never below 0.1, least MSE 0.40937") == 3
    assert "  reduced  judged early\n" in explanation_of(found_of(reduced))
    assert case_id(judged.take(Findings(), full)) == "c"


def test_a_threshold_that_the_untrained_net_passes_is_said_to_be_no_feat() -> None:
    full, *_ = cases()
    found = found_of(full)
    assert "untrained" not in table([found])
    first, *others = found.result.outcomes
    early = {**first, "numbers": {**first["numbers"], "first epoch below": 0}}
    found = replace(found, result=replace(found.result, outcomes=[early, *others]))
    said = "the untrained net passes the threshold in 1 of 3 seeds"
    assert said in table([found])
    assert said in explanation_of(found)


def test_numbers_of_several_settings_name_theirs() -> None:
    named = {"first epoch below, two changes": 38.0, "first epoch below, as posted": None}
    told = numbers({"numbers": named, "diverged": None}, FitsBy(epoch=50, mse_below=0.05))
    assert told == "two changes: below 0.05 at epoch 38, as posted: never below 0.05"


def test_numbers_tell_never_and_diverged() -> None:
    outcome = {"numbers": {"first epoch": None, "MSE": 0.0123456}, "diverged": 9}
    assert numbers(outcome) == "diverged at epoch 9, first epoch: never, MSE 0.0123456"


def test_the_medians_tell_how_many_seeds_never_got_there() -> None:
    result = judged.take(Findings(), cases()[0])
    outcomes = [dict(each) for each in result.outcomes]
    outcomes[0]["numbers"] = {"first epoch below": None, "least MSE": 0.5}
    some = replace(result, outcomes=outcomes)
    assert middle(some).startswith("below at epoch 17 (1 of 3 seeds never), least MSE 2.27e-05")
    gone = [{**each, "numbers": {"first epoch below": None}} for each in outcomes]
    assert middle(replace(result, outcomes=gone)) == "never below"
    failed = judged.broken(Findings(), CLAIM, "no memory " * 20)
    assert middle(failed).startswith("RuntimeError: no memory")
    assert len(middle(failed)) == 60


def test_where_seeds_disagree_a_word_says_what_the_test_asks() -> None:
    result = judged.take(Findings(), cases()[0])
    assert asked(CLAIM, result) == ""
    fail = (2, 5, 6, 9)
    seeds = [{**result.outcomes[0], "seed": n, "holds": n not in fail} for n in range(11)]
    mixed = replace(result, outcomes=seeds)
    assert asked(CLAIM, mixed) == (
        " Seeds disagree: the test distinguishes 80% of all seeds from 20%, and 7 of 11 decide it."
    )
    assert asked(CLAIM, replace(mixed, status="undecided")).endswith("do not decide it.")
    assert asked(CLAIM, mixed) in explanation_of(CaseResult(cases()[0], mixed))


def test_how_sure_a_verdict_is_depends_on_what_decided_it() -> None:
    full = judged.take(Findings(), cases()[0])
    told = sure(full.rates(CLAIM), full)
    assert told.startswith("this test is wrong in at most 1.5% of cases")
    few = judged.take(Findings(), cases()[0], seeds=2)
    assert sure(few.rates(CLAIM), few).endswith("stays undecided in 100.0%")
    failed = judged.broken(Findings(), CLAIM, "no memory")
    assert sure(failed.rates(CLAIM), failed) == "no test was made"
    rule = Exponent(arms=(("a", 1), ("b", 2)), mse_below=0.1, low=1, high=2, epoch=50)
    slope = synthetic.claim(rule)
    result = judged.take(Findings(), slope)
    assert sure(result.rates(slope), result) == "decided by an interval"


def test_a_rule_made_of_parts_states_its_threshold_too() -> None:
    outcome = {"numbers": {"first epoch below": None, "least MSE": 0.03}, "diverged": None}
    rule = mse().below(0.02).by(30)
    assert numbers(outcome, rule) == "never below 0.02, least MSE 0.03"
    both = mse(relative=True).below(0.1).by(30) & rule
    assert numbers(outcome, both).startswith("never below 0.1 of the target's variance")
