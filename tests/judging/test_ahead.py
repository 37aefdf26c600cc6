"""Further seeds are asked for as soon as the last are in, and spare ones where workers are idle."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epochal import EpochsRatio, FitsBy, Looks
from epochal.claims.case import Case
from epochal.errors import Interrupted
from epochal.identity.environment import Environment
from epochal.journal.store import Journal
from epochal.journal.units import LeaseOutcome, Session
from epochal.judging.ahead import LookAhead
from epochal.training.answer import Answer
from epochal.training.job import Job, Progress, Urgency
from epochal.training.trainer import Trainer
from epochal_testing import synthetic

Asked = list[tuple[int, Urgency]]


class Crew:
    """Workers that finish a seed when the test says so; a seed's error is its own number."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.session = journal, Session()
        self.jobs: list[tuple[Job, Urgency, Answer[LeaseOutcome]]] = []
        self.free = 0
        self.cancelled: list[int] = []

    def submit(
        self, job: Job, urgency: Urgency = Urgency.FIRST
    ) -> tuple[int, Answer[LeaseOutcome]]:
        self.jobs.append((job, urgency, Answer()))
        return len(self.jobs), self.jobs[-1][2]

    def finish(self, *seeds: int) -> None:
        for job, _, answer in self.jobs:
            seed = job.unit.seed
            if seed in seeds and not answer.done():
                made = synthetic.runs([seed], np.full((1, job.epochs + 1), float(seed)))
                runs = replace(made, experiment=job.unit.experiment)
                self.journal.put(job.unit, runs, self.session, 0, finished=True)
                answer.set_result(LeaseOutcome.LEASED)

    def wait(self, answer: Answer[LeaseOutcome], seconds: float | None = None) -> bool:
        return answer.wait(0)

    def progress(self) -> list[Progress]:
        return []

    def idle(self) -> int:
        return self.free

    def cancel(self, number: int) -> None:
        job, _, answer = self.jobs[number - 1]
        self.cancelled.append(job.unit.seed)
        answer.set_exception(Interrupted("no longer needed"))

    def close(self) -> None:
        pass

    def asked(self) -> Asked:
        return [(job.unit.seed, urgency) for job, urgency, _ in self.jobs]


@pytest.fixture
def crew(tmp_path: Path) -> Crew:
    return Crew(Journal(tmp_path / "journal.sqlite"))


def case(below: float, id: str = "c", **changes: object) -> Case:
    return synthetic.claim(FitsBy(epoch=10, mse_below=below), id=id, **changes).cases[0]


def ahead(crew: Crew, *cases: Case) -> LookAhead:
    trainer = Trainer(
        crew, cases, environments=lambda setting, device: Environment({"device": device})
    )
    for each in cases:
        trainer.queue(each, "cpu")
    return LookAhead(trainer, [(each, "cpu") for each in cases])


def first(*seeds: int) -> Asked:
    return [(seed, Urgency.FIRST) for seed in seeds]


WAVERS, HOLDS = case(44.5, allow_trivial=True), case(1e9, allow_trivial=True)
"""A claim that holds for the seed 44 alone, and one that holds for all."""


def test_the_next_seeds_are_asked_for_when_the_last_ones_are_in(crew: Crew) -> None:
    looking = ahead(crew, WAVERS)
    looking.step()
    crew.finish(44, 45)
    looking.step()
    assert crew.asked() == first(44, 45, 46)
    crew.finish(46)
    looking.step()
    further = crew.asked()[3:]
    assert [seed for seed, _ in further] == [47, 48][: len(further)]
    assert {urgency for _, urgency in further} == {Urgency.FURTHER}
    crew.finish(47, 48)
    looking.step()
    before = len(crew.jobs)
    looking.step()
    assert len(crew.jobs) == before


def test_a_decided_verdict_asks_for_nothing_more(crew: Crew) -> None:
    looking = ahead(crew, HOLDS)
    crew.finish(44, 45, 46)
    looking.step()
    looking.step()
    assert crew.asked() == first(44, 45, 46)


def test_idle_workers_train_spare_seeds_which_are_given_up_when_it_is_decided(crew: Crew) -> None:
    looking, crew.free = ahead(crew, HOLDS), 2
    looking.step()
    crew.free = 0
    assert crew.asked()[3:] == [(47, Urgency.SPARE)]
    looking.step()
    crew.finish(44, 45, 46)
    looking.step()
    assert crew.cancelled == [47]


def test_a_spare_seed_that_another_open_verdict_needs_goes_on(crew: Crew) -> None:
    wavers = case(44.5, id="other", allow_trivial=True)
    looking, crew.free = ahead(crew, HOLDS, wavers), 1
    looking.step()
    crew.free = 0
    assert crew.asked() == [*first(44, 45, 46), (47, Urgency.SPARE)]
    crew.finish(44, 45, 46)
    looking.step()  # one is decided; the other needs the spare seed, which it shares
    looking.step()
    assert crew.cancelled == []


def test_spare_seeds_follow_those_that_were_asked_for(crew: Crew) -> None:
    looking, crew.free = ahead(crew, WAVERS), 1
    looking.step()
    crew.free = 0
    assert crew.asked()[3:] == [(47, Urgency.SPARE)]
    crew.finish(44, 45, 46)
    looking.step()
    crew.free = 1
    looking.step()
    seeds = [seed for seed, _ in crew.asked()]
    assert seeds == [*range(44, 44 + len(seeds))]


def test_no_more_spare_seeds_than_a_verdict_may_use(crew: Crew) -> None:
    looking, crew.free = ahead(crew, WAVERS), 1
    for _ in range(40):
        looking.step()
    assert len(crew.jobs) == WAVERS.bounds.max_seeds


def test_a_verdict_that_breaks_is_no_longer_looked_at(crew: Crew) -> None:
    looking = ahead(crew, HOLDS)
    for _, _, answer in crew.jobs:
        answer.set_exception(RuntimeError("the net caught fire"))
    looking.step()
    before = len(crew.jobs)
    looking.step()
    assert len(crew.jobs) == before


def test_the_looks_of_a_number_bound_its_spare_seeds(crew: Crew) -> None:
    rule = EpochsRatio(over="a", under="b", mse_below=0.1, low=2, epoch=10)
    settings = {"a": synthetic.EXPERIMENT, "b": replace(synthetic.EXPERIMENT, probe=999)}
    numeric = synthetic.claim(rule, experiments=settings, looks=Looks(seeds=(5, 7))).cases[0]
    looking, crew.free = ahead(crew, numeric), 1
    for _ in range(9):
        looking.step()
    assert len({job.unit.seed for job, *_ in crew.jobs}) == 7
    assert len(crew.jobs) == 14
