"""The gate: what moved against the baseline, seed by seed, and which exit code says so."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from epochal import MLP, FitsBy, Line, OfOneRun, Optimizer, Runs, Series
from epochal.claims.verdicts import Standing
from epochal.gate.compare import Comparison, Moved, compare, surroundings
from epochal.gate.quantities import Key
from epochal.gate.tolerances import Tolerances, save_tolerances
from epochal.judging.findings import FRESH, Findings
from epochal.judging.result import Result
from epochal.plugin.actions import annotations
from epochal.plugin.outcomes import exit_code
from epochal.report.comparison import comparison
from epochal_testing import judged, sessions, synthetic
from epochal_testing.sessions import Session

CLAIM = synthetic.claim(FitsBy(epoch=60, mse_below=0.1), id="fits")


def slower(factor: float) -> judged.Make:
    """Nets that learn like 2·exp(−epoch / (5·factor))."""

    def make(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        left = 2 * np.exp(-np.arange(epochs + 1) / (5 * factor))
        return synthetic.runs(seeds, np.tile(left, (len(seeds), 1)))

    return make


def taken(factor: float = 1.0, **changes: Any) -> Result:
    return judged.take(Findings(), replace(CLAIM, **changes), slower(factor))


def only(before: Result | None, after: Result | None) -> Comparison:
    [pair] = compare([before] if before else [], [after] if after else [])
    return pair


def test_equal_losses_are_said_to_be_bit_equal() -> None:
    pair = only(taken(), taken())
    assert pair.moved is Moved.BIT_EQUAL
    assert pair.ratio == 1
    assert [each.seed for each in pair.pairs] == [44, 45, 46]


@pytest.mark.parametrize(
    ("factor", "moved"),
    [
        (1.05, Moved.SAME),
        (1.5, Moved.SAME),  # which is for `drift` to judge
        (10.0, Moved.VERDICT),
    ],
)
def test_slower_and_faster_learning_are_told_from_a_changed_verdict(
    factor: float, moved: Moved
) -> None:
    pair = only(taken(), taken(factor))
    assert pair.moved is moved
    assert pair.number == "first epoch below"
    if moved is not Moved.VERDICT:
        assert pair.ratio == pytest.approx(factor, rel=0.1)


def measured_anew(name: str, value: float | None, factor: float = 1.0) -> Result:
    """The same training, of which a rule gives another number."""
    before = taken()
    outcomes = [
        {**each, "numbers": {**each["numbers"], name: value and factor * value}}
        for each in before.outcomes
    ]
    return replace(before, outcomes=outcomes)


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        (0.5, 0.515, Moved.NUMBERS),
        (0.5, 0.5002, Moved.NUMBERS),
        (0.5, 0.50002, Moved.BIT_EQUAL),
        (0.5, None, Moved.NUMBERS),
        (-0.5, 0.5, Moved.NUMBERS),
        (4e-8, 9e-8, Moved.BIT_EQUAL),  # as rounding of another machine may do
    ],
)
def test_bit_equal_training_must_give_the_numbers_that_it_gave(
    before: float, after: float | None, moved: Moved
) -> None:
    pair = only(measured_anew("least MSE", before), measured_anew("least MSE", after))
    assert pair.moved is moved
    assert exit_code([Standing.AS_EXPECTED], pairs=[pair]) == (9 if moved is Moved.NUMBERS else 0)
    text = comparison([pair], ("a", "b"))
    if moved is Moved.NUMBERS:
        assert pair.numbers_moved == [pair.number] == ["least MSE"]
        assert "**other numbers from bit-equal training**" in text
        assert "1, bit-equal" not in text
        [line] = annotations([], [pair], [])
        assert line == "::error title=other numbers from bit-equal training%3A fits::least MSE"


def test_the_ratio_shown_is_that_of_the_number_that_moved() -> None:
    pair = only(measured_anew("least MSE", 0.5), measured_anew("least MSE", 0.5, 1.03))
    assert pair.ratio == pytest.approx(1.03)
    assert " 0.5 0.515 1.030 " in " ".join(comparison([pair], ("a", "b")).split())


def test_numbers_of_other_training_are_left_to_drift() -> None:
    after = replace(
        measured_anew("least MSE", 0.5),
        outcomes=[{**each, "losses": "other"} for each in measured_anew("least MSE", 0.6).outcomes],
    )
    assert only(measured_anew("least MSE", 0.5), after).moved is Moved.SAME


def test_a_rate_has_no_ratio() -> None:
    rates = [
        replace(taken(), outcomes=[{**each, "numbers": {"least error rate": rate}} for each in of])
        for rate, of in ((0.0, taken().outcomes), (0.01, taken(1.05).outcomes))
    ]
    assert only(*rates).ratio is None
    assert "never" not in comparison([only(*rates)], ("a", "b"))


def test_a_seed_that_no_longer_gets_there_makes_the_ratio_infinite() -> None:
    pair = only(taken(), taken(10.0))
    assert pair.ratio == float("inf")
    assert pair.to_json()["ratio"] is None
    assert "never now" in comparison([pair], ("a", "b"))
    assert "never before" in comparison([only(taken(10.0), taken())], ("a", "b"))


def test_a_seed_that_never_gets_there_on_either_side_has_not_moved() -> None:
    slow = {"losses": "", **taken(10.0).outcomes[0]}
    other = replace(taken(10.0), outcomes=[{**slow, "losses": "another"}])
    pair = only(taken(10.0), other)
    assert pair.moved is Moved.SAME
    assert pair.ratio == 1


def test_only_seeds_that_both_have_are_compared() -> None:
    few = taken()
    more = replace(few, outcomes=[*few.outcomes, {**few.outcomes[0], "seed": 99}])
    assert [each.seed for each in only(few, more).pairs] == [44, 45, 46]


@pytest.mark.parametrize(
    ("status", "moved"), [("broken", Moved.BROKEN), ("undecided", Moved.UNDECIDED)]
)
def test_broken_and_undecided_are_kinds_of_their_own(status: str, moved: Moved) -> None:
    assert only(taken(), replace(taken(), status=status)).moved is moved


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ([0.6, 0.85], [0.5, 0.7], Moved.SAME),
        ([0.6, 0.85], [0.2, 0.5], Moved.VERDICT),
        ([0.6, 0.85], [0.9, 1.0], Moved.VERDICT),
    ],
)
def test_an_estimate_moves_where_its_intervals_have_nothing_in_common(
    before: list[float], after: list[float], moved: Moved
) -> None:
    one, other = (
        replace(taken(factor), status="estimated", interval=interval)
        for factor, interval in ((1.0, before), (1.05, after))
    )
    assert only(one, other).moved is moved


def test_a_changed_rule_or_experiment_cannot_be_compared() -> None:
    rule = taken(rule=FitsBy(epoch=60, mse_below=0.2))
    experiment = replace(synthetic.EXPERIMENT, optimizer=Optimizer("SGD", lr=1e-2))
    other = taken(experiments={"run": experiment})
    assert only(taken(), rule).moved is Moved.OTHER
    assert only(taken(), other).moved is Moved.OTHER


def test_what_one_side_lacks_is_named_and_not_counted() -> None:
    assert only(taken(), None).moved is Moved.ALONE
    assert only(None, taken()).moved is Moved.ALONE
    told = comparison([only(None, taken()), only(taken(id="gone"), None)], ("a", "b"))
    assert "Only in a: gone." in told
    assert "Only in b: fits." in told
    assert told.endswith("0 of 2 could be compared.")


def test_a_renamed_claim_keeps_its_history() -> None:
    [pair] = compare([taken(id="older")], [taken()])
    assert pair.moved is Moved.BIT_EQUAL
    assert "fits was called older." in comparison([pair], ("a", "b"))
    # One that is still there was not renamed, and was only not run.
    assert len(compare([taken(id="older")], [taken()], known={"older", "fits"})) == 2


def test_what_is_another_claim_now_says_which_part_of_it() -> None:
    denser = replace(synthetic.EXPERIMENT, inputs=Line(low=-1, high=1, points=999))
    other = only(taken(), taken(experiments={"run": denser}))
    assert "not comparable (another setting: run)" in comparison([other], ("a", "b"))
    rule = only(taken(), taken(rule=FitsBy(epoch=60, mse_below=0.2)))
    assert "another rule, was: " in comparison([rule], ("a", "b"))


@dataclass(frozen=True)
class Own(OfOneRun):
    """A quantity of a claim's own."""

    word = "own"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        return Series(np.arange(epoch + 1), self.of(runs[self.arm].mse[:, : epoch + 1]))

    def of(self, errors: Any) -> Any:
        return errors


