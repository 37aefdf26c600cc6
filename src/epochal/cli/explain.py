"""``epochal explain``: which stored runs a claim would use, and why not the others."""

from argparse import Namespace

from epochal.cli.shared import (
    AS_JSON,
    CASES,
    JOURNAL,
    Commands,
    chosen,
    claims_of,
    print_json,
    width,
)
from epochal.gate.sides import existing
from epochal.judging.explain import Explained
from epochal.judging.explain import explain as explained
from epochal.report.history import table

__all__ = ["add"]

MOST_SEEDS = 6
"""How many seeds of a row are named."""


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    parser = commands.add_parser(
        "explain",
        parents=[CASES, JOURNAL, AS_JSON],
        help="list the stored runs that a claim can reuse, and why not the others",
        description="Trains nothing. A stored run is used where its setting, its seed and all that "
        "can change a bit are the same: torch, processor, the code that the setting uses.",
    )
    parser.add_argument("claim", metavar="CLAIM", help="id of the claim")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--engine", default="auto", metavar="NAME", help="engine that would train")
    parser.set_defaults(run=explain)


def explain(options: Namespace) -> int:
    """``epochal explain``: a row for each setting and reason."""
    [claim] = chosen(claims_of(options), [options.claim])
    journal = existing(options.journal)
    from epochal.training.devices import resolve
    from epochal.training.environments import measured_in

    [device] = resolve((options.device,))
    found = [
        each
        for case in claim.cases
        for each in explained(
            journal, case, lambda setting: measured_in(setting, device, options.engine).facts
        )
    ]
    if options.json:
        return print_json({"settings": [each.to_json() for each in found]})
    print(table([_row(each) for each in found], width=width()) if found else _nothing(options))
    return 0


def _row(found: Explained) -> dict[str, object]:
    shown = ", ".join(map(str, found.seeds[:MOST_SEEDS]))
    more = len(found.seeds) - MOST_SEEDS
    return {
        "case": found.kind,
        "setting": found.setting,
        "digest": found.digest,
        "seeds": shown if more <= 0 else f"{shown} and {more} more",
        "epochs": found.epochs,
        "used": "yes" if found.refusal is None else f"no: {found.refusal}",
    }


def _nothing(options: Namespace) -> str:
    return f"{options.journal} has no runs of {options.claim}, under this or an earlier setting"
