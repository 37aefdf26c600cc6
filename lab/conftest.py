"""The fixtures and the summary of ``test_mutants.py``: a test for each mutant."""

from collections.abc import Generator
from typing import Any

import pytest

from epochal.errors import EpochalError, as_typed
from epochal.files import expanded, writable
from epochal.plugin.options import parse
from lab import records
from lab.gate_page import mutants_table
from lab.mutant_run import Missed, MutantRun, Proving
from lab.mutants.registry import MUTANTS

MUTANT_RUN = pytest.StashKey[MutantRun]()
PROVING = pytest.StashKey[Proving]()

KEY = "lab_mutant_run"
"""Attribute of a test's report with the outcome as JSON: it may come from another process."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep",
        nargs="?",
        type=expanded,
        const=records.FOLDER,
        metavar="DIR",
        help="store the runs of mutants (default: the lab's record)",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "mutant_run" in metafunc.fixturenames:
        metafunc.parametrize("mutant", MUTANTS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if any("mutant_run" in getattr(each, "fixturenames", ()) for each in items):
        try:
            config.stash[PROVING] = Proving(parse(config))
        except EpochalError as error:
            raise pytest.UsageError(*str(error).splitlines()) from error


@pytest.fixture
def mutant_run(
    request: pytest.FixtureRequest, pytestconfig: pytest.Config, mutant: str
) -> MutantRun:
    """The outcome of the test's mutant."""
    found = request.node.stash[MUTANT_RUN] = pytestconfig.stash[PROVING].run(mutant)
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if MUTANT_RUN in item.stash:
        setattr(report, KEY, item.stash[MUTANT_RUN].to_json())
        if call.excinfo is not None and call.excinfo.errisinstance(Missed):
            report.longrepr = str(call.excinfo.value)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: Any, config: pytest.Config
) -> Generator[None, None, None]:
    """A row a mutant; with ``--keep`` the runs are stored."""
    yield
    reports = [each for kind in terminalreporter.stats.values() for each in kind]
    found = [
        MutantRun.from_json(getattr(each, KEY))
        for each in reports
        if hasattr(each, KEY) and each.when == "call"
    ]
    if found:
        terminalreporter.section("mutants", sep="=")
        terminalreporter.write_line(mutants_table(found))
        if config.getoption("--keep") is not None:
            folder = writable(config.getoption("--keep"), "--keep")
            records.save_mutant_runs(found, folder)
            terminalreporter.write_line(f"runs: {as_typed(folder / records.MUTANTS)}")
