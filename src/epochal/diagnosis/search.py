"""Which changes fit, and how soon: the unchanged setting and all changes, trained rung by rung.

Every training is an ordinary experiment in the journal. Nothing is cut by the clock.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import ModuleType

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.source import Source
from epochal.diagnosis.after import After
from epochal.diagnosis.asked import Asked
from epochal.diagnosis.changes import UNCHANGED, Change, pairs
from epochal.diagnosis.plan import SEEDS, Plan
from epochal.diagnosis.row import Row
from epochal.errors import BrokenRun, SpecError
from epochal.experiments.experiment import Experiment
from epochal.experiments.runs import Runs
from epochal.identity import environment
from epochal.journal.store import Journal
from epochal.journal.units import Session
from epochal.training.cost import seconds_an_epoch
from epochal.training.inside import look_inside
from epochal.training.numerics import numerics
from epochal.training.train import one_device, train_seeds
from epochal.training.trainer import Trainer
from epochal.training.workers import Workers

__all__ = ["Lab", "costs_of"]

ENGINE = "reference"

TRIED = Source(
    key="try",
    title="Settings that somebody asked about",
    authors="epochal try",
    year=2026,
    url="",
    story="Settings that somebody asked about, with one change or two.",
    bibtex="",
)

TIMED_SECONDS = 0.5
"""An epoch is timed until trainings have taken so long."""


def costs_of(asked: Asked, changed: Iterable[Experiment], device: str) -> list[float]:
    """For each setting the cost of an epoch by the model, in epochs of the one asked about."""
    own = seconds_an_epoch(asked.experiment, device, ENGINE)
    return [seconds_an_epoch(each, device, ENGINE) / own for each in changed]


class Lab:
    """Trains one setting and its changes.

    Args:
        asked: the setting.
        device: one device.
        journal: the file that every finished run goes into.
        workers: how many processes train changes; 0 for none but this one.
        command: what was typed.
        cases: the folder of case files, where the setting comes from one.
    """

    def __init__(
        self,
        asked: Asked,
        device: str,
        journal: Path,
        workers: int,
        command: str,
        cases: Path | None = None,
    ) -> None:
        self.asked, self.device, self.workers = asked, one_device(device), workers
        self.cases = cases
        self.journal = Journal(journal)
        self.journal.check()
        record = environment.record(cases or Path(), [self.device])
        self.session = Session(command=command, record=record)
        self.journal.begin(self.session)

    def timed(self) -> float:
        """Seconds that an epoch of the setting takes, beyond what the first costs.

        Raises:
            SpecError: the setting cannot be trained.
        """
        experiment, epochs = self.asked.experiment, 1
        with numerics():
            train_seeds(experiment, [0], self.device, 1, engine=ENGINE)
            while True:
                start = time.perf_counter()
                train_seeds(experiment, [0], self.device, epochs, engine=ENGINE)
                spent = time.perf_counter() - start
                if spent > TIMED_SECONDS or epochs >= self.asked.epochs:
                    return spent / epochs
                epochs = min(self.asked.epochs, 4 * epochs)

    def look(self, plan: Plan) -> After:
        """The setting as it is, trained in this process as far as ``plan`` says."""
        seeds, where = range(plan.seeds), self.device
        experiment = self.asked.experiment
        with self._trainer(0) as trainer:
            runs = self._ask(trainer, experiment, plan.epochs, seeds)
            case = self._case(experiment, plan.epochs)
            units = trainer.units(case, "run", where, seeds)
            stored = [self.journal.runs(unit, with_state=True) for unit in units]
        start = [look_inside(experiment, seed, where, None) for seed in seeds]
        ended = [self._ended(each, plan.epochs) for each in stored]
        end = [
            look_inside(experiment, seed, where, each)
            for seed, each in zip(seeds, ended, strict=True)
        ]
        return After(self.asked, runs, start, end)

    def _ended(self, stored: Runs, epochs: int) -> Runs:
        """``stored`` runs of one seed with their state at ``epochs``.

        They are trained once more where they went further, or were stored without a state.
        """
        if stored.states and stored.epochs_done == epochs:
            return stored
        seed = int(stored.seeds[0])
        with numerics():
            return train_seeds(self.asked.experiment, [seed], self.device, epochs, engine=ENGINE)

    def search(
        self,
        plan: Plan,
        changes: Mapping[Change, Experiment],
        first: Sequence[str],
        said: Callable[[str], None],
    ) -> list[Row]:
        """The setting as it is and all changes, and pairs where none fits, the best first.

        Args:
            plan: for how long each is trained.
            changes: the changed settings.
            first: the changes that pairs are made of before all others, by their keys.
            said: called with a line about each rung.
        """
        with self._trainer(self.workers) as trainer:
            rows = self._rungs(trainer, plan, changes, said)
            if not any(row.fits for row in rows):
                best = [row.change for row in rows if row.change is not UNCHANGED]
                order = {key: place for place, key in reversed([*enumerate(first)])}
                best.sort(key=lambda each: order.get(each.key, len(first)))
                more = pairs(best, self.asked.experiment)
                if more:
                    said(f"  no single change fits: {len(more)} pairs …")
                    rows += self._rungs(trainer, plan.of_pairs, more, said)
        return sorted(rows, key=lambda row: row.rank)

    def _rungs(
        self,
        trainer: Trainer,
        plan: Plan,
        left: Mapping[Change, Experiment],
        said: Callable[[str], None],
    ) -> list[Row]:
        costs = dict(zip(left, costs_of(self.asked, left.values(), self.device), strict=True))
        rows: dict[Change, Row] = {}
        alive = [*left]
        for number, rung in enumerate(plan.rungs, 1):
            said(f"  training {len(alive)} of {len(left)} settings …")
            far = {
                each: max(1, min(self.asked.epochs, round(rung / costs[each]))) for each in alive
            }
            rows |= self._train(trainer, {each: left[each] for each in alive}, far)
            ranked = sorted(rows, key=lambda each: rows[each].rank)
            alive = [each for each in ranked[: plan.kept(len(left), number)] if not rows[each].fits]
            if not alive:
                break
        return sorted(rows.values(), key=lambda row: row.rank)

    def _train(
        self,
        trainer: Trainer,
        settings: Mapping[Change, Experiment],
        epochs: Mapping[Change, int],
    ) -> Iterator[tuple[Change, Row]]:
        seeds = range(SEEDS)
        refused: dict[Change, str] = {}
        for change, experiment in settings.items():
            try:
                trainer.want(self._case(experiment, epochs[change]), self.device, seeds)
            except SpecError as error:
                refused[change] = str(error)
        for change, experiment in settings.items():
            runs, why = None, refused.get(change, "")
            if not why:
                try:
                    runs = self._ask(trainer, experiment, epochs[change], seeds)
                except BrokenRun as error:
                    why = error.why
            yield change, Row(change, experiment, runs, self.asked, why)

    def _ask(
        self, trainer: Trainer, experiment: Experiment, epochs: int, seeds: Sequence[int]
    ) -> Runs:
        return trainer.ask(self._case(experiment, epochs), self.device, seeds)["run"]

    def _case(self, experiment: Experiment, epochs: int) -> Case:
        claim = Claim(
            id="try",
            source=TRIED,
            where="as typed",
            says="It fits.",
            reading=f"Its error gets below {self.asked.goal:g}.",
            experiments=experiment,
            rule=self.asked.rule(epochs),
            tier="quick",
            allow_trivial=True,
        )
        return claim.cases[0]

    @contextmanager
    def _trainer(self, workers: int) -> Iterator[Trainer]:
        with _main_hidden() if workers else nullcontext():
            pool = Workers(workers, self.journal, self.session, self.cases)
            try:
                yield Trainer(pool, engine=ENGINE)
            finally:
                pool.close()


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Processes that start in this block do not run the script that called us once more.

    What a setting needs of the script would not travel, and is trained in this process.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
