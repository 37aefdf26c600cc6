"""Draws the picture of a claim or a setting, only where what it shows has changed."""

import hashlib
import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epochal.claims.claim import Claim
from epochal.claims.rules.base import RUN, PlotHints
from epochal.claims.source import Source
from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Experiments, Training
from epochal.files import save
from epochal.identity.digest import canonical
from epochal.identity.fingerprint import fingerprint
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.report.chosen import in_panel, in_words, of_claim, of_curves
from epochal.report.shown import Found, Known, Labelled, Reached, Shot, Shown, Target

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "KEY",
    "Picture",
    "draw",
    "draw_if_changed",
    "draw_panels",
    "drawn_digest",
    "figure_of",
    "figure_of_curves",
    "figure_of_settings",
    "stands_for",
]

KEY = "epochal"
"""The word under which a PNG tells what it was drawn from."""


@dataclass(frozen=True)
class Picture:
    """The picture of a claim: its path from beside its folder, and what it shows, in words."""

    path: str
    words: str


def draw(findings: Findings, claim: Claim, folder: Path) -> Picture | None:
    """Draws the claim into ``folder``; gives its picture, if there is one."""
    chosen = of_claim(findings, claim)
    if chosen is None:
        return None
    kind, *shown = chosen
    path = folder / f"{claim.id}.png"
    draw_if_changed(kind, path, *shown)
    return Picture(f"figures/{path.name}", in_words(findings, claim, kind, shown))


def figure_of(findings: Findings, claim: Claim, titled: bool = True) -> "Figure | None":
    """The same as a figure, with or without its title."""
    chosen = of_claim(findings, claim)
    if chosen is None:
        return None
    kind, title, *shown = chosen
    return _figure(kind, title if titled else "", *shown)


def figure_of_curves(setting: Experiment | Training, curves: Curves, title: str) -> "Figure":
    """What ``setting`` learned by its last epoch, without any claim."""
    marks = PlotHints(epochs=(max(map(int, curves.fits)),))
    return figure_of_settings({RUN: setting}, {RUN: curves}, title, marks)


def figure_of_settings(
    settings: Experiments, curves: Mapping[str, Curves], title: str, marks: PlotHints
) -> "Figure":
    """What several settings learned, by their names, without any claim."""
    return _figure(*of_curves(settings, curves, title, marks))


def draw_panels(
    findings: Findings, source: Source, claims: Sequence[Claim], folder: Path
) -> str | None:
    """Draws the source's own picture, of those panels all of whose claims were judged."""
    by_id = {claim.id: claim for claim in claims}
    every = []
    for panel in source.panels:
        found = [in_panel(findings, by_id[name], label) for label, name in panel.claims]
        known = [each for each in found if each is not None]
        if len(known) == len(found):
            every.append(Shown(title=panel.title, shows=panel.shows, found=known))
    if not every:
        return None
    path = folder / f"{source.key}.png"
    draw_if_changed("panels", path, every)
    return f"figures/{path.name}"


def draw_if_changed(kind: str, path: Path, *shown: Any) -> None:
    """Draws ``shown`` as `epochal.report.pictures` has it, unless ``path`` has that already."""
    wanted = stands_for(shown, f"report.pictures.{kind}:picture")
    if drawn_digest(path) != wanted:
        from epochal.report.pictures.style import png

        save(path, png(_figure(kind, *shown), {KEY: wanted}))


def _figure(kind: str, *shown: Any) -> "Figure":
    figure: Figure = importlib.import_module(f"epochal.report.pictures.{kind}").picture(*shown)
    return figure


def drawn_digest(path: Path) -> str | None:
    """What the picture at ``path`` says it was drawn from; None if it says nothing."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return image.info.get(KEY)
    except OSError:  # it is not there, or no picture
        return None


def stands_for(shown: object, *drawn_by: str) -> str:
    """A digest of what is shown, of the drawing code and of the library that draws."""
    code = [fingerprint((*drawn_by, "report.pictures.style:png")), metadata.version("matplotlib")]
    text = json.dumps([shown, code], default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: object) -> object:
    if isinstance(value, Curves):
        return value.drawn
    return (
        vars(value)
        if isinstance(value, Shown | Found | Known | Labelled | Reached | Shot | Target)
        else canonical(value)
    )
