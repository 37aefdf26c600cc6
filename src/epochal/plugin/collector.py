"""The end of a session: what was judged is gathered, summed up, written and made an exit code."""

import os
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from epochal.claims.cost import duration, may_stop
from epochal.claims.verdicts import Standing
from epochal.errors import JournalError, SessionError, as_typed
from epochal.experiments.frames import summary
from epochal.files import expanded
from epochal.gate import baseline
from epochal.gate.compare import Comparison, Moved, surroundings
from epochal.gate.drift import Drift
from epochal.gate.gate import Gate, settings
from epochal.judging.explain import not_reused
from epochal.judging.findings import CaseResult, Findings
from epochal.judging.rebuild import earlier
from epochal.judging.result import Result
from epochal.judging.run_options import RunOptions
from epochal.plugin.actions import annotations, summarize
from epochal.plugin.junit import mark
from epochal.plugin.outcomes import exit_code, shown
from epochal.report.comparison import comparison, differing, drifting
from epochal.report.terminal import others, table
from epochal.report.text import case_id, explanation_of

if TYPE_CHECKING:
    from epochal.judging.runner import Runner


__all__ = ["GATE", "PLAN", "RUNNER", "Collector", "Guard"]

PLAN = pytest.StashKey[RunOptions]()
RUNNER: "pytest.StashKey[Runner]" = pytest.StashKey()
GATE = pytest.StashKey[Gate]()


