"""The gate on trial (``--mutants``): faults to be noticed, benign changes not to be."""

from epochal.gate.noticed import Trial
from epochal.plugin.mutants import require_noticed


def test_the_gate_notices_a_change_as_declared(trial: Trial) -> None:
    """Green where the gate noticed what is recorded for the change."""
    require_noticed(trial)
