"""The end of a session: what was judged is gathered, summed up, written and made an exit code."""

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from epochal.claims.cost import told
from epochal.claims.verdicts import Standing
from epochal.errors import JournalError
from epochal.gate import baseline
from epochal.gate.compare import Comparison, Moved, compare, surroundings
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.judging.plan import Plan
from epochal.judging.rebuild import earlier
from epochal.judging.result import Result
from epochal.plugin.outcomes import shown
from epochal.report.comparison import comparison, differing
from epochal.report.text import case_id, explanation_of, share_reused, table

if TYPE_CHECKING:
    from epochal.judging.campaign import Campaign


__all__ = ["CAMPAIGN", "PLAN", "Collector", "exit_code"]

CHANGED, COULD_NOT_RUN, UNSETTLED, DRIFTED = 6, 7, 8, 9
"""Exit codes: a verdict changed, a claim could not be run, undecided under --strict or --gate,
learning drifted under --gate."""

PLAN = pytest.StashKey[Plan]()
CAMPAIGN: "pytest.StashKey[Campaign]" = pytest.StashKey()


class Collector:
    """Gathers results on the controller and ends the session: summary, report, exit code."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.findings = Findings()
        self.found: list[tuple[Result, Standing]] = []
        self.origins: dict[str, str] = {}
        self.reused: dict[str, str] = {}
        self.expected: dict[str, str | None] = {}
        self.traces: dict[str, Sequence[str]] = {}
        self.moved: list[Comparison] = []
        self.report: str = ""

    def pytest_report_collectionfinish(self, items: Sequence[pytest.Item]) -> str | None:
        """The run's first line: how long it will take."""
        campaign = self.config.stash.get(CAMPAIGN, None)
        if campaign is None or not items:
            return None
        whole, left = campaign.hours()
        workers = campaign.plan.workers
        return (
            f"about {told(left / workers)} of training on {workers} worker{'s' * (workers > 1)}, "
            f"and {told((whole - left) / workers)} less than without the journal"
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes in a verdict, whichever process it comes from."""
        found = getattr(report, "epochal", None)
        if found is not None and report.when == "call":
            result = Result(**found["result"])
            self.findings.add(result, [Curves(**each) for each in found["curves"]])
            self.found.append((result, Standing(found["standing"])))
            self.origins |= found["origins"]
            self.reused[result.key] = share_reused(found["origins"])
            self.traces[result.key] = found["trace"]
            self.expected[result.key] = found["expected"]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Writes the report of what was finished, also after an interruption."""
        if self.found:
            self._sort()
            self._compare()
            self._write()
        yield
        code = self._code()
        if self.found and code and session.exitstatus in (0, 1):
            session.exitstatus = code
        self._end(int(session.exitstatus))

    def _code(self) -> int:
        """The exit code that verdicts and the gate ask for."""
        plan = self._plan
        standings = [standing for _, standing in self.found]
        return exit_code(standings, plan.strict, [pair.moved for pair in self.moved])

    @property
    def _plan(self) -> Plan:
        return self.config.stash.get(PLAN, Plan())

    def _sort(self) -> None:
        # Under xdist they arrive in any order.
        order = [case.id for case in self.config.stash[CAMPAIGN].cases]
        self.found.sort(key=lambda each: (order.index(case_id(each[0])), each[0].device))

    def _compare(self) -> None:
        if self._plan.gate:
            before = baseline.load(self._plan.baseline).results.values()
            pairs = compare(before, [result for result, _ in self.found])
            self.moved = [pair for pair in pairs if pair.after is not None]

    def _write(self) -> None:
        from epochal.report.pages import write

        campaign, plan = self.config.stash[CAMPAIGN], self._plan
        if plan.controls:
            self.report = "controls go into no report"
        else:
            self.findings.cases = plan.cases_named
            with_earlier = self.findings
            with suppress(JournalError):  # it has been said already
                with_earlier = earlier(self.findings, campaign.journal, campaign.claims)
            index = write(with_earlier, campaign.claims, plan.report)
            self.report = f"report: {index}"
        if plan.update_baseline:
            replaced = plan.replace_baseline
            told = baseline.update(self.findings, campaign.claims, plan.baseline, replaced)
            self.report += "\n".join([f"; baseline: {plan.baseline}", *told])

    def _end(self, code: int) -> None:
        """Tells the journal what came of the session, if it judged anything."""
        if not self.found:
            return
        campaign = self.config.stash[CAMPAIGN]
        verdicts = Counter(result.status for result, _ in self.found)
        with suppress(JournalError):  # it has been said already, or nothing more can be done
            campaign.journal.end(
                campaign.session,
                {"exit code": code, "verdicts": verdicts, "units": Counter(self.origins.values())},
            )

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table of verdicts, and what is red or unsettled in full."""
        if not self.found:
            return
        campaign, plan = self.config.stash[CAMPAIGN], self._plan
        cases = {case.id: case for case in campaign.cases}
        for standing in (Standing.CHANGED, Standing.BROKEN, Standing.UNDECIDED):
            rows = [result for result, each in self.found if each is standing]
            if rows:
                terminalreporter.section(f"{standing.value} verdicts", sep="=")
            for result in rows:
                trace = shown(self.traces[result.key], self.config)
                case, expected = cases[case_id(result)], self.expected[result.key]
                text = explanation_of(case, result, trace, expected)
                terminalreporter.write_line(text + "\n")
        terminalreporter.section("verdicts", sep="=")
        left_out = [] if plan.controls or plan.claims else campaign.left_out
        text = table(self.found, cases, left_out, plan.tier, self.reused, self.expected)
        terminalreporter.write_line(text)
        if self.moved:
            terminalreporter.section(f"against {plan.baseline}", sep="=")
            terminalreporter.write_line(differing(surroundings(self.moved)) + "\n")
            terminalreporter.write_line(comparison(self.moved, ("baseline", "now")))
        terminalreporter.write_line(tally(self.origins, campaign))
        terminalreporter.write_line(self.report)


def tally(origins: Mapping[str, str], campaign: "Campaign") -> str:
    """How many seeds came from the journal and how many were trained, in a line."""
    count = Counter(origins.values())
    parts = [f"{name} {count[name]}" for name in ("extended", "trained") if count[name]]
    if count["anew"]:
        parts.append(f"trained {count['anew']} anew, of which no state was kept to go on from")
    other: Sequence[object] = ()
    with suppress(JournalError):  # it has been said already
        other = campaign.journal.notes(campaign.session.id, "contradicted")
    if other:
        parts.append(f"{len(other)} of them other than the journal had them (epochal history)")
    told = ", ".join([f"reused {count['reused']} seeds", *parts])
    return f"journal: {told}; {campaign.plan.journal}"


def exit_code(standings: Sequence[Standing], strict: bool, moved: Sequence[Moved] = ()) -> int:
    """0, or the code of what is gravest.

    >>> exit_code([Standing.AS_EXPECTED, Standing.BROKEN], strict=False)
    7
    >>> exit_code([Standing.AS_EXPECTED], strict=False, moved=[Moved.DRIFTED, Moved.SAME])
    9
    """
    if Standing.CHANGED in standings or Moved.VERDICT in moved:
        return CHANGED
    if Standing.BROKEN in standings or Moved.BROKEN in moved:
        return COULD_NOT_RUN
    if (strict and Standing.UNDECIDED in standings) or Moved.UNDECIDED in moved:
        return UNSETTLED
    return DRIFTED if Moved.DRIFTED in moved else 0
