"""``epochal better``: is command B better than command A?"""

import time
from argparse import Namespace
from statistics import mean

from epochal.ab.better import APART, Comparison, code_of, compare, design
from epochal.claims.paired import Paired
from epochal.claims.statistics import t_interval
from epochal.cli.shared import AS_JSON, JOURNAL, Commands, print_json
from epochal.errors import Exit, SpecError
from epochal.experiments.checks import fraction, natural, number, whole
from epochal.journal.commands import Commands as Printed

__all__ = ["add"]

WORDS = {True: "better", False: "not better", None: "undecided"}


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    parser = commands.add_parser(
        "better",
        parents=[JOURNAL, AS_JSON],
        help="is command B better than command A, over seeds?",
        description="Runs two commands on the same seeds until it is known whether B is better. "
        "Each holds {seed} and prints one number. Exit code 0: better, 1: not, 8: undecided.",
    )
    option = parser.add_argument
    option("--a", required=True, metavar="COMMAND", help="such as 'python train.py --seed {seed}'")
    option("--b", required=True, metavar="COMMAND", help="the command that may be better")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--lower", action="store_true", help="lower numbers are better")
    way.add_argument("--higher", action="store_true", help="higher numbers are better")
    option(
        "--by", default="0", metavar="GAIN", help="more than so much better; 1%% is a share of A"
    )
    option("--wrong", type=float, default=0.05, metavar="RATE", help="(default: 0.05)")
    option("--first-seed", type=int, default=0, metavar="N", help="(default: 0)")
    option("--campaign", metavar="NAME", help="this is one of many candidates of a campaign")
    option(
        "--candidates",
        type=int,
        default=100,
        metavar="N",
        help="how many a campaign may have (default: 100)",
    )
    option("--fresh", action="store_true", help="use no stored results")
    parser.set_defaults(run=better)


def better(options: Namespace) -> int:
    """``epochal better``: the decision and the gain with its interval."""
    by = _asked(options)
    journal = Printed(options.journal)
    options.journal.parent.mkdir(parents=True, exist_ok=True)
    journal.check()
    place, candidates = _place(journal, options)
    test = design(by, candidates, Paired(alpha=options.wrong, beta=options.wrong))

    def told(seed: int, a: float, b: float) -> None:
        if not options.json:
            print(f"seed {seed}: A {a:g}, B {b:g}", flush=True)

    found = compare(
        journal,
        (options.a, options.b),
        test,
        lower=options.lower,
        relative=options.by.endswith("%"),
        first=options.first_seed + place * APART,
        fresh=options.fresh,
        told=told,
    )
    _print(found, len(test.looks), options.json)
    return {True: 0, False: 1, None: int(Exit.UNDECIDED)}[found.better]


def _place(journal: Printed, options: Namespace) -> tuple[int, int]:
    """The candidate's place in its campaign, and how many candidates share the error rate.

    Whatever may change a decision makes another candidate, with seeds and a share of its own: the
    commands, the files that they name, what is asked, and a fresh start. So nothing is tried twice.
    """
    if options.campaign is None:
        return 0, 1
    began = journal.campaign(options.campaign, options.candidates, options.wrong)
    if began != (options.candidates, options.wrong):
        rule = f"it began with --candidates {began[0]} --wrong {began[1]:g}, which share its error"
        raise SpecError("--campaign", options.campaign, rule, "give the same, or another name")
    way = "lower" if options.lower else "higher"
    asked = [options.b, code_of(options.b), way, options.by, str(options.first_seed)]
    asked += [str(time.time_ns())] if options.fresh else []
    a = " ".join((options.a, code_of(options.a)))
    place = journal.candidate(options.campaign, a, " ".join(asked), options.candidates)
    if place is None:
        rule = f"it has had {options.candidates} candidates, among which its error rate is shared"
        raise SpecError("--campaign", options.campaign, rule, "begin another campaign")
    return place, options.candidates


def _print(found: Comparison, looks: int, as_json: bool) -> None:
    """Prints the decision and the gain, with an interval that holds at all looks together."""
    low, high = t_interval(found.gains, 1 - 0.05 / looks)
    if as_json:
        print_json(
            {
                "decision": WORDS[found.better],
                "gain": mean(found.gains),
                "interval": [low, high],
                "relative": found.relative,
                "seeds": list(found.seeds),
                "gains": list(found.gains),
            }
        )
        return
    one, unit = (100, "%") if found.relative else (1, "")
    gain, *ends = (f"{one * each:.3g}{unit}" for each in (mean(found.gains), low, high))
    over = f"{len(found.gains)} seeds, 95% interval {' to '.join(ends)}"
    print(f"{WORDS[found.better]}: B gains {gain} over {over}")


def _asked(options: Namespace) -> float:
    """By how much; raises `SpecError` where an option is wrong."""
    for name in ("a", "b"):
        if "{seed}" not in getattr(options, name):
            step = "write {seed} where the seed goes"
            raise SpecError(f"--{name}", getattr(options, name), "it takes no seed", step)
    if options.a == options.b:
        raise SpecError("--b", options.b, "it is the same command as --a", "give another")
    try:
        by = float(options.by.removesuffix("%"))
    except ValueError:
        raise SpecError("--by", options.by, "it is no number", "give one such as 1%") from None
    whole("--first-seed", options.first_seed, 0)
    fraction("--wrong", options.wrong)
    natural("--candidates", options.candidates)
    return number("--by", by) / (100 if options.by.endswith("%") else 1)
