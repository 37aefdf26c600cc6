"""The committed baseline: it comes back as it was, and no accident damages it."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epochal import CentreBeforeEdges, EpochsRatio, FitsBy, Optimizer, Runs, StaysAbove
from epochal.claims.claim import Claim
from epochal.claims.rules.base import Rule
from epochal.errors import SpecError
from epochal.experiments.snapshots import snapshot_epochs
from epochal.gate.baseline import load, save, update
from epochal.judging.findings import Findings
from epochal.report.pages import write
from epochal_testing import judged, synthetic

OTHER = replace(synthetic.EXPERIMENT, optimizer=Optimizer("SGD", lr=1e-2))

FAR = synthetic.claim(FitsBy(epoch=100, mse_below=0.1), id="far")
NEAR = synthetic.claim(StaysAbove(epoch=30, mse_above=0.4), id="near")
ELSEWHERE = synthetic.claim(
    FitsBy(epoch=50, mse_below=0.1), id="elsewhere", experiments={"run": OTHER}
)
CLAIMS = (FAR, NEAR, ELSEWHERE)


@pytest.fixture
def findings() -> Findings:
    made = Findings()
    for claim in CLAIMS:
        judged.take(made, claim)
    return made


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".json"}


def test_what_was_saved_is_loaded_and_saved_again_in_the_same_bytes(
    findings: Findings, tmp_path: Path
) -> None:
    save(findings, tmp_path)
    first = content(tmp_path)
    found = load(tmp_path)
    assert found.results == findings.results
    assert found.curves == findings.curves
    save(found, tmp_path)
    assert content(tmp_path) == first
    assert set(first) == {
        "samples.json",
        "verdicts.json",
        *(f"runs-{key}.json" for key in findings.curves),
    }
    assert len(findings.curves) == 2  # two claims share one experiment


def test_a_seed_has_a_line_of_its_own_and_what_is_expected_is_not_kept(
    findings: Findings, tmp_path: Path
) -> None:
    save(findings, tmp_path)
    text = (tmp_path / "verdicts.json").read_text("utf-8")
    seeds = [line for line in text.splitlines() if '"seed"' in line]
    assert len(seeds) == sum(each.n for each in findings.results.values())
    assert "expected" not in text


def test_curves_that_no_result_speaks_of_are_removed(findings: Findings, tmp_path: Path) -> None:
    save(findings, tmp_path)
    del findings.results["elsewhere/full/cpu"]
    save(findings, tmp_path)
    assert not list(tmp_path.glob(f"runs-{OTHER.digest}*"))
    assert len(list(tmp_path.glob("runs-*"))) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "it holds no verdicts.json; run with --update-baseline"),
        ("no JSON", "it cannot be read as a baseline (JSONDecodeError"),
        ("[1, 2]", "it cannot be read as a baseline (TypeError"),
        ('{"schema": 2, "results": [{"claim": "c"}]}', "it cannot be read as a baseline"),
        ('{"schema": 99, "results": []}', "schema 99 is not 2; use the epochal that wrote it"),
    ],
)
def test_a_baseline_that_is_missing_or_foreign_is_refused_and_left_alone(
    findings: Findings, tmp_path: Path, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / "verdicts.json").write_text(text)
    before = content(tmp_path)
    with pytest.raises(SpecError) as caught:
        load(tmp_path)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"--baseline = '{tmp_path}': ")
    if text is not None:
        with pytest.raises(SpecError):
            update(findings, CLAIMS, tmp_path)
    assert content(tmp_path) == before


def test_an_update_keeps_what_was_not_run_again(findings: Findings, tmp_path: Path) -> None:
    update(findings, CLAIMS, tmp_path)
    again = Findings()
    slower = judged.take(again, NEAR, seeds=5)
    update(again, CLAIMS, tmp_path)
    found = load(tmp_path)
    assert found.results == {**findings.results, slower.key: slower}
    # The longer training of the shared experiment is still there for the other claim's picture.
    key = f"{synthetic.EXPERIMENT.digest}-cpu"
    kept, before = found.curves[key], findings.curves[key]
    assert kept.seeds == [44, 45, 46, 47, 48]
    assert kept.epochs == before.epochs
    assert kept.mse[:3] == before.mse
    shorter = again.curves[key]
    assert kept.mse[4] == shorter.at(kept.epochs, shorter.mse[4])
    assert {bool(value) for value in kept.mse[4]} == {True, False}
    assert kept.fits["100"][:3] == before.fits["100"]
    assert kept.fits["30"] == again.curves[key].fits["30"]
    write(found, CLAIMS, tmp_path / "report")
    drawn = {path.stem for path in (tmp_path / "report" / "figures").iterdir()}
    assert drawn == {"far", "near", "elsewhere"}


def taken(seeds: int, scale: float = 1.0, key: str = "k", claim: Claim = FAR) -> Findings:
    """What a run of so many seeds gives, in an environment, with losses of another scale."""

    def scaled(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        made = judged.falling(name, seeds, epochs)
        return replace(made, loss=made.loss * scale, mse=made.mse * scale)

    made = Findings()
    found = judged.take(made, claim, scaled, seeds=seeds)
    made.results[found.key] = replace(found, environment={**found.environment, "key": key})
    return made


def seeds_of(folder: Path, claim: str = "far") -> list[int]:
    [found] = [each for each in load(folder).results.values() if each.claim == claim]
    return [outcome["seed"] for outcome in found.outcomes]


def test_fewer_seeds_that_learned_the_same_are_taken_in_and_cost_none(tmp_path: Path) -> None:
    assert update(taken(8), CLAIMS, tmp_path) == []
    assert update(taken(3), CLAIMS, tmp_path) == []
    assert seeds_of(tmp_path) == list(range(44, 52))
    [found] = load(tmp_path).results.values()
    assert (found.status, found.fixed, found.n) == ("reproduced", True, 8)
    assert found.repeat == "pytest bench/ --claims far --seeds 8 --fresh"


def test_more_seeds_that_learned_the_same_take_the_place_of_fewer(tmp_path: Path) -> None:
    update(taken(3), CLAIMS, tmp_path)
    update(taken(6), CLAIMS, tmp_path)
    assert seeds_of(tmp_path) == list(range(44, 50))


def test_other_seeds_are_added_and_decide_together(tmp_path: Path) -> None:
    later = replace(FAR, first_seed=50)
    update(taken(3), CLAIMS, tmp_path)
    update(taken(4, claim=later), CLAIMS, tmp_path)
    assert seeds_of(tmp_path) == [44, 45, 46, 50, 51, 52, 53]
    update(taken(2, claim=replace(FAR, first_seed=90), key="elsewhere"), CLAIMS, tmp_path)
    assert seeds_of(tmp_path) == [44, 45, 46, 50, 51, 52, 53]


def test_fewer_seeds_that_learned_otherwise_replace_none_unless_they_are_named(
    tmp_path: Path,
) -> None:
    update(taken(8), CLAIMS, tmp_path)
    told = update(taken(3, scale=1.1), CLAIMS, tmp_path)
    assert told == [
        "far keeps its 8 seeds, which learned differently from these 3; --replace-baseline far "
        "replaces them"
    ]
    assert seeds_of(tmp_path) == list(range(44, 52))
    assert load(tmp_path).curves == taken(8).curves
    assert update(taken(3, scale=1.1), CLAIMS, tmp_path, ["f*"]) == []
    assert seeds_of(tmp_path) == [44, 45, 46]


def test_as_many_seeds_that_learned_otherwise_take_their_place(tmp_path: Path) -> None:
    update(taken(4), CLAIMS, tmp_path)
    before = load(tmp_path).results["far/full/cpu"].outcomes
    update(taken(4, scale=1.1), CLAIMS, tmp_path)
    after = load(tmp_path).results["far/full/cpu"].outcomes
    assert [each["seed"] for each in after] == [44, 45, 46, 47]
    assert {each["losses"] for each in after}.isdisjoint(each["losses"] for each in before)


def test_another_rule_is_another_result(tmp_path: Path) -> None:
    update(taken(8), CLAIMS, tmp_path)
    other = replace(FAR, rule=FitsBy(epoch=100, mse_below=0.05))
    update(taken(3, claim=other), (other, NEAR, ELSEWHERE), tmp_path)
    assert seeds_of(tmp_path) == [44, 45, 46]


def test_added_seeds_of_a_rule_about_a_number_have_one_interval(tmp_path: Path) -> None:
    arms = {"fast": synthetic.EXPERIMENT, "slow": OTHER}
    rule = EpochsRatio(over="slow", under="fast", mse_below=0.1, low=1.5, high=3, epoch=60)
    claim = synthetic.claim(rule, id="ratio", experiments=arms)

    def spread(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        made = judged.falling(name, seeds, epochs)
        scale = (1 + 0.02 * np.array(seeds) % 0.2)[:, None] * (10 if name == "slow" else 1)
        return replace(made, loss=made.loss * scale, mse=made.mse * scale)

    first, second = Findings(), Findings()
    judged.take(first, claim, spread, seeds=5)
    judged.take(second, replace(claim, first_seed=60), spread, seeds=5)
    update(first, [claim], tmp_path)
    update(second, [claim], tmp_path)
    [found] = load(tmp_path).results.values()
    assert found.n == 10
    assert found.interval is not None
    numbers = [each["numbers"]["ratio"] for each in found.outcomes]
    assert found.interval[0] < np.exp(np.mean(np.log(numbers))) < found.interval[1]


def test_added_seeds_whose_number_is_only_bounded_decide_together(tmp_path: Path) -> None:
    arms = {"fast": synthetic.EXPERIMENT, "slow": OTHER}
    rule = EpochsRatio(over="slow", under="fast", mse_below=0.1, high=1.2, epoch=60)
    claim = synthetic.claim(rule, id="ratio", experiments=arms)

    def never(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        made = judged.falling(name, seeds, epochs)
        return replace(made, mse=made.mse * (1e4 if name == "slow" else 1))

    for first_seed, n, status in ((44, 3, "undecided"), (60, 2, "refuted")):
        found = Findings()
        judged.take(found, replace(claim, first_seed=first_seed), never, seeds=n)
        update(found, [claim], tmp_path)
        [result] = load(tmp_path).results.values()
        assert result.status == status
    assert result.outcomes[0]["between"] == [pytest.approx(60 / 17, rel=0.1), None]


def test_a_hundred_experiments_of_noise_take_less_than_five_megabytes(tmp_path: Path) -> None:
    made, claims = Findings(), []
    rng = np.random.default_rng(0)

    def noisy(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        grid, n = snapshot_epochs(epochs), len(seeds)
        found = synthetic.runs(
            seeds, rng.random((n, epochs + 1)), shares=rng.random((n, epochs + 1, 2))
        )
        probe = np.linspace(-7.5, 7.5, 301)
        fits = rng.normal(size=(n, len(grid), 301))
        return replace(found, probe=probe, probe_target=fits[:, 0], predictions=fits)

    for number in range(100):
        experiment = replace(synthetic.EXPERIMENT, probe=601 + number)
        rule: Rule = FitsBy(epoch=15000, mse_below=0.001)
        if number % 4 == 0:
            rule = CentreBeforeEdges(
                epoch=15000, centre=2, centre_below=0.1, edges=5, edges_above=0.1
            )
        claims.append(synthetic.claim(rule, id=f"c{number}", experiments=experiment))
        judged.take(made, claims[-1], noisy, seeds=5)
    update(made, claims, tmp_path)
    files = list(tmp_path.iterdir())
    assert len(files) == 102
    assert sum(path.stat().st_size for path in files) < 5e6  # most of it films, which noise fills
    curves = load(tmp_path).curves
    assert max(len(each.epochs) for each in curves.values()) <= 80
    assert max(len(each.positions) for each in curves.values()) <= 121


def test_curves_are_the_same_in_whatever_order_claims_were_judged() -> None:
    def far(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        return judged.falling(name, seeds, 100)  # as far as another claim of the session asks

    orders = (CLAIMS, CLAIMS[::-1])
    found = [Findings(), Findings()]
    for made, claims in zip(found, orders, strict=True):
        for claim in claims:
            judged.take(made, claim, far)
    texts = [{key: json.dumps(each.told) for key, each in made.curves.items()} for made in found]
    assert texts[0] == texts[1]


def test_an_update_drops_claims_that_are_gone_or_ask_something_else(
    findings: Findings, tmp_path: Path
) -> None:
    update(findings, CLAIMS, tmp_path)
    changed = replace(FAR, experiments={"run": replace(synthetic.EXPERIMENT, dtype="float64")})
    update(Findings(), (changed, ELSEWHERE), tmp_path)
    found = load(tmp_path)
    assert list(found.results) == ["elsewhere/full/cpu"]
    assert [each.experiment for each in found.curves.values()] == [OTHER.digest]


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_crash_between_files_leaves_each_of_them_whole(
    findings: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    save(findings, tmp_path / "old")
    newer = Findings()
    for claim in CLAIMS:
        judged.take(newer, claim, seeds=6)
    save(newer, tmp_path / "new")
    old, new = content(tmp_path / "old"), content(tmp_path / "new")
    really, calls = os.replace, list[str]()

    def crashes(source: Path, target: Path) -> None:
        calls.append(target.name)
        if len(calls) > written:
            raise OSError("power cut")
        really(source, target)

    monkeypatch.setattr(os, "replace", crashes)
    with pytest.raises(OSError, match="power cut"):
        save(newer, tmp_path / "old")
    left = content(tmp_path / "old")
    assert {name: text in (old[name], new[name]) for name, text in left.items()} == dict.fromkeys(
        old, True
    )
    assert sum(left[name] == new[name] != old[name] for name in left) == written
    json.loads(left["verdicts.json"])
    load(tmp_path / "old")
