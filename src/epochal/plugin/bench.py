"""What the two files of a project's ``bench/`` import: ``epochal init`` writes them.

``conftest.py`` takes the hooks, which load the plugin if ``bench/`` is named on the command line. A
plain ``pytest`` finds it too late for options, and passes the folder over.
"""

from pathlib import Path
from typing import Any

import pytest

from epochal.judging.findings import CaseResult
from epochal.plugin.outcomes import require_green

__all__ = ["pytest_addoption", "pytest_ignore_collect", "test_claim"]

PLUGIN = "epochal.plugin.hooks"


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    config: Any = pluginmanager.get_plugin("pytestconfig")
    if "file_or_dir" not in config.option:  # options have not been parsed yet
        pluginmanager.import_plugin(PLUGIN)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if config.pluginmanager.has_plugin(PLUGIN) else True


def test_claim(finding: CaseResult, pytestconfig: pytest.Config) -> None:
    """Green if the verdict is the expected one, or if none is expected yet."""
    require_green(finding, pytestconfig)
