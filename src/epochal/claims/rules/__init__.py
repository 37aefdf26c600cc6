"""Rules: pure functions from runs to one outcome, or one number, for each seed.

They import numpy and no engine. A rule made of parts is a quantity (`measured`, or made of several
in `quantities`), a condition on it (`conditions`) and a time (`compositions`). A rule with a name
is a frozen dataclass with the members of `SeedRule` or `NumberRule` of `base`.
"""
