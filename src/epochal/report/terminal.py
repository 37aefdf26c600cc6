"""The terminal's table of verdicts, as wide as the terminal is."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from epochal.claims.claim import TIERS, Claim
from epochal.claims.cost import duration, shares
from epochal.claims.verdicts import Standing
from epochal.judging.findings import CaseResult
from epochal.report.lines import filled, fits, stacked, tabulated
from epochal.report.text import middle, notes_on, share_reused
from epochal.training.cost import hours

__all__ = ["others", "table"]

CELLS = ("verdict", "seeds", "medians", "time")
SHORT = ("verdict", "seeds", "time")


def table(found: Sequence[CaseResult], width: int | None = None) -> str:
    """Return the table of verdicts, one row for each claim.

    If its lines are longer than ``width``, medians stand below their rows and ``expected`` is left
    out. With several devices each has its own columns, or its own rows if these are too wide.
    """
    devices = list(dict.fromkeys(each.result.device for each in found))
    shared = _shared(found)
    by_case: dict[str, dict[str, CaseResult]] = {}
    for each in found:
        by_case.setdefault(each.case.id, {})[each.result.device] = each
    rows = [
        [
            _name(row.values()),
            *(cell for name in devices for cell in _cells(row.get(name), shared)),
            _expected(row.values()),
        ]
        for row in by_case.values()
    ]
    several = len(devices) > 1
    headers = [f"{cell} {name}" if several else cell for name in devices for cell in CELLS]
    text = tabulated(rows, ["claim", *headers, "expected"])
    if width is not None and not fits(text, width):
        text = _narrow(found, shared, several, width)
    shown = [next(iter(row.values())) for row in by_case.values()]
    ours = any(each.case.claim.ours for each in shown)
    star = "* our own claim, not the source's. " if ours else ""
    mark = " shared: trained for an earlier row." if shared else ""
    lines = [f"{star}Time is training time, seeds together.{mark}"]
    for each in shown:
        if notes := notes_on(each.case, each.result):
            lines.append(f"{each.case.id}: {'; '.join(notes)}.")
    return "\n".join([text, *(filled(line, width) for line in lines)])


def _narrow(found: Sequence[CaseResult], shared: Collection[int], several: bool, width: int) -> str:
    """The same with medians below each row, wrapped."""
    rows = []
    for each in found:
        verdict, seeds, _, time = _cells(each, shared)
        where = f" {each.result.device}" if several else ""
        rows.append([f"{_name([each])}{where}", verdict, seeds, time])
    details = [middle(each.result, each.case.rule) for each in found]
    return stacked(rows, ["claim", *SHORT], details, width)


def _shared(found: Sequence[CaseResult]) -> set[int]:
    """The places of the rows of which every run belongs to an earlier row, too."""
    seen, shared = set[object](), set[int]()
    for each in found:
        runs = set(each.origins)
        if runs and runs <= seen:
            shared.add(id(each))
        seen |= runs
    return shared


def others(
    left_out: Sequence[Claim], workers: int, pace: float = 1.0, width: int | None = None
) -> str:
    """Return a line on the claims of other tiers, empty if there is none.

    Trainings take ``pace`` times longer than estimated.
    """
    count = Counter(claim.tier for claim in left_out)
    parts = []
    for tier in filter(count.__contains__, TIERS):
        cases = [case for each in left_out if each.tier == tier and (case := each.case(tier))]
        time = duration(pace * hours(shares(cases)) / workers)
        parts.append(f"{count[tier]} in --tier {tier}, about {time}")
    return filled(f"{len(left_out)} more claims: {'; '.join(parts)}.", width) if parts else ""


def _expected(found: Iterable[CaseResult]) -> str:
    expected = next((each.expected for each in found if each.expected), None)
    estimates = any(each.standing is Standing.ESTIMATED for each in found)
    return expected or ("none" if estimates else "none yet")


def _name(found: Collection[CaseResult]) -> str:
    reduced = any(each.result.kind == "reduced" for each in found)
    case = next(iter(found)).case
    return case.id + (" (reduced)" if reduced else "") + (" *" if case.claim.ours else "")


def _cells(found: CaseResult | None, shared: Collection[int]) -> tuple[str, str, str, str]:
    if found is None:
        return "", "", "", ""
    result, standing = found.result, found.standing.value
    verdict = result.status if standing == result.status else f"{standing}: {result.status}"
    stored = share_reused(found.origins.values())
    time = f"{result.seconds:.0f} s" + (f", {stored}" if stored else "")
    if id(found) in shared:
        time = "shared"
    medians = middle(result, found.case.rule)
    return verdict, f"{result.k} of {result.n}", medians, time
