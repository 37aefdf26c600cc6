"""A rule that asks nothing: the first epochs of every setting of a case."""

from collections.abc import Mapping
from dataclasses import dataclass

from epochal.claims.rules.base import PlotHints
from epochal.experiments.own_loop import Experiments

__all__ = ["FirstEpochs"]


@dataclass(frozen=True)
class FirstEpochs:
    """In place of a rule: so many epochs of every setting, by its name."""

    horizons: Mapping[str, int]

    def needs(self) -> dict[str, int]:
        return dict(self.horizons)

    def check(self, experiments: Experiments) -> None:
        """Raises nothing: no question, no wrong one."""

    def describe(self) -> str:
        return f"a smoke run of {max(self.horizons.values())} epochs"

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(max(self.horizons.values()),))
