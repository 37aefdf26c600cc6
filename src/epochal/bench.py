"""One run of claims: who trains them, and what came of each.

`Bench` ties settings, trainer and verdicts together and knows nothing of pytest; the plugin and
a notebook use it alike.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from epochal import environment
from epochal.cases import load
from epochal.checks import choice
from epochal.claims import Case, Claim
from epochal.engine import ENGINES
from epochal.engine.devices import resolve
from epochal.engine.trainer import Trainer
from epochal.engine.workers import Workers
from epochal.errors import SpecError
from epochal.nets import check
from epochal.results import Curves, Result, curves, result
from epochal.runs import Runs
from epochal.settings import Settings, select, writable
from epochal.spec import Experiment
from epochal.verdicts import Standing, judge

__all__ = ["Bench", "Judged", "Watcher"]


class Watcher(Protocol):
    """Whoever shows how training gets on."""

    def begin(self, case: Case, device: str) -> None: ...

    def draw(self) -> None: ...

    def end(self) -> None: ...


@dataclass(frozen=True)
class Judged:
    """A result, the curves behind it, and how it stands to what is expected."""

    case: Case
    result: Result
    curves: tuple[Curves, ...]

    @property
    def expected(self) -> str | None:
        return self.case.expected(self.result.device)

    @property
    def standing(self) -> Standing:
        return self.result.standing(self.expected)

    def to_json(self) -> dict[str, Any]:
        """As JSON values, to travel with a test report."""
        drawn = [asdict(each) for each in self.curves]
        return {"result": asdict(self.result), "curves": drawn, "standing": self.standing.value}


class Bench:
    """The claims of one run.

    Everything that can be wrong with options and claims is found at construction, before
    anything trains.

    Attributes:
        cases: what the settings ask for.
        selected: the cases and devices that will be judged: all, unless somebody takes some out.
        ahead: whether all of them are queued as soon as training starts.

    Raises:
        SpecError: an option, a device or a claim is wrong.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        choice("--engine", settings.engine, ENGINES)
        self.claims = load(settings.cases)
        self.cases = select(self.claims, settings)
        self.devices = resolve(settings.devices)
        for case in self.cases:
            _check(case)
        writable(settings.report)
        self.selected = [(case, device) for case in self.cases for device in self.devices]
        self.ahead = True
        self.environment = environment.describe()
        self.done = 0
        self.watcher: Watcher | None = None
        self._trainer: Trainer | None = None

    @property
    def left_out(self) -> list[Claim]:
        """The claims that do not run, because of the tier or the pattern."""
        running = {case.claim.id for case in self.cases}
        return [claim for claim in self.claims if claim.id not in running]

    @property
    def trainer(self) -> Trainer:
        """The trainer; at first use the workers start, with what every verdict will need."""
        if self._trainer is None:
            workers = Workers(self.settings.workers, self.settings.cases)
            cases, seeds = [case for case, _ in self.selected], self.settings.seeds
            self._trainer = Trainer(workers, cases, seeds, self.settings.engine, self._tick)
            for case, device in self.selected if self.ahead else ():
                self._trainer.plan(case, device)
        return self._trainer

    def judge(self, case: Case, device: str) -> Judged:
        """Trains ``case`` on ``device`` as far as its verdict needs."""
        trainer, watcher = self.trainer, self.watcher
        if watcher is not None:
            watcher.begin(case, device)
        verdict = judge(case, lambda c, seeds: trainer.ask(c, device, seeds), self.settings.seeds)
        if watcher is not None:
            watcher.end()
        seeds = [outcome.seed for outcome in verdict.outcomes]
        runs: dict[str, Runs] = {}
        if seeds:
            runs = {name: trainer.stored(case, name, device, seeds) for name in case.horizons}
        fixed = self.settings.seeds is not None
        found = result(case, device, verdict, runs, self.environment, fixed)
        self.done += 1
        return Judged(case, found, _curves(case, device, runs))

    def _tick(self) -> None:
        if self.watcher is not None:
            self.watcher.draw()

    def close(self) -> None:
        """Stops the workers; what they were training is dropped."""
        if self._trainer is not None:
            self._trainer.workers.close()


def _check(case: Case) -> None:
    for name, experiment in case.experiments.items():
        if isinstance(experiment, Experiment):
            try:
                check(experiment)
            except SpecError as error:
                raise error.under(f"{case.claim.id}.{name}") from error


def _curves(case: Case, device: str, runs: dict[str, Runs]) -> tuple[Curves, ...]:
    epochs: Sequence[int] = case.rule.marks().epochs
    if case.kind == "control":
        return ()
    return tuple(curves(run, device, epochs) for run in runs.values())
