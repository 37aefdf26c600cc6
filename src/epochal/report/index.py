"""The report's index: what was claimed and what came out, at a glance."""

from collections import Counter
from collections.abc import Sequence

from tabulate import tabulate

from epochal.claims.claim import Claim
from epochal.claims.source import Source
from epochal.claims.verdicts import Status
from epochal.judging.findings import Findings
from epochal.judging.repeat import first_command
from epochal.judging.result import Result
from epochal.report.shown import case_of, cell, dated, judged, machines, sign
from epochal.report.text import middle

__all__ = ["index"]

LEGEND = (
    "A claim holds or fails for each seed; a sequential test over seeds, taken in order, "
    "tells a claim that holds for at least 4 seeds in 5 from one that holds for at most 1 "
    "in 5, and each page gives its exact error rates. **Reproduced** means that the seeds "
    "show what the claim says, **refuted** that they show the opposite, **undecided** that "
    "they did not settle it, **broken** that it could not be run. As expected means: as "
    "recorded in the case file from runs before; a row says how many seeds stand behind it. MSE "
    "is on the training points, errors of the centre and the edges on a regular grid; epoch e is "
    "after e updates, or e passes in batches, and a value at e is the median over the last 5% of "
    "the epochs up to e."
)


def index(sources: Sequence[Source], claims: Sequence[Claim], findings: Findings) -> str:
    """The page that answers at a glance: a row a claim, and what came out other than expected."""
    found = {claim.id: judged(findings, claim) for claim in claims}
    count = Counter(results[0].status for results in found.values() if results)
    left = len(claims) - sum(count.values())
    before = sum(bool(r) and r[0].key in findings.dates for r in found.values())
    tally = ", ".join(f"{count[each.value]} {each.value}" for each in Status if count[each.value])
    left_out = f", {left} not run here." if left else "."
    stored = f" {before} from an earlier session." if before else ""
    parts = [
        "# What was claimed, and what we found",
        f"{_count(len(claims), 'claim')} from {_count(len(sources), 'source')}: "
        f"{tally or 'none was run'}{left_out}{stored}",
        _surprises(claims, found),
    ]
    for source in sources:
        own = [each for each in claims if each.source.key == source.key]
        rows = [_row(each, found[each.id], findings) for each in own]
        parts += [
            f"## [{source.title}]({source.key}.md)",
            f"{source.authors}, {source.year}. <{source.url}>",
            tabulate(rows, ("claim", "verdict", "seeds", "medians", "repeat it"), tablefmt="pipe"),
        ]
    ran = [result for results in found.values() for result in results]
    parts += ["## How to read this", LEGEND, "## Where it ran", machines(ran)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _surprises(claims: Sequence[Claim], found: dict[str, list[Result]]) -> str:
    lines = []
    for claim in claims:
        status = found[claim.id][0].status if found[claim.id] else None
        if status is not None and (claim.found or status == Status.REFUTED.value):
            lines.append(f"- **{status}**: {claim.says} {claim.found or claim.reading}")
    return "## Worth knowing\n\n" + "\n".join(lines) if lines else ""


def _row(claim: Claim, results: Sequence[Result], findings: Findings) -> tuple[str, ...]:
    ours = " *(ours)*" if claim.ours else ""
    name = f"[{claim.id}]({claim.source.key}.md#{claim.id})<br>{cell(claim.says)}{ours}"
    if not results:
        return (
            name,
            f"not run here (tier {claim.tier})",
            "",
            "",
            f"`{first_command(claim, findings.cases)}`",
        )
    shown = _fullest(results)
    several = len(shown) > 1
    cells = [
        [
            (f"{each.device}: " if several else "") + _verdict(claim, each, findings),
            f"{each.k} of {each.n}",
            cell(middle(each, case_of(claim, each).rule)),
            f"`{each.repeat or first_command(claim, findings.cases)}`",
        ]
        for each in shown
    ]
    joined = ["<br>".join(column) for column in zip(*cells, strict=True)]
    if shown[0].kind == "reduced" and claim.reduced is not None:
        joined[0] += f"<br>{cell(claim.reduced.why)}"
    joined[0] += "".join(f"<br>{cell(note)}" for note in case_of(claim, shown[0]).notes)
    return name, *joined


def _verdict(claim: Claim, result: Result, findings: Findings) -> str:
    when = dated(findings, result)
    return f"**{result.status}**<br>{sign(claim, result)}" + (f"<br>{when}" if when else "")


def _fullest(results: Sequence[Result]) -> list[Result]:
    """One result a device, in full where there is one."""
    found: dict[str, Result] = {}
    for result in results:
        found.setdefault(result.device, result)
    return list(found.values())
