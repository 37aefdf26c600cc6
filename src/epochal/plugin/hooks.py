"""Pytest's hooks: options, the parametrized claims, and how their outcomes are shown."""

import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from epochal.claims.cost import shares
from epochal.claims.verdicts import Standing
from epochal.errors import EpochalError, SessionError
from epochal.judging.run_options import RunOptions
from epochal.plugin import distributed, options
from epochal.plugin.collector import GATE, PLAN, RUNNER, Collector, Guard
from epochal.plugin.notices import NOTICES, Notices
from epochal.plugin.outcomes import LETTERS, VerdictChanged

if TYPE_CHECKING:
    from epochal.claims.case import Case
    from epochal.judging.findings import CaseResult
    from epochal.judging.runner import Runner

ERROR = pytest.StashKey[EpochalError]()
FINDING = pytest.StashKey["CaseResult"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    if distributed.is_worker(config):
        distributed.take_gpu(config)
    else:
        collector = Collector(config)
        config.pluginmanager.register(collector, "epochal-collector")
        config.pluginmanager.register(Guard(collector), "epochal-guard")


def pytest_sessionstart(session: pytest.Session) -> None:
    # Under xdist the controller collects nothing, so it looks here; workers need not say it again.
    config = session.config
    if distributed.is_distributed(config):
        controller = distributed.Controller(config)
        config.pluginmanager.register(controller, "epochal-controller")
        runner = _prepare(config)
        _raise_error(config)
        if runner is not None:
            controller.session, controller.devices = runner.session, runner.plan.devices


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "finding" not in metafunc.fixturenames:
        return
    runner = _prepare(metafunc.config)
    params = []
    if runner is not None:
        several = len(runner.devices) > 1
        params = [
            pytest.param(case, device, id=f"{case.id}@{device}" if several else case.id)
            for case in runner.cases
            for device in runner.devices
        ]
    metafunc.parametrize(("case", "device"), params)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _raise_error(config)
    plan = config.stash.get(PLAN, RunOptions())
    only_claims = bool(plan.claims or plan.controls or plan.cases_named)
    only_timings = bool(config.getoption("benchmark_only", False))
    if RUNNER in config.stash and only_claims != only_timings:
        left = [item for item in items if ("finding" in _fixtures(item)) == only_timings]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    items.sort(key=lambda item: "benchmark" in _fixtures(item))  # timings last, when all is quiet
    several = plan.workers > 1 or plan.cluster
    if RUNNER in config.stash and several and not distributed.is_worker(config):
        _longest_first(config.stash[RUNNER], items)
    if distributed.is_worker(config):
        distributed.leave_timings(config, items)
    if RUNNER in config.stash:
        _spare_hypothesis(config)


def _longest_first(runner: "Runner", items: list[pytest.Item]) -> None:
    """Put the cheapest claim first, for a verdict at once, and then the longest ones."""
    from epochal.training.cost import hours

    def cost(item: Any) -> float:
        return hours(shares([item.callspec.params["case"]], runner.plan.seeds))

    claims = sorted((i for i in items if "finding" in _fixtures(i)), key=cost, reverse=True)
    order = iter([*claims[-1:], *claims[:-1]])
    items[:] = [next(order) if "finding" in _fixtures(item) else item for item in items]


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """The workers stop with the loop; under xdist they first finish what others wait for."""
    config = session.config
    try:
        done = yield
        if not distributed.is_worker(config):
            if not (session.shouldstop or session.shouldfail or config.option.collectonly):
                collector: Any = config.pluginmanager.get_plugin("epochal-collector")
                collector.settle()
            _report_refused(config)
        elif RUNNER in config.stash:
            config.stash[RUNNER].drain()
        return done
    finally:
        if RUNNER in config.stash:
            config.stash[RUNNER].close()
            config.stash[NOTICES].show()


@pytest.fixture(scope="session")
def runner(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> "Runner":
    """The run's `Runner`, which knows what will be judged."""
    from epochal.plugin.live import Live

    running = pytestconfig.stash[RUNNER]
    items: list[Any] = [each for each in request.session.items if "finding" in _fixtures(each)]
    running.selected = [(e.callspec.params["case"], e.callspec.params["device"]) for e in items]
    running.watcher = Live(running, pytestconfig)
    return running


@pytest.fixture
def finding(
    request: pytest.FixtureRequest, runner: "Runner", case: "Case", device: str
) -> "CaseResult":
    """The verdict of the test's case on its device, kept for the summary and the report."""
    try:
        found = runner.judge(case, device)
    except SessionError as error:
        request.session.shouldstop = f"ERROR: {error}"  # for xdist's other workers too
        pytest.skip("the session cannot go on")
    request.node.stash[FINDING] = found
    for name, value in (
        ("claim", case.id),
        ("verdict", found.result.status),
        ("expected", found.expected or "none"),
        ("standing", found.standing.value),
        ("seeds", f"{found.result.k} of {found.result.n}"),
    ):
        request.node.user_properties.append((name, value))
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    found = item.stash.get(FINDING, None)
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
    stored = share_reused([origin for *_, origin in found["origins"]])
    return category, letter, word + (f" ({stored})" if stored else "")


def _prepare(config: pytest.Config) -> "Runner | None":
    """The run's `Runner`, made once; None where options or claims are wrong."""
    if RUNNER not in config.stash and ERROR not in config.stash:
        from epochal.gate import baseline
        from epochal.gate.gate import Gate
        from epochal.gate.tolerances import load_tolerances
        from epochal.judging.runner import Runner

        try:
            plan = config.stash[PLAN] = options.parse(config)
            if plan.update_baseline:
                baseline.check(plan.baseline)
            if plan.gate and not plan.update_baseline:
                config.stash[GATE] = Gate(
                    baseline.load(plan.baseline), load_tolerances(plan.baseline)
                )
            notices = config.stash[NOTICES] = Notices(config)
            session = distributed.session(config)
            runner = config.stash[RUNNER] = Runner(plan, session, notices.say)
            if GATE in config.stash:
                gate = config.stash[GATE]
                gate.known = frozenset(claim.id for claim in runner.claims)
                runner.doubts = gate.doubts
        except EpochalError as error:
            config.stash[ERROR] = error
    return config.stash.get(RUNNER, None)


def _raise_error(config: pytest.Config) -> None:
    error = config.stash.get(ERROR, None)
    if error is not None:
        raise pytest.UsageError(*str(error).splitlines())


def _report_refused(config: pytest.Config) -> None:
    """Reports what could not be judged as pytest does files that it cannot collect."""
    if RUNNER in config.stash:
        for error in config.stash[RUNNER].refused:
            place = str(error.value) if error.field == "--cases" else error.field
            report = pytest.CollectReport(place, "failed", str(error), [])
            config.hook.pytest_collectreport(report=report)


def _spare_hypothesis(config: pytest.Config) -> None:
    """Its plugin would import it for the summary, though nothing that was collected uses it."""
    if "hypothesis" not in sys.modules and config.pluginmanager.has_plugin("hypothesispytest"):
        config.pluginmanager.unregister(name="hypothesispytest")


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])
