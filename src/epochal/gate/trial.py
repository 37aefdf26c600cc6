"""The gate on trial: claims trained with a change of the loop, which it should notice or not.

Everything goes into a journal of its own that is deleted afterwards, so that no changed run is ever
taken for a real one.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from epochal.experiments.experiment import Experiment
from epochal.gate.compare import Moved
from epochal.gate.gate import Again, Gate
from epochal.gate.noticed import Trial
from epochal.judging.campaign import Campaign
from epochal.judging.findings import Findings
from epochal.judging.plan import Plan
from epochal.judging.result import Result
from epochal.training.changes.change import Change

__all__ = ["trained", "tried"]


def trained(
    plan: Plan, change: Change | None = None, gate: Gate | None = None
) -> tuple[Findings, Again]:
    """What comes of the claims of ``plan`` under ``change``, trained into a journal of its own.

    Args:
        plan: which claims, with how many seeds.
        change: what is changed; None for the loop as it is.
        gate: which verdicts are judged again on fresh seeds; none without it.

    Returns:
        What was found, and what fresh seeds gave by the keys of the results.
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
        if gate is not None:
            campaign.doubts = gate.doubts
        found, again = Findings(), dict[str, Sequence[Result]]()
        try:
            for case, device in campaign.selected:
                each = campaign.judge(case, device)
                found.add(each.result, each.curves)
                if each.again:
                    again[each.result.key] = each.again
        finally:
            campaign.close()
        return found, again


def tried(change: Change, plan: Plan, gate: Gate) -> Trial:
    """What ``gate``, which has the claims of ``plan`` unchanged, notices of ``change``."""
    found, again = trained(plan, change, gate)
    pairs = gate.pairs(found.results.values(), again)
    moved = (Moved.VERDICT, Moved.UNDECIDED, Moved.BROKEN)
    return Trial(
        change.name,
        change.told,
        change.seen,
        tuple(result.claim for result in found.results.values()),
        tuple(pair.either.claim for pair in pairs if pair.after and pair.moved in moved),
        tuple(f"{each.of[0]}, {each.told}" for each in gate.drifts(found) if each.moved),
        change.found,
    )


def _applies(change: Change, experiments: Any) -> bool:
    return any(
        isinstance(each, Experiment) and change.applies(each) for each in experiments.values()
    )
