"""The options of a run, parsed once into one record."""

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from epochal.claims.case import Case
from epochal.claims.claim import TIERS, Claim
from epochal.errors import SpecError, nearest
from epochal.experiments.checks import choice, natural, positive, whole

if TYPE_CHECKING:
    from epochal.training.variants import Variant

__all__ = ["RunOptions", "select"]


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What a run was asked to do.

    Attributes:
        devices: as the user named them, not yet looked for.
        tier: the largest tier that runs.
        claims: patterns of ids; none stands for all.
        seeds: a fixed number of seeds, or None for the sequential test.
        engine: an engine's name, or ``auto``.
        workers: how many training processes.
        cluster: the Dask cluster that trains in their place; nothing for this machine.
        report: the folder that the report goes to.
        cases: the folder of case files.
        cases_named: what --cases must be given, from the project's root, to find them; nothing
            where they are the project's own.
        baseline: the folder of the baseline.
        update_baseline: whether the baseline takes in the results.
        replace_baseline: patterns of ids whose results it takes as they are.
        controls: whether controls run instead of claims.
        strict: whether undecided is red.
        journal: the file that every finished training goes into.
        fresh: whether the journal's older rows do not count.
        gate: whether all is trained afresh and compared with the baseline.
        variant: another way to train everything, if one is tried.
        checkpoint: how often a long training is put into the journal, in seconds.
        dry: whether claims are only listed, so that no file is made.
        command: what was typed, for the journal.
    """

    devices: tuple[str, ...] = ("cpu",)
    tier: str = "quick"
    claims: tuple[str, ...] = ()
    seeds: int | None = None
    engine: str = "auto"
    workers: int = 1
    cluster: str = ""
    report: Path = Path(".epochal/report")
    cases: Path = Path("cases")
    cases_named: str = ""
    baseline: Path = Path("reports/baseline")
    update_baseline: bool = False
    replace_baseline: tuple[str, ...] = ()
    controls: bool = False
    strict: bool = False
    journal: Path = Path(".epochal/journal.sqlite")
    fresh: bool = False
    gate: bool = False
    variant: "Variant | None" = None
    checkpoint: float = 30.0
    dry: bool = False
    command: str = ""

    def __post_init__(self) -> None:
        choice("--tier", self.tier, TIERS)
        whole("--workers", self.workers, 0)
        positive("--checkpoint", self.checkpoint)
        if self.seeds is not None:
            natural("--seeds", self.seeds)


def select(claims: list[Claim], plan: RunOptions) -> list[Case]:
    """The cases that ``plan`` asks for, in the order of ``claims``.

    Raises:
        SpecError: a pattern matches no claim, or no claim is in this tier.
    """
    named = [("--claims", each) for each in plan.claims]
    for option, pattern in [*named, *(("--replace-baseline", e) for e in plan.replace_baseline)]:
        if not any(fnmatch(each.id, pattern) for each in claims):
            step = nearest(pattern, [each.id for each in claims])
            raise SpecError(option, pattern, "it matches no claim", step)
    patterns = plan.claims or ("*",)
    matching = [each for each in claims if any(fnmatch(each.id, one) for one in patterns)]
    if plan.controls:
        found = [each.control_case(plan.tier) for each in matching]
    else:
        found = [each.case(plan.tier) for each in matching]
    cases = [case for case in found if case is not None]
    asked = ",".join(patterns)
    if not cases and plan.controls:
        rule = f"no matching claim in the tier {plan.tier} has a control"
        raise SpecError("--controls", asked, rule, "name another or leave it out")
    if not cases:
        field, value = ("--claims", asked) if plan.claims else ("--tier", plan.tier)
        rule = f"no matching claim is in the tier {plan.tier}"
        tier = min((each.tier for each in matching), key=TIERS.index)
        raise SpecError(field, value, rule, f"add --tier {tier}")
    return cases
