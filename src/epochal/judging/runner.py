"""One run of claims: who trains them, and what came of each.

`Runner` ties plan, journal, trainer and verdicts together and knows nothing of pytest; the
plugin and a notebook use it alike.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import Protocol

from epochal.claims.case import Case, opposite
from epochal.claims.claim import Claim
from epochal.claims.cost import shares
from epochal.claims.folder import read
from epochal.claims.verdicts import Ask, Status, Verdict, judge, outcomes_of
from epochal.errors import JournalError, SessionError, SpecError, all_of
from epochal.experiments.runs import Runs
from epochal.files import writable
from epochal.identity import environment
from epochal.journal.store import Journal
from epochal.journal.units import Session
from epochal.judging.ahead import LookAhead
from epochal.judging.checks import check_case, named
from epochal.judging.findings import FRESH, CaseResult, keep
from epochal.judging.independent import independent
from epochal.judging.result import Result
from epochal.judging.run_options import RunOptions, select
from epochal.judging.workforce import Workforce
from epochal.training.cost import hours, pace
from epochal.training.engines.choice import choose
from epochal.training.engines.choice import named as engine_named
from epochal.training.trainer import Trainer

__all__ = ["Runner", "Watcher"]

DECIDED = (Status.REPRODUCED, Status.REFUTED)


class Watcher(Protocol):
    """Whoever shows how training gets on."""

    def begin(self, case: Case, device: str) -> None: ...

    def draw(self) -> None: ...

    def end(self) -> None: ...


class Runner:
    """The claims of one run.

    Everything that can be wrong with options, claims and the journal is found at construction,
    before anything trains.

    Args:
        plan: what the run was asked to do.
        session: whose results these are, where several processes share it.
        say: shows a line about what happens meanwhile.

    Attributes:
        cases: what the plan asks for and can be trained.
        refused: one error for each case file or claim that cannot be judged.
        selected: the cases and devices that will be judged: all, unless somebody takes some out.
        doubts: whether a finding is judged once more, on fresh seeds; nobody doubts by default.
        pace: how many times longer trainings take than estimated, as `hours` found last.

    Raises:
        SpecError: an option, a device, a claim or the journal is wrong.
    """

    def __init__(
        self,
        plan: RunOptions,
        session: Session | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.plan = plan = replace(plan, engine=engine_named(plan.engine))
        found = read(plan.cases)
        self.claims, self.refused = list(found.claims), list(found.refused)
        try:
            self.cases = select(self.claims, plan)
        except SpecError as error:  # perhaps it is a refused claim that was named
            raise all_of([error, *self.refused]) from error
        self.workforce = Workforce(plan, say)
        self.devices = list(self.workforce.devices)
        self.journal = Journal(plan.journal)
        self._check()
        if not plan.dry:
            writable(plan.report)
        if session is None:
            if not plan.dry:
                self.journal.check()
            session = Session(
                fresh=plan.fresh or plan.gate,
                checkpoint=plan.checkpoint,
                command=plan.command,
                record=environment.record(plan.cases, self.devices),
            )
        self.session = session
        self.selected = [(case, device) for case in self.cases for device in self.devices]
        self.done, self.pace = 0, 1.0
        self.watcher: Watcher | None = None
        self.doubts: Callable[[CaseResult], bool] = lambda found: False
        self._trainer: Trainer | None = None
        self._ahead: LookAhead | None = None
        if not plan.dry:
            self.workforce.connect()

    def _check(self) -> None:
        """Refuses cases that cannot be trained, and raises where none is left."""
        good, known = list[Case](), self._trained()
        for case in self.cases:
            for name, experiment in case.experiments.items():
                for device in self.devices:
                    with named(case, name):
                        choose(experiment, device, self.plan.engine)
            try:
                check_case(case, known, self.devices if self.workforce.is_here else ())
            except SpecError as error:
                self.refused.append(error)
            else:
                good.append(case)
        if self.cases and not good:
            raise all_of(self.refused)
        self.cases = good

    def _trained(self) -> set[str]:
        """The settings that the journal has a run of under this torch."""
        import torch

        if self.journal.path.is_file():
            with suppress(JournalError):  # it is told when claims have been checked
                return self.journal.trained_under(str(torch.__version__))
        return set()

    @property
    def left_out(self) -> list[Claim]:
        """The claims that were not asked for, because of the tier or the pattern."""
        asked = {case.claim.id for case in select(self.claims, self.plan)}
        return [claim for claim in self.claims if claim.id not in asked]

    def hours(self) -> tuple[float, float]:
        """About how many hours of one core its first seeds take: all of them, and what is left.

        Left is what no row of the journal has; whether it may be reused is seen when it is asked.
        What stored runs took corrects the estimate.
        """
        needed = shares([case for case, _ in self.selected], self.plan.seeds)
        rows = self.journal.contents() if self.journal.path.exists() else []
        done: dict[tuple[str, int], int] = {}
        for row in rows:
            if not self.session.fresh or row["session"] == self.session.id:
                key = row["experiment"], row["seed"]
                done[key] = max(row["epochs_done"], done.get(key, 0))
        where = self.devices[0], self.plan.engine
        settings = [each for claim in self.claims for each in claim.experiments_by_name.values()]
        self.pace = pace(rows, settings, *where)
        return tuple(self.pace * hours(needed, held, *where) for held in (None, done))  # type: ignore[return-value]

    @property
    def processes(self) -> int:
        """How many processes train at a time, at most."""
        return self.workforce.processes

    @property
    def trainer(self) -> Trainer:
        """The trainer; at first use all that every verdict will need is queued."""
        if self._trainer is None:
            self.journal.begin(self.session)
            asked = [
                (each, device)
                for case, device in self.selected
                for each in self._asked(case, device)
            ]
            cases, plan = [case for case, _ in asked], self.plan
            workers, environments = self.workforce.begin(asked, self.journal, self.session)
            self._trainer = Trainer(
                workers,
                cases,
                plan.seeds,
                plan.engine,
                self._tick,
                self.claims,
                variant=plan.variant,
                environments=environments,
            )
            for case, device in asked:
                with _told_when_judged():
                    self._trainer.queue(case, device)
            if not self.workforce.is_here:
                self._ahead = LookAhead(self._trainer, asked, plan.seeds)
        return self._trainer

    def judge(self, case: Case, device: str) -> CaseResult:
        """Trains ``case`` on ``device`` as far as its verdict needs.

        Raises:
            JournalError: the journal cannot be used any more.
        """
        watcher = self.watcher
        if watcher is not None:
            watcher.begin(case, device)
        *before, verdict = [
            judge(each, self._ask(device), self.plan.seeds) for each in self._asked(case, device)
        ]
        found = self._found(case, device, verdict)
        if (turned := _decided(before)) is not None:  # a control whose claim expects nothing yet
            found = replace(found, expected=opposite(turned))
        again = list[Result]()
        while self.doubts(found) and len(again) < len(FRESH):
            again.append(self._again(case, device, FRESH[len(again)]))
            found = replace(found, again=tuple(again))
        if watcher is not None:
            watcher.end()
        measured = found.result.keys[next(iter(case.horizons))]
        new = sum(origin != "reused" for origin in found.origins.values())
        self.journal.add_verdict(
            self.session, measured, asdict(found.result), found.expected, trained=new
        )
        self.done += 1
        return found

    def further(self, case: Case, device: str, seeds: Sequence[int]) -> CaseResult:
        """What more ``seeds`` of ``case`` give, without a verdict."""
        outcomes = outcomes_of(case, self.trainer.ask(case, device, seeds))
        return self._found(case, device, Verdict(Status.UNDECIDED, tuple(outcomes)))

    def _found(self, case: Case, device: str, verdict: Verdict) -> CaseResult:
        trainer, used = self.trainer, [outcome.seed for outcome in verdict.outcomes]
        runs: dict[str, Runs] = {}
        if used:
            runs = {name: trainer.stored(case, name, device, used) for name in case.horizons}
        where = {
            name: trainer.environment(case.experiments[name], device) for name in case.horizons
        }
        units = [unit for name in case.horizons for unit in trainer.units(case, name, device, used)]
        codes = sorted({trainer.adopted[unit] for unit in units if unit in trainer.adopted})
        measured = next(iter(where.values())).described
        measured |= {"adopted from": ", ".join(codes)} if codes else {}
        fixed = self.plan.seeds is not None
        kept = keep(case, device, verdict, runs, measured, fixed, self.plan.cases_named)
        return replace(
            kept,
            result=replace(kept.result, keys={name: each.key for name, each in where.items()}),
            origins={(u.experiment, u.seed, device): trainer.origins[u] for u in units},
        )

    def _again(self, case: Case, device: str, first: int) -> Result:
        """What fresh seeds from ``first`` on say of ``case``, by the same test."""
        fresh = replace(case, claim=replace(case.claim, first_seed=first))
        verdict = judge(fresh, self._ask(device), self.plan.seeds)
        return self._found(fresh, device, verdict).result

    def _ask(self, device: str) -> Ask:
        return independent(lambda case, seeds: self.trainer.ask(case, device, seeds))

    def _asked(self, case: Case, device: str) -> list[Case]:
        """``case``; before the control of a claim that expects nothing yet, the claim itself."""
        claim = case.claim.case(self.plan.tier)
        if case.kind != "control" or case.expected(device) is not None or claim is None:
            return [case]
        return [claim, case]

    def _tick(self) -> None:
        if self._ahead is not None:
            self._ahead.step()
        if self.watcher is not None:
            self.watcher.draw()

    def drain(self) -> None:
        """Waits until all that was queued is trained, which other processes may wait for."""
        if self._trainer is not None:
            self._trainer.drain()

    def close(self) -> None:
        """Stops the workers; what they were training is dropped."""
        if self._trainer is not None:
            self._trainer.workers.close()
        self.workforce.close()


@contextmanager
def _told_when_judged() -> Iterator[None]:
    """What is wrong with one case takes no other one away, and comes up when it is judged."""
    try:
        yield
    except SessionError:
        raise
    except Exception:  # whatever pickling a claim's own classes raises
        return


def _decided(verdicts: Sequence[Verdict]) -> str | None:
    decided = [each.status.value for each in verdicts if each.status in DECIDED]
    return decided[0] if decided else None
