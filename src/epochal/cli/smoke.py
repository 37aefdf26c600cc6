"""``epochal smoke``: the first epochs of every claim, into the journal."""

from argparse import Namespace

from tabulate import tabulate

from epochal.cli.shared import CASES, JOURNAL, Commands
from epochal.judging.run_options import RunOptions
from epochal.matrix.smoke import EPOCHS, smoke_run

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    parser = commands.add_parser(
        "smoke",
        parents=[CASES, JOURNAL],
        help="train the first epochs of one seed of each claim, to compare versions of torch",
        description="Judges nothing. Under another torch, and then `epochal compare --matrix`, it "
        "tells in minutes whether a bit has changed.",
    )
    parser.add_argument("--claims", default="*", metavar="GLOB", help="as for pytest bench/")
    parser.add_argument("--tier", default="quick", help="quick, standard or full")
    parser.add_argument(
        "--epochs",
        type=int,
        default=EPOCHS,
        metavar="N",
        help=f"its epochs (default: {EPOCHS})",
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--workers", type=int, metavar="N", help="training processes")
    parser.set_defaults(run=smoke)


def smoke(options: Namespace) -> int:
    """``epochal smoke``: print the error and a hash of the losses of each claim; 1 if one broke."""
    from epochal.training.workers import cores

    plan = RunOptions(
        devices=(options.device,),
        tier=options.tier,
        claims=tuple(name.strip() for name in options.claims.split(",")),
        workers=cores() if options.workers is None else options.workers,
        cases=options.cases,
        journal=options.journal,
        command="epochal smoke",
    )
    rows, broken = [], 0
    for case, device, found in smoke_run(plan, options.epochs):
        broken += bool(found.why)
        error = "-" if found.mse is None else f"{found.mse:.6g}"
        rows.append((case.id, device, error, found.why or found.losses))
    print(tabulate(rows, ("claim", "device", "error", "losses"), disable_numparse=True))
    return int(broken > 0)
