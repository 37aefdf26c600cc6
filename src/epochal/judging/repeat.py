"""What to type to have a row again."""

import os
import shlex
from pathlib import Path

from epochal.claims.claim import Claim
from epochal.experiments.experiment import Experiment
from epochal.judging.result import Result
from epochal.shipped import CASES, shipped
from epochal.training.engines.choice import ENGINES, choose

__all__ = ["cases_named", "command", "first_command"]


def command(result: Result, claim: Claim, cases: str = "") -> str:
    """What to type, in the project's root, to train a row anew.

    Args:
        result: the row.
        claim: what it is about.
        cases: as `cases_named` gives it.
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


def cases_named(folder: Path, root: Path) -> str:
    """What ``cases`` is here for a folder of case files, seen from a project's root."""
    folder = folder.resolve()
    if folder == (root / "cases").resolve():
        return ""
    return CASES if folder == shipped("cases").resolve() else os.path.relpath(folder, root)


def _begin(claim: Claim, cases: str) -> list[str]:
    if cases == CASES:
        return ["epochal", "bench", "--claims", claim.id]
    return ["pytest", "bench/", "--claims", claim.id, *(["--cases", cases] if cases else [])]
