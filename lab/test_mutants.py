"""Each mutant is killed as declared, and equivalent mutants survive. Minutes: see README.md."""

from lab.mutant_run import MutantRun, require_as_known


def test_the_gate_kills_a_mutant_as_declared(mutant_run: MutantRun) -> None:
    """Green if the outcome is the recorded one."""
    require_as_known(mutant_run)
