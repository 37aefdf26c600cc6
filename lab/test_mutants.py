"""The gate on trial: faults to be noticed, equivalent changes not to be. Minutes: see README.md."""

from lab.trial import Trial, require_noticed


def test_the_gate_notices_a_mutant_as_declared(trial: Trial) -> None:
    """Green where the gate noticed what is recorded for the mutant."""
    require_noticed(trial)