class Changed(Own):
    """The same in other code."""

    def of(self, errors: Any) -> Any:
        return 1.5 * errors


def test_a_rule_of_other_code_of_ones_own_is_another_rule() -> None:
    before, after = (taken(rule=each().below(0.1).by(60)) for each in (Own, Changed))
    assert before.rule == after.rule == "own < 0.1 by epoch 60"
    assert "" != before.rule_code != after.rule_code != ""
    pair = only(before, after)
    assert pair.moved is Moved.OTHER
    assert "not comparable (the code of its rule has changed)" in comparison([pair], ("a", "b"))
    assert only(before, taken(rule=Own().below(0.1).by(60))).moved is Moved.BIT_EQUAL
    assert taken().rule_code == ""


def test_what_is_only_written_otherwise_is_the_same() -> None:
    short = replace(synthetic.EXPERIMENT, net=MLP(widths=(8,)), optimizer=Optimizer("SGD", lr=0.1))
    full = replace(
        synthetic.EXPERIMENT,
        net=MLP(widths=(8,), activation="ReLU", bias=True),
        optimizer=Optimizer("SGD", lr=1e-1),
    )
    before = taken(says="It fits.", experiments={"run": short})
    after = taken(says="In other words.", experiments={"run": full})
    assert only(before, after).moved is Moved.BIT_EQUAL


