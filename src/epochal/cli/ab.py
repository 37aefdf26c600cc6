"""``epochal ab``: whether an epoch became slower."""

import itertools
import math
import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from fnmatch import fnmatch

from tabulate import tabulate

from epochal.ab.arms import arm, check_apart
from epochal.ab.session import BLOCK_SECONDS, Bench, NotComparable
from epochal.ab.statistics import MARGIN, AbbaBlock, Pace, Timing, judged
from epochal.ab.stored import keep
from epochal.claims.claim import Claim
from epochal.cli.shared import AS_JSON, CASES, OWN_CASES, Commands, claims_of, print_json
from epochal.errors import Exit, SpecError, nearest
from epochal.experiments.experiment import Experiment
from epochal.files import expanded
from epochal.journal.store import Journal

__all__ = ["SENTINELS", "add", "timed_claims"]

SENTINELS = "sentinel-*"


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    parser = commands.add_parser(
        "ab",
        parents=[CASES, AS_JSON],
        help="time an epoch of B against A; exit code 10 if B is slower",
        description="Times epochs of claims in ABBA blocks of fresh processes, each arm by "
        "its own code. An arm is a folder with a source tree (also a changed one), a virtual "
        "environment, or a git revision. Exit code 0: not slower; 10: slower, and a second session "
        "finds it too; 8: undecided; 11: nothing could be compared.",
    )
    parser.add_argument(
        "--a", required=True, metavar="ARM", help="revision, folder or environment to compare with"
    )
    parser.add_argument(
        "--b",
        required=True,
        metavar="ARM",
        help="revision, folder or environment that may be slower",
    )
    parser.add_argument("--engine-a", default="auto", metavar="NAME", help="engine of A")
    parser.add_argument("--engine-b", default="auto", metavar="NAME", help="engine of B")
    parser.add_argument(
        "--claims",
        default=SENTINELS,
        metavar="GLOB",
        help=f"claims to time (default: {SENTINELS})",
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument(
        "--margin",
        type=float,
        default=MARGIN,
        help=f"slowdown that counts (default: {MARGIN})",
    )
    help_ = f"seconds of a period (default: {BLOCK_SECONDS})"
    parser.add_argument("--block", type=float, default=BLOCK_SECONDS, metavar="S", help=help_)
    parser.add_argument(
        "--journal",
        type=expanded,
        metavar="FILE",
        help="store the timing for epochal compare --matrix",
    )
    parser.set_defaults(run=ab)


def ab(options: Namespace) -> int:
    """``epochal ab``: a session a claim, a second one where it says slower."""
    for name in ("margin", "block"):
        value = getattr(options, name)
        if not (math.isfinite(value) and value > 0):
            raise SpecError(f"--{name}", value, "it must exceed 0", "leave it out")
    claims = timed_claims(claims_of(options), options.claims)
    own = None if options.cases == OWN_CASES else options.cases
    journal = None if options.journal is None else Journal(options.journal)
    if journal is not None:
        journal.check()
    found, benches, refused = dict[str, Timing](), dict[str, Bench](), list[str]()
    with ExitStack() as open_:
        a = open_.enter_context(arm("--a", options.a, options.engine_a))
        b = open_.enter_context(arm("--b", options.b, options.engine_b))
        check_apart(a, b)
        if journal is not None:  # also what was timed before it is interrupted
            command = shlex.join(["epochal", "ab", "--a", options.a, "--b", options.b])
            open_.callback(lambda: keep(journal, command, found, benches))
        for claim in claims:
            bench = Bench(a, b, claim.id, own, options.device, block=options.block)
            bench.on_block = _progress(claim.id)
            try:
                found[claim.id] = judged(bench.blocks, options.margin)
                benches[claim.id] = bench
            except NotComparable as error:
                refused.append(str(error))
    if options.json:
        rows = [{"claim": name, **timing.to_json()} for name, timing in found.items()]
        print_json({"claims": rows, "not comparable": refused})
    else:
        print(_table(found, options.margin))
        print("\n".join(f"not comparable: {each}" for each in refused))
    return _code(found)


def timed_claims(claims: Sequence[Claim], pattern: str) -> list[Claim]:
    """The claims that match and have a setting with epochs; raises `SpecError` if there is none."""
    patterns = [each.strip() for each in pattern.split(",")]
    found = [each for each in claims if any(fnmatch(each.id, one) for one in patterns)]
    if not found:
        step = nearest(pattern, [each.id for each in claims])
        raise SpecError("--claims", pattern, "it matches no claim", step)
    kept = [
        e for e in found if any(isinstance(x, Experiment) for x in e.experiments_by_name.values())
    ]
    if not kept:
        rule = "its trainings are the claims' own code, which has no epoch to time"
        raise SpecError("--claims", pattern, rule, "choose one with an Experiment")
    return kept


def _code(found: dict[str, Timing]) -> int:
    paces = {each.pace for each in found.values()}
    if not found:
        return Exit.NOTHING
    if Pace.SLOWER in paces:
        return Exit.SLOWER
    return Exit.UNDECIDED if Pace.UNDECIDED in paces else 0


def _progress(claim: str) -> Callable[[AbbaBlock], None]:
    """Tells of each block on a terminal, in a line that is drawn over."""
    count = itertools.count(1)

    def show(block: AbbaBlock) -> None:
        if sys.stderr.isatty():
            line = f"{claim}: block {next(count)}, B / A {math.exp(block.log_ratio):.3f}"
            print(f"\r{line}  ", end="", file=sys.stderr)

    return show


def _table(found: dict[str, Timing], margin: float) -> str:
    """A row a claim: the ratio of B to A, its interval, and what two sessions at most say."""
    rows = [
        (
            claim,
            f"{timing.sessions[0].ratio:.3f}",
            "[{:.3f}, {:.3f}]".format(*timing.sessions[0].interval),
            " + ".join(str(len(each.blocks)) for each in timing.sessions),
            timing.pace.value,
        )
        for claim, timing in found.items()
    ]
    headers = ("claim", "B / A", "90% interval", "ABBA blocks", f"by more than {margin:.0%}")
    return tabulate(rows, headers, disable_numparse=True)
