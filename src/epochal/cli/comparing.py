"""``epochal compare``: two measurements side by side."""

from argparse import Namespace
from pathlib import Path

from epochal.cli.shared import AS_JSON, JOURNAL, Commands, print_json
from epochal.files import save, writable
from epochal.gate.compare import Moved, surroundings
from epochal.gate.compare import compare as compare_results
from epochal.gate.sides import side
from epochal.report.comparison import comparison, differing, page

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    parser = commands.add_parser(
        "compare",
        parents=[JOURNAL, AS_JSON],
        help="two measurements side by side; exit code 1 if a verdict differs",
        description="Each side is a journal, a baseline's folder, or an environment of the "
        "journal: the beginning of its key, or facts such as torch=2.13.0 or device=cuda.",
    )
    parser.add_argument("a", metavar="A")
    parser.add_argument("b", metavar="B")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a page, too")
    parser.set_defaults(run=compare)


def compare(options: Namespace) -> int:
    """``epochal compare``: two measurements; 1 if a verdict differs."""
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
        print(comparison(pairs, names))
    turned = {Moved.VERDICT, Moved.UNDECIDED, Moved.BROKEN}
    return int(any(pair.moved in turned for pair in pairs))
