"""Two measurements side by side, as text."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from tabulate import tabulate

from epochal.gate.compare import MARGIN, Comparison, Moved
from epochal.judging.result import Result

__all__ = ["comparison", "differing", "page"]


def comparison(pairs: Sequence[Comparison], names: tuple[str, str], style: str = "simple") -> str:
    """A row a claim: both verdicts, and the median number with its paired ratio over seeds.

    What only one side has is named below the rows.

    Args:
        pairs: what is compared.
        names: of the two sides.
        style: a table format of tabulate's.
    """
    rows = [_row(each) for each in pairs if each.moved is not Moved.ALONE]
    headers = ("claim", *names, "what is compared", *names, "ratio", "what moved")
    text = tabulate(rows, headers, tablefmt=style, disable_numparse=True)
    lone = [_name(each.either) for each in pairs if each.moved is Moved.ALONE]
    told = [f"Only on one side: {', '.join(lone)}."] if lone else []
    loud = [each.either for each in pairs if each.moved in LOUD and each.either.repeat]
    told += ["\n".join(f"repeat {_name(each)}: {_code(each.repeat, style)}" for each in loud)]
    return "\n\n".join(filter(None, [text, *told]))


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
        + ("What moved is in bold." if turned else "No verdict and no learning moved."),
        comparison(pairs, names, "pipe"),
        LEGEND,
        "## In what they differ",
        tabulate(rows, ("", *names), tablefmt="pipe", disable_numparse=True),
        "## What they share",
        _shared(pairs, fields),
    ]
    return "\n\n".join(parts) + "\n"


def _shared(pairs: Sequence[Comparison], fields: Mapping[str, tuple[str, str]]) -> str:
    told: dict[str, set[str]] = {}
    for pair in pairs:
        for name, value in pair.either.environment.items():
            if name not in fields and name not in ("key", "hardware key"):
                told.setdefault(name, set()).add(value)
    return "\n".join(f"- {name}: {', '.join(sorted(values))}" for name, values in told.items())


def _row(pair: Comparison) -> list[str]:
    moved = pair.moved
    ratio = pair.ratio
    if moved is Moved.OTHER or ratio is None:
        shown = ""
    else:
        shown = "1, bit-equal" if pair.bit_equal else _ratio(ratio)
    text = f"**{moved.value}**" if moved in LOUD else moved.value
    return [
        _name(pair.either),
        _verdict(pair.before),
        _verdict(pair.after),
        f"{pair.number}, {len(pair.pairs)} seeds" if pair.number else "",
        _middle([each.before for each in pair.pairs]),
        _middle([each.after for each in pair.pairs]),
        shown,
        text,
    ]


LEGEND = (
    "Seeds are paired: the ratio is the median over the seeds that both sides have of right over "
    f"left, and learning counts as drifted beyond {MARGIN} either way, a wide and provisional "
    "margin. Bit-equal means that every loss of every such seed is the same."
)

LOUD = (Moved.VERDICT, Moved.BROKEN, Moved.UNDECIDED, Moved.DRIFTED)


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
