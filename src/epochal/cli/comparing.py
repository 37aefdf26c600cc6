"""``epochal compare``: two measurements side by side, or every version of torch."""

from argparse import Namespace

from epochal.claims.claim import TIERS
from epochal.cli.shared import AS_JSON, CASES, JOURNAL, Commands, claims_of, print_json, width
from epochal.errors import SpecError
from epochal.experiments.checks import choice
from epochal.files import expanded, save, writable
from epochal.gate.compare import Moved, surroundings
from epochal.gate.compare import compare as compare_results
from epochal.gate.sides import existing, side
from epochal.matrix.matrix import matrix
from epochal.matrix.page import table, warned, write
from epochal.matrix.smoke import EPOCHS
from epochal.report.comparison import comparison, differing, page

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    parser = commands.add_parser(
        "compare",
        parents=[JOURNAL, AS_JSON, CASES],
        help="compare two measurements; exit code 1 if a verdict differs",
        description="Each side is a journal, a baseline's folder, or an environment of the "
        "journal: the beginning of its key, or facts such as torch=2.13.0 or device=cuda. With "
        "--matrix the first epochs of every claim under each torch that the journal knows.",
    )
    parser.add_argument("a", metavar="A", nargs="?", help="environment, journal or baseline")
    parser.add_argument("b", metavar="B", nargs="?", help="the same, to compare with A")
    parser.add_argument("--matrix", action="store_true", help="compare versions of torch")
    parser.add_argument("--tier", default="quick", help="tier of --matrix: quick, standard or full")
    parser.add_argument("--device", default="cpu", help="device of --matrix: cpu or cuda")
    parser.add_argument(
        "--epochs",
        type=int,
        default=EPOCHS,
        metavar="N",
        help=f"its epochs (default: {EPOCHS})",
    )
    parser.add_argument("--pinned", metavar="VERSION", help="version that others are compared with")
    parser.add_argument("--markdown", type=expanded, metavar="FILE", help="also write a page")
    parser.set_defaults(run=compare)


def compare(options: Namespace) -> int:
    """``epochal compare``: two measurements; 1 if a verdict differs."""
    if options.matrix:
        return _matrix(options)
    if options.b is None:
        step = "give two, such as torch=2.13.0 torch=2.15.0, or --matrix"
        raise SpecError("A B", options.a, "two measurements are needed", step)
    names = (options.a, options.b)
    before, after = (side(name, options.journal) for name in names)
    pairs = compare_results(before, after)
    fields = surroundings(pairs)
    if options.markdown is not None:
        writable(options.markdown.parent, "--markdown")
        save(options.markdown, page(pairs, names, fields))
    if options.json:
        print_json({"differs": fields, "claims": [pair.to_json() for pair in pairs]})
    else:
        print(differing(fields) + "\n")
        print(comparison(pairs, names, width=width()))
    turned = {Moved.VERDICT, Moved.UNDECIDED, Moved.BROKEN, Moved.NUMBERS}
    return int(any(pair.moved in turned for pair in pairs))


def _matrix(options: Namespace) -> int:
    if options.a is not None:
        raise SpecError("--matrix", options.a, "it takes no measurements", "leave them out")
    choice("--tier", options.tier, TIERS)
    found = matrix(
        existing(options.journal),
        claims_of(options),
        options.pinned,
        options.tier,
        options.device,
        options.epochs,
    )
    if options.markdown is not None:
        writable(options.markdown.parent, "--markdown")
        write(found, options.markdown)
    if options.json:
        return print_json(found.to_json())
    print(table(found))
    if any(found.warnings.values()):
        print(f"\nwarnings:\n{warned(found)}")
    return 0
