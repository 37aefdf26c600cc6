"""Rules: pure functions from runs to one outcome, or one number, a seed.

They import numpy and no engine. Begin with `base`: a new rule is one frozen dataclass with the
members of `SeedRule` or `NumberRule`, exported from `epochal`, and a row of runs of which the
answer is known, on which ``tests/claims/test_rules.py`` tries it.
"""
