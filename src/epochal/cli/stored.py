"""``epochal report | history | journal``: what the journal or a baseline holds."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from epochal.claims.claim import Claim
from epochal.claims.folder import load
from epochal.cli.shared import (
    AS_JSON,
    BASELINE,
    CASES,
    JOURNAL,
    Commands,
    claims_of,
    print_json,
    width,
)
from epochal.errors import SpecError, nearest
from epochal.files import expanded, save, writable
from epochal.gate import baseline
from epochal.gate.sides import existing, named
from epochal.journal.retention import prune
from epochal.journal.store import Journal
from epochal.judging.findings import Findings
from epochal.judging.rebuild import rebuild
from epochal.judging.repeat import cases_named
from epochal.report.history import claim_rows, environment_rows, session_rows, table
from epochal.report.tables import as_csv, journal_rows, seed_rows

__all__ = ["add"]

MOST_SHOWN = 2
"""How many claims a row of a table names."""


def add(commands: Commands) -> None:
    """Adds the commands of this file to the command line."""
    pages = commands.add_parser(
        "report",
        parents=[CASES, JOURNAL, BASELINE, AS_JSON],
        help="write the report without training",
    )
    pages.add_argument("--environment", metavar="NAME", help="use only results of this environment")
    pages.add_argument(
        "--report",
        type=expanded,
        default=Path(".epochal/report"),
        help="folder of the report (default: .epochal/report)",
    )
    pages.add_argument("--csv", type=expanded, metavar="DIR", help="also write seeds.csv there")
    pages.set_defaults(run=report)

    past = commands.add_parser(
        "history",
        parents=[JOURNAL, AS_JSON],
        help="list sessions, or the verdicts of a claim over time",
    )
    past.add_argument("claim", nargs="?", help="id of a claim")
    past.add_argument("--environments", action="store_true", help="list machines and libraries")
    past.add_argument("--plot", type=expanded, metavar="PNG", help="draw the claim's verdicts")
    past.set_defaults(run=history)

    file = commands.add_parser(
        "journal", parents=[CASES, JOURNAL, AS_JSON], help="show the journal's size and rows"
    )
    upkeep = file.add_mutually_exclusive_group()
    upkeep.add_argument(
        "--adopt",
        action="store_true",
        help="keep runs of older code where today's code gives identical bits",
    )
    upkeep.add_argument(
        "--prune", action="store_true", help="list rows that no claim needs; --yes deletes them"
    )
    file.add_argument("--yes", action="store_true", help="delete what --prune lists")
    file.set_defaults(run=journal)


def report(options: Namespace) -> int:
    """``epochal report``: pages and pictures from the journal, or from a baseline."""
    from epochal.report.pages import write

    claims = claims_of(options)
    findings = baseline.load(options.baseline) if options.baseline else _rebuilt(options, claims)
    findings.cases = cases_named(options.cases, Path())
    index = write(findings, claims, writable(options.report))
    if options.csv is not None:
        save(writable(options.csv, "--csv") / "seeds.csv", as_csv(seed_rows(findings, claims)))
    if options.json:
        return print_json({"index": str(index), "verdicts": findings.to_json()["results"]})
    print(index)
    return 0


def journal(options: Namespace) -> int:
    """``epochal journal``: its file, its size, and its rows by claim."""
    held = existing(options.journal)
    if options.yes and not options.prune:
        raise SpecError("--yes", True, "it confirms --prune, which is not there", "add --prune")
    if options.adopt:
        return _adopt(held, options)
    if options.prune:
        return _prune(held, options)
    size, rows = held.path.stat().st_size, held.contents()
    by_claim = journal_rows(held, claims_of(options))
    if options.json:
        facts = {"file": str(held.path), "bytes": size, "rows": len(rows)}
        return print_json({**facts, "sessions": len(held.sessions()), "claims": by_claim})
    print(f"{held.path}: {size / 1e6:.1f} MB, {len(rows)} rows, {len(held.sessions())} sessions\n")
    print(table(by_claim, width=width()))
    return 0


def _adopt(held: Journal, options: Namespace) -> int:
    from epochal.judging.adopting import adopt

    rows = []
    for each in adopt(held, claims_of(options)):
        came = f"not adopted: {each.differs}" if each.differs else "adopted"
        rows.append(
            {
                "experiment": each.experiment,
                "claims": ", ".join(each.claims) if options.json else _some(each.claims),
                "from code": each.code,
                "rows": each.rows,
                "epochs tried": each.epochs,
                "": came,
            }
        )
        if not options.json:
            print(f"{each.experiment}: {each.rows} rows, {came}", flush=True)
    if options.json:
        return print_json({"adopted": rows})
    print(table(rows) if rows else "no rows of older code that today's could take over")
    return 0


def _some(claims: Sequence[str]) -> str:
    """As many of ``claims`` as fit into a table."""
    shown = ", ".join(claims[:MOST_SHOWN])
    return shown if len(claims) <= MOST_SHOWN else f"{shown} and {len(claims) - MOST_SHOWN} more"


def _prune(held: Journal, options: Namespace) -> int:
    pruned, size = prune(held, load(options.cases), options.yes), held.path.stat().st_size
    if options.json:
        return print_json({**asdict(pruned), "done": options.yes, "file bytes": size})
    sizes = f"{pruned.before / 1e6:.1f} MB of rows {'became' if options.yes else 'would become'}"
    print(
        f"{sizes} {pruned.after / 1e6:.1f} MB: {pruned.thinned} of {pruned.rows} rows "
        f"{'lost' if options.yes else 'would lose'} what no claim of {options.cases} asks for"
    )
    done = f"{held.path}: {size / 1e6:.1f} MB"
    print(done if options.yes else f"{done}; nothing was changed, add --yes to do it")
    return 0


def _rebuilt(options: Namespace, claims: Sequence[Claim]) -> Findings:
    journal = existing(options.journal)
    chosen = None if options.environment is None else named(options.environment, journal)
    return rebuild(journal, claims, chosen)


def history(options: Namespace) -> int:
    """``epochal history``: sessions, environments, or the verdicts on one claim."""
    journal = existing(options.journal)
    if options.environments:
        of, rows = "environments", environment_rows(journal)
    elif options.claim is None:
        of, rows = "sessions", session_rows(journal)
    else:
        of, rows = "verdicts", claim_rows(journal, options.claim)
        if not rows:
            known = {row["claim"] for row in journal.verdicts()}
            rule = "the journal has no verdict on it"
            raise SpecError("claim", options.claim, rule, nearest(options.claim, known))
    if options.plot is not None:
        _plot(options)
    if options.json:
        return print_json({of: rows})
    repeat = rows[-1].get("repeat") if rows else None
    shown = [{name: row[name] for name in row if name != "repeat"} for row in rows]
    print(table(shown, common=options.environments, width=width()))
    if repeat:
        print(f"\nrepeat the last one: {repeat}")
    return 0


def _plot(options: Namespace) -> None:
    from epochal.report.pictures.style import png
    from epochal.report.pictures.timeline import timeline

    if options.claim is None:
        step = "add the id of a claim: epochal history CLAIM --plot PNG"
        raise SpecError("--plot", str(options.plot), "it draws one claim's verdicts", step)
    if options.plot.suffix != ".png":
        raise SpecError("--plot", str(options.plot), "a PNG is drawn", "name a file such as a.png")
    writable(options.plot.parent, "--plot")
    verdicts = existing(options.journal).verdicts(options.claim)
    save(options.plot, png(timeline(options.claim, verdicts)))
