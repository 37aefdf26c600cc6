"""``--mutants``: the gate on trial, a test for each change of the loop that it is tried on."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import pytest

from epochal.claims.folder import read
from epochal.errors import SpecError, as_typed
from epochal.gate import baseline, records
from epochal.gate.gate import Gate
from epochal.gate.noticed import Trial
from epochal.judging.findings import Findings
from epochal.judging.plan import Plan, select
from epochal.report.gate import trials_table

__all__ = ["KEY", "SENTINELS", "Missed", "Proving", "Trials", "names", "require_noticed"]

SENTINELS = ("sentinel-*",)
"""The claims that changes are tried on, unless --claims names others."""

KEY = "epochal_trial"


class Missed(AssertionError):
    """The gate noticed what it should not, or did not notice what it should."""


class Proving:
    """Where changes are tried: the claims as they are, and the benign spread.

    Args:
        plan: of the run.

    Raises:
        SpecError: no such claims, or no benign spread was measured.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = replace(plan, claims=plan.claims or SENTINELS, tier="full")
        cases = select(list(read(plan.cases).claims), self.plan)
        self.known = records.load_spread(plan.baseline)
        held = (plan.baseline / "verdicts.json").exists()
        found = baseline.load(plan.baseline) if held else Findings()
        counts = [each.n for case in cases for each in found.of(case.claim.id, case.kind)]
        self.seeds = max(counts, default=None)
        if not self.known.largest:
            rule = "it holds no benign spread, so that nothing would be noticed as drift"
            step = f"run epochal spread --claims '{','.join(self.plan.claims)}'"
            raise SpecError("--baseline", str(plan.baseline), rule, step)

    @cached_property
    def gate(self) -> Gate:
        """The gate, with what comes of the claims unchanged on this machine.

        It has as many seeds as the baseline, for where the first ones leave learning drift open.
        """
        from epochal.gate.trial import trained

        return Gate(trained(replace(self.plan, seeds=self.seeds))[0], self.known)

    def trial(self, name: str) -> Trial:
        """What the gate notices of the change of that name."""
        from epochal.gate.trial import tried
        from epochal.training.changes.known import named

        return tried(named(name), self.plan, self.gate)


class Trials:
    """Gathers trials on the controller, shows them, and keeps them where that is asked for."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.found: list[Trial] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes in a trial, whichever process it comes from."""
        told = getattr(report, KEY, None)
        if told is not None and report.when == "call":
            self.found.append(Trial.from_json(told))

    def keep(self, plan: Plan) -> str:
        """Takes the trials in beside the baseline if the run says so; tells where."""
        if not plan.update_baseline:
            return ""
        records.save_trials(self.found, plan.baseline)
        return f"trials: {as_typed(plan.baseline / records.TRIALS)}"

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """A row a change."""
        from epochal.plugin.options import parse

        if self.found:
            terminalreporter.section("the gate on trial", sep="=")
            terminalreporter.write_line(trials_table(self.found))
            terminalreporter.write_line(self.keep(parse(self.config)))


def names() -> Sequence[str]:
    """The changes that the gate is tried on."""
    from epochal.training.changes.known import CHANGES

    return tuple(CHANGES)


def require_noticed(trial: Trial) -> None:
    """Raises `Missed` where the gate did otherwise than is recorded of the change."""
    if not trial.as_known:
        seen = [*trial.verdicts, *trial.drifted, *trial.undecided]
        told = f" ({'; '.join(seen)})" if seen else ""
        raise Missed(
            f"{trial.name}, {trial.told}: noticed by {trial.noticed}{told}, "
            f"declared {trial.declared}{trial.found and f', found {trial.found}'}"
        )
