"""The marker ``seeds`` for any pytest test: how often it must hold, and on as many seeds as needed.

This is pytest's entry point of epochal, so that every pytest loads it where epochal is installed.
It imports nothing of epochal until a test has the marker: see `epochal.plugin.seeds`.
"""

from contextlib import suppress
from typing import Any

import pytest

__all__ = [
    "pytest_addoption",
    "pytest_configure",
    "pytest_generate_tests",
    "pytest_report_teststatus",
    "pytest_runtest_protocol",
    "pytest_terminal_summary",
]

MARKER = "seeds"
ABOUT = (
    "seeds(holds_for=0.8, not_for=0.2, wrong_at_most=0.05, limit=None): the test holds for that "
    "share of seeds; it gets an argument `seed` and is run on as many as that takes"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    add = parser.getgroup("seeds", "tests that hold for a share of seeds").addoption
    with suppress(ValueError):  # `pytest bench/` has it, too
        add("--seeds", type=int, metavar="N", help="N seeds instead of the sequential test")
    add("--first-seed", type=int, metavar="N", default=0, help="the first seed (default: 0)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", ABOUT)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker(MARKER) and "seed" in metafunc.fixturenames:
        hidden = getattr(pytest, "HIDDEN_PARAM", MARKER)
        metafunc.parametrize("seed", [0], ids=[hidden])  # each run has its own


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if item.get_closest_marker(MARKER) is None:
        return None
    from epochal.plugin.seeds import protocol

    return protocol(item, nextitem)


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: Any) -> tuple[str, str, Any] | None:
    told = getattr(report, "seeds", None)
    if told is None or report.when != "call":
        return None
    if told["undecided"]:
        return "undecided", "U", (f"UNDECIDED ({told['held']})", {"yellow": True})
    letters = {"passed": ".", "failed": "F"}
    if report.outcome in letters:
        return report.outcome, letters[report.outcome], f"{report.outcome.upper()} ({told['held']})"
    return None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    undecided = terminalreporter.stats.get("undecided", [])
    if undecided and any(hasattr(each, "seeds") for each in undecided):
        terminalreporter.section("undecided by their seeds")
        for each in undecided:
            terminalreporter.write_line(f"{each.nodeid}: {each.longrepr}")
