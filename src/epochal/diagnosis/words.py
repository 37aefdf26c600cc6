"""A diagnosis in words: short sentences, each with its number, in the order of the questions."""

import math
from collections.abc import Iterable, Iterator, Sequence
from textwrap import indent
from typing import TYPE_CHECKING

from epochal.claims.cost import duration
from epochal.diagnosis.changes import UNCHANGED
from epochal.diagnosis.script import changed_lines
from epochal.report.lines import filled, tabulated

if TYPE_CHECKING:
    from epochal.diagnosis.after import After
    from epochal.diagnosis.asked import Asked
    from epochal.diagnosis.before import Before
    from epochal.diagnosis.diagnosis import Diagnosis
    from epochal.diagnosis.row import Row
    from epochal.diagnosis.symptom import Finding

__all__ = ["diff", "reach", "setting", "summary", "title", "to_change", "trained", "would_fit"]

WIDTH = 100

MOST_ROWS = 12
"""Changes that are listed; the others are counted."""


def setting(asked: "Asked") -> str:
    """The setting, and what counts as a fit."""
    unit = "the share of wrong points is" if asked.classes else "the mean squared error is"
    fit = f"A fit: {unit} below {asked.goal:g} within {asked.epochs} epochs."
    return _section("Your setting", [*asked.experiment.describe().splitlines(), fit])


def reach(asked: "Asked", before: "Before", found: "Sequence[Finding]", hours: float) -> str:
    """Whether the net can reach the target at all, and what the whole training costs."""
    lines = [each.text for each in found]
    if asked.opaque:
        lines.append("Your module's layers and initial weights are not looked at.")
    elif not found:
        lines.append("Nothing in the setting keeps the net from the target.")
    told = {each.key for each in found} & {"fast-target", "few-pieces"}
    if before.turns is not None and before.turns > 1 and not told:
        lines.append(f"The target makes {before.turns / 2:g} oscillations over the range.")
    cost = duration(hours) if 3600 * hours >= 1 else "less than 1 s"
    lines.append(f"Estimated training time for {asked.epochs} epochs: {cost} a seed.")
    return _section("Before training", _listed(lines))


def trained(after: "After", found: "Sequence[Finding]") -> str:
    """How well the setting does, and the symptoms that it shows."""
    lines = [*_errors(after), *(each.text for each in found)]
    seeds = "1 seed" if after.seeds == 1 else f"{after.seeds} seeds"
    return _section(f"After {after.epochs} epochs ({seeds})", _listed(lines))


