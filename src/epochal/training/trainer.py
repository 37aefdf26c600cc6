"""Gives claims the runs that they ask for, and trains no unit twice.

All runs come through the journal. A unit that it holds is not trained again, one that it holds in
part is gone on from, and one that another process is training is waited for. Claims that share an
experiment share its runs: it is trained as far as any claim of the session needs.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.cost import shares
from epochal.claims.verdicts import first_seeds
from epochal.errors import BrokenRun, DeviceFull
from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Training
from epochal.experiments.runs import Runs, join
from epochal.identity.environment import Environment, observe
from epochal.identity.usable import Row, Wanted, usable
from epochal.journal.retention import needed_by
from epochal.journal.store import Journal
from epochal.journal.units import LeaseOutcome, Session, Unit
from epochal.training.answer import Answer
from epochal.training.environments import Environments, Observe, measured_in
from epochal.training.job import Job, JobRunner, Urgency
from epochal.training.pool import Died
from epochal.training.variants import Variant

__all__ = ["Doing", "Trainer"]

TICK_SECONDS = 0.25


@dataclass
class _Flight:
    """A job that was given to the workers."""

    number: int
    job: Job
    answer: Answer[LeaseOutcome]


@dataclass(frozen=True)
class Doing:
    """What is being trained for a claim at this moment."""

    seed: int
    epoch: int
    epochs: int
    loss: float
    mse: float | None
    """None where it does not follow from the loss."""


class Trainer:
    """The runs of one session.

    Args:
        workers: who trains, and into which journal.
        cases: all cases of the session, so that shared experiments are trained far enough once.
        seeds: the fixed number of seeds, if the session has one.
        engine: the engine's name, or ``auto``.
        tick: called now and then while `ask` waits.
        at_hand: all claims of the folder, in whatever tier, which tell what is worth keeping.
        observe: gives the environment of a device and an engine's facts.
        variant: another way to train all of them.
        environments: gives the environment in which a setting is trained on a device, where that
            is not this process's.
    """

    def __init__(
        self,
        workers: JobRunner,
        cases: Iterable[Case] = (),
        seeds: int | None = None,
        engine: str = "auto",
        tick: Callable[[], None] = lambda: None,
        at_hand: Iterable[Claim] = (),
        observe: Observe = observe,
        variant: Variant | None = None,
        environments: Environments | None = None,
    ) -> None:
        self.workers, self.seeds, self.engine, self.tick = workers, seeds, engine, tick
        self.variant = variant
        self.journal: Journal = workers.journal
        self.session: Session = workers.session
        self._observe, self._of_cluster = observe, environments
        self._environments: dict[tuple[str, str], Environment] = {}
        self._flights: dict[Unit, _Flight] = {}
        self._done: dict[Unit, Runs] = {}
        self._stateless: set[Unit] = set()
        self.origins: dict[Unit, str] = {}
        """By unit: ``reused``, ``extended``, ``trained``, or ``retrained`` where the journal had a
        shorter run, without the state to resume it."""
        self.adopted: dict[Unit, str] = {}
        """The older code that measured a unit, where it was taken over."""
        planned = list(cases)
        self._needed = needed_by(at_hand, planned)
        needed = shares(planned, seeds)
        self._horizons = {(each.experiment.digest, each.seed): each.epochs for each in needed}

    def queue(self, case: Case, device: str) -> None:
        """Queues what any verdict on ``case`` needs, in the order of calls."""
        self.want(case, device, first_seeds(case, self.seeds))

    def want(
        self,
        case: Case,
        device: str,
        seeds: Sequence[int],
        urgency: Urgency = Urgency.FIRST,
    ) -> None:
        """Queues what ``case`` needs of ``seeds`` and does not wait for it."""
        for seed in seeds:
            for name, epochs in case.horizons.items():
                job = self._job(case, name, device, seed, epochs)
                if job.unit not in self._flights and self._lacks(job):
                    self._start(job, urgency)

    def answers(self, case: Case, device: str, seeds: Sequence[int]) -> list[Answer[LeaseOutcome]]:
        """The answers of what is being trained of ``seeds``, done or not."""
        units = [unit for name in case.horizons for unit in self.units(case, name, device, seeds)]
        return [self._flights[unit].answer for unit in units if unit in self._flights]

    def drop(
        self, case: Case, device: str, seeds: Sequence[int], but: Collection[Unit] = ()
    ) -> None:
        """Give up what was queued of ``seeds``, except the units ``but``."""
        units = [unit for name in case.horizons for unit in self.units(case, name, device, seeds)]
        for unit in [each for each in units if each in self._flights and each not in but]:
            self.workers.cancel(self._flights.pop(unit).number)

    def ask(self, case: Case, device: str, seeds: Sequence[int]) -> Mapping[str, Runs]:
        """The runs of ``seeds`` by the experiment's name in the claim, trained as far as needed.

        Raises:
            BrokenRun: workers died over a seed, or another process failed to train it; other
                errors of training come through.
            JournalError: the journal cannot be used any more.
        """
        self.want(case, device, seeds, Urgency.FURTHER)
        found = {}
        for name, epochs in case.horizons.items():
            jobs = [self._job(case, name, device, seed, epochs) for seed in seeds]
            found[name] = join([self._runs(job, epochs).until(epochs) for job in jobs])
        return found

    def stored(self, case: Case, name: str, device: str, seeds: Sequence[int]) -> Runs:
        """All that is known of ``seeds``, which `ask` has given before."""
        return join([self._done[unit] for unit in self.units(case, name, device, seeds)])

    def units(self, case: Case, name: str, device: str, seeds: Sequence[int]) -> list[Unit]:
        """The keys of ``seeds`` in the journal."""
        experiment = case.experiments[name]
        key = self.environment(experiment, device).key
        return [Unit(experiment.digest, seed, key) for seed in seeds]

    def environment(self, experiment: Experiment | Training, device: str) -> Environment:
        """Where ``experiment`` is trained on ``device``."""
        asked = (experiment.digest, device)
        if asked not in self._environments:
            found = self._measured_in(experiment, device)
            self.journal.add_environment(found.key, found.hardware_key, found.facts)
            self._environments[asked] = found
        return self._environments[asked]

    def _measured_in(self, experiment: Experiment | Training, device: str) -> Environment:
        if self._of_cluster is not None:
            return self._of_cluster(experiment, device)
        return measured_in(experiment, device, self.engine, self._observe, self.variant)

    def drain(self) -> None:
        """Waits until all that was queued is trained, here or elsewhere."""
        for flight in self._flights.values():
            self.workers.wait(flight.answer)

    def doing(self, case: Case, device: str) -> list[Doing]:
        """What workers are training for ``case`` right now."""
        jobs = {flight.number: flight.job for flight in self._of(case, device)}
        return [
            Doing(job.unit.seed, each.epoch, job.epochs, each.loss, _mse(job, each.loss))
            for each in self.workers.progress()
            if each.job in jobs
            for job in [jobs[each.job]]
        ]

    def waiting(self, case: Case, device: str) -> int:
        """How many epochs of ``case`` are not trained yet."""
        return sum(flight.job.epochs - flight.job.done for flight in self._of(case, device))

    def _of(self, case: Case, device: str) -> list[_Flight]:
        digests = {experiment.digest for experiment in case.experiments.values()}
        return [
            flight
            for flight in self._flights.values()
            if flight.job.unit.experiment in digests and flight.job.device == device
        ]

    def _job(self, case: Case, name: str, device: str, seed: int, epochs: int) -> Job:
        [unit] = self.units(case, name, device, [seed])
        far = max(epochs, self._horizons.get((unit.experiment, seed), 0))
        return Job(
            unit,
            case.experiments[name],
            device,
            far,
            self.engine,
            snapshots=case.looked_at(name),
            needed=self._needed.get(unit.experiment),
            variant=self.variant,
        )

    def _lacks(self, job: Job) -> bool:
        """Whether ``job`` has to be done: its runs are too short, and it has not failed."""
        held = self._done.get(job.unit)
        if held is not None and _has(held, job.epochs, job.snapshots):
            return False
        row = self.journal.row(job.unit)
        return not self._suffices(row, job, job.epochs) and self._failure(job) is None

    def _suffices(self, row: Row | None, job: Job, epochs: int) -> bool:
        wanted = Wanted(epochs, job.snapshots, self.session.since)
        return row is not None and usable(row, wanted) is None

    def _failure(self, job: Job) -> BrokenRun | None:
        return self.journal.failure(job.unit, self.session)

    def _start(self, job: Job, urgency: Urgency = Urgency.FIRST) -> None:
        row = self.journal.row(job.unit)
        if row is not None and usable(row, Wanted(since=self.session.since)) is None:
            # Where predictions are missing, all is trained again, as far as it was before.
            job = replace(job, epochs=max(job.epochs, row.epochs_done))
            if row.has_state:
                job = replace(job, done=min(row.epochs_done, job.epochs))
            else:
                self._stateless.add(job.unit)
        number, answer = self.workers.submit(job, urgency)
        self._flights[job.unit] = _Flight(number, job, answer)

    def _runs(self, job: Job, epochs: int) -> Runs:
        """The runs of ``job``, of at least ``epochs``, once they are in the journal."""
        while True:
            held = self._done.get(job.unit)
            if held is not None and _has(held, epochs, job.snapshots):
                return held
            if job.unit in self._flights:
                self._land(self._flights[job.unit])
                continue
            row = self.journal.row(job.unit)
            if row is not None and self._suffices(row, job, epochs):
                self._done[job.unit] = self.journal.runs(job.unit)
                self._remember(job.unit, row)
            elif (failed := self._failure(job)) is not None:
                raise failed
            elif self.journal.is_leased(job.unit):
                self.tick()
                time.sleep(TICK_SECONDS)
            else:
                self._start(job)

    def _remember(self, unit: Unit, row: Row) -> None:
        own = row.session == self.session.id
        fresh = "retrained" if unit in self._stateless else "trained"
        self.origins[unit] = ("extended" if row.began else fresh) if own else "reused"
        if row.adopted:
            self.adopted[unit] = row.adopted

    def _land(self, flight: _Flight) -> None:
        while not self.workers.wait(flight.answer, TICK_SECONDS):
            self.tick()
        unit = flight.job.unit
        del self._flights[unit]
        try:
            flight.answer.result()
        except (Died, DeviceFull) as error:
            broken = BrokenRun(f"seed {unit.seed}: {error.why}")
            self.journal.note(unit, self.session, broken)
            raise broken from error


def _has(runs: Runs, epochs: int, snapshots: Collection[int]) -> bool:
    return runs.epochs_done >= epochs and set(runs.snapshots.tolist()).issuperset(snapshots)


def _mse(job: Job, loss: float) -> float | None:
    if isinstance(job.experiment, Training):
        return loss
    factor = job.experiment.mse_factor
    return None if factor is None else factor * loss
