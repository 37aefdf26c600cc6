"""Image comparison: a figure of each kind is what is committed, to a small difference of pixels.

The pictures of claims are compared with those of the committed report; ``make report`` draws them.
The others have a reference in tests/report/references, which
``EPOCHAL_REFERENCES=write pytest tests/report/test_figures.py`` writes.
"""

import os
from io import BytesIO
from pathlib import Path

import pytest
from matplotlib.testing.compare import compare_images
from PIL import Image

from epochal import FitsBy
from epochal.claims.folder import load
from epochal.gate import baseline
from epochal.judging.findings import Findings
from epochal.report.chosen import SHOWS, of_claim
from epochal.report.drawn import draw, draw_panels
from epochal.report.pictures.matrix import picture as matrix
from epochal.report.pictures.style import png
from epochal.report.pictures.timeline import timeline
from epochal.report.sharing import card, film
from epochal_testing import judged, synthetic

ROOT = Path(__file__).parents[2]
REFERENCES = Path(__file__).with_name("references")
FIGURES = ROOT / "reports" / "figures"

TOLERANCE = 2.0
"""Root of the mean squared difference, of 255: a moved label is more."""

CLAIMS = load(ROOT / "cases")
FOUND = baseline.load(ROOT / "reports" / "baseline")
KINDS = {chosen[0]: claim for claim in reversed(CLAIMS) if (chosen := of_claim(FOUND, claim))}

FITS = synthetic.claim(FitsBy(epoch=100, mse_below=0.1), id="fits", says="It fits.")


def compare(drawn: Path, expected: Path) -> None:
    difference = compare_images(str(expected), str(drawn), TOLERANCE)
    assert difference is None, difference


def test_there_is_a_claim_of_each_kind() -> None:
    assert {*KINDS} == {*SHOWS}


@pytest.mark.parametrize("kind", SHOWS)
def test_a_picture_of_a_claim_is_the_committed_one(kind: str, tmp_path: Path) -> None:
    claim = KINDS[kind]
    assert draw(FOUND, claim, tmp_path) is not None
    compare(tmp_path / f"{claim.id}.png", FIGURES / f"{claim.id}.png")


def test_the_picture_of_a_source_is_the_committed_one(tmp_path: Path) -> None:
    source = next(claim.source for claim in CLAIMS if claim.source.panels)
    assert draw_panels(FOUND, source, CLAIMS, tmp_path) is not None
    compare(tmp_path / f"{source.key}.png", FIGURES / f"{source.key}.png")


def others() -> dict[str, bytes]:
    """The pictures that show no committed results, as PNG files."""
    findings = Findings()
    result = judged.take(findings, FITS)
    rows = [
        {"at": day * 86400.0, "environment": f"{day}", "trained": day, "result": vars(result)}
        for day in range(2)
    ]
    last = BytesIO()
    with Image.open(BytesIO(film(findings, FITS, "PNG"))) as moving:
        moving.seek(moving.n_frames - 1)  # type: ignore[attr-defined]
        moving.convert("RGB").save(last, "PNG")
    versions, names = ["2.4.1", "2.13.0"], ["one", "another"]
    times = [("sentinel-sgd", [(1.0, 0.9, 1.1)] * 2)]
    letters, ratios = [["A", "A"], ["A", "B"]], [[1.0, 1.0], [1.0, 1.2]]
    return {
        "card": card(findings, FITS),
        "film": last.getvalue(),
        "timeline": png(timeline("fits", rows)),
        "matrix": png(matrix("the first 200 epochs", versions, names, letters, ratios, 1, times)),
    }


def test_films_cards_and_histories_are_as_their_references(tmp_path: Path) -> None:
    folder = REFERENCES if os.environ.get("EPOCHAL_REFERENCES") == "write" else tmp_path
    for name, data in others().items():
        (folder / f"{name}.png").write_bytes(data)
        compare(folder / f"{name}.png", REFERENCES / f"{name}.png")
