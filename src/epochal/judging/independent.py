"""Whether seeds are runs of their own, which every stated error rate takes for granted."""

import hashlib
from collections.abc import Mapping, Sequence

from epochal.claims.case import Case
from epochal.claims.verdicts import Ask
from epochal.errors import BrokenRun
from epochal.experiments.runs import Runs

__all__ = ["independent", "losses"]


def losses(seed: int, case: Case, runs: Mapping[str, Runs]) -> str:
    """A hash of every loss of ``seed`` as far as the rule needs it: equal means bit for bit."""
    text = hashlib.sha256()
    for name, epochs in case.horizons.items():
        place = runs[name].seeds.tolist().index(seed)
        text.update(runs[name].loss[place, : epochs + 1].tobytes())
    return text.hexdigest()[:16]


def independent(ask: Ask) -> Ask:
    """``ask`` for the seeds of one verdict, none of which may repeat another.

    Raises:
        BrokenRun: two seeds of the case gave the same losses.
    """
    known: dict[str, int] = {}

    def asked(case: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        runs = ask(case, seeds)
        for seed in seeds if case.claim.draws else ():
            first = known.setdefault(losses(seed, case, runs), seed)
            if first != seed:
                raise BrokenRun(
                    f"seeds {first} and {seed} gave bit-identical losses: they are one run, and "
                    "no error rate holds for them; if nothing depends on the seed, give "
                    "Training(draws=False)"
                )
        return runs

    return asked