class Collector:
    """Gathers results on the controller and ends the session: summary, report, exit code."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.findings = Findings()
        self.found: list[CaseResult] = []
        self.moved: list[Comparison] = []
        self.drifts: list[Drift] = []
        self.written = self.not_updated = False

    def pytest_report_collectionfinish(self, items: Sequence[pytest.Item]) -> str | None:
        """The run's first line: how long it will take."""
        runner = self.config.stash.get(RUNNER, None)
        if runner is None or not items:
            return None
        whole, left = runner.hours()
        workers = runner.processes
        most = "at most " if may_stop(runner.cases) else ""
        stored = f", {duration((whole - left) / workers)} stored" if whole > left else ""
        return (
            f"estimated training time: {most}{duration(left / workers)} on {workers} "
            f"worker{'s' * (workers > 1)}{stored}"
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes in a verdict, whichever process it comes from."""
        found = getattr(report, "epochal", None)
        if found is not None and report.when == "call":
            cases = {case.id: case for case in self.config.stash[RUNNER].cases}
            each = CaseResult.from_json(found, cases[case_id(Result(**found["result"]))])
            self.findings.add(each.result, each.curves, each.samples)
            self.found.append(each)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Settles the exit code, has the summary printed, and only then writes files."""
        if self.found:
            self._sort()
            self._compare()
        if self._stopped_by_failures(session):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if session.exitstatus in (0, 1) and RUNNER in self.config.stash:
            session.exitstatus = self._code() or session.exitstatus
        yield
        self._write()  # where no terminal has asked for it
        if self.found:
            self._tell()
        if self.not_updated and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self._end(int(session.exitstatus))

    def settle(self) -> None:
        """Trains more seeds where it is open whether learning drifted."""
        if GATE in self.config.stash and self.found:
            with suppress(SessionError):  # it has been said already
                self.drifts = self.config.stash[GATE].settled(
                    self.findings, self.config.stash[RUNNER]
                )

    def _code(self) -> int:
        """The exit code that verdicts and the gate ask for."""
        standings = [each.standing for each in self.found]
        if self.config.stash[RUNNER].refused:
            standings.append(Standing.BROKEN)
        gated = GATE in self.config.stash and not self.config.option.collectonly
        pairs = self.moved if gated else None
        return exit_code(standings, self._plan.strict, pairs, self.drifts)

    def _tell(self) -> None:
        """Tells those who read files: what wants a JUnit file, and GitHub's step summary."""
        with self.file("the JUnit file"):
            given = self.config.getoption("xmlpath", None)
            path = expanded(given) if given else None  # as pytest itself takes it
            if path and path.is_file():
                moved = {p.either.claim for p in self.moved if p.moved is Moved.VERDICT}
                open_ = {p.either.claim for p in self.moved if p.moved is Moved.UNDECIDED}
                strict = self._plan.strict
                every = {each.case.id for each in self.found} if strict else set()
                mark(path, moved, open_ | every)
        with self.file("the step summary"):
            summarize(f"Claims: {len(self.found)} judged", self.moved, self.drifts)

    @contextmanager
    def file(self, name: str) -> Iterator[None]:
        """Costs a file and a line, and not the result, where the file cannot be written."""
        try:
            yield
        except Exception as error:  # a full disk, a folder that is gone, a library's own
            reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
            if reporter is not None:
                reporter.write_line(f"{name} is not written ({summary(error)})", red=True)

    def _stopped_by_failures(self, session: pytest.Session) -> bool:
        """Whether xdist ended it at ``--maxfail``, which pytest alone calls no interruption."""
        reason = getattr(self.config.pluginmanager.get_plugin("dsession"), "shouldstop", "")
        interrupted = session.exitstatus == pytest.ExitCode.INTERRUPTED
        return interrupted and str(reason).startswith("stopping after")

    @property
    def _origins(self) -> list[str]:
        """Whether each run was trained or reused; one that several claims share counts once."""
        runs = {run: origin for each in self.found for run, origin in each.origins.items()}
        return list(runs.values())

    @property
    def _plan(self) -> RunOptions:
        return self.config.stash.get(PLAN, RunOptions())

    def _sort(self) -> None:
        # Under xdist they arrive in any order.
        order = [case.id for case in self.config.stash[RUNNER].cases]
        self.found.sort(key=lambda each: (order.index(each.case.id), each.result.device))

    def _compare(self) -> None:
        if GATE in self.config.stash:
            after = [each.result for each in self.found]
            again = {each.result.key: each.again for each in self.found if each.again}
            gate = self.config.stash[GATE]
            self.moved = gate.pairs(after, again)
            if not self.drifts:
                self.drifts = gate.drifts(self.findings)

    def _write(self) -> list[str]:
        """Writes the report and the baseline, once; gives the lines to print."""
        if not self.found or self.written:
            return []
        self.written, lines = True, list[str]()
        if self._plan.controls:
            lines.append("controls are not part of a report")
        else:
            with self.file("the report"):
                lines.append(f"report: {as_typed(self._write_report())}")
        if self._plan.update_baseline:
            self.not_updated = True
            with self.file("the baseline"):
                lines += self._update_baseline()
                self.not_updated = False
        return lines

    def _write_report(self) -> Path:
        from epochal.report.pages import write

        runner, plan = self.config.stash[RUNNER], self._plan
        self.findings.cases = plan.cases_named
        with_earlier = self.findings
        with suppress(JournalError):  # it has been said already
            with_earlier = earlier(self.findings, runner.journal, runner.claims)
        return write(with_earlier, runner.claims, plan.report)

    def _update_baseline(self) -> list[str]:
        runner, plan = self.config.stash[RUNNER], self._plan
        lines = baseline.update(self.findings, runner.claims, plan.baseline, plan.replace_baseline)
        gated = ", recorded, not gated" if plan.gate else ""
        return [f"baseline: {as_typed(plan.baseline)}{gated}", *lines]

    def _end(self, code: int) -> None:
        """Tells the journal what came of the session, if it judged anything."""
        if not self.found:
            return
        runner = self.config.stash[RUNNER]
        verdicts = Counter(each.result.status for each in self.found)
        with suppress(JournalError):  # it has been said already, or nothing more can be done
            runner.journal.end(
                runner.session,
                {"exit code": code, "verdicts": verdicts, "units": Counter(self._origins)},
            )

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table of verdicts, and what is red or unsettled in full."""
        if not self.found:
            return
        runner, plan = self.config.stash[RUNNER], self._plan
        for standing in (Standing.CHANGED, Standing.BROKEN, Standing.UNDECIDED):
            rows = [each for each in self.found if each.standing is standing]
            if rows:
                terminalreporter.section(f"{standing.value} verdicts", sep="=")
            for each in rows:
                text = explanation_of(each, shown(each.trace, self.config))
                terminalreporter.write_line(text + "\n")
        terminalreporter.section("verdicts", sep="=")
        only = plan.controls or plan.claims or plan.cases_named
        columns, left = width(terminalreporter), [] if only else runner.left_out
        terminalreporter.write_line(table(self.found, columns))
        if left:
            terminalreporter.write_line(others(left, runner.processes, runner.pace, columns))
        if self.moved:
            terminalreporter.section(f"against {as_typed(plan.baseline)}", sep="=")
            terminalreporter.write_line(differing(surroundings(self.moved)) + "\n")
            terminalreporter.write_line(comparison(self.moved, ("baseline", "now"), width=columns))
            drifted = drifting(self.drifts, settings=settings(self.findings), width=columns)
            terminalreporter.write_line(f"\n{drifted}")
        lines = tally(self._origins, runner), *refused(runner), *warned(runner)
        for line in lines:
            terminalreporter.write_line(line)
        for line in self._write():
            terminalreporter.write_line(line)
        if os.environ.get("GITHUB_ACTIONS"):
            for line in annotations(self.found, self.moved, self.drifts):
                terminalreporter.write_line(line)


class Guard:
    """Catches a file that another plugin cannot write, so that the summary is printed all the same.

    Around all implementations of the hook that are no wrappers, and so inside the terminal's.
    """

    def __init__(self, collector: Collector) -> None:
        self.collector = collector

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Costs the file and a line."""
        with self.collector.file("a plugin's file"):
            return (yield)
        return None


def width(reporter: Any) -> int | None:
    """Return the width of the terminal; None for a file, a pipe and ``-v``, which take all."""
    known = reporter.isatty or "COLUMNS" in os.environ
    return reporter._tw.fullwidth if known and reporter.verbosity <= 0 else None


def tally(origins: Iterable[str], runner: "Runner") -> str:
    """How many seeds came from the journal and how many were trained, in a line."""
    count = Counter(origins)
    parts = [f"{name} {count[name]}" for name in ("extended", "trained") if count[name]]
    if count["retrained"]:
        parts.append(f"retrained {count['retrained']} from epoch 0 (no saved state)")
    other: Sequence[object] = ()
    with suppress(JournalError):  # it has been said already
        other = runner.journal.notes(runner.session.id, "contradicted")
    if other:
        parts.append(f"{len(other)} of them differ from stored runs (epochal history)")
    counts = ", ".join([f"reused {count['reused']} seeds", *parts])
    return f"journal: {counts}; {as_typed(runner.plan.journal)}"


def refused(runner: "Runner") -> list[str]:
    """Why stored runs were trained once more, in a line; nothing where none was."""
    count = Counter[str]()
    with suppress(JournalError):  # it has been said already
        count = not_reused(runner.journal, runner.session)
    if not count:
        return []
    parts = ", ".join(f"{number} {reason}" for reason, number in count.most_common())
    runs = f"{count.total()} stored run{'s' * (count.total() > 1)}"
    return [f"{runs} not reused: {parts} (epochal explain CLAIM)"]


def warned(runner: "Runner") -> list[str]:
    """A line for everything that Python warned of while it was trained."""
    with suppress(JournalError):  # it has been said already
        return [f"warned: {text}" for text in runner.journal.warnings(runner.session.id)]
    return []
