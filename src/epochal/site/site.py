"""The site: the page, and of each claim a small page and a card."""

from collections.abc import Sequence
from pathlib import Path

from epochal.claims.claim import Claim
from epochal.files import save
from epochal.judging.findings import Findings
from epochal.report.sharing import card
from epochal.site.page import preview

__all__ = ["write"]


def write(findings: Findings, claims: Sequence[Claim], folder: Path, url: str, page: str) -> Path:
    """Writes ``index.html``, ``claims/ID.html`` and ``cards/ID.png`` into ``folder``.

    Args:
        findings: verdicts and curves.
        claims: all claims.
        folder: of the site.
        url: where the site will be; empty where nobody knows it yet.
        page: what `epochal.site.page.page` gave.

    Returns:
        The path of the page.
    """
    address = url.rstrip("/") + "/" if url else "../"
    for part in ("claims", "cards"):
        (folder / part).mkdir(exist_ok=True)
    for claim in claims:
        save(folder / "cards" / f"{claim.id}.png", card(findings, claim))
        save(folder / "claims" / f"{claim.id}.html", preview(findings, claim, address))
    path = folder / "index.html"
    save(path, page)
    return path
