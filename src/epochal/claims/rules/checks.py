"""What every rule of a claim is checked for, before anything trains."""

from epochal.claims.rules.base import Rule
from epochal.claims.rules.thresholds import check_stops, check_thresholds
from epochal.errors import SpecError
from epochal.experiments.experiment import Experiments
from epochal.identity.digest import own_code

__all__ = ["check_rule"]


def check_rule(rule: Rule, experiments: Experiments, *, allow_trivial: bool) -> None:
    """Raises `SpecError` if ``rule`` cannot be asked of ``experiments``, or asks for too little.

    ``allow_trivial`` accepts thresholds that a constant or a straight line passes.
    """
    rule.check(experiments)
    try:
        own_code(rule)
    except TypeError as error:
        step = "give it numbers, texts, tuples and frozen dataclasses of these"
        raise SpecError("rule", type(rule).__name__, str(error), step) from error
    check_stops(rule, experiments)
    check_thresholds(rule, experiments, allowed=allow_trivial)
