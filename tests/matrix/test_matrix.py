"""The same claims under several torches: letters of equal bits, and what is set side by side."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epochal import FitsBy, MseRatioAt
from epochal.ab.arms import Arm
from epochal.ab.session import Bench
from epochal.ab.statistics import AbbaBlock, Pace, Timing, TimingSession
from epochal.ab.stored import keep, kept
from epochal.claims.claim import Claim
from epochal.errors import SpecError
from epochal.identity.environment import Environment
from epochal.journal.store import Journal
from epochal.journal.units import Session, Unit
from epochal.matrix.matrix import Matrix, matrix
from epochal.matrix.page import table, write
from epochal.matrix.smoke import shortened
from epochal.report.drawn import drawn_digest
from epochal_testing import synthetic

FITS = synthetic.claim(FitsBy(epoch=300, mse_below=0.1), id="fits")
RATIO = synthetic.claim(
    MseRatioAt(epoch=30, over="a", under="b", high=0.5),
    id="ratio",
    experiments={
        "a": replace(synthetic.EXPERIMENT, probe=777),
        "b": replace(synthetic.EXPERIMENT, dtype="float64"),
    },
)
CLAIMS = (FITS, RATIO)


def facts(torch: str, **more: str) -> dict[str, str]:
    told = {"device": "cpu", "processor": "P", "torch": torch, "torch build": f"b{torch}"}
    return {**told, "engine code": "c", **more}


def put(
    journal: Journal, claim: Claim, told: Mapping[str, str], scale: float = 1.0, epochs: int = 400
) -> None:
    """Rows of every setting of ``claim`` in an environment, whose errors are ``scale``."""
    here, session = Environment(told), Session()
    journal.add_environment(here.key, here.hardware_key, told)
    case = claim.cases[0]
    for name in case.horizons:
        experiment = case.experiments[name]
        made = synthetic.runs([claim.first_seed], scale / np.arange(1.0, epochs + 2)[None])
        made = replace(made, experiment=experiment.digest)
        unit = Unit(experiment.digest, claim.first_seed, here.key)
        journal.put(unit, made, session, began=0, finished=True)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def found(journal: Journal, pinned: str | None = None) -> Matrix:
    return matrix(journal, CLAIMS, pinned)


def test_a_look_goes_no_further_than_the_claim_does() -> None:
    assert shortened(FITS.cases[0]).horizons == {"run": 200}
    assert shortened(RATIO.cases[0]).horizons == {"a": 30, "b": 30}
    with pytest.raises(SpecError, match="--epochs = 0"):
        shortened(FITS.cases[0], 0)


def test_equal_letters_are_equal_bits(journal: Journal) -> None:
    for version, scale in (("2.4.1+cu121", 1), ("2.13.0+cpu", 1), ("2.15.0", 1.0001)):
        put(journal, FITS, facts(version), scale)
        put(journal, RATIO, facts(version))
    made = found(journal, "2.13.0")
    assert made.versions == ("2.4.1", "2.13.0", "2.15.0")
    fits, ratio = made.rows
    assert fits.letters(made.versions) == {"2.4.1": "A", "2.13.0": "A", "2.15.0": "B"}
    assert set(ratio.letters(made.versions).values()) == {"A"}
    assert fits.ratio("2.13.0", "2.15.0") == pytest.approx(1.0001)
    assert made.changed("2.4.1", "2.13.0") == []
    assert made.changed("2.13.0", "2.15.0") == [fits]
    assert found(journal).pinned == "2.15.0"
    told = json.loads(json.dumps(made.to_json()))
    assert told["claims"][0]["bits"] == {"2.4.1": "A", "2.13.0": "A", "2.15.0": "B"}
    assert told["claims"][0]["ratios"]["2.15.0"] == pytest.approx(1.0001)
    assert (told["pinned"], told["epochs"], told["tier"]) == ("2.13.0", 200, "quick")
    shown = table(made).splitlines()
    assert shown[2].split() == ["fits", "A", "A", "B", "×1.0001"]


def test_only_environments_that_differ_in_torch_alone_stand_side_by_side(journal: Journal) -> None:
    put(journal, FITS, facts("2.4.1"))
    put(journal, FITS, facts("2.13.0"))
    put(journal, FITS, facts("2.13.0", processor="Q"), scale=2)
    put(journal, FITS, facts("2.13.0", **{"engine code": "older"}), scale=3)
    put(journal, FITS, facts("2.15.0", device="cuda"), scale=4)
    made = found(journal)
    assert made.versions == ("2.4.1", "2.13.0")
    assert made.changed("2.4.1", "2.13.0") == []
    assert made.facts[""]["processor"] == "P"
    assert made.facts["2.4.1"]["torch"] == "2.4.1"


def test_builds_of_torch_may_bring_another_cuda(journal: Journal) -> None:
    for version, cuda in (("2.4.1", "12.4, cuDNN 90100"), ("2.13.0", "13.0, cuDNN 91200")):
        put(journal, FITS, facts(version, device="cuda", gpu="H100", cuda=cuda))
    made = matrix(journal, CLAIMS, device="cuda")
    assert made.versions == ("2.4.1", "2.13.0")
    assert made.facts["2.4.1"]["cuda"] == "12.4, cuDNN 90100"
    assert made.facts[""]["gpu"] == "H100"


def test_what_is_too_short_or_in_part_is_not_seen(journal: Journal) -> None:
    for version in ("2.4.1", "2.13.0"):
        put(journal, FITS, facts(version), epochs=250)
    put(journal, FITS, facts("2.15.0"), epochs=199)
    assert found(journal).versions == ("2.4.1", "2.13.0")
    with pytest.raises(
        SpecError, match=r"--pinned = '2\.14\.0': no run with this version is stored"
    ):
        found(journal, "2.14.0")


def test_one_version_is_no_matrix(journal: Journal) -> None:
    put(journal, FITS, facts("2.13.0"))
    with pytest.raises(SpecError, match=r"under 2\.13\.0 alone; run tox -m matrix"):
        found(journal)


def test_the_page_tells_between_which_versions_bits_changed(
    journal: Journal, tmp_path: Path
) -> None:
    for version, scale in (("2.4.1", 1), ("2.13.0", 1), ("2.15.0", 1.5)):
        put(journal, FITS, facts(version), scale)
    put(journal, RATIO, facts("2.13.0"))
    path = tmp_path / "reports" / "matrix.md"
    path.parent.mkdir()
    write(found(journal, "2.13.0"), path)
    page = path.read_text("utf-8")
    assert "0 of 1 claims are bit-identical under all of them. 1 more were not trained" in page
    assert "- 2.4.1 to 2.13.0: all 1 claims are bit-identical" in page
    assert "- 2.13.0 to 2.15.0: 1 of 1 claims change: fits" in page
    assert "B ×1.5" in page
    assert "## Verdicts" not in page
    assert drawn_digest(path.parent / "figures" / "matrix.png")
    assert "## Time of an epoch" not in page
    assert "## Warnings\n\nNone under any version." in page
    before = page
    write(found(journal, "2.13.0"), path)
    assert path.read_text("utf-8") == before


def test_warnings_stand_by_the_versions_whose_trainings_gave_them(
    journal: Journal, tmp_path: Path
) -> None:
    for version in ("2.4.1", "2.13.0"):
        put(journal, FITS, facts(version))
    units = {
        version: Unit(FITS.cases[0].experiments["run"].digest, 44, Environment(facts(version)).key)
        for version in ("2.4.1", "2.13.0", "2.15.0")
    }
    old = "FutureWarning: it will go (torch/nn/it.py:1)"
    for _ in range(2):
        journal.note_warnings(units["2.4.1"], Session(), [old])
    journal.note_warnings(units["2.15.0"], Session(), ["of an environment that is not shown"])
    journal.note_warnings(units["2.13.0"], Session(), [])
    made = found(journal)
    assert made.warnings == {"2.4.1": [old], "2.13.0": []}
    write(made, tmp_path / "matrix.md")
    page = (tmp_path / "matrix.md").read_text("utf-8")
    assert f"## Warnings\n\n- 2.4.1: {old}\n- 2.13.0: none\n" in page


def timed(
    journal: Journal,
    torch: str,
    ratio: float,
    claim: str = "fits",
    source: str = "tree",
    device: str = "cpu",
    setting: str = FITS.cases[0].experiments["run"].digest,
    **other: str,
) -> None:
    """A timing of an epoch under ``torch`` over one under 2.13.0, kept in ``journal``."""
    a, b = (Arm(torch, Path("python"), Path(each)) for each in ("tree", source))
    bench = Bench(a, b, claim, device=device)
    shared = {"setting": setting, "python": "3.11"}
    bench.facts = ({"torch": "2.13.0+cpu", **shared}, {"torch": torch, **shared, **other})
    blocks = tuple(AbbaBlock((1.0, r, r, 1.0)) for r in (ratio, ratio * 1.01))
    found = {claim: Timing((TimingSession(blocks, Pace.NOT_SLOWER),))}
    keep(journal, "epochal ab", found, {claim: bench})


def test_the_last_timing_over_the_pinned_version_is_shown(journal: Journal, tmp_path: Path) -> None:
    for version in ("2.4.1", "2.13.0", "2.15.0"):
        put(journal, FITS, facts(version))
    timed(journal, "2.15.0", 2.0)
    timed(journal, "2.15.0", 0.9)
    assert len(kept(journal)) == 2
    others = (
        {"source": "another tree"},
        {"setting": "of another claim"},
        {"device": "cuda:0"},
        {"claim": "gone"},
        {"python": "3.12"},
    )
    for more in others:
        timed(journal, "2.15.0", 3.0, **more)
    timed(journal, "2.13.0", 3.0)
    timed(journal, "2.14.0", 3.0)
    made = found(journal, "2.13.0")
    assert list(made.times) == ["fits"]
    assert list(made.times["fits"]) == ["2.15.0"]
    shown = made.times["fits"]["2.15.0"]
    assert shown.ratio == pytest.approx(0.9 * 1.01**0.5)
    assert shown.interval[0] < shown.ratio < shown.interval[1]
    assert found(journal, "2.4.1").times == {}
    told = json.loads(json.dumps(made.to_json()))
    assert told["times"]["fits"]["2.15.0"]["pace"] == "not slower"
    write(made, tmp_path / "matrix.md")
    page = (tmp_path / "matrix.md").read_text("utf-8")
    assert "Ratio to the time under 2.13.0" in page
    assert "×0.904 [" in page
    assert "], not slower |" in page
    timed(journal, "2.4.1", 1.5)
    before = drawn_digest(tmp_path / "figures" / "matrix.png")
    write(found(journal, "2.13.0"), tmp_path / "matrix.md")
    assert drawn_digest(tmp_path / "figures" / "matrix.png") != before
