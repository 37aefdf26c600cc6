"""What came of asking about a setting: the answer in words, as a picture, and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from epochal.claims.rules.base import PlotHints
from epochal.diagnosis import words
from epochal.diagnosis.asked import Asked
from epochal.diagnosis.changes import UNCHANGED
from epochal.diagnosis.symptom import Finding
from epochal.judging.curves import curves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from epochal.diagnosis.after import After
    from epochal.diagnosis.plan import Plan
    from epochal.diagnosis.row import Row

__all__ = ["Diagnosis"]


@dataclass(eq=False, repr=False)
class Diagnosis:
    """The answer to what keeps a net from fitting, and what would have fitted.

    It prints itself, and a notebook shows it with its picture.

    Attributes:
        asked: the setting, its epochs, and what counts as a fit.
        before: the symptoms that need no training.
        hours: the estimated hours of one process for all its epochs and one seed.
        after: what was seen of its first seeds; None until they are trained.
        during: the symptoms that those show.
        plan: for how long changes were trained; None where the setting fits as it is.
        rows: the setting as it is and its changes, the best first.
        script: the setting as plain torch, and the same with the best change; empty without one.
        parts: the answer's sections.
    """

    asked: Asked
    before: Sequence[Finding] = ()
    hours: float = 0.0
    after: "After | None" = None
    during: Sequence[Finding] = ()
    plan: "Plan | None" = None
    rows: "Sequence[Row]" = ()
    script: tuple[str, str] = ("", "")
    parts: list[str] = field(default_factory=list)

    @property
    def symptoms(self) -> list[str]:
        """The names of all symptoms, those that need no training first."""
        return [each.key for each in (*self.before, *self.during)]

    @property
    def remedy(self) -> "Row | None":
        """The best change: the one that fits soonest, else the one with the lowest error."""
        changed = (row for row in self.rows if row.change is not UNCHANGED and row.runs is not None)
        return next(iter(changed), None)

    @property
    def fits(self) -> bool:
        """Whether the setting fits as it is, with every seed that was looked at."""
        return self.after is not None and self.after.fits

    def plot(self, path: str | Path | None = None) -> "Figure | None":
        """Draw the fit and the errors before and after the best change, at the same epoch.

        Args:
            path: a PNG file to write, if any.

        Returns:
            The figure; None where nothing was trained.
        """
        from epochal.notebook.show import kept

        figure = self._figure()
        return None if figure is None else kept(figure, path)

    def _figure(self) -> "Figure | None":
        from epochal.report.drawn import figure_of_settings

        if self.after is None:
            return None
        settings = {UNCHANGED.says: self.asked.experiment}
        runs = {UNCHANGED.says: self.after.runs}
        best = self.remedy
        if best is not None and best.runs is not None:
            settings[best.change.says], runs[best.change.says] = best.experiment, best.runs
        last = min(each.epochs_done for each in runs.values())
        epoch = max(each for each in next(iter(runs.values())).snapshots.tolist() if each <= last)
        marks = PlotHints(epochs=(epoch,), mse=(self.asked.goal,))
        drawn = {name: curves(each.until(epoch), "cpu", marks) for name, each in runs.items()}
        return figure_of_settings(settings, drawn, words.title(self, epoch), marks)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        after = self.after
        return {
            "setting": self.asked.experiment.describe(),
            "epochs": self.asked.epochs,
            "goal": self.asked.goal,
            "estimated_seconds": 3600 * self.hours,
            "before": [_finding(each) for each in self.before],
            "during": [_finding(each) for each in self.during],
            "fits": self.fits,
            "looked_at": None
            if after is None
            else {"seeds": after.seeds, "epochs": after.epochs, "error": _number(after.error)},
            "plan": None if self.plan is None else str(self.plan),
            "changes": [_row(each) for each in self.rows],
            "diff": words.diff(self),
        }

    def __str__(self) -> str:
        return "\n\n".join(self.parts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from epochal.notebook.show import page

        return page(str(self), self._figure())


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "symptom": finding.key,
        "text": finding.text,
        "numbers": dict(finding.numbers),
        "remedies": list(finding.remedies),
    }


def _row(row: "Row") -> dict[str, Any]:
    return {
        "change": row.change.key,
        "says": row.change.says,
        "experiment": row.experiment.digest,
        "fits_at": list(row.fits_at),
        "interval": None if row.interval is None else list(row.interval),
        "epochs_trained": 0 if row.runs is None else row.runs.epochs_done,
        "error": _number(row.error),
        "seconds": row.seconds,
        "why": row.why,
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
