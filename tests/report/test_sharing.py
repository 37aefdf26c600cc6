"""Films and cards: animated pictures and images for links."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageSequence

from epochal import (
    MLP,
    Box,
    Experiment,
    FitsBy,
    Formula,
    Labels,
    Optimizer,
    Reduced,
    Runs,
    error_rate,
)
from epochal.claims.claim import Claim
from epochal.errors import SpecError
from epochal.experiments.runs import Measurements
from epochal.experiments.snapshots import film_epochs
from epochal.judging.findings import Findings
from epochal.report import sharing
from epochal.report.pictures.card import SIZE
from epochal.report.pictures.style import LABELS
from epochal.report.sharing import LARGEST, card, film, shot_of
from epochal_testing import judged, synthetic

CLAIM = synthetic.claim(FitsBy(epoch=100, mse_below=0.1), id="fits", says="It fits.")
ABSENT = synthetic.claim(FitsBy(epoch=44, mse_below=0.1), id="absent", tier="full")
PLANE = Experiment(
    inputs=Box(low=(-1, -1), high=(1, 1), points=20),
    target=Formula("x*y"),
    net=MLP(widths=(4,)),
    optimizer=Optimizer("SGD", lr=1e-3),
)


def found(*claims: Claim, make: judged.Make = judged.falling) -> Findings:
    findings = Findings()
    for claim in claims:
        judged.take(findings, claim, make)
    return findings


def on_a_plane(name: str, seeds: Sequence[int], epochs: int) -> Runs:
    """Nets on a grid of 5 × 5 positions that grow towards the product of the coordinates."""
    made = judged.falling(name, seeds, epochs)
    line = np.linspace(-1, 1, 5)
    grid = np.array([(x, y) for x in line for y in line])
    truth = grid.prod(axis=1)
    part = np.linspace(0, 1, len(made.snapshots))[:, None]
    return replace(
        made,
        probe=grid,
        probe_target=np.tile(truth, (len(seeds), 1)),
        predictions=np.tile(part * truth, (len(seeds), 1, 1)),
        waves=np.array([]),
        projections=made.projections[..., :0],
    )


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_film_has_a_frame_for_each_epoch_loops_and_holds_the_last(kind: str) -> None:
    with Image.open(BytesIO(film(found(CLAIM), CLAIM, kind))) as moving:
        frames = [each.convert("RGB") for each in ImageSequence.Iterator(moving)]
        durations = [each.info["duration"] for each in ImageSequence.Iterator(moving)]
        assert moving.info["loop"] == 0
        if kind == "PNG":
            assert moving.info[LABELS] == ""
            assert moving.info["Description"] == "It fits.\nReproduced: 3 of 3 seeds hold"
    assert moving.size == (800, 440)
    assert len(frames) == len({*film_epochs(100), 100})
    assert durations[-1] > 10 * durations[0]
    assert frames[0].getpixel((2, 200)) == (255, 255, 255)
    assert len({frame.tobytes() for frame in frames}) == len(frames)


def test_a_film_that_is_too_large_loses_frames_but_not_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    findings = found(CLAIM)
    whole = film(findings, CLAIM, "PNG")
    assert len(whole) < LARGEST
    monkeypatch.setattr(sharing, "LARGEST", len(whole) - 1)
    smaller = film(findings, CLAIM, "PNG")
    assert len(smaller) < len(whole)
    last = []
    for data in (whole, smaller):
        with Image.open(BytesIO(data)) as moving:
            moving.seek(moving.n_frames - 1)  # type: ignore[attr-defined]
            last.append(np.asarray(moving.convert("L"), int))
    assert np.abs(last[0] - last[1]).mean() < 1  # the palettes differ a little


def test_a_film_of_two_coordinates_shows_maps() -> None:
    claim = synthetic.claim(FitsBy(epoch=100, mse_below=0.1), experiments={"run": PLANE})
    findings = found(claim, make=on_a_plane)
    assert shot_of(findings, claim).is_map
    with Image.open(BytesIO(film(findings, claim, "PNG"))) as moving:
        assert moving.n_frames == len({*film_epochs(100), 100})  # type: ignore[attr-defined]
        assert moving.info[LABELS] == ""


def test_a_film_of_classes_shows_regions() -> None:
    rings = replace(PLANE, target=Labels(Formula("x*y > 0")))
    rule = error_rate().below(0.1).by(100)
    claim = synthetic.claim(rule, experiments={"run": rings})

    def classes(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        made = on_a_plane(name, seeds, epochs)
        return replace(
            made,
            classes=2,
            measured={"error rate": Measurements(np.arange(epochs + 1), made.mse)},
            probe_target=(made.probe_target > 0).astype(float),
            predictions=(made.predictions > 0.2).astype(float),
        )

    findings = found(claim, make=classes)
    assert shot_of(findings, claim).classes == 2
    with Image.open(BytesIO(film(findings, claim, "PNG"))) as moving:
        assert moving.n_frames > 5  # type: ignore[attr-defined]


def test_a_film_of_a_reduced_claim_says_so_and_ends_where_its_rule_ends() -> None:
    rules = [FitsBy(epoch=epoch, mse_below=0.1) for epoch in (100, 40)]
    reduced = Reduced(rule=rules[1], why="judged at 40")
    claim = synthetic.claim(rules[0], tier="standard", reduced=reduced)
    case, findings = claim.case("quick"), Findings()
    assert case is not None
    judged.take(findings, case)
    shot = shot_of(findings, claim)
    assert shot.title.endswith("seeds hold, in its reduced form")
    assert {curves.films[0].epochs[-1] for curves in shot.arms.values()} == {40}


def test_without_predictions_one_line_says_what_to_do() -> None:
    findings = found(CLAIM)
    findings.curves = {key: replace(each, films=[]) for key, each in findings.curves.items()}
    with pytest.raises(SpecError, match=r"judge it again: pytest bench/ --claims fits --tier qui"):
        film(findings, CLAIM, "PNG")
    short = found(replace(CLAIM, rule=FitsBy(epoch=20, mse_below=0.1)))
    findings.curves = {
        key: replace(each, films=short.curves[key].films) for key, each in findings.curves.items()
    }
    assert all(each.films for each in findings.curves.values())
    with pytest.raises(SpecError, match="without the predictions of its epochs"):
        film(findings, CLAIM, "PNG")
    with pytest.raises(SpecError, match="there is no verdict on it; judge it first"):
        film(findings, ABSENT, "PNG")


@pytest.mark.parametrize("claim", [CLAIM, ABSENT], ids=lambda claim: claim.id)
def test_a_card_is_as_large_as_sites_ask(claim: Claim) -> None:
    with Image.open(BytesIO(card(found(CLAIM), claim))) as image:
        assert image.size == SIZE == (1200, 630)
        assert image.info[LABELS] == ""


def test_a_long_sentence_still_fits_onto_a_card() -> None:
    long = replace(CLAIM, says="A very long sentence about nets. " * 20)
    with Image.open(BytesIO(card(found(long), long))) as image:
        pixels = np.asarray(image.convert("L"))
    assert (pixels[:, -8:] == 255).all()
