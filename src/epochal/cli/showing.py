"""``epochal page | film | card``: verdicts to look at, and to share."""

from argparse import ArgumentParser, Namespace
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
    film = commands.add_parser(
        "film",
        parents=[CASES, JOURNAL, BASELINE],
        help="make a looping picture of a claim's nets over epochs",
        description="Trains nothing. The film shows the net and its error along x, epoch by epoch "
        "on a logarithmic scale: an animated PNG, or a GIF where --out ends with .gif.",
    )
    _claims_and_file(film, "films")
    film.set_defaults(run=make_films)
    card = commands.add_parser(
        "card",
        parents=[CASES, JOURNAL, BASELINE],
        help="make an image of a claim for links that are shared",
        description="Trains nothing. The image of 1200 × 630 pixels shows sentence, verdict, "
        "seeds, picture and command.",
    )
    _claims_and_file(card, "cards")
    card.set_defaults(run=make_cards)
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


def _claims_and_file(parser: ArgumentParser, folder: str) -> None:
    parser.add_argument("claims", metavar="CLAIM", nargs="+", help="ids of claims")
    default = Path(".epochal", folder)
    parser.add_argument(
        "--out",
        type=expanded,
        default=default,
        metavar="PATH",
        help=f"a file, or a folder in which each claim has one (default: {default})",
    )


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
    claims = claims_of(options)
    findings, where = stored(options, claims)
    findings.cases = cases_named(options.cases, Path())
    text = page(findings, claims)
    if options.site is not None:
        path = write(findings, claims, writable(options.site, "--site"), options.url or "", text)
    else:
        path = options.out
        writable(path.parent, "--out")
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
    folder = writable(options.out.parent if one else options.out, "--out")
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
