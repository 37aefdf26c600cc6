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
from epochal.gate.spread import FACTOR, LARGEST, Spread, load_spread
from epochal.judging.findings import FRESH, Findings
from lab import records
from lab.chance import by_chance
from lab.timing_record import Simulated, TimingRecord
from lab.trial import Trial

__all__ = ["page", "rates", "trials_table"]


def page(folder: Path, tolerances: Path, findings: Findings, claims: Sequence[Claim] = ()) -> str:
    """The page of what was measured of the gate; nothing where nothing was.

    Args:
        folder: where the records are.
        tolerances: the baseline's folder, which has the benign spread.
        findings: what it holds, which tells whose setting is whose.
        claims: as they now stand.
    """
    sessions, trials = records.load_timings(folder), records.load_trials(folder)
    told, known = records.load_simulated(folder), load_spread(tolerances)
    if not (sessions or trials or known.largest):
        return ""
    parts = ["# The gate, and how often it is wrong"]
    parts += ["\n".join(f"- {line}" for line in rates(sessions, told))] if sessions else []
    parts += [f"- {tally(trials)}"] if trials else []
    parts += [f"- {_chance(findings, claims)}"] if claims else []
    parts += [HOW]
    if sessions:
        parts += ["## Timing sessions", timings_table(sessions), SESSIONS]
    if trials:
        parts += [
            "## Changes of the loop that it was tried on",
            trials_table(trials, "pipe"),
            TRIALS,
        ]
    if known.largest:
        parts += [
            "## What it can tell of how nets learn",
            spread_table(known, users(findings)),
            SPREAD,
        ]
    return "\n\n".join(parts) + "\n"


HOW = (
    f"Time is judged by ABBA blocks of two fresh processes, which train in turn, {ROUNDS} "
    f"times over; looked at after {', '.join(map(str, LOOKS))} of them: slower where a one-sided "
    f"lower t bound of the mean log ratio lies above {MARGIN:.0%} "
    f"(α = {', '.join(map(str, ALPHAS[0]))}), and a second session finds it too "
    f"(α = {', '.join(map(str, ALPHAS[1]))}). Drift is judged seed by seed against {FACTOR:g} "
    "times what benign changes do: by the mean of the seeds, and by how many of them, at least "
    f"{ALL}, lie beyond that. Intervals here are exact 95% intervals (Clopper-Pearson)."
)

SESSIONS = (
    "One command appends a timing session: `python -m lab aa --benchmark`, with `--busy` to keep "
    "a core busy meanwhile, and `--slowed 0.2` for a busy loop of that share of each epoch's time "
    "after it. pytest-benchmark's rule is `--benchmark-compare-fail=mean:5%`, five rounds "
    "against five, right after the session and under the same load; it has one thread, too, "
    "and for the rest the environment that anybody would run it in. Sittings without it have none "
    "beside them. Where the clock ran over rounds, it ran over the start of each, too, about an "
    "epoch in eight, which nothing slowed: B / A shows a little less there than was injected."
)

TRIALS = (
    "`python -m lab mutants --keep` tries them again. What should notice a change was "
    "declared before the first run, and stays as it was declared; what came out otherwise is bold. "
    "The first run noticed 20 of 26. Then the rule of all seeds, epoch 0 and the refusal of seeds "
    "that repeat each other were added, with these faults in mind, and all were tried anew. Slips "
    "are one wrong expression each in the source of the loop, in every branch of it; they were "
    "declared together with the sentinels that reach these branches. Margins rest on 20 seeds of "
    "each sentinel; with five, one benign change was called undecided. Faults were tried on all "
    "sentinels but sentinel-sgd, benign changes on all. "
    "A verdict counts where it moved on both sets of fresh seeds, too."
)

