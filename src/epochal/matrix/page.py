"""The page of a matrix: claims down, versions of torch across."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from tabulate import tabulate

from epochal.ab.stored import Kept
from epochal.files import save
from epochal.matrix.matrix import Matrix, Row
from epochal.report.drawn import draw_if_changed

__all__ = ["table", "warned", "write"]

PICTURE = (
    "Claims by versions of torch: where results are bit-identical, and else how far errors differ"
)
"""What the picture shows, in words."""

HOW = (
    "The first seed of each claim up to the {tier} tier is trained for {epochs} epochs, or for as "
    "many as the claim needs, from the same weights and data. Equal letters in a row mean "
    "bit-identical losses. A number is the ratio of the final error to that under {pinned}. Only "
    "environments that differ in nothing but torch, its own packages and numpy are compared."
)


def table(found: Matrix, style: str = "simple") -> str:
    """A row a claim: letters of equal bits, with the error over the pinned version's."""
    rows = [[row.case.id, *_cells(found, row)] for row in found.rows]
    return tabulate(rows, ("claim", *found.versions), tablefmt=style, disable_numparse=True)


def _cells(found: Matrix, row: Row) -> list[str]:
    letters = row.letters(found.versions)
    cells = []
    for each in found.versions:
        if each not in row.traces:
            cells.append("-")
        else:
            ratio = row.ratio(found.pinned, each)
            same = letters[each] == letters.get(found.pinned)
            cells.append(letters[each] + ("" if same or ratio is None else f" ×{ratio:.6g}"))
    return cells


def warned(found: Matrix) -> str:
    """What each version warned of, if any did."""
    if not any(found.warnings.values()):
        return "None under any version."
    lines = []
    for each in found.versions:
        texts = found.warnings.get(each, ())
        lines += [f"- {each}: {text}" for text in texts] or [f"- {each}: none"]
    return "\n".join(lines)


def write(found: Matrix, path: Path) -> None:
    """Writes the page, and its picture into ``figures`` beside it."""
    figure = path.parent / "figures" / f"{path.stem}.png"
    figure.parent.mkdir(parents=True, exist_ok=True)
    draw_if_changed("matrix", figure, *_shown(found))
    steps = [
        f"- {one} to {other}: {_changes(found, one, other)}"
        for one, other in pairwise(found.versions)
    ]
    judged = [row for row in found.rows if len(row.verdicts) > 1]
    parts = [
        f"# The same claims under {len(found.versions)} versions of torch",
        _summary(found),
        f"![{PICTURE}](figures/{figure.name})",
        HOW.format(epochs=found.epochs, pinned=found.pinned, tier=found.tier),
        "## From version to version",
        "\n".join(steps),
        "## Every claim",
        table(found, "pipe"),
    ]
    if judged:
        parts += ["## Verdicts", _judged(found, judged)]
    if found.times:
        parts += ["## Time of an epoch", _timed(found)]
    parts += ["## Warnings", warned(found)]
    parts += ["## Differences between the environments", _facts(found), "## What they share"]
    parts += ["\n".join(f"- {name}: {value}" for name, value in found.facts[""].items())]
    parts += [
        "Remake it: `tox -m matrix`; without training, from the journal: "
        f"`epochal compare --matrix --tier {found.tier} --pinned {found.pinned} --markdown FILE`."
    ]
    save(path, "\n\n".join(parts) + "\n")


def _summary(found: Matrix) -> str:
    whole = [row for row in found.rows if len(row.traces) == len(found.versions)]
    equal = [row for row in whole if len(set(row.letters(found.versions).values())) == 1]
    few = len(found.rows) - len(whole)
    text = (
        f"From torch {found.versions[0]} to {found.versions[-1]}: {len(equal)} of {len(whole)} "
        "claims are bit-identical under all of them."
    )
    return text + (f" {few} more were not trained under all." if few else "")


def _changes(found: Matrix, one: str, other: str) -> str:
    changed = found.changed(one, other)
    both = sum(one in row.traces and other in row.traces for row in found.rows)
    if not changed:
        return f"all {both} claims are bit-identical"
    names = ", ".join(row.case.id for row in changed)
    return f"{len(changed)} of {both} claims change: {names}"


def _judged(found: Matrix, rows: Sequence[Row]) -> str:
    versions = [each for each in found.versions if any(each in row.verdicts for row in rows)]
    cells = [[row.case.id, *(row.verdicts.get(each, "-") for each in versions)] for row in rows]
    differ = [row for row in rows if len({v.split()[0] for v in row.verdicts.values()}) > 1]
    intro = (
        f"Verdicts differ in {', '.join(row.case.id for row in differ)}."
        if differ
        else f"All {len(rows)} are equal under all versions that judged them."
    )
    text = tabulate(cells, ("claim", *versions), tablefmt="pipe", disable_numparse=True)
    return f"{intro}\n\n{text}"


def _timed(found: Matrix) -> str:
    versions = [each for each in found.versions if any(each in row for row in found.times.values())]
    rows = [
        [claim, *(_pace(row[each]) if each in row else "-" for each in versions)]
        for claim, row in found.times.items()
    ]
    intro = (
        f"Ratio to the time under {found.pinned}, with a 90% interval. Two fresh processes train "
        "in turn, A B B A, with the same code (`epochal ab`). Slower means by more than 5% in two "
        "sessions; `gate.md` has the error rates."
    )
    text = tabulate(rows, ("claim", *versions), tablefmt="pipe", disable_numparse=True)
    return f"{intro}\n\n{text}"


def _pace(timing: Kept) -> str:
    low, high = timing.interval
    return f"×{timing.ratio:.3f} [{low:.3f}, {high:.3f}], {timing.pace}"


def _facts(found: Matrix) -> str:
    names = list(dict.fromkeys(name for each in found.versions for name in found.facts[each]))
    rows = [
        [name, *(found.facts[each].get(name, "-") for each in found.versions)] for name in names
    ]
    return tabulate(rows, ("", *found.versions), tablefmt="pipe", disable_numparse=True)


def _shown(found: Matrix) -> tuple[object, ...]:
    """What the picture shows, as plain values: versions, claims, letters, ratios and times."""
    letters = [row.letters(found.versions) for row in found.rows]
    ratios = [[row.ratio(found.pinned, each) for each in found.versions] for row in found.rows]
    return (
        f"the first {found.epochs} epochs, against torch {found.pinned}",
        list(found.versions),
        [row.case.id for row in found.rows],
        [[each.get(name, "") for name in found.versions] for each in letters],
        ratios,
        found.versions.index(found.pinned),
        [_times(found, claim) for claim in found.times],
    )


def _times(found: Matrix, claim: str) -> tuple[str, list[tuple[float, float, float] | None]]:
    """The claim and, by version, an epoch over one of the pinned version with its interval."""
    row = found.times[claim]
    shown = (row.get(each) for each in found.versions)
    return claim, [None if each is None else (each.ratio, *each.interval) for each in shown]
