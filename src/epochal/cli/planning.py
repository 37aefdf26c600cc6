"""``epochal plan``: what a run will take on some machines, before it starts."""

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from epochal.claims.case import Case
from epochal.claims.claim import TIERS
from epochal.claims.cost import duration, may_stop
from epochal.cli.shared import (
    AS_JSON,
    CASES,
    JOURNAL,
    Commands,
    claims_of,
    print_json,
    width,
)
from epochal.errors import SpecError
from epochal.judging.run_options import RunOptions, select
from epochal.planning.machines import Machines, parse
from epochal.planning.plan import Plan, Row
from epochal.planning.rates import MODEL, Rates
from epochal.report.history import table

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    text = "estimate costs, schedule and wall time of a run; trains nothing"
    plan = commands.add_parser("plan", parents=[CASES, JOURNAL, AS_JSON], help=text)
    plan.add_argument("--tier", choices=TIERS, default="full", help="(default: full)")
    globs = "only claims with a matching id; separate several by commas"
    plan.add_argument("--claims", action="append", metavar="GLOB", help=globs)
    fixed = "N seeds instead of the sequential test"
    plan.add_argument("--seeds", type=int, metavar="N", help=fixed)
    where = plan.add_mutually_exclusive_group()
    cores = "cores of machines such as this (default: those of this one)"
    where.add_argument("--cores", type=int, metavar="N", help=cores)
    kinds = "machines, such as 64xcpu or 8xH100,64xcpu"
    where.add_argument("--on", metavar="MACHINES", help=kinds)
    plan.set_defaults(run=plan_run)


def plan_run(options: Namespace) -> int:
    """``epochal plan``: a row a claim, then the totals and the curve of wall times."""
    machines, claims = _machines(options), claims_of(options)
    named = tuple(name.strip() for each in options.claims or [] for name in each.split(","))
    cases = select(
        claims, RunOptions(tier=options.tier, claims=named, seeds=options.seeds, dry=True)
    )
    stored, verdicts = _known(options, cases)
    settings = [each for claim in claims for each in claim.experiments_by_name.values()]
    plan = Plan(cases, machines, Rates(stored, settings), verdicts, options.seeds)
    if options.json:
        return print_json(_as_json(plan, options.tier, plan.stored(stored)))
    print(table([_cells(row, len(machines) > 1) for row in plan.rows], width=width()))
    print()
    for line in _totals(plan, options.tier, plan.stored(stored)):
        print(line)
    return 0


def _machines(options: Namespace) -> list[Machines]:
    from epochal.training.workers import cores

    if options.on is not None:
        return parse(options.on)
    count = cores() if options.cores is None else options.cores
    if count < 1:
        raise SpecError("--cores", count, "at least one core trains", "give 2, say")
    return [Machines(count, "cpu")]


def _known(
    options: Namespace, cases: Sequence[Case]
) -> tuple[list[dict[str, Any]], dict[str, list[bool]]]:
    """The journal's runs, and what its last verdicts said of each seed, by the case's id."""
    from epochal.journal.store import Journal

    journal = Journal(options.journal)
    if not journal.path.exists():
        return [], {}
    kinds = {(case.claim.id, case.kind): case.id for case in cases}
    verdicts = {
        kinds[row["claim"], row["kind"]]: [each["holds"] for each in row["result"]["outcomes"]]
        for row in journal.latest()
        if (row["claim"], row["kind"]) in kinds and not row["result"]["fixed"]
    }
    return journal.contents(), verdicts


def _cells(row: Row, several: bool) -> dict[str, str]:
    return {
        "claim": row.claim,
        **({"on": row.kind} if several else {}),
        "seeds": str(row.seeds),
        "rounds": str(row.rounds),
        "a worker takes": duration(row.seconds / 3600),
        "a worker a run": duration(row.chain / 3600),
        "ends after": duration(row.ends / 3600),
        "time": _sources(row),
    }


def _sources(row: Row) -> str:
    if len(row.sources) == 1:
        return next(iter(row.sources))
    return ", ".join(f"{count} {source}" for source, count in row.sources.items())


def _totals(plan: Plan, tier: str, stored: int) -> list[str]:
    most, longest = "at most " if may_stop(plan.cases) else "", plan.longest
    where = ", ".join(map(str, plan.machines))
    lines = [
        f"{len(plan.cases)} claim{'s' * (len(plan.cases) > 1)} in the tier {tier}: "
        f"{len(plan.runs)} run{'s' * (len(plan.runs) > 1)}, {most}"
        f"{duration(plan.seconds() / 3600)} of one worker",
        f"on {where}: {most}{duration(plan.wall(plan.machines) / 3600)}",
        f"longest chain: {longest.claim}, {duration(longest.chain / 3600)} in "
        f"{longest.rounds} round{'s' * (longest.rounds > 1)}; more workers do not shorten it",
        "",
        table([{"workers": str(n), "wall time": duration(s / 3600)} for n, s in plan.curve()]),
        "",
    ]
    if stored:
        lines.append(f"stored runs: {stored}; pytest bench/ reuses those of an equal environment")
    lines += [f"{each.kind}: {_rate(plan, each)}" for each in plan.machines]
    return lines


def _rate(plan: Plan, machines: Machines) -> str:
    times, runs = plan.rates.pace(machines)
    if not runs:
        return f"{MODEL}; the times are those of a cost model"
    return f"{times:.2g} times the cost model, the median of {runs} stored runs"


def _as_json(plan: Plan, tier: str, stored: int) -> dict[str, Any]:
    paces = [plan.rates.pace(each) for each in plan.machines]
    return {
        "tier": tier,
        "machines": [
            {
                "kind": each.kind,
                "count": each.count,
                "workers": each.workers,
                "pace": times if runs else None,
                "measured_runs": runs,
            }
            for each, (times, runs) in zip(plan.machines, paces, strict=True)
        ],
        "claims": [
            {
                "id": row.claim,
                "on": row.kind,
                "seeds": row.seeds,
                "rounds": row.rounds,
                "runs": row.runs,
                "seconds": row.seconds,
                "chain_seconds": row.chain,
                "ends_after": row.ends,
                "sources": dict(row.sources),
            }
            for row in plan.rows
        ],
        "runs": len(plan.runs),
        "stored_runs": stored,
        "seconds": plan.seconds(),
        "at_most": may_stop(plan.cases),
        "wall_seconds": plan.wall(plan.machines),
        "longest_chain": {"claim": plan.longest.claim, "seconds": plan.longest.chain},
        "curve": [{"workers": count, "wall_seconds": wall} for count, wall in plan.curve()],
    }
