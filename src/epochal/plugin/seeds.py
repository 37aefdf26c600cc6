"""A test with the marker ``seeds`` is run on one seed after another, until it is decided.

Each run has its own fixtures of the scope ``function``; those of wider scopes stay, as between two
tests. What is reported is one test: its setup, one call with the decision, and its teardown.
"""

import unittest
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from epochal.claims.statistics import Bounds, bounds_for
from epochal.errors import SpecError, nearest
from epochal.experiments.checks import natural, whole

__all__ = ["protocol"]

NAMES = ("holds_for", "not_for", "wrong_at_most", "limit")


@dataclass
class Tried:
    """The seeds of one test so far.

    Attributes:
        bounds: what the sequential test tells apart.
        fixed: a number of seeds that was asked for, if any.
        first: the first seed.
        held: whether each seed held.
        failure: the report of the first one that did not, and its seed.
    """

    bounds: Bounds
    fixed: int | None
    first: int
    held: list[bool]
    failure: tuple[int, pytest.TestReport] | None = None

    @property
    def limit(self) -> int:
        """How many seeds are run at most."""
        return self.fixed or self.bounds.max_seeds

    @property
    def decision(self) -> bool | None:
        """Whether it holds; None while that is open."""
        n = len(self.held)
        if not n or (self.fixed and n < self.fixed):
            return None
        return self.bounds.decide(sum(self.held), n)

    @property
    def count(self) -> str:
        """For how many seeds it held."""
        return f"{sum(self.held)} of {len(self.held)} seeds"

    @property
    def text(self) -> str:
        """What was found, in words."""
        lost = [self.first + place for place, holds in enumerate(self.held) if not holds]
        low, high = f"{100 * self.bounds.low:g}%", f"{100 * self.bounds.high:g}%"
        if self.decision is None:
            told = f"which leaves open whether it holds for {high} of all seeds or for {low}"
        else:
            told = f"too few for a test that holds for {high} of all seeds"
        seeds = ", ".join(map(str, lost)) or "none"
        return f"it held for {self.count}, {told}; failing seeds: {seeds}"

    def add(self, seed: int, report: pytest.TestReport) -> None:
        """Takes in the run of a seed."""
        self.held.append(report.passed)
        if not report.passed and self.failure is None:
            self.failure = seed, report


@dataclass(frozen=True)
class _Sibling:
    """Stands for a next test beside ``item``, so that only what is ``item``'s own is torn down."""

    item: pytest.Item

    def listchain(self) -> list[Any]:
        return [*self.item.listchain()[:-1], self]


def protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Runs ``item`` on as many seeds as it takes, and reports one test."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _reports(item, nextitem):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _reports(item: Any, nextitem: pytest.Item | None) -> Iterator[pytest.TestReport]:
    try:
        tried = _begin(item)
    except SpecError as error:
        text = str(error)
        call = pytest.CallInfo.from_call(lambda: pytest.fail(text, pytrace=False), "call")
        report = item.ihook.pytest_runtest_makereport(item=item, call=call)
        report.longrepr = text
        yield report
        return
    seconds, last = 0.0, list[pytest.TestReport]()
    while tried.decision is None and len(tried.held) < tried.limit:
        seed = tried.first + len(tried.held)
        item.callspec.params["seed"] = seed
        last = runtestprotocol(item, log=False, nextitem=_Sibling(item))  # type: ignore[arg-type]
        calls = [each for each in last if each.when == "call"]
        expected = bool(calls) and hasattr(calls[0], "wasxfail")
        odd = any(not each.passed for each in last if each.when != "call")
        if odd or not calls or (calls[0].skipped and not expected):
            break  # an error of a fixture, or a skipped test, is no answer
        tried.add(seed, calls[0])
        seconds += calls[0].duration
    else:
        last = [_told(each, tried, seconds) if each.when == "call" else each for each in last]
        for each in last:
            each.user_properties.append(("seeds", tried.count))
    yield from last
    torn = pytest.CallInfo.from_call(
        lambda: item.session._setupstate.teardown_exact(nextitem), "teardown"
    )
    if torn.excinfo is not None:
        item._initrequest()  # other plugins look for its fixtures
        yield item.ihook.pytest_runtest_makereport(item=item, call=torn)


def _begin(item: Any) -> Tried:
    """What the marker and the options ask for; raises `SpecError` where that is wrong."""
    given = item.get_closest_marker("seeds")
    owner = getattr(item, "cls", None)
    if owner is not None and issubclass(owner, unittest.TestCase):
        rule = "a method of unittest.TestCase takes no argument"
        raise SpecError("seeds", item.name, rule, "write a plain function or class for it")
    if "seed" not in getattr(getattr(item, "callspec", None), "params", {}):
        rule = "a test with this marker is called with a seed"
        raise SpecError("seeds", item.name, rule, "give it an argument named seed")
    if given.args:
        step = "name each, such as holds_for=0.8, not_for=0.2"
        raise SpecError("seeds", given.args, "its arguments have names", step)
    for name, value in given.kwargs.items():
        if name not in NAMES:
            rule = "the marker seeds has no such argument"
            raise SpecError(f"seeds.{name}", value, rule, nearest(name, NAMES))
    fixed = item.config.getoption("--seeds")
    if fixed is not None:
        natural("--seeds", fixed)
    first = whole("--first-seed", item.config.getoption("--first-seed"), 0)
    return Tried(bounds_for(**given.kwargs), fixed, first, [])


def _told(report: pytest.TestReport, tried: Tried, seconds: float) -> pytest.TestReport:
    """The report of a call with the decision of all seeds."""
    holds, report.duration = tried.decision, seconds
    report.seeds = {"held": tried.count, "undecided": holds is None}  # type: ignore[attr-defined]
    if holds:
        report.outcome, report.longrepr = "passed", None
        if hasattr(report, "wasxfail"):
            del report.wasxfail
    elif tried.failure is not None and hasattr(tried.failure[1], "wasxfail"):
        report.outcome, report.wasxfail = "skipped", tried.failure[1].wasxfail
    else:
        report.outcome, report.longrepr = "failed", tried.text
        if tried.failure is not None:
            seed, first = tried.failure
            report.sections = first.sections
            if holds is False:
                report.longrepr = f"{tried.text}\n\nseed {seed}:\n{first.longreprtext}"
    return report
