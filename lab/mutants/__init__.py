"""Mutants of the training loop: small faults, and equivalent changes, that the gate is tried on.

Begin with `mutant`, then `registry`.
"""
