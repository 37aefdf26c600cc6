"""Rules: pure functions from runs to one outcome, or one number, a seed.

A new rule is one frozen dataclass with the members of `SeedRule` or `NumberRule`, and a test of
its error rates in ``tests/test_rules.py``. Rules import numpy and no engine: a verdict can be
recomputed from stored runs.
"""

from epochal.rules.base import Marks, NumberRule, Outcome, Rule, SeedRule
from epochal.rules.numbers import EpochsRatio, Exponent
from epochal.rules.pairs import MseRatioAt, SameBits
from epochal.rules.seeds import CentreBeforeEdges, FitsBy, IsAffine, MseAt, StaysAbove
from epochal.rules.waves import Band, LowBeforeHigh, ShareBy, SharesAt

__all__ = [
    "Band",
    "CentreBeforeEdges",
    "EpochsRatio",
    "Exponent",
    "FitsBy",
    "IsAffine",
    "LowBeforeHigh",
    "Marks",
    "MseAt",
    "MseRatioAt",
    "NumberRule",
    "Outcome",
    "Rule",
    "SameBits",
    "SeedRule",
    "ShareBy",
    "SharesAt",
    "StaysAbove",
]
