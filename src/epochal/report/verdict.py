"""A verdict in sentences, which pages in Markdown and the page in HTML share."""

from collections.abc import Iterator
from typing import Any

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.rules.base import Rule
from epochal.claims.verdicts import Status
from epochal.experiments.labels import Labels
from epochal.identity.digest import own_code
from epochal.judging.findings import Findings
from epochal.judging.result import Result, case_of
from epochal.report.chosen import arms_of
from epochal.report.shown import dated, judged, sign
from epochal.report.text import asked, notes_on, numbers, sure

__all__ = [
    "code_of",
    "confusions",
    "control_of",
    "notes_of",
    "own_seed",
    "seed",
    "settings_of",
    "verdict_of",
]


def verdict_of(claim: Claim, result: Result, findings: Findings) -> tuple[str, str, str]:
    """Where a verdict was given, if there are several, what is special about it, and its sentence.

    The sentence has the seeds and how often the test is wrong.
    """
    several = len(judged(findings, claim)) > 1
    standing = sign(claim, result)
    notes = ("" if standing == result.status else standing, dated(findings, result))
    certainty = sure(result.rates(claim), result)
    why = f" {result.why}." if result.why not in ("", certainty) else ""
    where = (
        f"On {result.device}{', reduced' if result.kind == 'reduced' else ''}: " if several else ""
    )
    holds = f"{result.k} of {result.n} seeds hold; "
    if result.status == Status.ESTIMATED.value:
        holds = ""  # its certainty counts them
    return where, ", ".join(filter(None, notes)), f"{holds}{certainty}.{asked(claim, result)}{why}"


def own_seed(claim: Claim, result: Result) -> str:
    """What the seed showed that the source itself used; empty if it used none of these."""
    own = [each for each in result.outcomes if each["seed"] == claim.source.seed]
    rule = case_of(claim, result).rule
    return f"The source's own seed, {claim.source.seed}: {seed(own[0], rule)}." if own else ""


def seed(outcome: dict[str, Any] | None, rule: Rule) -> str:
    """What a seed showed, in words; empty if it was not run."""
    if outcome is None:
        return ""
    return f"{'holds' if outcome['holds'] else 'fails'}: {numbers(outcome, rule)}"


def notes_of(claim: Claim, result: Result) -> Iterator[str]:
    """The notes of the case that was judged, as sentences."""
    for note in notes_on(case_of(claim, result), result):
        yield f"{note[0].upper()}{note[1:]}."


def control_of(claim: Claim, findings: Findings) -> str:
    """What came out of the claim's control; empty if it was not run."""
    found = findings.of(claim.id, "control")
    if not found:
        return ""
    parts = [found[0].status, f"{found[0].k} of {found[0].n} seeds hold", dated(findings, found[0])]
    return ", ".join(filter(None, parts))


def code_of(rule: Rule) -> str:
    """The classes and functions of the claim's own that its rule uses, as Python."""
    found = own_code(rule).items()
    return "\n\n".join(each["text"] for name, each in found if "." not in name)


def settings_of(case: Case) -> str:
    """Each setting of ``case`` with its epochs, in words."""
    return "\n\n".join(
        f"{name}, {epochs} epochs:\n{case.experiments[name].describe()}"
        for name, epochs in case.horizons.items()
    )


def confusions(
    case: Case, result: Result, findings: Findings
) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    """For settings with few classes, how many points of each got which one.

    Yields:
        A title, the heads of a table, and its rows.
    """
    for arm, curves in (arms_of(findings, case, result) or {}).items():
        target = case.experiments[arm].target
        if curves.confusion and isinstance(target, Labels):
            names = [target.name(place) for place in range(target.count)]
            rows = [[name, *counts] for name, counts in zip(names, curves.confusion, strict=True)]
            title = f"{arm}, seed {curves.seeds[0]} at epoch {curves.epochs[-1]}, points"
            yield title, ["class", *(f"given {name}" for name in names)], rows