SPREAD = (
    f"The margin is {FACTOR:g} times the largest log ratio, or difference of what has a sign, that "
    "another order of the points or float64 gave any seed. From "
    f"{LARGEST:g} on a setting is chaotic there: then drift is what moved more of at least {ALL} "
    "seeds further than that than benign changes would. Of settings that are not here only "
    "verdicts are compared. `epochal spread` measures margins; those of most settings were "
    "measured on their first epochs (`--seconds`)."
)


def rates(record: Sequence[TimingRecord], told: Sequence[Simulated]) -> list[str]:
    """The rates in sentences: those that were measured, then those that rest on simulation."""
    lines = []
    for slowed in sorted({each.slowed for each in record}):
        group = [each for each in record if each.slowed == slowed]
        slower = sum(each.timing.pace is Pace.SLOWER for each in group)
        what = f"epochs slowed by {slowed:.0%}" if slowed else "unchanged code"
        word = "seen" if slowed else "false alarms"
        lines.append(f"Measured, {what}: {_rate(slower, len(group))} sessions {word}.")
        beside = [each.benchmark for each in group if each.benchmark]
        if beside:
            red = _rate(beside.count("red"), len(beside))
            lines.append(f"pytest-benchmark's mean:5% beside it, {what}: red in {red}.")
    for each in told:
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


def trials_table(trials: Sequence[Trial], style: str = "simple") -> str:
    """A row a change, and how many were noticed as declared."""
    rows = [
        (
            each.name,
            each.what,
            "no" if each.declared == "nothing" else each.declared,
            each.noticed if each.as_declared else f"**{each.noticed}**",
            _where(each),
        )
        for each in trials
    ]
    headers = ("change", "what it does", "declared", "noticed by", "where")
    table = tabulate(rows, headers, tablefmt=style, disable_numparse=True)
    return f"{table}\n\n{tally(trials)}"


def _where(trial: Trial) -> str:
    told = [*(f"verdict of {claim}" for claim in trial.verdicts), *trial.drifted, *trial.undecided]
    return "; ".join(told[:2]) + (f"; {len(told) - 2} more" if len(told) > 2 else "")


def tally(trials: Sequence[Trial]) -> str:
    """How many faults were caught, and how many benign changes were flagged."""
    benign = [each for each in trials if each.declared == "nothing"]
    flagged = sum(each.noticed != "nothing" for each in benign)
    faults = [each for each in trials if each.declared not in ("nothing", "none")]
    caught = sum(each.noticed != "nothing" for each in faults)
    hidden = [each for each in trials if each.declared == "none"]
    seen = sum(each.noticed != "nothing" for each in hidden)
    return (
        f"Of {len(faults)} faults that were declared detectable {caught} were noticed; of "
        f"{len(hidden)} declared too small to be noticed {seen} were; of {len(benign)} equivalent "
        f"changes {flagged} were flagged."
    )


def _whose(claims: Sequence[str]) -> str:
    names = sorted(claims)
    return "" if not names else f"{names[0]}{f' and {len(names) - 1} more' if names[1:] else ''}"


def spread_table(known: Spread, claims: Mapping[str, Sequence[str]]) -> str:
    """A row a setting or claim: how far its error is smooth, the margins, and how many are."""
    rows = []
    for of in sorted({key.of for key in known.largest}):
        keys = [key for key in known.largest if key.of == of]
        smooth = [key for key in keys if known.is_smooth(key)]
        margins = [known.margin(key) or 0.0 for key in smooth]
        last = max((key.epoch or 0 for key in smooth), default=0)
        names = {key.name for key in smooth}
        rows.append(
            (
                _whose(claims.get(of, ())) or f"setting {of}",
                "chaotic" if not smooth else f"to epoch {last}" if last else ", ".join(names),
                f"{len(smooth)} of {len(keys)}",
                f"{min(margins):.1%} to {max(margins):.1%}" if margins else "",
                max(known.seeds[key] for key in keys),
            )
        )
    headers = ("of", "smooth", "quantities", "margins", "seeds")
    return tabulate(rows, headers, tablefmt="pipe", disable_numparse=True)
