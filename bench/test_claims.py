"""Every claim, on every device that was asked for: one test each."""

import pytest

from epochal.judging.findings import CaseResult
from epochal.plugin.outcomes import require_green


def test_claim(finding: CaseResult, pytestconfig: pytest.Config) -> None:
    """Green if the verdict is the expected one, or if none is expected yet."""
    require_green(finding, pytestconfig)
