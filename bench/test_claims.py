"""Every claim, on every device that was asked for: one test each."""

import pytest

from epochal.judged import Judged
from epochal.plugin import require_green


def test_claim(judged: Judged, pytestconfig: pytest.Config) -> None:
    """Green if the verdict is the expected one, or if none is expected yet."""
    require_green(judged, strict=bool(pytestconfig.getoption("strict")))
