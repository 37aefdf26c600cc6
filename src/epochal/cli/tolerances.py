"""``epochal tolerances``: how much equivalent computations change what nets learn."""

from argparse import Namespace

from epochal.claims.verdicts import Status
from epochal.cli.shared import CASES, Commands
from epochal.errors import Exit, SpecError
from epochal.experiments.checks import positive
from epochal.files import expanded
from epochal.gate import baseline
from epochal.gate.quantities import quantities
from epochal.gate.tolerances import FILE, Tolerances, load_tolerances, measured, save_tolerances
from epochal.judging.findings import Findings
from epochal.judging.run_options import RunOptions

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    parser = commands.add_parser(
        "tolerances",
        parents=[CASES],
        help="measure the gate's tolerances: how much equivalent computations change each quantity",
        description="Trains claims unchanged, with their points reordered, and in float64. "
        "The changes of errors and epochs are stored in the baseline's folder.",
    )
    option = parser.add_argument
    option("--claims", default="*", metavar="GLOB", help="as for pytest bench/ (default: all)")
    option("--tier", default="full", help="quick, standard or full (default: full)")
    option("--seeds", type=int, default=5, metavar="N", help="seeds of each claim (default: 5)")
    option(
        "--seconds",
        type=float,
        metavar="S",
        help="train each seed for about this long, not as far as claims need; "
        "the baseline takes in what they gave where it has nothing to compare with",
    )
    option("--workers", type=int, metavar="N", help="training processes")
    option(
        "--baseline",
        type=expanded,
        default="reports/baseline",
        help="folder of the committed results (default: reports/baseline)",
    )
    parser.set_defaults(run=measure)


def measure(options: Namespace) -> int:
    """``epochal tolerances``: train each claim three times and store how far they differ."""
    from epochal.training.workers import cores

    baseline.check(options.baseline)
    if options.seeds < 2:
        step = "give 5, or leave it out"
        raise SpecError("--seeds", options.seeds, "a tolerance needs several seeds", step)
    if options.seconds is not None:
        positive("--seconds", options.seconds)
    plan = RunOptions(
        tier=options.tier,
        claims=tuple(name.strip() for name in options.claims.split(",")),
        seeds=options.seeds,
        workers=cores() if options.workers is None else options.workers,
        cases=options.cases,
    )
    broken: list[str] = []
    found = _whole(plan, broken) if options.seconds is None else _beginning(plan, options)
    known = load_tolerances(options.baseline).updated(found)
    save_tolerances(known, options.baseline)
    smooth = sum(found.is_smooth(key) for key in found.largest)
    print(
        f"{len(found.largest)} quantities, {smooth} of them smooth enough to show drift: "
        f"{options.baseline / FILE}"
    )
    for line in broken:
        print(f"not measured: {line}")
    return Exit.BROKEN if broken else 0


def _whole(plan: RunOptions, broken: list[str]) -> Tolerances:
    """The tolerances of the whole trainings of ``plan``; claims that broke are left out and told.

    A claim that breaks under one change alone would be measured by the others, and look smooth.
    """
    from epochal.gate.scratch import trained
    from epochal.training.variants import ROUNDINGS

    under = {each.name: trained(plan, each)[0] for each in ROUNDINGS} | {"": trained(plan)[0]}
    out: set[str] = set()
    for change, findings in under.items():
        lost = [each for each in findings.results.values() if each.status == Status.BROKEN.value]
        out |= {
            of for each in lost for of in (f"{each.claim}/{each.kind}", *each.experiments.values())
        }
        broken += [f"{each.claim}{', ' * bool(change)}{change}: {each.why}" for each in lost]
    kept = {
        change: {key: each for key, each in quantities(findings).items() if key.of not in out}
        for change, findings in under.items()
    }
    return measured(kept.pop(""), kept)


def _beginning(plan: RunOptions, options: Namespace) -> Tolerances:
    """Return the tolerances of the first epochs of their settings."""
    from epochal.gate.scratch import sampled
    from epochal.training.variants import ROUNDINGS

    reference = sampled(plan, options.seconds)
    equivalent = {
        each.name: quantities(Findings(samples=sampled(plan, options.seconds, each)))
        for each in ROUNDINGS
    }
    baseline.add_samples(reference.values(), options.baseline)
    return measured(quantities(Findings(samples=reference)), equivalent)
