"""``epochal spread``: how far benign changes move how nets learn."""

from argparse import Namespace

from epochal.cli.shared import CASES, Commands
from epochal.errors import SpecError
from epochal.experiments.checks import positive
from epochal.files import expanded
from epochal.gate import baseline
from epochal.gate.quantities import quantities
from epochal.gate.spread import SPREAD, Spread, load_spread, save_spread, spread
from epochal.judging.findings import Findings
from epochal.judging.run_options import RunOptions

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
    option = parser.add_argument
    option("--claims", default="*", metavar="GLOB", help="as for pytest bench/ (default: all)")
    option("--tier", default="full", help="of which tier: quick, standard or full (default: full)")
    option("--seeds", type=int, default=5, metavar="N", help="seeds (default: 5)")
    option(
        "--seconds",
        type=float,
        metavar="S",
        help="train as many epochs of a seed as take about so long, not all that claims ask; "
        "the baseline takes in what they gave where it has nothing to compare with",
    )
    option("--workers", type=int, metavar="N", help="training processes")
    option("--baseline", type=expanded, default="reports/baseline", help="the committed results")
    parser.set_defaults(run=measure)


def measure(options: Namespace) -> int:
    """``epochal spread``: trains each claim three times, and keeps how far apart they are."""
    from epochal.training.workers import cores

    baseline.check(options.baseline)
    if options.seeds < 2:
        step = "give 5, or leave it out"
        raise SpecError("--seeds", options.seeds, "a spread needs several seeds", step)
    if options.seconds is not None:
        positive("--seconds", options.seconds)
    plan = RunOptions(
        tier=options.tier,
        claims=tuple(name.strip() for name in options.claims.split(",")),
        seeds=options.seeds,
        workers=cores() if options.workers is None else options.workers,
        cases=options.cases,
    )
    found = _whole(plan) if options.seconds is None else _beginning(plan, options)
    known = load_spread(options.baseline).updated(found)
    save_spread(known, options.baseline)
    smooth = sum(found.is_smooth(key) for key in found.largest)
    print(
        f"{len(found.largest)} quantities, {smooth} of them smooth enough to tell drift by: "
        f"{options.baseline / SPREAD}"
    )
    return 0


def _whole(plan: RunOptions) -> Spread:
    """The spread of all that the claims of ``plan`` ask."""
    from epochal.gate.scratch import trained
    from epochal.training.variants import ROUNDINGS

    benign = {each.name: quantities(trained(plan, each)[0]) for each in ROUNDINGS}
    return spread(quantities(trained(plan)[0]), benign)


def _beginning(plan: RunOptions, options: Namespace) -> Spread:
    """The spread of the first epochs of their settings."""
    from epochal.gate.scratch import sampled
    from epochal.training.variants import ROUNDINGS

    reference = sampled(plan, options.seconds)
    benign = {
        each.name: quantities(Findings(samples=sampled(plan, options.seconds, each)))
        for each in ROUNDINGS
    }
    baseline.add_samples(reference.values(), options.baseline)
    return spread(quantities(Findings(samples=reference)), benign)
