"""Asks for the next seeds of every verdict as soon as its last ones are in, whoever is judged now.

Otherwise the workers of a cluster would stand idle while one claim after the other is judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from epochal.claims.case import Case
from epochal.claims.verdicts import first_seeds, judge
from epochal.errors import Interrupted
from epochal.experiments.runs import Runs
from epochal.journal.units import LeaseOutcome
from epochal.training.answer import Answer
from epochal.training.job import Urgency
from epochal.training.trainer import Trainer

__all__ = ["LookAhead"]


@dataclass(eq=False)
class _Open:
    """A verdict that is not decided yet.

    Attributes:
        case: what is judged.
        device: where.
        asked: how many seeds were asked for.
        answers: of those that are not in yet.
        spare: further seeds, trained by workers that would be idle.
    """

    case: Case
    device: str
    asked: int
    answers: list[Answer[LeaseOutcome]] = field(default_factory=list)
    spare: list[int] = field(default_factory=list)

    def more(self) -> int | None:
        """Return a seed that the verdict may need next, None where none is left."""
        claim = self.case.claim
        numeric = hasattr(self.case.rule, "numbers")
        most = claim.looks.seeds[-1] if numeric else self.case.bounds.max_seeds
        seed = max([claim.first_seed + self.asked, *(each + 1 for each in self.spare)])
        return seed if seed < claim.first_seed + most else None


class LookAhead:
    """The verdicts of a session that are not decided yet.

    Args:
        trainer: who trains; its first seeds are queued.
        cases: what will be judged, and where.
        seeds: a fixed number of seeds, of which there are no next ones.
    """

    def __init__(
        self, trainer: Trainer, cases: Iterable[tuple[Case, str]], seeds: int | None = None
    ) -> None:
        self._trainer, self._seeds, self._is_looking = trainer, seeds, False
        self._open = [_Open(case, device, len(first_seeds(case, seeds))) for case, device in cases]
        for each in self._open:
            each.answers = trainer.answers(each.case, each.device, first_seeds(each.case, seeds))

    def step(self) -> None:
        """Ask for what is needed by now, and give up what is no longer needed."""
        if self._is_looking:  # called while it waits itself
            return
        self._is_looking = True
        try:
            ready = [e for e in self._open if all(answer.done() for answer in e.answers)]
            decided = [each for each in ready if self._is_decided(each)]
            self._open = [each for each in self._open if each not in decided]
            for each in decided:
                self._drop_spare(each)
            self._spare()
        finally:
            self._is_looking = False

    def _is_decided(self, opened: _Open) -> bool:
        """Judge as far as what is in allows, and ask for what is missing."""

        def ask(case: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
            opened.asked = seeds[-1] + 1 - case.claim.first_seed
            self._trainer.want(case, opened.device, seeds, Urgency.FURTHER)
            opened.answers = self._trainer.answers(case, opened.device, seeds)
            if not all(answer.done() for answer in opened.answers):
                raise _LaterError
            return self._trainer.ask(case, opened.device, seeds)

        try:
            judge(opened.case, ask, self._seeds)
        except _LaterError:
            return False
        return True

    def _drop_spare(self, opened: _Open) -> None:
        """Give up the spare seeds of a decided verdict that no other one needs."""
        used = range(opened.case.claim.first_seed, opened.case.claim.first_seed + opened.asked)
        wanted = {
            unit
            for each in self._open
            for name in each.case.horizons
            for unit in self._trainer.units(each.case, name, each.device, _seeds_of(each))
        }
        spare = [seed for seed in opened.spare if seed not in used]
        self._trainer.drop(opened.case, opened.device, spare, wanted)

    def _spare(self) -> None:
        """Have idle workers train seeds that verdicts may need next."""
        idle = self._trainer.workers.idle() if self._seeds is None else 0
        for opened in self._open:
            seed = opened.more()
            if idle <= 0:
                return
            if seed is not None:
                opened.spare.append(seed)
                self._trainer.want(opened.case, opened.device, [seed], Urgency.SPARE)
                idle -= len(opened.case.horizons)


def _seeds_of(opened: _Open) -> range:
    first = opened.case.claim.first_seed
    return range(first, first + opened.asked)


class _LaterError(Interrupted):
    """Seeds that a verdict needs are not in yet."""
