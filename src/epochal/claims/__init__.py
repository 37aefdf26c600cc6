"""What is claimed, and what decides it: rules, their statistics, and verdicts.

Imports numpy, scipy and `experiments`, never torch: a verdict can be recomputed from stored runs.
Begin with `claim`, then `verdicts`.
"""
