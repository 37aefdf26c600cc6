"""Gives claims the runs that they ask for, and trains no experiment's seed twice.

Claims that share an experiment share its runs: the first that asks has it trained as far as any
claim of the session needs, and a later one that needs more has it extended.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace

from epochal.claims import Case
from epochal.engine.workers import Job, Workers
from epochal.errors import BrokenRun
from epochal.runs import Runs, join
from epochal.verdicts import first_seeds

__all__ = ["Doing", "Trainer"]

Key = tuple[str, str, int]
"""Experiment digest, device, seed."""

TICK_SECONDS = 0.25


@dataclass
class _Flight:
    """A job that was given to the workers."""

    number: int
    job: Job
    future: "Future[Runs]"
    tries: int = 1


@dataclass(frozen=True)
class Doing:
    """What is being trained for a claim at this moment."""

    seed: int
    epoch: int
    epochs: int
    mse: float


class Trainer:
    """The runs of one session.

    Args:
        workers: who trains.
        cases: all cases of the session, so that shared experiments are trained far enough once.
        seeds: the fixed number of seeds, if the session has one.
        engine: the engine's name, or ``auto``.
        tick: called now and then while `ask` waits.
    """

    def __init__(
        self,
        workers: Workers,
        cases: Iterable[Case] = (),
        seeds: int | None = None,
        engine: str = "auto",
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.workers, self.seeds, self.engine, self.tick = workers, seeds, engine, tick
        self._plan: dict[tuple[str, int], int] = {}
        self._flights: dict[Key, _Flight] = {}
        self._done: dict[Key, Runs] = {}
        for case in cases:
            for name, epochs in case.horizons.items():
                for seed in first_seeds(case, seeds):
                    key = (case.experiments[name].digest, seed)
                    self._plan[key] = max(epochs, self._plan.get(key, 0))

    def plan(self, case: Case, device: str) -> None:
        """Queues what any verdict on ``case`` needs, in the order of calls."""
        self.want(case, device, first_seeds(case, self.seeds))

    def want(self, case: Case, device: str, seeds: Sequence[int]) -> None:
        """Queues what ``case`` needs of ``seeds`` and does not wait for it."""
        for seed in seeds:
            for name, epochs in case.horizons.items():
                self._want(case, name, device, seed, epochs)

    def ask(self, case: Case, device: str, seeds: Sequence[int]) -> Mapping[str, Runs]:
        """The runs of ``seeds`` by the experiment's name in the claim, trained as far as needed.

        Raises:
            BrokenRun: a worker died twice over a seed; other errors of training come through.
        """
        self.want(case, device, seeds)
        found = {}
        for name, epochs in case.horizons.items():
            keys = [(case.experiments[name].digest, device, seed) for seed in seeds]
            parts = [self._wait(key) for key in keys]
            found[name] = join([part.until(epochs) for part in parts])
        return found

    def stored(self, case: Case, name: str, device: str, seeds: Sequence[int]) -> Runs:
        """All that is known of ``seeds``, which `ask` has given before."""
        digest = case.experiments[name].digest
        return join([self._done[digest, device, seed] for seed in seeds])

    def doing(self, case: Case, device: str) -> list[Doing]:
        """What workers are training for ``case`` right now."""
        digests = {experiment.digest for experiment in case.experiments.values()}
        flights = {
            flight.number: flight
            for key, flight in self._flights.items()
            if key[0] in digests and key[1] == device
        }
        return [
            Doing(job.seed, each.epoch, job.epochs, each.loss * _mse_factor(job))
            for each in self.workers.progress()
            if each.job in flights
            for job in [flights[each.job].job]
        ]

    def waiting(self, case: Case, device: str) -> int:
        """How many epochs of ``case`` are not trained yet."""
        digests = {experiment.digest for experiment in case.experiments.values()}
        return sum(
            flight.job.epochs - (flight.job.earlier.epochs_done if flight.job.earlier else 0)
            for key, flight in self._flights.items()
            if key[0] in digests and key[1] == device
        )

    def _want(self, case: Case, name: str, device: str, seed: int, epochs: int) -> None:
        experiment = case.experiments[name]
        key = (experiment.digest, device, seed)
        flight, done = self._flights.get(key), self._done.get(key)
        if flight is not None and flight.job.epochs < epochs:
            done, flight = self._wait(key), None
        if flight is not None or (done is not None and done.epochs_done >= epochs):
            return
        far = max(epochs, self._plan.get((experiment.digest, seed), 0))
        job = Job(experiment, seed, device, far, self.engine, done)
        self._flights[key] = _Flight(*self._submit(job))

    def _submit(self, job: Job) -> "tuple[int, Job, Future[Runs]]":
        try:
            number, future = self.workers.submit(job)
        except BrokenProcessPool:
            self.workers.reopen()
            number, future = self.workers.submit(job)
        return number, job, future

    def _wait(self, key: Key) -> Runs:
        while key in self._flights:
            flight = self._flights[key]
            while not wait([flight.future], timeout=TICK_SECONDS).done:
                self.tick()
            self._land(key, flight)
        return self._done[key]

    def _land(self, key: Key, flight: _Flight) -> None:
        try:
            self._done[key] = flight.future.result()
        except BrokenProcessPool as error:
            self._again(key, flight, error)
            return
        except BaseException:
            del self._flights[key]
            raise
        del self._flights[key]

    def _again(self, key: Key, flight: _Flight, error: BrokenProcessPool) -> None:
        # A worker that dies (out of memory, say) takes all queued jobs with it, so each has a
        # second try before its claim is broken.
        if flight.tries > 1:
            del self._flights[key]
            raise BrokenRun(f"a worker died twice over seed {key[2]} (out of memory?)") from error
        self._flights[key] = replace(_Flight(*self._submit(flight.job)), tries=flight.tries + 1)


def _mse_factor(job: Job) -> float:
    loop = getattr(job.experiment, "loop", None)
    if loop is None or loop.loss == "mean":
        return 1.0
    return 2.0 / job.experiment.inputs.points  # type: ignore[union-attr]