def test_a_verdict_that_moves_on_its_seeds_alone_is_no_alarm() -> None:
    before, after = taken(), replace(taken(), status="refuted")
    [chance] = compare([before], [after], {after.key: [after, before]})
    assert chance.moved is Moved.CHANCE
    [moved] = compare([before], [after], {after.key: [after, after]})
    assert moved.moved is Moved.VERDICT
    told = comparison([chance], ("a", "b"))
    assert "fits was judged again on fresh seeds 44 to 46: reproduced 3/3, as before." in told


def test_what_moved_has_the_command_that_repeats_it() -> None:
    command = "pytest bench/ --claims fits --fresh"
    same, turned = only(taken(), taken()), only(taken(), replace(taken(), status="refuted"))
    assert command not in comparison([same], ("a", "b"))
    assert comparison([turned], ("a", "b")).endswith(f"\n\nrepeat fits: {command}")
    assert comparison([turned], ("a", "b"), "pipe").rstrip().endswith(f"`{command}`")
    assert turned.to_json()["after"]["repeat"] == command


def test_a_gpu_is_compared_with_the_cpu_where_it_has_no_row_of_its_own() -> None:
    gpu = replace(taken(1.05), device="cuda:0")
    assert only(taken(), gpu).moved is Moved.SAME
    pairs = compare([taken(1.5), replace(taken(), device="cuda:0")], [gpu])
    assert pairs[0].before is not None
    assert pairs[0].before.device == "cuda:0"


def test_surroundings_name_what_differs_and_no_key() -> None:
    here = replace(taken(), environment={"torch": "2.13.0", "libc": "l", "key": "a"})
    there = replace(taken(), environment={"torch": "2.15.0", "libc": "l", "key": "b"})
    assert surroundings([only(here, there)]) == {"torch": ("2.13.0", "2.15.0")}


GATED = """
CLAIMS = [
    claim("fits", FitsBy(epoch=200, mse_below=0.05), expected="reproduced"),
    claim("never-fits", NEVER, expected="refuted"),
]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two claims, their baseline and a journal that holds all of it."""
    made = sessions.prepare(tmp_path_factory.mktemp("gated"), GATED)
    first = sessions.run(made, "--baseline", "baseline", "--update-baseline")
    assert first.code == 0, first.text
    return made


def gate(folder: Path, changes: Mapping[str, str] | None = None) -> Session:
    """The gate against the folder's baseline after some substitutions in its text."""
    changed = folder / "changed"
    changed.mkdir(exist_ok=True)
    text = (folder / "baseline" / "verdicts.json").read_text("utf-8")
    for pattern, to in (changes or {}).items():
        text = re.sub(pattern, to, text)
    (changed / "verdicts.json").write_text(text)
    epochs = Key("fits/full", "first epoch below")
    save_tolerances(Tolerances({epochs: 0.01}, {epochs: 5}), changed)
    return sessions.run(folder, "--gate", "--baseline", "changed")


