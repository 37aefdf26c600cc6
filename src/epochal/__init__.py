"""Sentences about how neural nets learn, turned into tests.

A `Claim` states what a source says, how it is read, the `Experiment` that it is about and the
rule that judges a seed. ``pytest bench/`` runs claims over seeds to a verdict with stated error
rates; `train` and `judge` do so in a script or a notebook, and `diagnose` tells why a net does not
fit. These need torch, and import it when it is first needed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from epochal.claims.claim import Claim, Control, Reduced
from epochal.claims.rules.named.classes import ErrorRateAt, ErrorRateBy
from epochal.claims.rules.named.components import Band, LowBeforeHigh, ShareBy, SharesAt
from epochal.claims.rules.named.errors import (
    FitsBy,
    LosesFit,
    LossRises,
    MseAt,
    RisesAtMost,
    StaysAbove,
)
from epochal.claims.rules.named.numbers import EpochsRatio, Exponent
from epochal.claims.rules.named.pairs import MseRatioAt, SameBits, SameLosses, ShareRatioAt
from epochal.claims.rules.named.regions import CentreBeforeEdges, EdgesBeforeCentre, RadiusGrows
from epochal.claims.rules.named.several import Cell, EpochsMap, WhichFit
from epochal.claims.rules.named.shapes import IsAffine, MaxErrorAt, ProbeAgrees
from epochal.claims.rules.parts.conditions import Condition
from epochal.claims.rules.parts.functions import (
    best_of,
    departure,
    different_bits,
    error_rate,
    fitted_radius,
    largest_error,
    learning_rate,
    loss_rise,
    measured,
    mse,
    mse_difference,
    mse_over_line,
    share,
)
from epochal.claims.rules.parts.quantities import OfOneRun, Quantity, Series
from epochal.claims.rules.share import AnyOfSeeds, ShareOfSeeds
from epochal.claims.source import Answer, Panel, Part, Sentence, Source
from epochal.claims.statistics import Bounds, Looks
from epochal.experiments.boxes import Box, Points
from epochal.experiments.experiment import Experiment
from epochal.experiments.inputs import Circle, Embedding, Line
from epochal.experiments.label_tables import modular_addition, parity, spirals, xor
from epochal.experiments.labels import Labels
from epochal.experiments.layers import FourierFeatures, Siren
from epochal.experiments.loops import Loop, Loss, Scheduler
from epochal.experiments.measures import (
    DeadUnits,
    GradientNorm,
    LayerNorms,
    LinearRegions,
    Measure,
    Measured,
    Sharpness,
    WeightNorm,
)
from epochal.experiments.nets import MLP, ModuleNet, Output
from epochal.experiments.own_loop import Training
from epochal.experiments.parts import Activation, Group, Initializer, Optimizer
from epochal.experiments.runs import Runs
from epochal.experiments.scaling import Scaling
from epochal.experiments.tables import Table
from epochal.experiments.targets import Formula, Function, Noise, Sine, SumOfSines, Wave
from epochal.experiments.vectors import Vector
from epochal.training.observer import Observer
from epochal.version import __version__

if TYPE_CHECKING:
    from epochal.diagnosis.diagnose import diagnose
    from epochal.notebook.judge import judge
    from epochal.notebook.train import train

__all__ = [
    "MLP",
    "Activation",
    "Answer",
    "AnyOfSeeds",
    "Band",
    "Bounds",
    "Box",
    "Cell",
    "CentreBeforeEdges",
    "Circle",
    "Claim",
    "Condition",
    "Control",
    "DeadUnits",
    "EdgesBeforeCentre",
    "Embedding",
    "EpochsMap",
    "EpochsRatio",
    "ErrorRateAt",
    "ErrorRateBy",
    "Experiment",
    "Exponent",
    "FitsBy",
    "Formula",
    "FourierFeatures",
    "Function",
    "GradientNorm",
    "Group",
    "Initializer",
    "IsAffine",
    "Labels",
    "LayerNorms",
    "Line",
    "LinearRegions",
    "Looks",
    "Loop",
    "LosesFit",
    "Loss",
    "LossRises",
    "LowBeforeHigh",
    "MaxErrorAt",
    "Measure",
    "Measured",
    "ModuleNet",
    "MseAt",
    "MseRatioAt",
    "Noise",
    "Observer",
    "OfOneRun",
    "Optimizer",
    "Output",
    "Panel",
    "Part",
    "Points",
    "ProbeAgrees",
    "Quantity",
    "RadiusGrows",
    "Reduced",
    "RisesAtMost",
    "Runs",
    "SameBits",
    "SameLosses",
    "Scaling",
    "Scheduler",
    "Sentence",
    "Series",
    "ShareBy",
    "ShareOfSeeds",
    "ShareRatioAt",
    "SharesAt",
    "Sharpness",
    "Sine",
    "Siren",
    "Source",
    "StaysAbove",
    "SumOfSines",
    "Table",
    "Training",
    "Vector",
    "Wave",
    "WeightNorm",
    "WhichFit",
    "__version__",
    "best_of",
    "departure",
    "diagnose",
    "different_bits",
    "error_rate",
    "fitted_radius",
    "judge",
    "largest_error",
    "learning_rate",
    "loss_rise",
    "measured",
    "modular_addition",
    "mse",
    "mse_difference",
    "mse_over_line",
    "parity",
    "share",
    "spirals",
    "train",
    "xor",
]


LATE = {"diagnose": "diagnosis", "judge": "notebook", "train": "notebook"}
"""By a name the room that is imported when it is first asked for."""


def __getattr__(name: str) -> Any:
    if name in LATE:
        return getattr(import_module(f"epochal.{LATE[name]}.{name}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
