"""The report's index: what was claimed and what came out, at a glance."""

import html
from collections import Counter
from collections.abc import Mapping, Sequence

from tabulate import tabulate

from epochal.claims.claim import Claim
from epochal.claims.source import Source
from epochal.claims.verdicts import Status
from epochal.judging.findings import Findings
from epochal.judging.result import Result, case_of
from epochal.report.answer import said
from epochal.report.drawn import Picture
from epochal.report.shown import cell, judged, machines, special
from epochal.report.text import middle

__all__ = ["VERDICTS", "index", "summary"]

VERDICTS = (
    "A claim is **reproduced** if the seeds show what it says, and **refuted** if they show the "
    "opposite. **Undecided** means that the seeds do not settle it, **estimated** that it asks for "
    "a share of seeds, **broken** that it could not run."
)

LEGEND = (
    "A claim holds or fails for each seed. A sequential test takes the seeds in order: it tells "
    "claims that hold for at least 4 seeds in 5 from claims that hold for at most 1 in 5. Each "
    "claim's page has the exact error rates and the command that repeats the verdict. A verdict "
    "without a note is as its case file expects. MSE is on the training points. Errors of the "
    "centre and the edges are on a regular grid. Epoch e is after e updates, or after e passes in "
    "batches. A value at e is the median over the last 5% of the epochs up to e."
)

MOST = 8
"""Findings at the head of the index."""

WIDTH = 380
"""Of a thumbnail, in pixels."""


def index(
    sources: Sequence[Source],
    claims: Sequence[Claim],
    findings: Findings,
    drawn: Mapping[str, Picture | None],
) -> str:
    """The page that answers at a glance: counts, the most surprising findings, a row a claim."""
    found = {claim.id: judged(findings, claim) for claim in claims}
    parts = [
        "# What was claimed, and what we found",
        summary(claims, findings),
        VERDICTS,
        _highlights(sources, found, claims, findings, drawn),
    ]
    for source in sources:
        own = [each for each in claims if each.source.key == source.key]
        rows = [_row(each, found[each.id], findings) for each in own]
        parts += [
            f"## [{source.title}]({source.key}.md)",
            f"{source.authors}, {source.year}. <{source.url}>",
            tabulate(rows, ("claim", "verdict", "seeds", "medians"), tablefmt="pipe"),
        ]
    ran = [result for results in found.values() for result in results]
    parts += ["## How to read this", LEGEND, "## Where it ran", machines(ran)]
    return "\n\n".join(part for part in parts if part) + "\n"


def summary(claims: Sequence[Claim], findings: Findings) -> str:
    """How many claims have which verdict, in a sentence."""
    found = [judged(findings, claim) for claim in claims]
    count = Counter(results[0].status for results in found if results)
    left = len(claims) - sum(count.values())
    before = sum(bool(r) and r[0].key in findings.dates for r in found)
    tally = ", ".join(f"{count[each.value]} {each.value}" for each in Status if count[each.value])
    left_out = f", {left} not run here." if left else "."
    stored = f" {before} from an earlier session." if before else ""
    sources = {claim.source.key for claim in claims}
    return (
        f"{_count(len(claims), 'claim')} from {_count(len(sources), 'source')}: "
        f"{tally or 'none was run'}{left_out}{stored}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _highlights(
    sources: Sequence[Source],
    found: Mapping[str, Sequence[Result]],
    claims: Sequence[Claim],
    findings: Findings,
    drawn: Mapping[str, Picture | None],
) -> str:
    """The findings that sources name as their highlights, or else all that were not expected."""
    by_id = {claim.id: claim for claim in claims}
    named = [
        (by_id[each.by], said(each, by_id, findings))
        for source in sources
        for each in source.highlights
        if found[each.by]
    ]
    shown = [each for each in named if each[1]] or _refuted(claims, found)
    cells = []
    for claim, sentence in shown[:MOST]:
        figure = drawn.get(claim.id)
        words = html.escape(figure.words) if figure else ""
        image = f'<img src="{figure.path}" width="{WIDTH}" alt="{words}"><br>' if figure else ""
        link = f"[{claim.id}]({claim.source.key}.md#{claim.id})"
        cells.append(f"{image}{cell(sentence)}<br>{link}")
    rows = [cells[place : place + 2] for place in range(0, len(cells), 2)]
    table = tabulate(rows, ("", ""), tablefmt="pipe") if rows else ""
    return f"## What surprises most\n\n{table}" if rows else ""


def _refuted(
    claims: Sequence[Claim], found: Mapping[str, Sequence[Result]]
) -> list[tuple[Claim, str]]:
    """Each claim that was refuted, or whose case file says what came out."""
    return [
        (claim, f"{results[0].status.capitalize()}: {claim.says} {claim.found or claim.reading}")
        for claim in claims
        if (results := found[claim.id])
        and (claim.found or results[0].status == Status.REFUTED.value)
    ]


def _row(claim: Claim, results: Sequence[Result], findings: Findings) -> tuple[str, ...]:
    ours = " *(ours)*" if claim.ours else ""
    name = f"[{claim.id}]({claim.source.key}.md#{claim.id})<br>{cell(claim.says)}{ours}"
    if not results:
        return name, f"not run here (tier {claim.tier})", "", ""
    shown = _fullest(results)
    several = len(shown) > 1
    cells = [
        (
            (f"{each.device}: " if several else "") + _verdict(claim, each, findings),
            f"{each.k} of {each.n}",
            cell(middle(each, case_of(claim, each).rule)),
        )
        for each in shown
    ]
    return name, *("<br>".join(column) for column in zip(*cells, strict=True))


def _verdict(claim: Claim, result: Result, findings: Findings) -> str:
    """The verdict, and what is not usual about it."""
    return "<br>".join((f"**{result.status}**", *special(claim, result, findings)))


def _fullest(results: Sequence[Result]) -> list[Result]:
    """One result a device, in full where there is one."""
    found: dict[str, Result] = {}
    for result in results:
        found.setdefault(result.device, result)
    return list(found.values())