def test_the_gate_is_green_on_the_machine_of_its_baseline_and_trains_anew(folder: Path) -> None:
    ended = gate(folder)
    assert ended.code == 0, ended.text
    assert ended.text.count("1, bit-equal") == 2
    assert "journal: reused 0 seeds, trained 3" in ended.text


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        ({'"status": "reproduced"': '"status": "refuted"'}, 6, "verdict changed"),
        (
            {'"first epoch below": (\\d+)': '"first epoch below": \\g<1>0'},
            9,
            "other numbers from bit-equal training",
        ),
        (
            # Another hash of the losses makes bit-equal runs into ones that merely agree.
            {
                '"first epoch below": (\\d+)': '"first epoch below": \\g<1>0',
                '"losses": "': '"losses": "x',
            },
            9,
            "learning drifted",
        ),
    ],
    ids=["verdict", "numbers", "drift"],
)
def test_each_kind_of_move_has_its_exit_code(
    folder: Path, changes: dict[str, str], code: int, told: str
) -> None:
    ended = gate(folder, changes)
    assert ended.code == code, ended.text
    assert told in ended.text
    for first in FRESH:
        seeds = f"{first} to {first + 2}"
        again = f"fits was judged again on fresh seeds {seeds}: reproduced 3/3, here too."
        assert (again in ended.text) == (code == 6)


def test_a_gate_that_compares_nothing_is_red(folder: Path) -> None:
    ended = gate(folder, {'"rule": "': '"rule": "another '})
    assert ended.code == 11, ended.text
    assert "0 of 2 could be compared." in ended.text
    only_timings = sessions.run(folder, "--gate", "--baseline", "baseline", "--benchmark-only")
    assert only_timings.code == 5, only_timings.text  # pytest's own: no test was run


def test_recorded_is_not_gated(folder: Path) -> None:
    ended = sessions.run(folder, "--gate", "--update-baseline", "--baseline", "first")
    assert ended.code == 0, ended.text
    assert "baseline: first, recorded, not gated" in ended.text
    assert (folder / "first" / "verdicts.json").exists()


MOVED = """
def young(seed, device, epochs):
    runs = trained(seed, device, epochs)
    return runs if seed >= 500 else replace(runs, mse=runs.mse + 1e3)


CLAIMS = [
    claim("luck", experiment=Training(train=young, flops_an_epoch=1.0), expected="reproduced"),
    claim("turned", NEVER, expected="reproduced"),
    claim("new"),
    claim("fits", expected="reproduced"),
]
"""


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose baseline has a verdict that only its judging seeds give."""
    made = sessions.prepare(tmp_path_factory.mktemp("moving"), MOVED)
    sessions.run(made, "--baseline", "baseline", "--update-baseline")
    return made


def test_a_verdict_that_fresh_seeds_do_not_give_is_green(moving: Path) -> None:
    ended = sessions.run(moving, "--gate", "--baseline", "baseline", "--claims", "luck,new")
    assert ended.code == 0, ended.text
    assert ended.rows()["luck"][0] == "as expected: refuted"


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "spread"])
def test_a_verdict_that_moves_there_too_is_red_also_where_the_run_stops_at_it(
    moving: Path, more: tuple[str, ...]
) -> None:
    ended = sessions.run(moving, "--gate", "--baseline", "baseline", "--maxfail", "1", *more)
    assert ended.code == 6, ended.text
    assert ended.rows()["turned"][0] == "changed: refuted"


def test_undecided_is_red_at_the_gate_where_the_baseline_is_decided(folder: Path) -> None:
    ended = sessions.run(folder, "--gate", "--baseline", "baseline", "--seeds", "2")
    assert ended.code == 8
    assert "now undecided" in ended.text


def test_a_gate_without_a_baseline_ends_before_anything_trains(folder: Path) -> None:
    ended = sessions.run(folder, "--gate", "--baseline", "nowhere", "--journal", "unused")
    assert ended.code == 4
    assert "ERROR: --baseline = 'nowhere': it holds no verdicts.json" in ended.text
    assert not (folder / "unused").exists()


def test_a_comparison_is_json_with_every_seed() -> None:
    found = json.loads(json.dumps(only(taken(), taken(1.05)).to_json()))
    assert found["before"]["verdict"] == found["after"]["verdict"] == "reproduced"
    assert [each["seed"] for each in found["seeds"]] == [44, 45, 46]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_comparison_fits_the_terminal(width: int) -> None:
    long = "an-id-that-is-as-long-as-ids-of-claims-get-in-the-largest-folders"
    both = [taken(), taken(id=long)]
    lone = [taken(id=f"{long}-{number}") for number in range(21)]
    text = comparison(compare([*both, *lone], both), ("reports/baseline", "now"), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "and 13 more." in " ".join(text.split())
