"""The report: an index that answers at a glance, and a page for each source."""

import html
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from epochal.claims.claim import Case, Claim
from epochal.claims.source import Source
from epochal.claims.verdicts import Standing, Status
from epochal.experiments.inputs import Circle
from epochal.files import save
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.judging.result import Result
from epochal.report.drawn import draw_if_changed
from epochal.report.text import command, middle, numbers, sure

__all__ = ["write"]

SIGNS = {
    Standing.AS_EXPECTED: "as expected",
    Standing.NEW: "new",
    Standing.CHANGED: "**changed**",
    Standing.UNDECIDED: "undecided",
    Standing.BROKEN: "**broken**",
}

LEGEND = (
    "A claim holds or fails for each seed; a sequential test over seeds, taken in order, "
    "tells a claim that holds for at least 4 seeds in 5 from one that holds for at most 1 "
    "in 5, and each page gives its exact error rates. **Reproduced** means that the seeds "
    "show what the claim says, **refuted** that they show the opposite, **undecided** that "
    "they did not settle it, **broken** that it could not be run. As expected means: as "
    "recorded in the case file after at least 5 seeds. MSE is on the training points, errors "
    "of the centre and the edges on a regular grid; epoch e is after e updates, and a value "
    "at e is the median over the last 5% of the epochs up to e."
)


def write(findings: Findings, claims: Sequence[Claim], folder: Path) -> Path:
    """Writes ``index.md``, a page for each source and the figures into ``folder``.

    Returns:
        The path of the index.
    """
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    drawn = {claim.id: _draw(findings, claim, figures) for claim in claims}
    sources = list({claim.source.key: claim.source for claim in claims}.values())
    for source in sources:
        own = [claim for claim in claims if claim.source.key == source.key]
        save(folder / f"{source.key}.md", _page(source, own, findings, drawn))
    index = folder / "index.md"
    save(index, _index(sources, claims, findings))
    return index


