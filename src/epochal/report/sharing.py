"""Films and cards: what a claim looks like where it is shared."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from epochal.claims.claim import Claim
from epochal.errors import SpecError
from epochal.files import save
from epochal.judging.findings import Findings
from epochal.judging.repeat import first_command
from epochal.judging.result import Result, case_of
from epochal.report.chosen import of_claim
from epochal.report.drawn import KEY, Picture, drawn_digest, figure_of, stands_for
from epochal.report.shown import Card, Shot, judged

__all__ = ["card", "film", "shot_of", "write_film"]

LARGEST = 1_500_000
"""Bytes of a film: what a forum or a README loads at once."""


def shot_of(findings: Findings, claim: Claim) -> Shot:
    """What a film of ``claim`` shows.

    Raises:
        SpecError: the claim was not judged, its picture does not move, or no film of it was kept.
    """
    found = judged(findings, claim)
    if not found:
        step = f"judge it first: pytest bench/ --claims {claim.id} --tier {claim.tier}"
        raise SpecError("CLAIM", claim.id, "there is no verdict on it", step)
    kind, _, *shown = of_claim(findings, claim) or (found[0].status, "")
    first = found[0]
    title = f"{claim.says}\n{first.status.capitalize()}: {_seeds(first)}"
    if kind == "plots":
        marks, arms, position, _, trained, targets, _ = shown
        shot = Shot(
            title=title,
            marks=marks,
            arms=arms,
            position=position,
            targets=targets,
            trained=trained,
        )
    elif kind == "planes" or (kind == "classes" and _is_square(shown[1])):
        marks, arms, *rest = shown
        shot = Shot(title=title, marks=marks, arms=arms, is_map=True)
        if kind == "classes":
            points, names, _ = rest
            shot = replace(shot, classes=len(names), points=next(iter(points.values())))
    else:
        rule = f"a film shows a net over a line or a plane, and this picture is of the kind {kind}"
        raise SpecError("CLAIM", claim.id, rule, f"see its picture: epochal card {claim.id}")
    horizons = case_of(claim, first).horizons
    filmed = {name: curves.filmed(horizons[name]) for name, curves in shot.arms.items()}
    if not all(curves.films for curves in filmed.values()):
        rule = "its verdict was stored without the predictions of its epochs"
        step = f"judge it again: pytest bench/ --claims {claim.id} --tier {claim.tier}"
        raise SpecError("CLAIM", claim.id, rule, step)
    return replace(shot, arms=filmed)


def _seeds(result: Result) -> str:
    reduced = ", in its reduced form" if result.kind == "reduced" else ""
    return f"{result.k} of {result.n} seeds hold{reduced}"


def _is_square(arms: object) -> bool:
    assert isinstance(arms, dict)
    return all(np.ndim(each.positions) == 2 for each in arms.values())


def film(
    findings: Findings, claim: Claim, kind: str, facts: Mapping[str, str] | None = None
) -> bytes:
    """The film of ``claim`` as a file of at most `LARGEST` bytes.

    A film that is larger loses every second frame, and not the last one.

    Args:
        findings: where its verdict is.
        claim: the claim.
        kind: ``PNG``, which is an APNG, or ``GIF``.
        facts: more texts inside a PNG.

    Raises:
        SpecError: there is no film of it.
    """
    from epochal.report.pictures.film import encoded, images

    shot = shot_of(findings, claim)
    frames, labels = images(shot)
    inside = {"Description": shot.title, **labels, **(facts or {})}
    data = encoded(frames, kind, inside)
    while len(data) > LARGEST and len(frames) > 2:
        frames = frames[-1::-2][::-1]
        data = encoded(frames, kind, inside)
    return data


def write_film(findings: Findings, claim: Claim, folder: Path) -> Picture | None:
    """Writes the film of ``claim`` into ``folder``, unless it is there; None if there is none."""
    try:
        shot = shot_of(findings, claim)
    except SpecError:
        return None
    shown = [shot, [[vars(each) for each in curves.films] for curves in shot.arms.values()]]
    code = "report.pictures.film"
    wanted = stands_for(shown, f"{code}:images", f"{code}:encoded")
    path = folder / f"{claim.id}.png"
    if drawn_digest(path) != wanted:
        folder.mkdir(exist_ok=True)
        save(path, film(findings, claim, "PNG", {KEY: wanted}))
    return Picture(f"{folder.name}/{path.name}", f"Film: {' '.join(shot.title.split())}")


def card(findings: Findings, claim: Claim) -> bytes:
    """The card of ``claim`` as a PNG file; of one that was not judged without a picture."""
    from epochal.report.pictures.card import card as drawn
    from epochal.report.pictures.style import png

    found = judged(findings, claim)
    status = found[0].status if found else "not run"
    seeds = _seeds(found[0]) if found else f"tier {claim.tier}"
    command = found[0].repeat if found else first_command(claim, findings.cases)
    shown = Card(says=claim.says, status=status, seeds=seeds, command=command)
    return png(drawn(shown, figure_of(findings, claim, titled=False)))
