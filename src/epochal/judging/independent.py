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


def _run(seed: int, case: Case, runs: Mapping[str, Runs]) -> tuple[str, ...]:
    """What only repetition gives twice: the losses, and the weights at the start.

    Two nets that give 0 everywhere have the same losses, whatever their weights are.
    """
    begun = [
        str(runs[name].weight_hash[runs[name].seeds.tolist().index(seed), 0])
        for name in case.horizons
    ]
    return (losses(seed, case, runs), *begun)


def independent(ask: Ask) -> Ask:
    """``ask`` for the seeds of one verdict, none of which may repeat another.

    Raises:
        BrokenRun: two seeds of the case gave the same losses from the same weights.
    """
    known: dict[tuple[str, ...], int] = {}

    def asked(case: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        runs = ask(case, seeds)
        for seed in seeds if case.claim.draws else ():
            first = known.setdefault(_run(seed, case, runs), seed)
            if first != seed:
                raise BrokenRun(
                    f"seeds {first} and {seed} gave bit-identical losses: they are one run, and "
                    "no error rate holds for them; if nothing depends on the seed, give "
                    "Training(draws=False)"
                )
        return runs

    return asked
