"""An answer as a page: Markdown with the picture beside it."""

from pathlib import Path
from typing import TYPE_CHECKING

from epochal.files import save, writable

if TYPE_CHECKING:
    from epochal.diagnosis.diagnosis import Diagnosis

__all__ = ["write"]


def write(folder: Path, diagnosis: "Diagnosis") -> Path:
    """Writes ``try.md`` and ``try.png`` into ``folder``; gives the page."""
    page = writable(folder) / "try.md"
    diagnosis.plot(folder / "try.png")
    best = diagnosis.remedy
    picture = "the setting as it is" if best is None else f"as it is, and with {best.change.says}"
    parts = ["# What keeps this net from fitting", f"![{picture}](try.png)"]
    for part in diagnosis.parts:
        name, _, body = part.partition("\n")
        parts += [f"## {name}", f"```text\n{body}\n```"]
    save(page, "\n\n".join(parts) + "\n")
    return page
