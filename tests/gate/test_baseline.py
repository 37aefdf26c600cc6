"""The committed baseline: it comes back as it was, and no accident damages it."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from epochal import FitsBy, Optimizer, StaysAbove
from epochal.errors import SpecError
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
    assert set(first) == {"verdicts.json", *(f"runs-{key}.json" for key in findings.curves)}
    assert len(findings.curves) == 2  # two claims share one experiment


def test_a_seed_has_a_line_of_its_own_and_what_is_expected_is_not_kept(
    findings: Findings, tmp_path: Path
) -> None:
    save(findings, tmp_path)
    text = (tmp_path / "verdicts.json").read_text()
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
    assert kept.mse[4][: len(again.curves[key].epochs)] == again.curves[key].mse[4]
    assert set(kept.mse[4][len(again.curves[key].epochs) :]) == {None}
    assert kept.fits["100"][:3] == before.fits["100"]
    assert kept.fits["30"] == again.curves[key].fits["30"]
    write(found, CLAIMS, tmp_path / "report")
    drawn = {path.stem for path in (tmp_path / "report" / "figures").iterdir()}
    assert drawn == {"far", "near", "elsewhere"}


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
