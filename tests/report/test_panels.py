"""A source's own picture: panels of its claims, and computations drawn by their numbers."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from epochal import Exponent, FitsBy, LowBeforeHigh, Panel, SumOfSines, Wave
from epochal.claims.claim import Claim
from epochal.errors import SpecError
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.report.drawn import draw_panels
from epochal.report.pictures import numbers
from epochal.report.pictures.style import png
from epochal_testing import judged, synthetic

FITS = synthetic.claim(FitsBy(epoch=30, mse_below=0.1))
ALL = (
    Panel(title="errors", claims=(("one", "c"), ("the same", "c"))),
    Panel(title="a fit", claims=(("", "c"),), shows="fit"),
)


def drawn(claims: Sequence[Claim], panels: Sequence[Panel], folder: Path) -> str | None:
    findings = Findings()
    for claim in claims:
        judged.take(findings, claim)
    source = replace(FITS.source, panels=tuple(panels))
    return draw_panels(findings, source, claims, folder)


def test_panels_stand_side_by_side_and_are_drawn_once(tmp_path: Path) -> None:
    assert drawn([FITS], ALL, tmp_path) == f"figures/{FITS.source.key}.png"
    [path] = tmp_path.iterdir()
    with Image.open(path) as image:
        wide, high = image.size
    assert wide > 2 * high
    before = path.stat().st_mtime_ns
    drawn([FITS], ALL, tmp_path)
    assert path.stat().st_mtime_ns == before
    drawn([FITS], [replace(ALL[0], title="other words"), ALL[1]], tmp_path)
    assert path.stat().st_mtime_ns > before


def test_shares_and_an_exponent_have_panels_of_their_own(tmp_path: Path) -> None:
    shares = synthetic.claim(LowBeforeHigh(epoch=30, low=4, high=14), id="shares")
    rule = Exponent(epoch=60, arms=(("a", 1), ("b", 2)), mse_below=0.1, low=1, stated=1.5)
    other = replace(synthetic.EXPERIMENT, target=SumOfSines((Wave(3),)))
    exponent = synthetic.claim(
        rule, id="exponent", experiments={"a": synthetic.EXPERIMENT, "b": other}
    )
    panels = [Panel(title=each.id, claims=(("", each.id),)) for each in (shares, exponent)]
    assert drawn([shares, exponent], panels, tmp_path) is not None


def test_a_panel_whose_claim_was_not_judged_is_left_out(tmp_path: Path) -> None:
    source = replace(FITS.source, panels=ALL)
    assert draw_panels(Findings(), source, [FITS], tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("panel", "told"),
    [
        (lambda: Panel(title="", claims=(("", "c"),)), "panel.title = ''"),
        (lambda: Panel(title="t", claims=()), "panel.claims = (): a panel shows a claim"),
        (lambda: Panel(title="t", claims=(("", "c"),), shows="fits"), "did you mean 'fit'?"),
    ],
)
def test_a_panel_that_shows_nothing_is_refused(panel: object, told: str) -> None:
    with pytest.raises(SpecError) as error:
        panel()  # type: ignore[operator]
    assert told in str(error.value)


def test_a_panel_names_claims_of_its_source() -> None:
    source = replace(FITS.source, panels=(Panel(title="t", claims=(("", "fits-bye"),)),))
    with pytest.raises(SpecError, match="did you mean 'fits-by'"):
        source.check(["fits-by"])


COMPUTED = Curves(
    experiment="e",
    device="cpu",
    seeds=[0, 1],
    epochs=[0, 1],
    mse=[[0.1, 0.1]] * 2,
    waves=[],
    shares=[[], []],
    fits={"1": [[1.0, 0.5, 0.001, 0.0], [1.0, None, 0.001, 0.0]]},
    positions=[0.0, 1.0, 2.0, 3.0],
    target=[1.0, 1.0, 0.002, 0.0],
    heat=[],
    heat_epochs=[],
    heat_positions=[],
)


@pytest.mark.parametrize("target", [COMPUTED.target, [0.0] * 4, [-1.0, 0.0, 1.0, 2.0]])
def test_a_computation_is_drawn_by_its_numbers(target: list[float]) -> None:
    curves = replace(COMPUTED, target=target)
    figure = numbers.picture("a title", curves, "wavenumber k")
    with Image.open(BytesIO(png(figure, {"epochal": "facts"}))) as image:
        assert image.info["epochal"] == "facts"
        assert np.asarray(image).std() > 1
