"""The report: an index, a page for each source, and the figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tabulate import tabulate

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.rules.base import Rule
from epochal.claims.source import Part, Source
from epochal.files import save
from epochal.judging.findings import Findings
from epochal.judging.repeat import first_command
from epochal.judging.result import Result, case_of
from epochal.report import answer
from epochal.report.drawn import Picture, draw, draw_panels
from epochal.report.index import index
from epochal.report.sharing import write_film
from epochal.report.shown import cell, judged, machines
from epochal.report.verdict import (
    code_of,
    confusions,
    control_of,
    notes_of,
    own_seed,
    settings_of,
    verdict_of,
)
from epochal.report.verdict import seed as seed_text

__all__ = ["write"]


def write(findings: Findings, claims: Sequence[Claim], folder: Path) -> Path:
    """Writes ``index.md``, a page for each source and the figures into ``folder``.

    Returns:
        The path of the index.
    """
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    drawn = {claim.id: draw(findings, claim, figures) for claim in claims}
    films = {
        claim.id: write_film(findings, claim, folder / "films")
        for claim in claims
        if claim.id in claim.source.films
    }
    sources = list({claim.source.key: claim.source for claim in claims}.values())
    for source in sources:
        own = [claim for claim in claims if claim.source.key == source.key]
        own_picture = draw_panels(findings, source, own, figures)
        save(folder / f"{source.key}.md", _page(source, own, findings, drawn, films, own_picture))
        if source.answer is not None:
            text = answer.page(source, source.answer, own, findings, drawn)
            save(folder / f"{source.answer.key}.md", text)
    path = folder / "index.md"
    save(path, index(sources, claims, findings, drawn))
    return path


def _page(
    source: Source,
    claims: Sequence[Claim],
    findings: Findings,
    drawn: Mapping[str, Picture | None],
    films: Mapping[str, Picture | None],
    own_picture: str | None,
) -> str:
    parts = [
        f"# {source.title}",
        f"{source.authors}, {source.year}. <{source.url}>",
        source.story,
        f"![{source.title}]({own_picture})" if own_picture else "",
        "[All sources](index.md)" + _answer_link(source),
    ]
    by_id = {claim.id: claim for claim in claims}
    for part in source.parts:
        parts += [f"## {part.heading}", part.says, _tried(part, findings)]
        for each in part.claims:
            parts += _section(by_id[each], findings, (drawn[each], films.get(each)), "###")
    for claim in claims if not source.parts else ():
        parts += _section(claim, findings, (drawn[claim.id], films.get(claim.id)), "##")
    parts += ["## Where it ran", machines(r for c in claims for r in findings.of(c.id))]
    if source.bibtex.strip():
        parts += ["## Cite the source", f"```bibtex\n{source.bibtex}\n```"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _tried(part: Part, findings: Findings) -> str:
    """The answer of ``epochal try`` to the part's setting."""
    said = findings.tried.get(part.tried, ())
    if not said:
        return ""
    lines = "\n".join(f"> - {each}" for each in said)
    return f"> `epochal try --claim {part.tried}` says:\n>\n{lines}"


def _answer_link(source: Source) -> str:
    return f" · [{source.answer.title}]({source.answer.key}.md)" if source.answer else ""


def _section(
    claim: Claim, findings: Findings, pictures: Sequence[Picture | None], level: str
) -> list[str]:
    found = judged(findings, claim)
    heading = f'<a id="{claim.id}"></a>\n\n{level} {claim.says}'
    facts = [
        f"*{claim.where}*" + (" · our own claim, not the source's" if claim.ours else ""),
        f"**How we read it.** {claim.reading}",
    ]
    if not found:
        first = first_command(claim, findings.cases)
        note = f"Not run here: it is in the tier {claim.tier}. `{first}`"
        return [heading, *facts, note]
    parts = [heading, *(_verdict_line(claim, each, findings) for each in found)]
    parts += [cell(own_seed(claim, found[0])), *facts]
    parts += [f"**Note.** {note}" for note in notes_of(claim, found[0])]
    if claim.found:
        parts.append(f"**Result.** {claim.found}")
    parts += [f"![{each.words}]({each.path})" for each in pictures if each is not None]
    kinds = dict.fromkeys(result.kind for result in found)
    for kind in kinds:
        parts.append(_details(claim, [each for each in found if each.kind == kind], findings))
    repeat = found[0].repeat or first_command(claim, findings.cases)
    parts += [_control(claim, findings), f"Repeat it: `{repeat}`"]
    return parts


def _verdict_line(claim: Claim, result: Result, findings: Findings) -> str:
    where, notes, sentence = verdict_of(claim, result, findings)
    shown = f"**{result.status}**" + (f" ({notes})" if notes else "")
    return f"{where}{shown}: {sentence}"


def _details(claim: Claim, results: Sequence[Result], findings: Findings) -> str:
    """The setting and every seed, a column a device, paired by seed."""
    case = case_of(claim, results[0])
    reduced = f" ({claim.reduced.why})" if case.kind == "reduced" and claim.reduced else ""
    devices = [result.device for result in results]
    outcomes = [{each["seed"]: each for each in result.outcomes} for result in results]
    seeds = sorted({seed for each in outcomes for seed in each})
    rows = [
        [seed, *(cell(seed_text(each.get(seed), case.rule)) for each in outcomes)] for seed in seeds
    ]
    return (
        f"<details><summary>the setting and every seed{reduced}</summary>\n\n"
        f"Rule: `{results[0].rule}`\n\n{_own_code(case.rule)}```text\n{settings_of(case)}\n```\n\n"
        f"{tabulate(rows, ('seed', *devices), tablefmt='pipe')}\n\n"
        f"{_confused(case, results[0], findings)}</details>"
    )


def _confused(case: Case, result: Result, findings: Findings) -> str:
    return "".join(
        f"{title}:\n\n{tabulate(rows, heads, tablefmt='pipe')}\n\n"
        for title, heads, rows in confusions(case, result, findings)
    )


def _own_code(rule: Rule) -> str:
    """The classes and functions of the claim's own that its rule uses."""
    code = code_of(rule)
    return f"```python\n{code}\n```\n\n" if code else ""


def _control(claim: Claim, findings: Findings) -> str:
    if claim.control is None:
        return ""
    found = control_of(claim, findings)
    if not found:
        first = first_command(claim, findings.cases, control=True)
        return f"**Control.** {claim.control.change}: not run here (`{first}`)."
    return f"**Control.** {claim.control.change}: {found}."
