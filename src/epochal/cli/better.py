"""``epochal better``: is command B better than command A?"""

from argparse import Namespace
from statistics import mean

from epochal.ab.better import APART, compare, design
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
    test = design(*_asked(options))
    journal = Printed(options.journal)
    options.journal.parent.mkdir(parents=True, exist_ok=True)
    journal.check()
    place = 0
    if options.campaign is not None:
        place = journal.candidate(options.campaign, options.a, options.b)
        if place >= options.candidates:
            rule = (
                f"it has had {options.candidates} candidates, among which its error rate is shared"
            )
            raise SpecError("--campaign", options.campaign, rule, "begin another campaign")

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
    low, high = t_interval(found.gains, 1 - 0.05 / len(test.looks))  # 95% over all looks
    if options.json:
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
    else:
        one, unit = (100, "%") if found.relative else (1, "")
        gain, *ends = (f"{one * each:.3g}{unit}" for each in (mean(found.gains), low, high))
        seeds = f"{len(found.gains)} seeds"
        print(
            f"{WORDS[found.better]}: B gains {gain} over {seeds}, 95% interval {' to '.join(ends)}"
        )
    return {True: 0, False: 1, None: int(Exit.UNDECIDED)}[found.better]


def _asked(options: Namespace) -> tuple[float, int, Paired]:
    """By how much, of how many candidates, and with which error rate."""
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
    by = number("--by", by) / (100 if options.by.endswith("%") else 1)
    whole("--first-seed", options.first_seed, 0)
    wrong = fraction("--wrong", options.wrong)
    candidates = natural("--candidates", options.candidates) if options.campaign else 1
    return by, candidates, Paired(alpha=wrong, beta=0.05)
