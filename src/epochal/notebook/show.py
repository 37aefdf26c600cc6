"""A text and a picture together, as files and for notebooks."""

import base64
import html
from pathlib import Path
from typing import TYPE_CHECKING

from epochal.files import expanded, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["kept", "page"]


def kept(figure: "Figure", path: str | Path | None) -> "Figure":
    """``figure``, saved as a PNG file where a ``path`` is given."""
    if path is not None:
        from epochal.report.pictures.style import png

        save(expanded(Path(path)), png(figure))
    return figure


def page(text: str, figure: "Figure | None") -> str:
    """Return HTML with ``text`` above ``figure``, for the output cell of a notebook."""
    shown = f"<pre>{html.escape(text)}</pre>"
    if figure is None:
        return shown
    from epochal.report.pictures.style import png

    data = base64.b64encode(png(figure)).decode()
    return f'{shown}<img style="max-width: 100%" src="data:image/png;base64,{data}">'
