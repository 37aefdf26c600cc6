"""Rules: pure functions from runs to one outcome, or one number, a seed.

They import numpy and no engine. Begin with `base`: a new rule is one frozen dataclass with the
members of `SeedRule` or `NumberRule`, exported from `epochal`, and a test of its error rates in
``tests/claims/test_rules.py``.
"""
