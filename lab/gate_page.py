"""The gate's own page: how often it is wrong, what it was tried on, what it can tell."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tabulate import tabulate

from epochal.ab.session import ROUNDS
from epochal.ab.statistics import ALPHAS, LOOKS, MARGIN, Pace
from epochal.claims.claim import Claim
from epochal.claims.statistics import exact_interval
from epochal.gate.drift import ALL
from epochal.gate.quantities import users
from epochal.gate.tolerances import FACTOR, LARGEST, Tolerances, load_tolerances
from epochal.judging.findings import FRESH, Findings
from lab import records
from lab.chance import by_chance
from lab.mutant_run import MutantRun
from lab.timing_record import Simulated, TimingRecord

__all__ = ["mutants_table", "page", "rates"]


def page(folder: Path, tolerances: Path, findings: Findings, claims: Sequence[Claim] = ()) -> str:
    """The page of what was measured of the gate; nothing where nothing was.

    Args:
        folder: where the records are.
        tolerances: the baseline's folder.
        findings: what it holds, which tells whose setting is whose.
        claims: as they now stand.
    """
    sessions, runs = records.load_timings(folder), records.load_mutant_runs(folder)
    simulated, known = records.load_simulated(folder), load_tolerances(tolerances)
    if not (sessions or runs or known.largest):
        return ""
    parts = ["# The gate, and how often it is wrong"]
    parts += ["\n".join(f"- {line}" for line in rates(sessions, simulated))] if sessions else []
    parts += [f"- {tally(runs)}"] if runs else []
    parts += [f"- {_chance(findings, claims)}"] if claims else []
    parts += [HOW]
    if sessions:
        parts += ["## Timing sessions", timings_table(sessions), SESSIONS]
    if runs:
        parts += [
            "## Mutants of the training loop",
            mutants_table(runs, "pipe"),
            MUTANTS,
        ]
    if known.largest:
        parts += [
            "## Tolerances",
            tolerance_table(known, users(findings)),
            TOLERANCES,
        ]
    return "\n\n".join(parts) + "\n"


HOW = (
    "A timing session compares two fresh processes in ABBA blocks; within a block they train in "
    f"turn, {ROUNDS} rounds. It tests after {', '.join(map(str, LOOKS))} blocks. Code is slower if "
    f"a one-sided lower t bound of the mean log ratio lies above {MARGIN:.0%} "
    f"(α = {', '.join(map(str, ALPHAS[0]))}) and a second session confirms it "
    f"(α = {', '.join(map(str, ALPHAS[1]))}). Drift is judged seed by seed: by the mean of the "
    f"seeds, and by how many of them (at least {ALL}) lie beyond the margin. The margin is "
    f"{FACTOR:g} times the noise floor. Intervals are exact 95% intervals (Clopper-Pearson)."
)

SESSIONS = (
    "`python -m lab aa --benchmark` appends a timing session. `--busy` keeps a core busy "
    "meanwhile. `--slowed 0.2` adds a busy loop after each epoch, a fifth of the epoch's time. "
    "pytest-benchmark's rule is `--benchmark-compare-fail=mean:5%` with five rounds against five. "
    "It runs right after the session, under the same load, with one thread. Older sessions have no "
    "such comparison. Where the clock ran over whole rounds, it included the start of each: about "
    "one epoch in eight, which nothing slowed. There B / A is a little below what was injected."
)

MUTANTS = (
    "`python -m lab mutants --keep` repeats this table. Each declaration was written before the "
    "first run and is unchanged; an outcome that differs from it is bold. The first run killed 20 "
    "of 26. Then three rules were added with the survivors in mind: the rule of all seeds, epoch "
    "0, and the refusal of seeds that repeat each other. All mutants were run again. A slip is one "
    "wrong expression in the source of the loop; every branch has one. Slips were declared "
    "together with the sentinels that reach their branches. Of six slips of classes and outputs "
    "the first run killed four. Then the error of each output was sampled, and the sentinel of "
    "classes was trained with SGD: with Adam and batch norm its margins were too rough to gate; "
    "all six were run again. Of eight slips of instruments the first run killed seven: the norm "
    "without the last bias differs by less than any margin. Then numbers of bit-equal training "
    "were held to the digits that are kept, and all eight were run again. Mutants that are older "
    "did not see these sentinels, nor numbers other than epochs. Margins rest on 20 "
    "seeds of each sentinel; with five, one equivalent mutant was called undecided. Mutants ran "
    "on all sentinels but sentinel-sgd, equivalent mutants on all. A verdict counts as moved "
    "if it also moved on both sets of fresh seeds."
)

TOLERANCES = (
    f"The margin is {FACTOR:g} times the noise floor: the largest change of any seed when points "
    "are reordered or computed in float64. A change is a log ratio, or a difference of rates and "
    f"of values with a sign. A setting with a margin above {LARGEST:g} is chaotic: there drift "
    f"means that at least {ALL} seeds lie beyond the margin, more than equivalent changes would "
    "put there. "
    "Settings that are not listed are compared by their verdicts only. `epochal tolerances` "
    "measures margins; most were measured on the first epochs (`--seconds`)."
)


def rates(record: Sequence[TimingRecord], simulated: Sequence[Simulated]) -> list[str]:
    """The rates in sentences: those that were measured, then those that rest on simulation."""
    lines = []
    for slowed in sorted({each.slowed for each in record}):
        group = [each for each in record if each.slowed == slowed]
        slower = sum(each.timing.pace is Pace.SLOWER for each in group)
        what = f"epochs slowed by {slowed:.0%}" if slowed else "unchanged code"
        word = "detected" if slowed else "false alarms"
        lines.append(f"Measured, {what}: {_rate(slower, len(group))} sessions {word}.")
        beside = [each.benchmark for each in group if each.benchmark]
        if beside:
            red = _rate(beside.count("red"), len(beside))
            lines.append(f"pytest-benchmark's mean:5% beside it, {what}: red in {red}.")
    for each in simulated:
        what = f"every epoch slowed by {each.slowed:.0%}" if each.slowed else "nothing changed"
        lines.append(
            f"By simulation, {each.sessions} sessions of {each.claims} claims resampled from "
            f"{each.records} sessions with a bias of {each.bias:.1%} a session besides, {what}: "
            f"slower in {each.slower / each.sessions:.2%}, undecided in "
            f"{each.undecided / each.sessions:.2%}."
        )
    return lines


def _chance(findings: Findings, claims: Sequence[Claim]) -> str:
    known = {claim.id: claim for claim in claims if claim.case("standard") is not None}
    own = [each for each in findings.results.values() if each.kind != "control"]
    chance = by_chance(own, known)
    return (
        f"By calculation, if another machine drew every seed of the {chance.claims} verdicts by "
        f"seeds of quick and standard anew: at least one verdict would move in {chance.moved:.0%} "
        f"of gates, and on {len(FRESH)} sets of fresh seeds too in {chance.alarm:.1%}. Of 3 of 3 "
        "seeds it is taken that 7 in 8 hold. On the machine of the baseline the bits are the "
        "same, and none moves."
    )


def _rate(k: int, n: int) -> str:
    low, high = exact_interval(k, n)
    return f"{k} of {n} ({low:.1%} to {high:.1%})"


def timings_table(record: Sequence[TimingRecord]) -> str:
    """A row a kind of session."""
    kinds = sorted({_kind(each) for each in record})
    rows = []
    for claim, slowed, busy, clock in kinds:
        group = [each for each in record if _kind(each) == (claim, slowed, busy, clock)]
        beside = [each.benchmark for each in group if each.benchmark]
        ratios = [each.timing.sessions[0].ratio for each in group]
        rows.append(
            (
                claim,
                f"× {1 + slowed:g}" if slowed else "unchanged",
                "busy" if busy else "quiet",
                clock,
                len(group),
                *(sum(each.timing.pace is pace for each in group) for pace in Pace),
                f"{min(ratios):.3f} to {max(ratios):.3f}",
                f"{sum(each.seconds for each in group) / len(group):.0f} s",
                f"{beside.count('red')} of {len(beside)}" if beside else "",
            )
        )
    headers = (
        *("claim", "arm B", "machine", "clock over", "sessions", *(pace.value for pace in Pace)),
        *("B / A", "a session", "mean:5% red"),
    )
    table = tabulate(rows, headers, tablefmt="pipe", disable_numparse=True)
    machines = sorted({f"{e.machine['device']}, torch {e.machine['torch']}" for e in record})
    return f"{table}\n\nOn {'; '.join(machines)}."


def _kind(record: TimingRecord) -> tuple[str, float, bool, str]:
    return record.claim, record.slowed, record.busy, record.clock


def mutants_table(runs: Sequence[MutantRun], style: str = "simple") -> str:
    """Return a row for each mutant, and the tally."""
    rows = [
        (
            each.name,
            each.what,
            "no" if each.declared == "nothing" else each.declared,
            each.killed_by if each.as_declared else f"**{each.killed_by}**",
            _where(each),
        )
        for each in runs
    ]
    headers = ("mutant", "what it does", "declared", "killed by", "where")
    table = tabulate(rows, headers, tablefmt=style, disable_numparse=True)
    return f"{table}\n\n{tally(runs)}"


def _where(run: MutantRun) -> str:
    places = [
        *(f"verdict of {claim}" for claim in run.verdicts),
        *run.drifted,
        *run.undecided,
    ]
    return "; ".join(places[:2]) + (f"; {len(places) - 2} more" if len(places) > 2 else "")


def tally(runs: Sequence[MutantRun]) -> str:
    """Return how many mutants were killed, and how many equivalent ones were flagged."""
    equivalent = [each for each in runs if each.declared == "nothing"]
    flagged = sum(each.killed_by != "nothing" for each in equivalent)
    faults = [each for each in runs if each.declared not in ("nothing", "none")]
    caught = sum(each.killed_by != "nothing" for each in faults)
    hidden = [each for each in runs if each.declared == "none"]
    seen = sum(each.killed_by != "nothing" for each in hidden)
    return (
        f"The gate killed {caught} of {len(faults)} mutants that were declared detectable, and "
        f"{seen} of {len(hidden)} declared too small. It flagged {flagged} of {len(equivalent)} "
        "equivalent mutants."
    )


def _whose(claims: Sequence[str]) -> str:
    names = sorted(claims)
    return "" if not names else f"{names[0]}{f' and {len(names) - 1} more' if names[1:] else ''}"


def tolerance_table(known: Tolerances, claims: Mapping[str, Sequence[str]]) -> str:
    """A row a setting or claim: how far its error is smooth, the margins, and how many are."""
    rows = []
    for of in sorted({key.of for key in known.largest}):
        keys = [key for key in known.largest if key.of == of]
        smooth = [key for key in keys if known.is_smooth(key)]
        margins = [known.margin(key) or 0.0 for key in smooth]
        last = max((key.epoch or 0 for key in smooth), default=0)
        names = [*dict.fromkeys(key.name for key in smooth)]
        told = ", ".join(names[:2]) + (f", and {len(names) - 2} more" if names[2:] else "")
        rows.append(
            (
                _whose(claims.get(of, ())) or f"setting {of}",
                "chaotic" if not smooth else f"to epoch {last}" if last else told,
                f"{len(smooth)} of {len(keys)}",
                f"{min(margins):.1%} to {max(margins):.1%}" if margins else "",
                max(known.seeds[key] for key in keys),
            )
        )
    headers = ("of", "smooth", "quantities", "margins", "seeds")
    return tabulate(rows, headers, tablefmt="pipe", disable_numparse=True)
