"""Sentences about how neural nets learn, turned into tests.

A `Claim` states what a source says, how it is read, the `Experiment` that it is about and the
rule that judges a seed. ``pytest bench/`` runs claims over seeds to a verdict with stated error
rates. Nothing that this module exports imports torch.
"""

from epochal.claims import Claim, Control, Reduced, Source
from epochal.inputs import Circle, Embedding, Line
from epochal.rules import (
    Band,
    CentreBeforeEdges,
    EpochsRatio,
    Exponent,
    FitsBy,
    IsAffine,
    LowBeforeHigh,
    MseAt,
    MseRatioAt,
    SameBits,
    ShareBy,
    SharesAt,
    StaysAbove,
)
from epochal.runs import Runs
from epochal.spec import (
    MLP,
    Activation,
    Experiment,
    Initializer,
    Loop,
    ModuleNet,
    Optimizer,
    Training,
)
from epochal.statistics import Bounds, Looks
from epochal.targets import Sine, SumOfSines, Wave

__version__ = "0.1.0"

__all__ = [
    "MLP",
    "Activation",
    "Band",
    "Bounds",
    "CentreBeforeEdges",
    "Circle",
    "Claim",
    "Control",
    "Embedding",
    "EpochsRatio",
    "Experiment",
    "Exponent",
    "FitsBy",
    "Initializer",
    "IsAffine",
    "Line",
    "Looks",
    "Loop",
    "LowBeforeHigh",
    "ModuleNet",
    "MseAt",
    "MseRatioAt",
    "Optimizer",
    "Reduced",
    "Runs",
    "SameBits",
    "ShareBy",
    "SharesAt",
    "Sine",
    "Source",
    "StaysAbove",
    "SumOfSines",
    "Training",
    "Wave",
]
