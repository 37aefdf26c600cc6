"""Claims: what a source says, how we read it, and what decides."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from epochal.claims.case import EXPECTED, Case
from epochal.claims.rules.base import RUN, Rule
from epochal.claims.rules.share import check_estimate
from epochal.claims.rules.thresholds import check_stops, check_thresholds
from epochal.claims.source import Source
from epochal.claims.statistics import Bounds, Looks
from epochal.errors import SpecError
from epochal.experiments.checks import choice, members, printables, record, text, whole
from epochal.experiments.experiment import Experiment
from epochal.experiments.frames import caller
from epochal.experiments.own_loop import Experiments, Training

__all__ = ["TIERS", "Claim", "Control", "Reduced", "refused_later"]

TIERS = ("quick", "standard", "full")
"""From what a person waits for to everything; a tier holds those before it."""

_LATER: ContextVar[bool] = ContextVar("later", default=False)


@contextmanager
def refused_later() -> Iterator[None]:
    """Let a claim that breaks a rule be made in a block, and say so in `Claim.refused`.

    So one claim of a case file does not take the others away.
    """
    token = _LATER.set(True)
    try:
        yield
    finally:
        _LATER.reset(token)


@dataclass(frozen=True, kw_only=True)
class Control:
    """A nearby changed setting on which the opposite verdict must come out.

    Args:
        change: what is changed, in words.
        experiments: the changed ones by their names; those that are not named stay the claim's.
        rule: the rule, where it must differ (a shorter horizon, say); None keeps the claim's.
    """

    change: str
    experiments: Experiments | Experiment | Training = field(default_factory=dict)
    rule: Rule | None = None
    line: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The claim checks it, with the claim's own line; a reader looks for the control's.
        object.__setattr__(self, "line", caller().line)


@dataclass(frozen=True, kw_only=True)
class Reduced:
    """A claim's rule in the tiers below its own.

    Args:
        rule: the reduced rule.
        why: the reduction, in words.
        tier: from which tier on it runs.
        expected: its verdict, where it is not the claim's.
    """

    rule: Rule
    why: str
    tier: str = "quick"
    expected: str | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence about how nets learn, with all that is needed to judge it.

    Args:
        id: unique, in lower case with hyphens.
        source: who said it.
        where: post, section, figure.
        says: what the source says, in our own words.
        reading: how we turned that into settings and a predicate.
        experiments: one experiment, or several by the names that the rule uses.
        rule: what decides a seed.
        tier: the least tier in which the full rule runs.
        expected: the verdict that its own test gave before, or None if it is new.
        expected_on: other verdicts for a kind of device, each with the reason.
        reduced: what the tiers below ask.
        control: a changed setting that must turn the verdict.
        bounds: of the sequential test.
        looks: for rules about a number.
        found: what came out, where that is worth a sentence.
        ours: whether the claim is ours and not the source's.
        allow_trivial: whether a rule may ask for no more than a constant or a straight line has.
        first_seed: judging seeds go up from here.

    Attributes:
        place: the file and line on which it was made.
        refused: the rule that it breaks, within `refused_later`.
    """

    id: str
    source: Source
    where: str
    says: str
    reading: str
    experiments: Experiments | Experiment | Training
    rule: Rule
    tier: str = "quick"
    expected: str | None = None
    expected_on: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    reduced: Reduced | None = None
    control: Control | None = None
    bounds: Bounds = field(default_factory=Bounds)
    looks: Looks = field(default_factory=Looks)
    found: str = ""
    ours: bool = False
    allow_trivial: bool = False
    first_seed: int = 44
    place: str = field(init=False, repr=False, compare=False)
    refused: SpecError | None = field(init=False, default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        place = caller()
        object.__setattr__(self, "place", str(place))
        try:
            self._check_types()
            object.__setattr__(self, "experiments", _named(self.experiments))
            self._check()
        except SpecError as error:
            refused = error.under(str(self.id))
            if not _LATER.get():
                raise refused from error
            object.__setattr__(self, "refused", refused.at(refused.line or place.line))

    def _check_types(self) -> None:
        text("id", self.id)
        record("source", self.source, Source, "give a Source(…)")
        _check_types("", self.experiments, self.rule)
        record("expected_on", self.expected_on, Mapping, 'give {"cuda": ("refuted", "why")}')
        record("bounds", self.bounds, Bounds, "give one such as Bounds(max_seeds=9)")
        record("looks", self.looks, Looks, "give one such as Looks(seeds=(5, 10))")
        whole("first_seed", self.first_seed, 0)
        if self.reduced is not None:
            record("reduced", self.reduced, Reduced, "give Reduced(rule=…, why=…)")
            _check_types("reduced.", self.experiments, self.reduced.rule)
        if self.control is not None:
            record("control", self.control, Control, "give Control(change=…, experiments=…)")

    def _check(self) -> None:
        if set(self.id) - set("abcdefghijklmnopqrstuvwxyz0123456789-"):
            rule = "an id has lower-case letters, digits and hyphens"
            raise SpecError("id", self.id, rule, "rename it")
        printables("", self)
        choice("tier", self.tier, TIERS)
        for name in ("where", "says", "reading"):
            text(name, getattr(self, name))
        for verdict in (self.expected, *(each for each, _ in self.expected_on.values())):
            if verdict is not None:
                choice("expected", verdict, EXPECTED)
        self._check_rules()

    def _check_rules(self) -> None:
        check_estimate(self.rule, expected=self.expected or self.expected_on or None)
        self._check_rule(self.rule, self.experiments_by_name)
        if self.reduced is not None:
            choice("reduced.tier", self.reduced.tier, TIERS)
            if self.reduced.expected is not None:
                choice("reduced.expected", self.reduced.expected, EXPECTED)
            self._check_rule(self.reduced.rule, self.experiments_by_name)
        if self.control is not None:
            try:
                self._check_control(self.control)
            except SpecError as error:
                raise error.under("control").at(self.control.line) from error

    def _check_control(self, control: Control) -> None:
        rule = control.rule or self.rule
        text("change", control.change)
        check_estimate(rule, change=control.change)
        _check_types("", control.experiments, rule)
        named, own = _named(control.experiments), self.experiments_by_name
        unknown = sorted(set(named) - {*own, *rule.needs()})
        if unknown:
            step = f"change one of {', '.join(sorted(own))}"
            raise SpecError("experiments", unknown[0], "the claim has no such experiment", step)
        if {**own, **named} == own and rule == self.rule:
            step = "change an experiment, or give a rule of its own"
            raise SpecError("change", control.change, "nothing is changed by it", step)
        self._check_rule(rule, {**own, **named})

    def _check_rule(self, rule: Rule, experiments: Experiments) -> None:
        for name, epochs in rule.needs().items():
            if name not in experiments:
                known = f"the claim's experiments are {', '.join(sorted(experiments))}"
                raise SpecError("rule", name, known, "use one of these names in the rule")
            setting = experiments[name]
            if isinstance(setting, Experiment):
                setting.check_horizon(epochs)
        rule.check(experiments)
        check_stops(rule, experiments)
        check_thresholds(rule, experiments, allowed=self.allow_trivial)

    @property
    def experiments_by_name(self) -> Experiments:
        """The experiments by the names that the rule uses."""
        return _named(self.experiments)

    @property
    def draws(self) -> bool:
        """Whether any of its experiments depends on the seed."""
        return any(getattr(each, "draws", True) for each in self.experiments_by_name.values())

    @property
    def cases(self) -> list[Case]:
        """Every case that some tier asks: in full, reduced, the control."""
        found = [self.case("full"), self.control_case("full")]
        if self.reduced is not None:
            found.append(self.case(self.reduced.tier))
        return [case for case in found if case is not None]

    def case(self, tier: str) -> Case | None:
        """What ``tier`` asks of this claim, or None if it leaves it out."""
        if TIERS.index(self.tier) <= TIERS.index(tier):
            return Case(self, self.rule, self.experiments_by_name)
        reduced = self.reduced
        if reduced is not None and TIERS.index(reduced.tier) <= TIERS.index(tier):
            return Case(self, reduced.rule, self.experiments_by_name, "reduced")
        return None

    def control_case(self, tier: str) -> Case | None:
        """The claim's control as ``tier`` asks it, or None if there is none."""
        case = self.case(tier)
        if case is None or self.control is None:
            return None
        rule = self.control.rule or case.rule
        experiments = {**self.experiments_by_name, **_named(self.control.experiments)}
        return Case(self, rule, experiments, "control")


RULE = ("needs", "check", "describe", "marks")


def _check_types(place: str, experiments: object, rule: object) -> None:
    step = 'give an Experiment, or several by name: {"with": …, "without": …}'
    kinds = (Experiment, Training)
    record(f"{place}experiments", experiments, (*kinds, Mapping), step)
    for name, each in experiments.items() if isinstance(experiments, Mapping) else ():
        record(f"{place}experiments[{name!r}]", each, kinds, step)
    members(f"{place}rule", rule, RULE, "a rule", "give one such as FitsBy(epoch=9, mse_below=0.1)")


def _named(experiments: Experiments | Experiment | Training) -> Experiments:
    if isinstance(experiments, Experiment | Training):
        return {RUN: experiments}
    return dict(experiments)
