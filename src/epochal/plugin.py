"""The pytest plugin: options, the parametrized claims, and their outcomes.

The root ``conftest.py`` loads it, elsewhere ``-p epochal.plugin``; it is no entry point, since a
global ``--device`` would break other projects.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from epochal import distributed, options
from epochal.collector import BENCH, SETTINGS, Collector
from epochal.errors import JournalError, SpecError
from epochal.verdicts import Standing

if TYPE_CHECKING:
    from epochal.bench import Bench
    from epochal.claims import Case
    from epochal.judged import Judged

LETTERS = {
    Standing.AS_EXPECTED: ("passed", "."),
    Standing.NEW: ("new", "N"),
    Standing.CHANGED: ("changed", "C"),
    Standing.UNDECIDED: ("undecided", "U"),
    Standing.BROKEN: ("broken", "B"),
}

ERROR = pytest.StashKey[SpecError]()
JUDGED = pytest.StashKey["Judged"]()


class VerdictChanged(AssertionError):
    """The verdict is red: decided against what is expected, broken, or unsettled under --strict."""


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    if distributed.is_worker(config):
        distributed.take_gpu(config)
    else:
        config.pluginmanager.register(Collector(config), "epochal-collector")


def pytest_sessionstart(session: pytest.Session) -> None:
    # Under xdist the controller collects nothing, so it looks here; workers need not say it again.
    config = session.config
    if distributed.is_distributed(config):
        controller = distributed.Controller(config)
        config.pluginmanager.register(controller, "epochal-controller")
        bench = _prepare(config)
        _raise_error(config)
        if bench is not None:
            controller.session, controller.devices = bench.session, bench.settings.devices


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "judged" not in metafunc.fixturenames:
        return
    bench = _prepare(metafunc.config)
    params = []
    if bench is not None:
        several = len(bench.devices) > 1
        params = [
            pytest.param(case, device, id=f"{case.id}@{device}" if several else case.id)
            for case in bench.cases
            for device in bench.devices
        ]
    metafunc.parametrize(("case", "device"), params)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _raise_error(config)
    only_claims = config.getoption("--claims") is not None or config.getoption("--controls")
    only_timings = bool(config.getoption("benchmark_only", False))
    if BENCH in config.stash and only_claims != only_timings:
        left = [item for item in items if ("judged" in _fixtures(item)) == only_timings]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    items.sort(key=lambda item: "benchmark" in _fixtures(item))  # timings last, when all is quiet
    if distributed.is_worker(config):
        distributed.leave_timings(config, items)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """The workers stop with the loop; under xdist they first finish what others wait for."""
    config = session.config
    try:
        done = yield
        if distributed.is_worker(config) and BENCH in config.stash:
            config.stash[BENCH].drain()
        return done
    finally:
        if BENCH in config.stash:
            config.stash[BENCH].close()


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> "Bench":
    """The run's `Bench`, which knows what will be judged."""
    from epochal.report.live import Live

    running = pytestconfig.stash[BENCH]
    items: list[Any] = [each for each in request.session.items if "judged" in _fixtures(each)]
    running.selected = [(e.callspec.params["case"], e.callspec.params["device"]) for e in items]
    running.watcher = Live(running, pytestconfig)
    return running


@pytest.fixture
def judged(request: pytest.FixtureRequest, bench: "Bench", case: "Case", device: str) -> "Judged":
    """The verdict of the test's case on its device, kept for the summary and the report."""
    try:
        found = bench.judge(case, device)
    except JournalError as error:
        request.session.shouldstop = f"ERROR: {error}"  # for xdist's other workers too
        pytest.skip("the journal cannot be used")
    request.node.stash[JUDGED] = found
    for name, value in (
        ("verdict", found.result.status),
        ("expected", found.expected or "none"),
        ("standing", found.standing.value),
        ("seeds", f"{found.result.k} of {found.result.n}"),
    ):
        request.node.user_properties.append((name, value))
    return found


def require_green(found: "Judged", strict: bool) -> None:
    """Raises `VerdictChanged` with a small report if the verdict is red."""
    from epochal.report.text import explanation

    red = {Standing.CHANGED, Standing.BROKEN} | ({Standing.UNDECIDED} if strict else set())
    if found.standing in red:
        raise VerdictChanged(explanation(found))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    found = item.stash.get(JUDGED, None)
    if report.when == "call" and found is not None:
        report.epochal = found.to_json()  # type: ignore[attr-defined]
        if call.excinfo is not None and call.excinfo.errisinstance(VerdictChanged):
            report.longrepr = str(call.excinfo.value)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    from epochal.report.text import share_reused

    found = getattr(report, "epochal", None)
    if found is None or report.when != "call":
        return None
    standing = Standing(found["standing"])
    category, letter = LETTERS[standing]
    word = f"{standing.value}: {found['result']['status']}".upper()
    stored = share_reused(found["origins"])
    return category, letter, word + (f" ({stored})" if stored else "")


def _prepare(config: pytest.Config) -> "Bench | None":
    """The run's `Bench`, made once; None where options or claims are wrong."""
    if BENCH not in config.stash and ERROR not in config.stash:
        from epochal.bench import Bench
        from epochal.gate import baseline

        try:
            settings = config.stash[SETTINGS] = options.parse(config)
            if settings.update_baseline:
                baseline.check(settings.baseline)
            if settings.gate:
                baseline.load(settings.baseline)
            config.stash[BENCH] = Bench(settings, distributed.session(config))
        except SpecError as error:
            config.stash[ERROR] = error
    return config.stash.get(BENCH, None)


def _raise_error(config: pytest.Config) -> None:
    error = config.stash.get(ERROR, None)
    if error is not None:
        raise pytest.UsageError(str(error))


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])
