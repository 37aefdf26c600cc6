"""A claim's verdicts over time, as a picture."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from epochal.gate.changes import is_epoch
from epochal.judging.result import Result
from epochal.report.colours import FAINT, INK, SETTINGS
from epochal.report.history import when
from epochal.report.pictures.style import styled

__all__ = ["timeline"]

SHOWN = 30
"""How many verdicts fit beside each other; older ones are left out."""

COLUMN, LEGEND = 0.95, 4.2
"""Inches: a column holds a date and a verdict, beside them stand axis and legend."""


@styled
def timeline(claim: str, verdicts: Sequence[dict[str, Any]]) -> Figure:
    """Draws a column for each verdict on ``claim``: its number of every seed, a colour a setting.

    Where no run was trained for a verdict, since the journal had them, the dots are hollow.

    Args:
        claim: the claim's id.
        verdicts: as `Journal.verdicts` gives them, oldest first.
    """
    shown = [(row, Result(**row["result"])) for row in verdicts][-SHOWN:]
    name = _number([result for _, result in shown])
    figure = Figure(figsize=(LEGEND + max(3.0, COLUMN * len(shown)), 4.2))
    axes = figure.add_subplot()
    top = _columns(axes, shown, name)
    for place, (row, result) in enumerate(shown):
        axes.text(
            place,
            1.02,
            f"{result.status}\n{result.k} of {result.n}{_stored(row)}",
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            fontsize=8,
        )
    axes.set_xticks(
        range(len(shown)),
        [when(row["at"])[:16].replace(" ", "\n") for row, _ in shown],
        fontsize=7,
    )
    axes.set_xlim(-0.6, len(shown) - 0.4)
    axes.set_ylim(0, 1.12 * top)
    axes.set_ylabel(name or "no number")
    axes.set_title(claim, loc="left", pad=46, color=INK)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _columns(axes: Axes, shown: Sequence[tuple[dict[str, Any], Result]], name: str) -> float:
    """The dots; gives back the height at which "never" is drawn."""
    values = [_values(result, name) for _, result in shown]
    finite = [value for each in values for value in each if value is not None]
    top = max(finite, default=1.0) or 1.0
    if not finite:
        axes.set_yticks([])
    colours: dict[str, str] = {}
    for place, ((row, result), each) in enumerate(zip(shown, values, strict=True)):
        setting = _setting(result, row["environment"])
        first = setting not in colours
        colour = colours.setdefault(setting, SETTINGS[len(colours) % len(SETTINGS)])
        known = [value for value in each if value is not None]
        axes.plot(
            [place] * len(known),
            known,
            "o",
            color=colour,
            markerfacecolor="none" if row["trained"] == 0 else colour,
            alpha=0.7,
            label=setting if first else None,
        )
        never = each.count(None)
        if never:
            axes.plot([place], [1.06 * top], "^", color=FAINT)
            axes.text(place + 0.08, 1.06 * top, f"{never} never", fontsize=8, va="center")
    return top


def _stored(row: dict[str, Any]) -> str:
    return "\nfrom the journal" if row["trained"] == 0 else ""


def _values(result: Result, name: str) -> list[float | None]:
    return [each["numbers"].get(name) for each in result.outcomes]


def _number(results: Sequence[Result]) -> str:
    names = [name for each in results for outcome in each.outcomes for name in outcome["numbers"]]
    return next(filter(is_epoch, names), names[0] if names else "")


def _setting(result: Result, environment: str) -> str:
    torch = result.environment.get("torch", "?")
    return f"torch {torch}, {result.device}, {result.kind} ({environment[:6]})"
