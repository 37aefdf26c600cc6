"""The pytest plugin: options, the parametrized claims, and their outcomes.

The root ``conftest.py`` loads it, elsewhere ``-p epochal.plugin``; it is no entry point, since a
global ``--device`` would break other projects.
"""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from epochal.collector import BENCH, SETTINGS, Collector
from epochal.errors import SpecError
from epochal.settings import Settings
from epochal.verdicts import Standing

if TYPE_CHECKING:
    from epochal.bench import Bench, Judged
    from epochal.claims import Case

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
    group = parser.getgroup("epochal", "claims about how neural nets learn")
    add = group.addoption
    add(
        "--device", action="append", metavar="NAME", help="cpu, cuda, cuda:N, all, auto; repeatable"
    )
    add("--tier", default="quick", metavar="TIER", help="quick (default), standard or full")
    add("--claims", metavar="GLOB", help="only claims whose id matches")
    add("--seeds", type=int, metavar="N", help="a fixed number of seeds, not the sequential test")
    add("--engine", default="auto", metavar="NAME", help="which engine trains (default: auto)")
    add("--workers", type=int, metavar="N", help="training processes (default: one a core)")
    add("--report", metavar="DIR", help="where the report goes")
    add("--cases", metavar="DIR", help="the folder of case files")
    add("--baseline", metavar="DIR", help="the committed results")
    add("--update-baseline", action="store_true", help="take the results into the baseline")
    add("--controls", action="store_true", help="run each claim's control, which must turn it")
    # --strict is pytest's own option; under it, undecided is red here too.


def pytest_configure(config: pytest.Config) -> None:
    if not _is_xdist_worker(config):
        config.pluginmanager.register(Collector(config), "epochal-collector")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keeps claims that share an experiment on one xdist worker, which trains it once."""
    if config.getoption("dist") != "load" or BENCH not in config.stash:
        return None
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    groups = _groups(config.stash[BENCH])

    class ByExperiment(LoadScopeScheduling):  # type: ignore[misc]
        """A unit of work is a group of claims."""

        def _split_scope(self, nodeid: str) -> str:
            case = nodeid.partition("[")[2].removesuffix("]").partition("@")[0]
            return groups.get(case, nodeid)

    return ByExperiment(config, log)


def pytest_sessionstart(session: pytest.Session) -> None:
    # Under xdist the controller collects nothing, so it looks here; workers need not say it again.
    if getattr(session.config.option, "dist", "no") != "no" and not _is_xdist_worker(
        session.config
    ):
        _prepare(session.config)
        _raise_error(session.config)


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
    if only_claims and BENCH in config.stash:
        left = [item for item in items if "judged" not in _fixtures(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> "Iterator[Bench]":
    """The run's `Bench`; its workers stop with the session."""
    from epochal.report.live import Live

    running = pytestconfig.stash[BENCH]
    items: list[Any] = [each for each in request.session.items if "judged" in _fixtures(each)]
    running.selected = [(e.callspec.params["case"], e.callspec.params["device"]) for e in items]
    running.ahead = not _is_xdist_worker(pytestconfig)  # there each has a part that none foresees
    running.watcher = Live(running, pytestconfig)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def judged(request: pytest.FixtureRequest, bench: "Bench", case: "Case", device: str) -> "Judged":
    """The verdict of the test's case on its device, kept for the summary and the report."""
    found = bench.judge(case, device)
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
    found = getattr(report, "epochal", None)
    if found is None or report.when != "call":
        return None
    standing = Standing(found["standing"])
    category, letter = LETTERS[standing]
    return category, letter, f"{standing.value}: {found['result']['status']}".upper()


def _prepare(config: pytest.Config) -> "Bench | None":
    """The run's `Bench`, made once; None where options or claims are wrong."""
    if BENCH not in config.stash and ERROR not in config.stash:
        from epochal.bench import Bench
        from epochal.gate import baseline

        try:
            settings = config.stash[SETTINGS] = _settings(config)
            if settings.update_baseline:
                baseline.check(settings.baseline)
            config.stash[BENCH] = Bench(settings)
        except SpecError as error:
            config.stash[ERROR] = error
    return config.stash.get(BENCH, None)


def _raise_error(config: pytest.Config) -> None:
    error = config.stash.get(ERROR, None)
    if error is not None:
        raise pytest.UsageError(str(error))


def _settings(config: pytest.Config) -> Settings:
    from epochal.engine.workers import cores

    option = config.getoption
    sharing = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return Settings(
        devices=tuple(option("--device") or ["cpu"]),
        tier=option("--tier"),
        claims=option("--claims"),
        seeds=option("--seeds"),
        engine=option("--engine"),
        workers=option("--workers")
        if option("--workers") is not None
        else max(1, cores() // sharing),
        report=_folder(config, "--report", ".epochal/report"),
        cases=_folder(config, "--cases", "cases"),
        baseline=_folder(config, "--baseline", "reports/baseline"),
        update_baseline=option("--update-baseline"),
        controls=option("--controls"),
        strict=bool(option("strict")),
    )


def _folder(config: pytest.Config, name: str, default: str) -> Path:
    """What the user named, seen from where pytest was called; else a folder of the project."""
    named = config.getoption(name)
    if named is not None:
        return Path(named)
    return Path(os.path.relpath(config.rootpath / default))


def _groups(bench: "Bench") -> dict[str, str]:
    """For each case the name of its group: cases that share an experiment are in one."""
    group: dict[str, str] = {}
    owner: dict[str, str] = {}
    for case in bench.cases:
        digests = [case.experiments[name].digest for name in case.horizons]
        joined = {owner[digest] for digest in digests if digest in owner}
        group[case.id] = case.id
        for each, name in list(group.items()):
            group[each] = case.id if name in joined else name
        owner = {digest: case.id if name in joined else name for digest, name in owner.items()}
        owner |= dict.fromkeys(digests, case.id)
    return group


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def _is_xdist_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