def _errors(after: "After") -> Iterator[str]:
    fitted = [each for each in after.fits_at if each is not None]
    what = "share of wrong points" if after.runs.classes else "error"
    if after.fits:
        middle = sorted(fitted)[len(fitted) // 2]
        yield f"It fits: the {what} is below the goal from about epoch {middle} on."
        return
    if after.asked.beyond:
        there = f"On the range that it is asked about the error is {after.error:.3g}"
        yield f"{there}, and on its training points {after.trained:.3g}."
        return
    best = "most frequent class" if after.runs.classes else "best constant"
    line = "" if after.line is None else f", and the best line {after.line:.3g}"
    constant = f"the {best} has {after.constant:.3g}{line}"
    if not math.isfinite(after.error):
        yield f"Most seeds have no finite {what}; {constant}."
        return
    learned = 100 * (1 - after.error / after.constant) if after.constant else 0.0
    share = f"{learned:.0f}%" if learned >= 1 else "nothing"
    yield f"It has learned {share}: the {what} is {after.error:.3g}; {constant}."
    if fitted:
        yield f"{len(fitted)} of {after.seeds} seeds fit."


def would_fit(diagnosis: "Diagnosis") -> str:
    """The ranked changes."""
    rows, best = diagnosis.rows, diagnosis.remedy
    if best is None:
        return _section("What would fit", ["No change could be trained."])
    lines = [_best(best)]
    lines += ["This is a prediction from short trainings of 3 seeds."] * (not _whole(diagnosis))
    if diagnosis.asked.opaque:
        lines.append("Changes of layers are left out: your module is its own.")
    shown = [row for row in rows if row.runs is not None][:MOST_ROWS]
    own = next(row for row in rows if row.change is UNCHANGED)
    if own not in shown and own.runs is not None:
        shown[-1] = own
    table = tabulated(
        [_cells(row) for row in shown], ("change", "fits at epoch", "best error", "seconds")
    )
    more = len(rows) - len(shown)
    after = [f"and {more} more"] if more > 0 else []
    failed = [f"{row.change.says}: {row.why}" for row in rows if row.why]
    body = [*_listed(lines), "", *table.splitlines(), *after, *_listed(failed)]
    if diagnosis.plan is not None:
        singles = sum("+" not in row.change.key for row in rows)
        trained = f"Trained: {diagnosis.plan.described(singles)}."
        body += ["", filled(trained, WIDTH), f"Repeat with --repeat {diagnosis.plan}"]
    return _section("What would fit", body)


def summary(diagnosis: "Diagnosis") -> list[str]:
    """The first two symptoms, or how well it does where there are none, and the best change."""
    found = [each.text for each in (*diagnosis.before, *diagnosis.during)][:2]
    if not found and diagnosis.after is not None:
        found = [*_errors(diagnosis.after)][:1]
    return [*found, *([] if diagnosis.remedy is None else [_best(diagnosis.remedy)])]


def _best(row: "Row") -> str:
    assert row.runs is not None
    if row.fits:
        seconds = f"{row.seconds:.2g}" if row.seconds < 10 else f"{row.seconds:.0f}"
        return f"{_capital(row.change.says)}: it fits at epoch {row.epochs:.0f}, after {seconds} s."
    count = sum(each is not None for each in row.fits_at)
    some = f"{count} of {len(row.fits_at)} seeds fit, with" if count else ""
    return (
        f"None fits with every seed within the epochs that were trained. "
        f"{_capital(row.change.says)} is the nearest: {some or 'it has'} an error of "
        f"{row.error:.3g} after {row.runs.epochs_done} epochs."
    )


def _whole(diagnosis: "Diagnosis") -> bool:
    """Whether the best change was trained as far as was asked, or fits."""
    best = diagnosis.remedy
    return (
        best is not None
        and best.runs is not None
        and (best.runs.epochs_done >= diagnosis.asked.epochs)
    )


def _cells(row: "Row") -> list[str]:
    assert row.runs is not None
    if row.fits and row.interval is not None:
        low, high = row.interval
        fits = f"{row.epochs:.0f} [{low:.0f}, {high:.0f}]"
    else:
        count = sum(each is not None for each in row.fits_at)
        some = f", {count} of {len(row.fits_at)} seeds do" if count else ""
        fits = f"not within {row.runs.epochs_done}{some}"
    error = f"{row.error:.2g}" if math.isfinite(row.error) else "not finite"
    return [row.change.says, fits, error, f"{row.seconds:.2g}"]


def diff(diagnosis: "Diagnosis") -> str:
    """The lines of the script that the best change changes."""
    before, after = diagnosis.script
    return changed_lines(before, after) if before and after else ""


def to_change(diagnosis: "Diagnosis") -> str:
    """The lines to change."""
    lines = [line for line in diff(diagnosis).splitlines() if line.strip("+- ")]
    best = diagnosis.remedy
    fits = best is not None and best.fits
    return _section("The lines to change" if fits else "The lines of the nearest change", lines)


def title(diagnosis: "Diagnosis", epoch: int) -> str:
    """One line above the picture."""
    best = diagnosis.remedy
    if best is None:
        return f"The setting as it is, at epoch {epoch}"
    return f"At epoch {epoch}: as it is, and with {best.change.says}"


def _section(name: str, lines: Iterable[str]) -> str:
    return "\n".join([name, *(indent(each, "  ") if each else "" for each in lines)])


def _listed(lines: Iterable[str]) -> list[str]:
    return [filled(f"- {each}", WIDTH) for each in lines]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