def _index(sources: Sequence[Source], claims: Sequence[Claim], findings: Findings) -> str:
    judged = {claim.id: _judged(findings, claim) for claim in claims}
    count = Counter(results[0].status for results in judged.values() if results)
    left = len(claims) - sum(count.values())
    tally = ", ".join(f"{count[each.value]} {each.value}" for each in Status if count[each.value])
    parts = [
        "# What was claimed, and what we found",
        f"{_count(len(claims), 'claim')} from {_count(len(sources), 'source')}: "
        f"{tally or 'none was run'}" + (f", {left} not run here." if left else "."),
        _surprises(claims, judged),
    ]
    for source in sources:
        own = [each for each in claims if each.source.key == source.key]
        rows = [_row(each, judged[each.id], findings.cases) for each in own]
        parts += [
            f"## [{source.title}]({source.key}.md)",
            f"{source.authors}, {source.year}. <{source.url}>",
            tabulate(rows, ("claim", "verdict", "seeds", "medians", "repeat it"), tablefmt="pipe"),
        ]
    ran = [result for results in judged.values() for result in results]
    parts += ["## How to read this", LEGEND, "## Where it ran", _machines(ran)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _surprises(claims: Sequence[Claim], judged: dict[str, list[Result]]) -> str:
    lines = []
    for claim in claims:
        status = judged[claim.id][0].status if judged[claim.id] else None
        if status is not None and (claim.found or status == Status.REFUTED.value):
            lines.append(f"- **{status}**: {claim.says} {claim.found}".rstrip())
    return "## Worth knowing\n\n" + "\n".join(lines) if lines else ""


def _row(claim: Claim, results: Sequence[Result], cases: str) -> tuple[str, ...]:
    ours = " *(ours)*" if claim.ours else ""
    name = f"[{claim.id}]({claim.source.key}.md#{claim.id})<br>{_cell(claim.says)}{ours}"
    if not results:
        return (
            name,
            f"not run here (tier {claim.tier})",
            "",
            "",
            f"`{_first_command(claim, cases)}`",
        )
    shown = _fullest(results)
    several = len(shown) > 1
    cells = [
        [
            (f"{each.device}: " if several else "") + f"**{each.status}**<br>{_sign(claim, each)}",
            f"{each.k} of {each.n}",
            _cell(middle(each)),
            f"`{command(each, claim, cases)}`",
        ]
        for each in shown
    ]
    joined = ["<br>".join(column) for column in zip(*cells, strict=True)]
    if shown[0].kind == "reduced" and claim.reduced is not None:
        joined[0] += f"<br>{_cell(claim.reduced.why)}"
    joined[0] += "".join(f"<br>{_cell(note)}" for note in _case(claim, shown[0]).notes)
    return name, *joined


def _fullest(results: Sequence[Result]) -> list[Result]:
    """One result a device, in full where there is one."""
    found: dict[str, Result] = {}
    for result in results:
        found.setdefault(result.device, result)
    return list(found.values())


def _sign(claim: Claim, result: Result) -> str:
    return SIGNS[result.standing(_expected(claim, result))]


def _page(
    source: Source, claims: Sequence[Claim], findings: Findings, drawn: dict[str, str | None]
) -> str:
    parts = [
        f"# {source.title}",
        f"{source.authors}, {source.year}. <{source.url}>",
        source.story,
        "[All sources](index.md)",
    ]
    for claim in claims:
        parts += _section(claim, findings, drawn[claim.id])
    parts += ["## Where it ran", _machines(r for c in claims for r in findings.of(c.id))]
    if source.bibtex.strip():
        parts += ["## Cite the source", f"```bibtex\n{source.bibtex}\n```"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(claim: Claim, findings: Findings, figure: str | None) -> list[str]:
    found = _judged(findings, claim)
    heading = f'<a id="{claim.id}"></a>\n\n## {claim.says}'
    facts = [
        f"*{claim.where}*" + (" · our own claim, not the source's" if claim.ours else ""),
        f"**How we read it.** {claim.reading}",
    ]
    if not found:
        first = _first_command(claim, findings.cases)
        note = f"Not run here: it is in the tier {claim.tier}. `{first}`"
        return [heading, *facts, note]
    parts = [heading, *(_verdict_line(claim, each, len(found) > 1) for each in found), *facts]
    parts += [f"**Mind.** Here {note}." for note in _case(claim, found[0]).notes]
    if claim.found:
        parts.append(f"**What came out.** {claim.found}")
    if figure is not None:
        parts.append(f"![{claim.id}]({figure})")
    kinds = dict.fromkeys(result.kind for result in found)
    parts += [_details(claim, [each for each in found if each.kind == kind]) for kind in kinds]
    parts += [_control(claim, findings), f"Repeat it: `{command(found[0], claim, findings.cases)}`"]
    return parts


def _verdict_line(claim: Claim, result: Result, several: bool) -> str:
    why = f" {result.why}." if result.why else ""
    where = (
        f"On {result.device}{', reduced' if result.kind == 'reduced' else ''}: " if several else ""
    )
    return (
        f"{where}**{result.status}** ({_sign(claim, result)}): {result.k} of {result.n} seeds "
        f"hold; {sure(result.rates(claim), result)}.{why}"
    )


def _details(claim: Claim, results: Sequence[Result]) -> str:
    """The setting and every seed, a column a device, paired by seed."""
    case = _case(claim, results[0])
    reduced = f" ({claim.reduced.why})" if case.kind == "reduced" and claim.reduced else ""
    devices = [result.device for result in results]
    outcomes = [{each["seed"]: each for each in result.outcomes} for result in results]
    seeds = sorted({seed for each in outcomes for seed in each})
    rows = [[seed, *(_seed(each.get(seed)) for each in outcomes)] for seed in seeds]
    settings = "\n\n".join(
        f"{name}, {epochs} epochs:\n{case.experiments[name].describe()}"
        for name, epochs in case.horizons.items()
    )
    return (
        f"<details><summary>the setting and every seed{reduced}</summary>\n\n"
        f"Rule: `{results[0].rule}`\n\n```text\n{settings}\n```\n\n"
        f"{tabulate(rows, ('seed', *devices), tablefmt='pipe')}\n\n</details>"
    )


def _seed(outcome: dict[str, Any] | None) -> str:
    if outcome is None:
        return ""
    return f"{'holds' if outcome['holds'] else 'fails'}: {_cell(numbers(outcome))}"


def _control(claim: Claim, findings: Findings) -> str:
    if claim.control is None:
        return ""
    found = findings.of(claim.id, "control")
    text = f"**Control.** {claim.control.change}"
    if not found:
        return f"{text}: not run here (`pytest bench/ --controls --claims {claim.id}`)."
    return f"{text}: {found[0].status}, {found[0].k} of {found[0].n} seeds hold."


def _judged(findings: Findings, claim: Claim) -> list[Result]:
    """The claim's own results as it now asks for them, the one in full before the reduced one."""
    kinds = {case.kind for case in claim.cases} - {"control"}
    return [result for result in findings.of(claim.id) if result.kind in kinds]


def _case(claim: Claim, result: Result) -> Case:
    return next(case for case in claim.cases if case.kind == result.kind)


def _expected(claim: Claim, result: Result) -> str | None:
    return _case(claim, result).expected(result.device)


def _draw(findings: Findings, claim: Claim, folder: Path) -> str | None:
    for result in _judged(findings, claim):
        case = _case(claim, result)
        arms = _arms(findings, case, result)
        if arms is not None:
            path = folder / f"{claim.id}.png"
            title = f"{result.status}, {result.k} of {result.n} seeds: {result.rule}"
            draw_if_changed(path, title, case.rule.marks(), arms, _position(case))
            return f"figures/{path.name}"
    return None


def _position(case: Case) -> str:
    circles = [isinstance(each.inputs, Circle) for each in case.experiments.values()]
    return "angle θ" if all(circles) else "x"


def _arms(findings: Findings, case: Case, result: Result) -> dict[str, Curves] | None:
    keys = {
        name: f"{digest}-{result.device.replace(':', '')}"
        for name, digest in result.experiments.items()
    }
    epoch = str(case.rule.marks().epochs[-1])
    arms = {name: findings.curves[key] for name, key in keys.items() if key in findings.curves}
    complete = len(arms) == len(keys) and all(epoch in each.fits for each in arms.values())
    return arms if complete else None


def _machines(results: Iterable[Result]) -> str:
    lines = Counter()  # type: Counter[str]
    for result in results:
        versions = ", ".join(f"{name} {value}" for name, value in result.environment.items())
        hardware = result.hardware or result.device
        lines[f"- {hardware}, engine {result.engine or 'none'}; {versions}"] += 1
    return "\n".join(sorted(lines)) or "Nothing ran."


def _first_command(claim: Claim, cases: str) -> str:
    words = ["pytest", "bench/", "--claims", claim.id, *(["--cases", cases] if cases else [])]
    return shlex.join([*words, *([] if claim.tier == "quick" else ["--tier", claim.tier])])


def _cell(text: str) -> str:
    """Text that does not break a Markdown table."""
    return re.sub(r"\s+", " ", html.escape(text, quote=False)).replace("|", "\\|")
