"""Claims trained into a scratch journal that is deleted afterwards.

So no run of a variant is ever taken for a real one.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from epochal.claims.case import Case
from epochal.experiments.experiment import Experiment
from epochal.gate.drift import Drift
from epochal.gate.gate import Again, Gate
from epochal.judging.findings import Findings
from epochal.judging.first_epochs import FirstEpochs
from epochal.judging.result import Result
from epochal.judging.run_options import RunOptions
from epochal.judging.runner import Runner
from epochal.judging.samples import Samples, samples
from epochal.training.cost import seconds_an_epoch
from epochal.training.variants import Variant

__all__ = ["sampled", "trained"]


def trained(
    plan: RunOptions,
    variant: Variant | None = None,
    gate: Gate | None = None,
    backwards: bool = False,
) -> tuple[Findings, Again, list[Drift]]:
    """Judge the claims of ``plan`` under ``variant``.

    Args:
        plan: which claims, with how many seeds.
        variant: how settings are trained; claims that it does not apply to are left out.
        gate: what the claims are compared with; verdicts are judged again on fresh seeds, and
            learning on more seeds, as in a gate. Nothing is compared without it.
        backwards: judge the claims in reverse order.

    Returns:
        What was found, what fresh seeds gave by the keys of the results, and how learning compares.
    """
    with _runner(plan, variant) as runner:
        if backwards:
            runner.selected.reverse()
        if gate is not None:
            runner.doubts = gate.doubts
        found, again = Findings(), dict[str, Sequence[Result]]()
        for case, device in runner.selected:
            each = runner.judge(case, device)
            found.add(each.result, each.curves, each.samples)
            if each.again:
                again[each.result.key] = each.again
        return found, again, [] if gate is None else gate.settled(found, runner)


def sampled(plan: RunOptions, seconds: float, variant: Variant | None = None) -> dict[str, Samples]:
    """Sample the first epochs of every setting of ``plan`` under ``variant``, by digest.

    As many epochs of each seed are trained as take about ``seconds``; a claim's own trainings are
    left out, which no variant applies to.
    """
    found: dict[str, Samples] = {}
    with _runner(plan, variant) as runner:
        runner.selected = [
            (each, device) for case, device in runner.selected for each in _cut(case, seconds)
        ]
        for case, device in runner.selected:
            seeds = range(case.claim.first_seed, case.claim.first_seed + (plan.seeds or 1))
            [runs] = runner.trainer.ask(case, device, seeds).values()
            taken = samples(runs, device)
            had = found.get(taken.experiment)
            if had is None or len(had.epochs) < len(taken.epochs):
                found[taken.experiment] = taken
    return found


def _cut(case: Case, seconds: float) -> Iterator[Case]:
    """Of each setting of ``case`` a case that asks for its first epochs."""
    for name, far in case.horizons.items():
        experiment = case.experiments[name]
        if isinstance(experiment, Experiment):
            epochs = max(2, int(seconds / seconds_an_epoch(experiment)))
            yield replace(case, rule=FirstEpochs({name: min(far, epochs)}))


@contextmanager
def _runner(plan: RunOptions, variant: Variant | None) -> Iterator[Runner]:
    with tempfile.TemporaryDirectory(prefix="epochal-") as folder:
        journal = Path(folder) / "journal.sqlite"
        runner = Runner(replace(plan, journal=journal, report=Path(folder), variant=variant))
        if variant is not None:
            runner.selected = [
                (case, device)
                for case, device in runner.selected
                if any(map(variant.applies, case.experiments.values()))
            ]
        try:
            yield runner
        finally:
            runner.close()
