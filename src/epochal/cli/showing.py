"""``epochal page | film | card``: verdicts to look at, and to share."""

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from epochal.claims.claim import Claim
from epochal.cli.shared import BASELINE, CASES, JOURNAL, Commands, chosen, claims_of, stored
from epochal.errors import SpecError, all_of
from epochal.files import expanded, save, writable
from epochal.judging.findings import Findings
from epochal.judging.repeat import cases_named

__all__ = ["add"]

FILMS = {".png": "PNG", ".gif": "GIF"}
"""The formats of films, by the ending of the file."""


def add(commands: Commands) -> None:
    """Adds the commands of this file to the command line."""
    _add(
        commands,
        "film",
        make_films,
        "make a looping picture of a claim's nets over epochs",
        "The film shows the net and its error along x, epoch by epoch on a logarithmic scale: an "
        "animated PNG, or a GIF where --out ends with .gif.",
    )
    _add(
        commands,
        "card",
        make_cards,
        "make an image of a claim for links that are shared",
        "The image of 1200 × 630 pixels shows sentence, verdict, seeds, picture and command.",
    )
    page = commands.add_parser(
        "page",
        parents=[CASES, JOURNAL, BASELINE],
        help="write one HTML file to explore all verdicts",
        description="Trains nothing. The file works offline. With --site, also cards and a small "
        "page for each claim, so that links to it are shown with its card.",
    )
    page.add_argument(
        "--out",
        type=expanded,
        default=Path(".epochal/page.html"),
        metavar="FILE",
        help="(default: .epochal/page.html)",
    )
    page.add_argument("--site", type=expanded, metavar="DIR", help="write a whole site there")
    page.add_argument("--url", metavar="URL", help="where the site will be, for link previews")
    page.set_defaults(run=make_page)


def _add(
    commands: Commands, name: str, run: Callable[[Namespace], int], does: str, shows: str
) -> None:
    """Adds a command that writes a file for each claim."""
    parser = commands.add_parser(
        name,
        parents=[CASES, JOURNAL, BASELINE],
        help=does,
        description=f"Trains nothing. {shows}",
    )
    parser.add_argument("claims", metavar="CLAIM", nargs="+", help="ids of claims")
    default = Path(".epochal", f"{name}s")
    parser.add_argument(
        "--out",
        type=expanded,
        default=default,
        metavar="PATH",
        help=f"a file, or a folder in which each claim has one (default: {default})",
    )
    parser.set_defaults(run=run)


def _file(path: Path) -> Path:
    """``path``, whose folder is made if needed; raises `SpecError` if it is a folder itself."""
    if path.is_dir():
        raise SpecError("--out", str(path), "it is a folder", "name a file in it")
    writable(path.parent, "--out")
    return path


def make_page(options: Namespace) -> int:
    """``epochal page``: one HTML file, or a site."""
    from epochal.site.page import page, required
    from epochal.site.site import write

    required()
    if options.url is not None and options.site is None:
        step = "add --site DIR"
        raise SpecError("--url", options.url, "only a site has an address", step)
    if options.url is not None and not options.url.startswith(("http://", "https://")):
        step = "give the whole address, such as https://example.org/epochal"
        raise SpecError("--url", options.url, "it is no address of a site", step)
    if options.site is None:
        _file(options.out)
    claims = claims_of(options)
    findings, where = stored(options, claims)
    findings.cases = cases_named(options.cases, Path())
    text = page(findings, claims)
    if options.site is not None:
        path = write(findings, claims, writable(options.site, "--site"), options.url or "", text)
    else:
        path = options.out
        save(path, text)
    print(f"{path}: {len(text.encode()) / 1e6:.1f} MB, from {where}")
    return 0


def make_films(options: Namespace) -> int:
    """``epochal film``: an animated PNG or a GIF of each claim."""
    from epochal.report.sharing import film

    kind = FILMS.get(options.out.suffix, "PNG")
    return _make(options, lambda findings, claim: film(findings, claim, kind), [*FILMS])


def make_cards(options: Namespace) -> int:
    """``epochal card``: an image of each claim."""
    from epochal.report.sharing import card

    return _make(options, card, [".png"])


def _make(options: Namespace, draw: Callable[[Findings, Claim], bytes], endings: list[str]) -> int:
    claims = chosen(claims_of(options), options.claims)
    one = options.out.suffix
    if one and one not in endings:
        rule = f"it is written as {' or '.join(endings)}"
        raise SpecError("--out", str(options.out), rule, f"name a file such as a{endings[0]}")
    if one and len(claims) > 1:
        step = "name a folder"
        raise SpecError("--out", str(options.out), f"{len(claims)} claims need a file each", step)
    folder = _file(options.out).parent if one else writable(options.out, "--out")
    refused = []
    for claim in claims:
        findings, where = stored(options, [claim])
        findings.cases = cases_named(options.cases, Path())
        path = options.out if one else folder / f"{claim.id}.png"
        try:
            data = draw(findings, claim)
        except SpecError as error:  # the other claims have theirs
            refused.append(error)
            continue
        save(path, data)
        print(f"{path}: {len(data) / 1000:.0f} kB, from {where}")
    if refused:
        raise all_of(refused)
    return 0
