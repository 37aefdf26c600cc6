"""The page: a table of verdicts, and each claim packed until it is opened."""

import base64
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epochal.claims.claim import TIERS, Claim
from epochal.claims.verdicts import Status
from epochal.errors import SpecError
from epochal.judging.findings import Findings
from epochal.report import colours
from epochal.report.index import VERDICTS, summary
from epochal.report.shown import judged
from epochal.site.claim import parts_of, row_of
from epochal.site.data import setting, settings_of, views
from epochal.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["page", "preview", "required", "unpacked"]

PARTS = Path(__file__).with_name("parts")

SCRIPTS = ("packed.js", "verdicts.js", "claim.js", "panels.js", "start.js")
"""In this order, as one script."""

Option = tuple[str, str]
"""A value of a filter, and its words."""

NOT_RUN = "not run"
"""In place of a verdict."""


def page(findings: Findings, claims: Sequence[Claim]) -> str:
    """One HTML file with all of ``findings``, which works offline and makes no request.

    Raises:
        SpecError: what the extra ``page`` installs is not there.
    """
    made, plots = required()
    rows = [row_of(findings, claim) for claim in claims]
    chunks = [("plotly", pack(plots))]
    claim_template = made.get_template("claim.html")
    for claim in claims:
        content = claim_template.render(claim=claim, **parts_of(findings, claim))
        chunks.append((f"claim:{claim.id}", _packed(html=content, views=views(findings, claim))))
    for curves in settings_of(findings, claims):
        chunks.append((f"setting:{curves.key}", _packed(**setting(curves))))
    return made.get_template("page.html").render(
        summary=summary(claims, findings),
        verdicts=VERDICTS.replace("**", ""),
        filters=_filters(findings, claims),
        rows=rows,
        chunks=chunks,
        facts=_script(_colours()),
        colours=_variables(),
        css=(PARTS / "page.css").read_text("utf-8"),
        script="\n".join((PARTS / each).read_text("utf-8") for each in SCRIPTS),
        version=__version__,
    )


def required() -> tuple["Environment", str]:
    """The templates and the plotting library.

    Raises:
        SpecError: what the extra ``page`` installs is not there.
    """
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise _missing(error) from error
    return _templates(), get_plotlyjs()


def preview(findings: Findings, claim: Claim, address: str) -> str:
    """A small page of ``claim`` for programs that show a link, with its card.

    Args:
        findings: where its verdict is.
        claim: the claim.
        address: of the site, with a slash at its end; empty for relative links.
    """
    found = judged(findings, claim)
    text = (
        f"{found[0].status}, {found[0].k} of {found[0].n} seeds hold." if found else f"{NOT_RUN}."
    )
    template = _templates().get_template("preview.html")
    return template.render(claim=claim, text=f"{text[0].upper()}{text[1:]}", address=address)


def pack(text: str) -> str:
    """``text`` compressed, as base64: the same for the same text."""
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def unpacked(html: str, name: str) -> str:
    """What a page holds under ``name``, such as ``claim:ID``."""
    begin = f'<script type="text/plain" id="{name}">'
    packed = html.partition(begin)[2].partition("<")[0]
    return gzip.decompress(base64.b64decode(packed)).decode()


def _templates() -> "Environment":
    """The templates of this folder, in which every text is escaped."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
        from markupsafe import Markup, escape
    except ImportError as error:
        raise _missing(error) from error
    made = Environment(
        loader=FileSystemLoader(PARTS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["code"] = lambda text: Markup(
        re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    )
    return made


def _missing(error: ImportError) -> SpecError:
    step = 'install it: pip install "epochal[page]"'
    return SpecError("epochal page", error.name, "the page needs it", step)


def _packed(**content: Any) -> str:
    return pack(json.dumps(content, separators=(",", ":"), ensure_ascii=False))


def _filters(findings: Findings, claims: Sequence[Claim]) -> list[tuple[str, list[Option]]]:
    """Each filter by its name, with its values and their words, as far as there are any."""
    results = [result for claim in claims for result in judged(findings, claim)]
    verdicts = Counter(each.status for each in results)
    left = any(not judged(findings, claim) for claim in claims)
    sources = {claim.source.key: claim.source.title for claim in claims}
    devices = {each.device: each.hardware or each.device for each in results}
    return [
        ("source", [*sources.items()]),
        (
            "verdict",
            [(s.value, s.value) for s in Status if verdicts[s.value]]
            + [("not-run", NOT_RUN)] * left,
        ),
        ("tier", [(each, each) for each in TIERS if any(c.tier == each for c in claims)]),
        ("device", [*devices.items()]),
    ]


def _colours() -> dict[str, Any]:
    """The colours of plots, on a light ground and on a dark one."""
    light = {
        "ink": colours.INK,
        "faint": colours.FAINT,
        "paper": colours.PAPER,
        "threshold": colours.THRESHOLD,
        "settings": colours.SETTINGS,
        "pale": colours.PALE,
    }
    dark = {
        name: _dark(value) if isinstance(value, str) else [_dark(each) for each in value]
        for name, value in light.items()
    }
    from epochal.report.pictures.style import scale

    scales = {name: scale(name) for name in ("viridis", "magma_r", "YlGnBu")}
    return {"colours": {"light": light, "dark": dark}, "scales": scales}


def _dark(colour: str) -> str:
    return colours.DARK.get(colour, colour)


def _variables() -> str:
    """The same for the style sheet, as custom properties."""
    grounds = (
        {"quiet": "#5a6872", "line": "#d8dee3", "field": "#f3f5f7", "link": "#0067a3"},
        {"quiet": "#a3b0ba", "line": "#313b44", "field": "#1e262d", "link": "#6cbcf0"},
    )
    named = {"ink": colours.INK, "paper": colours.PAPER, **colours.VERDICTS}

    def block(chosen: Iterable[tuple[str, str]]) -> str:
        return "".join(f"--{name}:{colour};" for name, colour in chosen)

    light = block({**grounds[0], **named}.items())
    dark = block({**grounds[1], **{name: _dark(each) for name, each in named.items()}}.items())
    return (
        f":root{{{light}color-scheme:light}}:root[data-theme=dark]{{{dark}color-scheme:dark}}"
        "@media (prefers-color-scheme:dark)"
        f"{{:root:not([data-theme=light]){{{dark}color-scheme:dark}}}}"
    )


def _script(content: dict[str, Any]) -> str:
    """JSON inside a script element, which no text in it can end."""
    return json.dumps(content).replace("<", "\\u003c")
