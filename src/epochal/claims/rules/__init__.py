"""Rules: pure functions from runs to one outcome, or one number, for each seed.

They import numpy and no engine. ``parts`` holds what rules are made of: a quantity, a condition on
it, and a time. ``named`` holds rules with a name, most of them short ways to write a rule of parts.
Whatever has the members of `SeedRule` or `NumberRule` of `base` is a rule.
"""
