"""Pictures are drawn anew only where what they show has changed, since drawing takes its time."""

import hashlib
import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from epochal.claims.rules.base import Marks
from epochal.experiments.digest import canonical
from epochal.judging.curves import Curves
from epochal.training.fingerprint import fingerprint

__all__ = ["draw_if_changed", "drawn_digest"]

KEY = "epochal"
"""The word under which a PNG tells what it was drawn from."""


def draw_if_changed(
    path: Path, title: str, marks: Marks, arms: Mapping[str, Curves], position: str = "x"
) -> None:
    """Draws as `epochal.report.plots.picture` does, unless ``path`` has that picture already."""
    wanted = _digest(title, marks, arms, position)
    if drawn_digest(path) != wanted:
        from epochal.report.plots import picture

        picture(path, title, marks, arms, position, {KEY: wanted})


def drawn_digest(path: Path) -> str | None:
    """What the picture at ``path`` says it was drawn from; None if it says nothing."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return image.info.get(KEY)
    except OSError:  # it is not there, or no picture
        return None


def _digest(title: str, marks: Marks, arms: Mapping[str, Curves], position: str) -> str:
    """Stands for the curves, the drawing code and the library that draws."""
    shown = [title, canonical(marks), position, {name: vars(each) for name, each in arms.items()}]
    code = [fingerprint(("report.plots",)), metadata.version("matplotlib")]
    return hashlib.sha256(json.dumps([shown, code]).encode()).hexdigest()[:16]
