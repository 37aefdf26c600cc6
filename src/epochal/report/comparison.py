"""Two measurements side by side, as text."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from tabulate import tabulate

from epochal.gate.compare import Comparison, Moved
from epochal.gate.drift import Drift, verdict_alone
from epochal.judging.result import Result
from epochal.report.lines import filled, fits, stacked, tabulated

__all__ = ["comparison", "differing", "drifting", "page"]


BIT_EQUAL = "1, bit-equal"

MOST_NAMES = 8
"""Of claims that one side alone has, in the terminal; a page and JSON name all."""


def comparison(
    pairs: Sequence[Comparison],
    names: tuple[str, str],
    style: str = "simple",
    width: int | None = None,
) -> str:
    """A row a claim: both verdicts, the median numbers, and their mean ratio over paired seeds.

    What only one side has is named below the rows.

    Args:
        pairs: what is compared.
        names: of the two sides.
        style: a table format of tabulate's.
        width: of the terminal; if rows are longer, all but the change stands below them.
    """
    rows = [_row(each) for each in pairs if each.moved is not Moved.ALONE]
    text = tabulated(rows, ("claim", *names, "number", *names, "ratio", "change"), style)
    if width is not None and not fits(text, width):
        heads = [(row[0], row[-1]) for row in rows]
        text = stacked(heads, ("claim", "change"), [_below(row) for row in rows], width)
    most = MOST_NAMES if style == "simple" else len(pairs)
    parts = [_lone(pairs, before, names[before is False], most) for before in (True, False)]
    parts += [_count(pairs)]
    parts += [f"{_name(each.either)} was called {each.renamed}." for each in pairs if each.renamed]
    parts += [_again(each, fresh) for each in pairs for fresh in each.again]
    loud = [each.either for each in pairs if each.moved in LOUD and each.either.repeat]
    parts += ["\n".join(f"repeat {_name(each)}: {_code(each.repeat, style)}" for each in loud)]
    return "\n\n".join([text, *(filled(part, width) for part in parts if part)])


def _below(row: Sequence[str]) -> str:
    """All cells of a row but the claim and the change."""
    _, *verdicts, number, before, after, ratio, _ = row
    numbers = f"{number}: {before} → {after}" if number else ""
    times = "" if ratio in ("", BIT_EQUAL) else f"ratio {ratio}"
    return "; ".join(filter(None, (" → ".join(verdicts), numbers, times)))


def _lone(pairs: Sequence[Comparison], before: bool, side: str, most: int) -> str:
    lone = [each for each in pairs if (each.after if before else each.before) is None]
    names = ", ".join(_name(each.either) for each in lone[:most])
    more = f" and {len(lone) - most} more" if len(lone) > most else ""
    return f"Only in {side}: {names}{more}." if lone else ""


def _count(pairs: Sequence[Comparison]) -> str:
    compared = sum(each.is_compared for each in pairs)
    return f"{compared} of {len(pairs)} could be compared." if compared < len(pairs) else ""


def _again(pair: Comparison, fresh: Result) -> str:
    seeds = [each["seed"] for each in fresh.outcomes] or ["-"]
    agreement = "as before" if pair.before and fresh.status == pair.before.status else "here too"
    return (
        f"{_name(pair.either)} was judged again on fresh seeds {seeds[0]} to {seeds[-1]}: "
        f"{_verdict(fresh)}, {agreement}."
    )


def drifting(
    drifts: Sequence[Drift],
    style: str = "simple",
    settings: Mapping[str, str] | None = None,
    width: int | None = None,
) -> str:
    """What changed in how nets learn: a row for each quantity outside its tolerance.

    The others are counted. The last lines name the numbers of rules that changed and have no
    tolerance, and all settings that have none: of these only verdicts are compared, and numbers
    where training is bit-equal.

    Args:
        drifts: what was compared.
        style: a table format of tabulate's.
        settings: names of all settings that ran, by their digests.
        width: of the terminal; if rows are longer, the numbers stand below them.
    """
    judged = [each for each in drifts if each.can_tell]
    kinds = Counter("equal" if each.bit_equal else _found(each) for each in judged)
    rows = [
        (
            each.of[0] + (f" and {len(each.of) - 1} more" if len(each.of) > 1 else ""),
            f"{each.key}, {_seeds(len(each.changes))}",
            each.shown(each.mean),
            "-" if each.interval is None else _band(each, each.interval),
            _band(each, (-(each.margin or 0.0), each.margin or 0.0)),
            _found(each),
        )
        for each in judged
        if not each.bit_equal and not each.within
    ]
    headers = ("claim", "quantity", "change", "interval", "margin", "result")
    text = tabulated(rows, headers, style)
    if width is not None and not fits(text, width):
        details = [
            f"{quantity}: change {change}, interval {interval}, margin {margin}"
            for _, quantity, change, interval, margin, _ in rows
        ]
        text = stacked([(row[0], row[-1]) for row in rows], ("claim", "result"), details, width)
    parts = [text] if rows else []
    order = sorted(kinds, key=lambda each: (each != "equal", each != WITHIN, each))
    counts = "".join(f", {kinds[each]} {each}" for each in order)
    parts += [f"Learning: {len(judged)} quantities compared{counts}."]
    unknown = _without_tolerance(drifts)
    if unknown:
        more = f" and {len(unknown) - MOST_NAMES} more" if len(unknown) > MOST_NAMES else ""
        names = "; ".join(unknown[:MOST_NAMES])
        parts += [f"Changed, with no tolerance to judge it by: {names}{more}."]
    alone = sorted({(settings or {})[of] for of in verdict_alone(drifts, settings or {})})
    if alone:
        count = f"{len(alone)} setting{'s' * (len(alone) > 1)}"
        only = "Only verdicts, and numbers of bit-equal training, were compared of"
        parts += [f"{only} {count}: {', '.join(alone)}."]
    return "\n\n".join([*parts[:1], *(filled(part, width) for part in parts[1:])])


def _without_tolerance(drifts: Sequence[Drift]) -> list[str]:
    """The numbers of rules that changed and that nothing can be said of, by their claims."""
    found: dict[str, list[str]] = {}
    for each in drifts:
        if each.key.epoch is None and each.margin is None and not each.bit_equal:
            found.setdefault(each.of[0], []).append(each.key.name)
    return [f"{claim} ({', '.join(names)})" for claim, names in found.items()]


def _band(drift: Drift, interval: tuple[float, float]) -> str:
    if drift.key.relative:
        return f"[{math.exp(interval[0]):.4g}, {math.exp(interval[1]):.4g}]"
    return f"[{interval[0]:+.3g}, {interval[1]:+.3g}]"


WITHIN = "within the margin"


def _found(drift: Drift) -> str:
    if drift.moved:
        return "learning drifted" + ("" if drift.shifted else ": seeds drifted apart")
    if drift.within:
        return WITHIN
    return "undecided" if drift.open else "chaotic"


def differing(fields: Mapping[str, tuple[str, str]]) -> str:
    """In what two environments differ, a line a field.

    >>> print(differing({"torch": ("2.13.0", "2.15.0")}))
    torch: 2.13.0 → 2.15.0
    """
    lines = [f"{name}: {before} → {after}" for name, (before, after) in fields.items()]
    return "\n".join(lines) or "no field of the environment differs"


def page(
    pairs: Sequence[Comparison],
    names: tuple[str, str],
    fields: Mapping[str, tuple[str, str]],
) -> str:
    """A Markdown page of the two measurements."""
    turned = [pair for pair in pairs if pair.moved in LOUD]
    count = Counter(pair.moved.value for pair in pairs)
    tally = ", ".join(f"{number} {moved}" for moved, number in count.items())
    rows = [(name, before, after) for name, (before, after) in fields.items()]
    parts = [
        f"# {names[0]} against {names[1]}",
        f"{len(pairs)} claims: {tally}. "
        + ("Changes are in bold." if turned else "No verdict and no learning curve changed."),
        comparison(pairs, names, "pipe"),
        LEGEND,
        "## Differences",
        tabulate(rows, ("", *names), tablefmt="pipe", disable_numparse=True),
        "## What they share",
        _shared(pairs, fields),
    ]
    return "\n\n".join(parts) + "\n"


def _shared(pairs: Sequence[Comparison], fields: Mapping[str, tuple[str, str]]) -> str:
    values_of: dict[str, set[str]] = {}
    for pair in pairs:
        for name, value in pair.either.environment.items():
            if name not in fields and name not in ("key", "hardware key"):
                values_of.setdefault(name, set()).add(value)
    return "\n".join(f"- {name}: {', '.join(sorted(values))}" for name, values in values_of.items())


def _row(pair: Comparison) -> list[str]:
    moved = pair.moved
    ratio = pair.ratio
    if moved is Moved.BIT_EQUAL:
        shown = BIT_EQUAL
    else:
        shown = "" if moved is Moved.OTHER or ratio is None else _ratio(ratio)
    label = f"{moved.value} ({pair.other})" if pair.other else moved.value
    text = f"**{label}**" if moved in LOUD else label
    return [
        _name(pair.either),
        _verdict(pair.before),
        _verdict(pair.after),
        f"{pair.number}, {_seeds(len(pair.pairs))}" if pair.number else "",
        _middle([each.before for each in pair.pairs]),
        _middle([each.after for each in pair.pairs]),
        shown,
        text,
    ]


LEGEND = (
    "Seeds are paired: the ratio is the geometric mean of right over left over the seeds that both "
    "sides have. Bit-equal means that every loss of every such seed is the same; a rule must then "
    "give the same numbers. Whether learning drifted is judged by pytest bench/ --gate, against "
    "measured tolerances."
)

LOUD = (Moved.VERDICT, Moved.BROKEN, Moved.UNDECIDED, Moved.NUMBERS)


def _code(command: str, style: str) -> str:
    return f"`{command}`  " if style == "pipe" else command


def _name(result: Result) -> str:
    return result.claim + {"full": "", "reduced": " (reduced)", "control": "~control"}[result.kind]


def _verdict(result: Result | None) -> str:
    return "-" if result is None else f"{result.status} {result.k}/{result.n}"


def _middle(values: Sequence[float | None]) -> str:
    if not values:
        return ""
    ordered = sorted(math.inf if value is None else value for value in values)
    middle = ordered[len(ordered) // 2]
    return "never" if math.isinf(middle) else f"{middle:.4g}"


def _ratio(ratio: float) -> str:
    if math.isinf(ratio):
        return "never now"
    return "never before" if ratio == 0 else f"{ratio:.3f}"


def _seeds(count: int) -> str:
    return f"{count} seed{'s' * (count != 1)}"
