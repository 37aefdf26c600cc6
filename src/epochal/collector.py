"""The end of a session: what was judged is gathered, summed up, written and made an exit code."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from epochal.results import Curves, Record, Result
from epochal.settings import Settings
from epochal.verdicts import Standing

if TYPE_CHECKING:
    from epochal.bench import Bench


__all__ = ["BENCH", "SETTINGS", "Collector", "exit_code"]

CHANGED, COULD_NOT_RUN, UNSETTLED = 6, 7, 8
"""Exit codes: a verdict changed, a claim could not be run, undecided under --strict."""

SETTINGS = pytest.StashKey[Settings]()
BENCH: "pytest.StashKey[Bench]" = pytest.StashKey()


class Collector:
    """Gathers results on the controller and ends the session: summary, report, exit code."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.record = Record()
        self.found: list[tuple[Result, Standing]] = []
        self.report: str = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes in a verdict, whichever process it comes from."""
        found = getattr(report, "epochal", None)
        if found is not None and report.when == "call":
            result = Result(**found["result"])
            self.record.add(result, [Curves(**each) for each in found["curves"]])
            self.found.append((result, Standing(found["standing"])))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Writes the report of what was finished, also after an interruption."""
        if self.found:
            self._write()
        yield
        code = exit_code([standing for _, standing in self.found], self._settings.strict)
        if self.found and code and session.exitstatus in (0, 1):
            session.exitstatus = code

    @property
    def _settings(self) -> Settings:
        return self.config.stash.get(SETTINGS, Settings())

    def _write(self) -> None:
        from epochal.report.pages import write

        bench, settings = self.config.stash[BENCH], self._settings
        if settings.controls:
            self.report = "controls go into no report"
        else:
            index = write(self.record, bench.claims, settings.report)
            self.report = f"report: {index}"
        if settings.update_baseline:
            from epochal.gate import baseline

            baseline.update(self.record, bench.claims, settings.baseline)
            self.report += f"; baseline: {settings.baseline}"

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table of verdicts, and what is red or unsettled in full."""
        from epochal.report.text import case_id, explanation_of, table

        if not self.found:
            return
        bench, settings = self.config.stash[BENCH], self._settings
        cases = {case.id: case for case in bench.cases}
        order = list(cases)
        # Under xdist they arrive in any order.
        self.found.sort(key=lambda each: (order.index(case_id(each[0])), each[0].device))
        for standing in (Standing.CHANGED, Standing.BROKEN, Standing.UNDECIDED):
            rows = [result for result, each in self.found if each is standing]
            if rows:
                terminalreporter.section(f"{standing.value} verdicts", sep="=")
            for result in rows:
                terminalreporter.write_line(explanation_of(cases[case_id(result)], result) + "\n")
        terminalreporter.section("verdicts", sep="=")
        left_out = [] if settings.controls or settings.claims else bench.left_out
        terminalreporter.write_line(table(self.found, cases, left_out, settings.tier))
        terminalreporter.write_line(self.report)


def exit_code(standings: list[Standing], strict: bool) -> int:
    """0, or the code of the gravest standing.

    >>> exit_code([Standing.AS_EXPECTED, Standing.BROKEN], strict=False)
    7
    """
    if Standing.CHANGED in standings:
        return CHANGED
    if Standing.BROKEN in standings:
        return COULD_NOT_RUN
    return UNSETTLED if strict and Standing.UNDECIDED in standings else 0
