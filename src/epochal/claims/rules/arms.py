"""Rules that ask several experiments the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from epochal.claims.rules.base import (
    Marks,
    Outcome,
    UpTo,
    diverged_by,
    earliest,
    first_below,
    least,
    mse_threshold,
)
from epochal.claims.rules.thresholds import Threshold
from epochal.errors import SpecError
from epochal.experiments.runs import Runs

__all__ = ["WhichFit"]


@dataclass(frozen=True, kw_only=True)
class WhichFit(UpTo):
    """Each of ``fits`` gets below ``mse_below`` by ``epoch``, and none of ``fails`` does.

    With ``fits`` empty it says that the best of several does not get there. An arm that diverges
    has not fitted; if it was below before, it has not failed either, and the rule is false.
    """

    mse_below: float
    fits: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        mse_threshold("rule.mse_below", self.mse_below)
        for name in ("fits", "fails"):
            given = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given))
        arms = [*self.fits, *self.fails]
        if not arms:
            step = 'name experiments, such as fits=("deep",), fails=("shallow",)'
            raise SpecError("rule.fits", (), "no experiment is asked", step)
        twice = sorted({arm for arm in arms if arms.count(arm) > 1})
        if twice:
            raise SpecError("rule.fails", twice[0], "it is named twice", "name it once")

    def needs(self) -> dict[str, int]:
        return dict.fromkeys((*self.fits, *self.fails), self.epoch)

    def thresholds(self) -> tuple[Threshold, ...]:
        field, value = "rule.mse_below", self.mse_below
        return tuple(Threshold(field=field, value=value, arm=arm) for arm in self.needs())

    def describe(self) -> str:
        told = [f"{', '.join(self.fits)}"] if self.fits else []
        told += [f"not {', '.join(self.fails)}"] if self.fails else []
        return f"MSE < {self.mse_below:g} by epoch {self.epoch}: {'; '.join(told)}"

    def marks(self) -> Marks:
        return Marks(epochs=(self.epoch,), mse=(self.mse_below,))

    def outcomes(self, runs: Mapping[str, Runs]) -> list[Outcome]:
        """Numbers are the first epoch below of each that should fit, the least error of others."""
        asked = {arm: runs[arm] for arm in self.needs()}
        passed = {n: first_below(run.mse, self.mse_below, self.epoch) for n, run in asked.items()}
        gone = {name: diverged_by(run, self.epoch) for name, run in asked.items()}
        lows = {arm: least(runs[arm].mse, self.epoch) for arm in self.fails}
        found = []
        for i, seed in enumerate(runs[next(iter(passed))].seeds):
            fitted = all(passed[arm][i] is not None and gone[arm][i] is None for arm in self.fits)
            failed = all(passed[arm][i] is None for arm in self.fails)
            numbers: dict[str, float | None] = {}
            numbers |= {f"first epoch below, {arm}": passed[arm][i] for arm in self.fits}
            numbers |= {f"least MSE, {arm}": lows[arm][i] for arm in self.fails}
            lost = earliest(gone[arm][i] for arm in self.fits)
            found.append(Outcome(int(seed), fitted and failed, numbers, lost))
        return found
