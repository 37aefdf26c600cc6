"""The gate on trial: claims trained with a change of the loop, which it should notice or not.

Everything goes into a journal of its own that is deleted afterwards, so that no changed run is ever
taken for a real one.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from epochal.claims.claim import Case
from epochal.experiments.experiment import Experiment
from epochal.gate.compare import Moved
from epochal.gate.drift import Drift
from epochal.gate.gate import Again, Gate
from epochal.gate.noticed import Trial
from epochal.judging.campaign import Campaign
from epochal.judging.findings import Findings
from epochal.judging.glance import Look
from epochal.judging.plan import Plan
from epochal.judging.result import Result
from epochal.judging.samples import Samples, samples
from epochal.training.changes.change import Change
from epochal.training.cost import seconds_an_epoch

__all__ = ["sampled", "trained", "tried"]


def trained(
    plan: Plan, change: Change | None = None, gate: Gate | None = None
) -> tuple[Findings, Again, list[Drift]]:
    """What comes of the claims of ``plan`` under ``change``, trained into a journal of its own.

    Args:
        plan: which claims, with how many seeds.
        change: what is changed; None for the loop as it is.
        gate: what the claims are compared with; verdicts are judged again on fresh seeds, and
            learning on more seeds, as in a gate. Nothing is compared without it.

    Returns:
        What was found, what fresh seeds gave by the keys of the results, and how learning compares.
    """
    with _campaign(plan, change) as campaign:
        if gate is not None:
            campaign.doubts = gate.doubts
        found, again = Findings(), dict[str, Sequence[Result]]()
        for case, device in campaign.selected:
            each = campaign.judge(case, device)
            found.add(each.result, each.curves, each.samples)
            if each.again:
                again[each.result.key] = each.again
        return found, again, [] if gate is None else gate.settled(found, campaign)


def sampled(plan: Plan, seconds: float, change: Change | None = None) -> dict[str, Samples]:
    """Samples of every setting of ``plan`` under ``change``, by digest, of its first epochs.

    As many epochs of each seed are trained as take about so many ``seconds``; a claim's own
    trainings are left out, which no change applies to.
    """
    found: dict[str, Samples] = {}
    with _campaign(plan, change) as campaign:
        asked = [
            (each, device) for case, device in campaign.selected for each in _cut(case, seconds)
        ]
        campaign.selected = asked
        for case, device in asked:
            seeds = range(case.claim.first_seed, case.claim.first_seed + (plan.seeds or 1))
            [runs] = campaign.trainer.ask(case, device, seeds).values()
            taken = samples(runs, device)
            had = found.get(taken.experiment)
            if had is None or len(had.epochs) < len(taken.epochs):
                found[taken.experiment] = taken
    return found


def _cut(case: Case, seconds: float) -> Iterator[Case]:
    """Of each setting of ``case`` a case that looks at its first epochs."""
    for name, far in case.horizons.items():
        experiment = case.experiments[name]
        if isinstance(experiment, Experiment):
            epochs = max(2, int(seconds / seconds_an_epoch(experiment)))
            yield replace(case, rule=Look({name: min(far, epochs)}))


@contextmanager
def _campaign(plan: Plan, change: Change | None) -> Iterator[Campaign]:
    """The claims of ``plan`` that ``change`` applies to, with a journal that is deleted after."""
    with tempfile.TemporaryDirectory(prefix="epochal-") as folder:
        asked = replace(plan, journal=Path(folder) / "journal.sqlite", report=Path(folder))
        if change is not None:
            workers = change.workers or plan.workers
            asked = replace(asked, change=change.name, workers=workers)
        campaign = Campaign(asked)
        if change is not None:
            kept = [pair for pair in campaign.selected if _applies(change, pair[0].experiments)]
            campaign.selected = kept[::-1] if change.backwards else kept
        try:
            yield campaign
        finally:
            campaign.close()


def tried(change: Change, plan: Plan, gate: Gate) -> Trial:
    """What ``gate``, which has the claims of ``plan`` unchanged, notices of ``change``."""
    found, again, drifts = trained(plan, change, gate)
    pairs = gate.pairs(found.results.values(), again)
    moved = (Moved.VERDICT, Moved.UNDECIDED, Moved.BROKEN)
    return Trial(
        change.name,
        change.told,
        change.seen,
        tuple(result.claim for result in found.results.values()),
        tuple(pair.either.claim for pair in pairs if pair.after and pair.moved in moved),
        tuple(f"{each.of[0]}, {each.told}" for each in drifts if each.moved),
        tuple(f"{each.of[0]}, {each.told}" for each in drifts if each.open),
        change.found,
    )


def _applies(change: Change, experiments: Any) -> bool:
    return any(
        isinstance(each, Experiment) and change.applies(each) for each in experiments.values()
    )
