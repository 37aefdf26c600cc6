"""Who trains what, and how far: against workers that train nothing and keep what they were told."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from torch import nn

import epochal.training.environments
from epochal import EpochsRatio, Experiment, FitsBy, Loop, ModuleNet, MseRatioAt
from epochal.claims.case import Case
from epochal.claims.rules.base import Rule
from epochal.claims.verdicts import judge
from epochal.errors import BrokenRun, Interrupted
from epochal.identity.environment import Environment
from epochal.journal.retention import thinned
from epochal.journal.store import Journal
from epochal.journal.units import LeaseOutcome, Session, Unit
from epochal.training.answer import Answer
from epochal.training.dry_run import DryRun
from epochal.training.job import Job, Progress, Urgency
from epochal.training.pool import Died
from epochal.training.trainer import Doing, Trainer
from epochal.training.workers import Workers
from epochal_testing import synthetic

Fate = Callable[[int, Job], BaseException | None]


class Fake:
    """Workers that are done at once; ``fate`` gives the error of a job by its number."""

    def __init__(
        self, journal: Journal, fate: Fate = lambda number, job: None, waits: bool = False
    ) -> None:
        self.journal, self.fate, self.waits = journal, fate, waits
        self.session = Session()
        self.jobs: list[Job] = []
        self.futures: list[Answer[LeaseOutcome]] = []
        self.shown: list[Progress] = []

    def submit(
        self, job: Job, urgency: Urgency = Urgency.FIRST
    ) -> tuple[int, Answer[LeaseOutcome]]:
        self.jobs.append(job)
        self.futures.append(Answer())
        if not self.waits:
            self.finish(len(self.jobs))
        return len(self.jobs), self.futures[-1]

    def finish(self, number: int) -> None:
        job, error = self.jobs[number - 1], self.fate(number, self.jobs[number - 1])
        if error is not None:
            self.futures[number - 1].set_exception(error)
        else:
            store(self.journal, job.unit, job.epochs, self.session)
            self.futures[number - 1].set_result(LeaseOutcome.LEASED)

    def wait(self, answer: Answer[LeaseOutcome], seconds: float | None = None) -> bool:
        return answer.wait(seconds)

    def progress(self) -> list[Progress]:
        return self.shown

    def asked(self) -> list[tuple[int, int]]:
        """Seed and epochs of each job."""
        return [(job.unit.seed, job.epochs) for job in self.jobs]


def store(journal: Journal, unit: Unit, epochs: int, session: Session) -> None:
    """Puts runs of ``unit`` into the journal, as a worker does."""
    row = journal.row(unit)
    made = synthetic.runs([unit.seed], np.full((1, epochs + 1), float(unit.seed)))
    runs = replace(made, experiment=unit.experiment, states=(b"where it stands",))
    began = row.epochs_done if row and row.has_state else 0
    journal.put(unit, runs, session, began, finished=True)


def nowhere(device: str, engine: Mapping[str, str]) -> Environment:
    return Environment({"device": device})


def trainer(fake: Fake, *cases: Case, seeds: int | None = None) -> Trainer:
    return Trainer(cast(Workers, fake), cases, seeds, observe=nowhere)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def case(rule: Rule, **changes: object) -> Case:
    found = synthetic.claim(rule, **changes).case("full")
    assert found is not None
    return found


SHORT = case(FitsBy(epoch=10, mse_below=0.1), id="short")
LONG = case(FitsBy(epoch=40, mse_below=0.1), id="long")


def test_a_shared_experiment_is_trained_once_as_far_as_any_claim_needs(journal: Journal) -> None:
    fake = Fake(journal)
    both = trainer(fake, SHORT, LONG)
    for each in (SHORT, LONG):
        both.queue(each, "cpu")
    assert both.ask(SHORT, "cpu", range(44, 47))["run"].loss.shape == (3, 11)
    assert both.ask(LONG, "cpu", range(44, 47))["run"].loss.shape == (3, 41)
    assert fake.asked() == [(44, 40), (45, 40), (46, 40)]
    assert both.stored(SHORT, "run", "cpu", [44, 46]).epochs_done == 40


def test_another_device_is_trained_apart(journal: Journal) -> None:
    fake = Fake(journal)
    one = trainer(fake, SHORT)
    one.ask(SHORT, "cpu", [44])
    one.ask(SHORT, "cuda:0", [44])
    assert [job.device for job in fake.jobs] == ["cpu", "cuda:0"]


def test_what_is_asked_for_later_and_longer_goes_on_from_before(journal: Journal) -> None:
    fake = Fake(journal)
    one = trainer(fake, SHORT)
    first = one.ask(SHORT, "cpu", [44, 45])
    second = one.ask(LONG, "cpu", [45])
    assert fake.asked() == [(44, 10), (45, 10), (45, 40)]
    assert [job.done for job in fake.jobs] == [0, 0, 10]
    assert first["run"].epochs_done == 10
    assert second["run"].epochs_done == 40
    assert sorted(one.origins.values()) == ["extended", "trained"]


def test_what_was_stored_without_its_state_is_trained_anew_when_more_is_asked(
    journal: Journal,
) -> None:
    first = trainer(Fake(journal), SHORT)
    first.ask(SHORT, "cpu", [44, 45])
    unit = first.units(SHORT, "run", "cpu", [44])[0]
    row = journal.row(unit)
    assert row is not None
    journal.repack(unit, journal.runs(unit), row.finished, keep_state=False)
    fake = Fake(journal)
    later = trainer(fake, LONG)
    later.ask(LONG, "cpu", [44, 45])
    assert [(job.unit.seed, job.done) for job in fake.jobs] == [(44, 0), (45, 10)]
    assert [later.origins[each] for each in later.units(LONG, "run", "cpu", [44, 45])] == [
        "retrained",
        "extended",
    ]


def test_a_row_that_lacks_what_a_rule_looks_at_is_trained_again(journal: Journal) -> None:
    far = case(FitsBy(epoch=400, mse_below=0.1), id="far")
    first = trainer(Fake(journal), far, seeds=1)
    first.ask(far, "cpu", [44])
    [unit] = first.units(far, "run", "cpu", [44])
    row = journal.row(unit)
    assert row is not None
    runs = thinned(journal.runs(unit), far.looked_at("run"))
    journal.repack(unit, runs, row.finished, keep_state=False)
    fake = Fake(journal)
    trainer(fake, far, seeds=1).ask(far, "cpu", [44])
    assert fake.jobs == []
    other = case(FitsBy(epoch=350, mse_below=0.1), id="other")
    assert not other.looked_at("run") <= set(runs.snapshots.tolist())
    found = trainer(fake, other, seeds=1).ask(other, "cpu", [44])["run"]
    assert fake.asked() == [(44, 400)]  # which keeps what the row had
    assert other.looked_at("run") <= set(found.snapshots.tolist())


def test_jobs_know_what_any_claim_at_hand_may_ask_for(journal: Journal) -> None:
    fake = Fake(journal)
    claims = [SHORT.claim, LONG.claim]
    one = Trainer(cast(Workers, fake), [SHORT], at_hand=claims, observe=nowhere)
    one.ask(SHORT, "cpu", [44])
    needed = fake.jobs[0].needed
    assert needed is not None
    assert (fake.jobs[0].epochs, needed.epochs, needed.points) == (10, 40, 301)
    assert {10, 40} <= needed.snapshots


def test_a_job_under_way_that_is_too_short_is_waited_for_and_continued(journal: Journal) -> None:
    fake = Fake(journal)
    one = trainer(fake, SHORT)
    one.queue(SHORT, "cpu")
    one.want(LONG, "cpu", [44])
    assert one.ask(LONG, "cpu", [44])["run"].epochs_done == 40
    assert fake.asked() == [(44, 10), (45, 10), (46, 10), (44, 40)]
    assert fake.jobs[-1].done == 10


def test_seeds_beyond_the_plan_are_trained_only_as_far_as_their_claim_needs(
    journal: Journal,
) -> None:
    fake = Fake(journal)
    both = trainer(fake, SHORT, LONG)
    found = both.ask(SHORT, "cpu", range(44, 49))
    assert fake.asked() == [(44, 40), (45, 40), (46, 40), (47, 10), (48, 10)]
    assert found["run"].loss.shape == (5, 11)


def test_a_fixed_number_of_seeds_is_the_plan(journal: Journal) -> None:
    fake = Fake(journal)
    one = trainer(fake, SHORT, seeds=2)
    one.queue(SHORT, "cpu")
    assert [seed for seed, _ in fake.asked()] == [44, 45]


def test_a_rule_about_a_number_has_its_first_look_planned_for_every_arm(journal: Journal) -> None:
    fake = Fake(journal)
    arms = {"fast": synthetic.EXPERIMENT, "slow": replace(synthetic.EXPERIMENT, probe=700)}
    rule = EpochsRatio(over="slow", under="fast", mse_below=0.1, low=1, high=2, epoch=20)
    asked = case(rule, experiments=arms)
    trainer(fake, asked).queue(asked, "cpu")
    digests = {name: each.digest for name, each in arms.items()}
    for name in arms:
        seeds = [job.unit.seed for job in fake.jobs if job.experiment.digest == digests[name]]
        assert seeds == [44, 45, 46, 47, 48]


def test_arms_that_are_one_experiment_are_trained_once(journal: Journal) -> None:
    fake = Fake(journal)
    asked = case(MseRatioAt(epoch=20, over="a", under="b", high=2))
    found = trainer(fake, asked).ask(asked, "cpu", [44])
    assert set(found) == {"a", "b"}
    assert fake.asked() == [(44, 20)]


def test_a_seed_over_which_workers_died_breaks_its_claim_for_other_processes_too(
    journal: Journal,
) -> None:
    died = Died("a worker died 3 times on it, the last time by signal SIGSEGV")
    fake = Fake(journal, lambda number, job: died if job.unit.seed == 45 else None)
    one = trainer(fake, SHORT)
    told = "^seed 45: a worker died 3 times on it, the last time by signal SIGSEGV$"
    for _ in range(2):
        with pytest.raises(BrokenRun, match=told):
            one.ask(SHORT, "cpu", [44, 45])
    assert [seed for seed, _ in fake.asked()].count(45) == 1
    assert [note["kind"] for note in journal.notes()] == ["failed"]
    assert one.ask(SHORT, "cpu", [46])["run"].seeds.tolist() == [46]


@pytest.mark.parametrize("error", [ValueError("no"), Interrupted("stopped at epoch 3")])
def test_other_errors_of_training_come_through_at_once(journal: Journal, error: Exception) -> None:
    fake = Fake(journal, lambda number, job: error)
    one = trainer(fake, SHORT)
    with pytest.raises(type(error), match=str(error)):
        one.ask(SHORT, "cpu", [44])
    assert fake.asked() == [(44, 10)]


def test_a_broken_claim_does_not_break_the_next(journal: Journal) -> None:
    bad = replace(synthetic.EXPERIMENT, probe=700)
    asked = case(SHORT.rule, experiments={"run": bad})
    fake = Fake(journal, lambda number, job: RuntimeError("no") if job.experiment == bad else None)
    one = trainer(fake, asked, LONG)
    one.queue(asked, "cpu")
    one.queue(LONG, "cpu")
    broken = judge(asked, lambda asked, seeds: one.ask(asked, "cpu", seeds))
    assert broken.status.value == "broken"
    assert broken.why.startswith("RuntimeError: no (test_trainer.py:")
    decided = judge(LONG, lambda asked, seeds: one.ask(asked, "cpu", seeds))
    assert (decided.status.value, decided.n) == ("refuted", 3)


def test_while_it_waits_it_ticks_and_tells_what_is_being_done(journal: Journal) -> None:
    fake = Fake(journal, waits=True)
    half = replace(synthetic.EXPERIMENT, loop=Loop(loss="half_sum"))
    asked = case(FitsBy(epoch=100, mse_below=0.1), experiments={"run": half})
    seen: list[tuple[list[Doing], int]] = []

    def tick() -> None:
        fake.shown = [Progress(job=1, epoch=30, loss=5.0), Progress(job=99, epoch=1, loss=1.0)]
        seen.append((one.doing(asked, "cpu"), one.waiting(asked, "cpu")))
        assert one.doing(SHORT, "cpu") == []
        fake.finish(len(seen))

    one = Trainer(cast(Workers, fake), [asked], tick=tick, observe=nowhere)
    one.ask(asked, "cpu", [44, 45])
    # The mean of squares is 2/n of half their sum, and there are 100 points.
    assert seen[0] == ([Doing(seed=44, epoch=30, epochs=100, loss=5.0, mse=0.1)], 200)
    assert seen[1][1] == 100


def test_what_an_own_net_does_counts_in_the_key_of_its_runs(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ModuleNet(nn.Linear, arguments={"in_features": 1, "out_features": 1}, weights=1)
    net, trials = replace(synthetic.EXPERIMENT, net=own), iter(("this", "that", "this"))
    monkeypatch.setattr(
        epochal.training.environments, "dry_run", lambda experiment: DryRun(next(trials), False)
    )

    def key(experiment: Experiment) -> str:
        session = Trainer(cast(Workers, Fake(journal)), [LONG], observe=told)
        return session.environment(experiment, "cpu").key

    one, other, again = (key(net) for _ in range(3))
    assert one == again != other
    assert key(synthetic.EXPERIMENT) == key(synthetic.EXPERIMENT) not in (one, other)


def told(device: str, engine: Mapping[str, str]) -> Environment:
    return Environment({"device": device, **engine})
