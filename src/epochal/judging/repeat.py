"""What to type to have a row again."""

import shlex

from epochal.claims.claim import Claim
from epochal.experiments.experiment import Experiment
from epochal.judging.result import Result
from epochal.training.engines.choice import ENGINES, choose

__all__ = ["command", "first_command"]


def command(result: Result, claim: Claim, cases: str = "") -> str:
    """What to type, in the project's root, to train a row anew.

    Args:
        result: the row.
        claim: what it is about.
        cases: the folder of case files, where it is not the project's own.
    """
    words = _begin(claim, cases)
    tier = claim.reduced.tier if result.kind == "reduced" and claim.reduced else claim.tier
    if result.kind == "control":
        words.append("--controls")
    if tier != "quick":
        words += ["--tier", tier]
    if result.device != "cpu":
        words += ["--device", result.device.removesuffix(":0")]
    if result.fixed and result.n:
        words += ["--seeds", str(result.n)]
    if result.engine in ENGINES and any(
        choose(each, result.device) != result.engine
        for each in claim.experiments_by_name.values()
        if isinstance(each, Experiment)
    ):
        words += ["--engine", result.engine]
    return shlex.join([*words, "--fresh"])


def first_command(claim: Claim, cases: str = "", control: bool = False) -> str:
    """What to type to have a claim judged, or its control, which was not run yet."""
    words = [*_begin(claim, cases), *(["--controls"] if control else [])]
    return shlex.join([*words, *([] if claim.tier == "quick" else ["--tier", claim.tier])])


def _begin(claim: Claim, cases: str) -> list[str]:
    return ["pytest", "bench/", "--claims", claim.id, *(["--cases", cases] if cases else [])]
