"""Rules about where a fit comes first: in the middle of the range, or at its edges."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from epochal.claims.rules.base import (
    OneRun,
    Outcome,
    PlotHints,
    at,
    at_snapshots,
    diverged_by,
    finite,
    mse_threshold,
)
from epochal.claims.rules.places import check_between
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.checks import positive
from epochal.experiments.experiment import Experiments
from epochal.experiments.inputs import radius
from epochal.experiments.runs import Runs

__all__ = ["CentreBeforeEdges", "EdgesBeforeCentre"]

REGIONS = ("centre", "edges")

NAMES = {"mse": "MSE"}
"""What errors are called, where not as in a field."""


@dataclass(frozen=True, kw_only=True)
class _Regions(OneRun):
    """What both have: the centre is |position| ≤ ``centre``, the edges |position| ≥ ``edges``."""

    centre: float
    edges: float
    mse_above: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("rule.centre", self.centre)
        for field, value in self._bounds.items():
            mse_threshold(f"rule.{field}", value)
        if self.edges < self.centre:
            rule = f"it must not be below centre = {self.centre}"
            raise SpecError("rule.edges", self.edges, rule, "raise it")

    @property
    def _bounds(self) -> dict[str, float]:
        """The bounds of errors, by field."""
        names = [f"{region}_{side}" for region in REGIONS for side in ("below", "above")]
        given = {name: getattr(self, name, None) for name in [*names, "mse_above"]}
        return {name: value for name, value in given.items() if value is not None}

    def _region(self, field: str) -> tuple[float, float]:
        """Between which distances from 0 an error is taken."""
        whole = (0.0, math.inf)
        inner, outer = (0.0, self.centre), (self.edges, math.inf)
        return {"centre": inner, "edges": outer}.get(field.split("_")[0], whole)

    def check(self, experiments: Experiments) -> None:
        check_between(experiments, self.needs())
        experiment = experiments[self.arm]
        if experiment.probed is None:
            return
        radii = radius(experiment.probed.grid(experiment.probe))
        if self.centre < radii.min():
            rule = f"no probe point lies within it, the nearest at {radii.min():g}"
            raise SpecError("rule.centre", self.centre, rule, "give more")
        if self.edges >= radii.max():
            rule = f"the probe grid ends at {radii.max():g}"
            raise SpecError("rule.edges", self.edges, rule, "give less")

    def thresholds(self) -> tuple[Threshold, ...]:
        return tuple(
            Threshold(
                field=f"rule.{field}",
                value=value,
                arm=self.arm,
                region=self._region(field),
                probed=field != "mse_above",
            )
            for field, value in self._bounds.items()
        )

    def describe(self) -> str:
        where = {"centre": f"(|x| ≤ {self.centre:g})", "edges": f"(|x| ≥ {self.edges:g})"}
        parts = [
            f"MSE{where.get(field.split('_')[0], '')} {'<' if 'below' in field else '>'} {value:g}"
            for field, value in self._bounds.items()
        ]
        return f"at {self.epoch}: {', '.join(parts)}"

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(self.epoch,), regions=(self.centre, self.edges), kind="regions")

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Holds where all inequalities do; a diverged seed fails."""
        run = runs[self.arm]
        diverged = diverged_by(run, self.epoch)
        errors = {
            each: at_snapshots(run.region_mse(*self._region(each)), run, self.epoch)
            for each in REGIONS
        }
        errors["mse"] = at(run.mse, self.epoch)
        holds = [
            errors[region] < value if side == "below" else errors[region] > value
            for field, value in self._bounds.items()
            for region, side in [field.split("_")]
        ]
        return [
            Outcome(
                int(seed),
                all(each[i] for each in holds) and diverged[i] is None,
                {NAMES.get(name, name): finite(each[i]) for name, each in errors.items()},
                diverged[i],
            )
            for i, seed in enumerate(run.seeds)
        ]


@dataclass(frozen=True, kw_only=True)
class CentreBeforeEdges(_Regions):
    """At ``epoch`` the middle of the range is fitted and its edges are not.

    Both errors are mean squared errors on the probe grid: the centre is |position| ≤ ``centre``,
    the edges are |position| ≥ ``edges``. ``mse_above`` asks more: the training error at
    ``epoch`` is still above it.
    """

    centre_below: float
    edges_above: float


@dataclass(frozen=True, kw_only=True)
class EdgesBeforeCentre(_Regions):
    """At ``epoch`` the edges of the range are fitted and its middle is not.

    The regions and ``mse_above`` are those of `CentreBeforeEdges`.
    """

    edges_below: float
    centre_above: float
