"""The gate on trial: claims trained with a change of the loop, which it should notice or not.

Everything goes into a journal of its own that is deleted afterwards, so that no changed run is ever
taken for a real one.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from epochal.experiments.experiment import Experiment
from epochal.gate.compare import Moved, compare
from epochal.gate.drift import Spread, drifts, quantities, users
from epochal.gate.noticed import Trial
from epochal.judging.campaign import Campaign
from epochal.judging.findings import Finding, Findings
from epochal.judging.plan import Plan
from epochal.training.changes.change import Change

__all__ = ["trained", "tried"]


def trained(
    plan: Plan, change: Change | None = None, reference: Findings | None = None
) -> Findings:
    """What comes of the claims of ``plan`` under ``change``, trained into a journal of its own.

    Args:
        plan: which claims, with how many seeds.
        change: what is changed; None for the loop as it is.
        reference: what came of it unchanged: a verdict that moved is judged on fresh seeds, too,
            and counts as that of the reference where it does not move there.
    """
    with tempfile.TemporaryDirectory(prefix="epochal-") as folder:
        asked = replace(plan, journal=Path(folder) / "journal.sqlite", report=Path(folder))
        if change is not None:
            workers = change.workers or plan.workers
            asked = replace(asked, change=change.name, workers=workers)
        campaign = Campaign(asked)
        if change is not None:
            kept = [pair for pair in campaign.selected if _applies(change, pair[0].experiments)]
            campaign.selected = kept[::-1] if change.backwards else kept
        if reference is not None:
            campaign.doubts = lambda found: _moved(found, reference)
        found = Findings()
        try:
            for case, device in campaign.selected:
                each = campaign.judge(case, device)
                by_chance = (
                    each.again is not None
                    and reference is not None
                    and (each.again.status == reference.results[each.result.key].status)
                )
                status = each.again.status if by_chance and each.again else each.result.status
                found.add(replace(each.result, status=status), each.curves)
        finally:
            campaign.close()
        return found


def tried(change: Change, plan: Plan, reference: Findings, known: Spread) -> Trial:
    """What the gate notices of ``change``.

    Args:
        change: what is changed.
        plan: on which claims.
        reference: what came of these unchanged, on this machine.
        known: the benign spread.
    """
    found = trained(plan, change, reference)
    device = next((each.device for each in found.results.values()), "cpu")
    pairs = compare(reference.results.values(), found.results.values())
    moved = [
        each
        for each in drifts(
            quantities(reference, device), quantities(found, device), known, users(reference)
        )
        if each.moved
    ]
    return Trial(
        change.name,
        change.told,
        change.seen,
        tuple(result.claim for result in found.results.values()),
        tuple(
            pair.either.claim
            for pair in pairs
            if pair.moved in (Moved.VERDICT, Moved.UNDECIDED, Moved.BROKEN)
        ),
        tuple(f"{each.of[0]}, {each.name}: × {each.ratio:.3g}" for each in moved),
        change.found,
    )


def _moved(found: Finding, reference: Findings) -> bool:
    before = reference.results[found.result.key]
    return before.status != found.result.status and found.result.status != "broken"


def _applies(change: Change, experiments: Any) -> bool:
    return any(
        isinstance(each, Experiment) and change.applies(each) for each in experiments.values()
    )
