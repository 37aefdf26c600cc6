"""``epochal spread``: how far benign changes move how nets learn."""

from argparse import Namespace
from pathlib import Path

from epochal.cli.shared import CASES, Commands
from epochal.errors import SpecError
from epochal.files import expanded
from epochal.gate import baseline, records
from epochal.gate.quantities import quantities
from epochal.gate.spread import spread
from epochal.judging.plan import Plan

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    parser = commands.add_parser(
        "spread",
        parents=[CASES],
        help="measure what benign changes do to how nets learn, for the gate's margins",
        description="Trains claims as they are, with their points in another order, and in "
        "float64; what that does to errors and epochs is taken in beside the baseline.",
    )
    parser.add_argument("--claims", required=True, metavar="GLOB", help="as for pytest bench/")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds (default: 5)")
    parser.add_argument("--workers", type=int, metavar="N", help="training processes")
    parser.add_argument(
        "--baseline", type=expanded, default=Path("reports/baseline"), help="the committed results"
    )
    parser.set_defaults(run=measure)


def measure(options: Namespace) -> int:
    """``epochal spread``: trains each claim three times, and keeps how far apart they are."""
    from epochal.gate.trial import trained
    from epochal.training.changes.benign import SPREAD
    from epochal.training.workers import cores

    baseline.check(options.baseline)
    if options.seeds < 2:
        step = "give 5, or leave it out"
        raise SpecError("--seeds", options.seeds, "a spread needs several seeds", step)
    plan = Plan(
        tier="full",
        claims=tuple(name.strip() for name in options.claims.split(",")),
        seeds=options.seeds,
        workers=options.workers or cores(),
        cases=options.cases,
    )
    reference = quantities(trained(plan)[0])
    benign = {change.name: quantities(trained(plan, change)[0]) for change in SPREAD}
    found = spread(reference, benign)
    known = records.load_spread(options.baseline).updated(found)
    records.save_spread(known, options.baseline)
    smooth = sum(found.is_smooth(key) for key in found.largest)
    print(
        f"{len(found.largest)} quantities, {smooth} of them smooth enough to tell drift by: "
        f"{options.baseline / records.SPREAD}"
    )
    return 0
