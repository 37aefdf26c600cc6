"""Options of the claims' folder."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Leaves two columns in the table of speeds, so that it fits a terminal of 80 columns."""
    if config.getoption("benchmark_columns", "no such plugin") is None:
        config.option.benchmark_columns = ["median", "rounds"]
