"""Basri, Jacobs, Kasten, Kritchman 2019: which frequency is learned when, on the circle.

The settings are facts from the authors' public code (repository
``ykasten/Convergence-Rate-NN-Different-Frequencies`` at 2a070bf); none of the code is used.
"""

from . import figure_2, gap, kernels, shallow
from .figure_2 import FIGURE_2

__all__ = ["CLAIMS", "FIGURE_2"]

CLAIMS = [*figure_2.CLAIMS, *kernels.CLAIMS, *shallow.CLAIMS, *gap.CLAIMS]
