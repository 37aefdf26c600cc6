"""Results as plain tables: a line a seed for other programs, and what the journal holds."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from epochal.claims.claim import Claim
from epochal.journal.store import Journal
from epochal.judging.findings import Findings

__all__ = ["as_csv", "journal_rows", "seed_rows"]

Row = dict[str, Any]


def seed_rows(findings: Findings, claims: Sequence[Claim]) -> list[Row]:
    """One row for each seed of each result; a number that was never reached is None.

    ``epochs`` is the longest training that the rule asks for. Numbers stand in columns of their own
    names.
    """
    cases = {(case.claim.id, case.kind): case for claim in claims for case in claim.cases}
    return [
        {
            "claim": result.claim,
            "kind": result.kind,
            "device": result.device,
            "seed": outcome["seed"],
            "holds": outcome["holds"],
            "diverged": outcome["diverged"],
            "epochs": max(cases[result.claim, result.kind].horizons.values()),
            "environment": result.environment.get("key", ""),
            **outcome["numbers"],
        }
        for result in findings.results.values()
        if (result.claim, result.kind) in cases
        for outcome in result.outcomes
    ]


def as_csv(rows: Sequence[Row]) -> str:
    """Rows as CSV with a header of all their names, in the order in which they come.

    >>> print(as_csv([{"seed": 44, "MSE": 0.1}, {"seed": 45, "ratio": None}]).strip())
    seed,MSE,ratio
    44,0.1,
    45,,
    """
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def journal_rows(journal: Journal, claims: Sequence[Claim]) -> list[Row]:
    """What the journal holds, a row a claim, and one for what belongs to none of ``claims``.

    A training that several claims share counts for each of them.
    """
    contents = journal.contents()
    digests = {
        claim.id: {each.digest for case in claim.cases for each in case.experiments.values()}
        for claim in claims
    }
    known = set[str]().union(*digests.values())
    held = {
        name: [row for row in contents if row["experiment"] in own] for name, own in digests.items()
    }
    held["of no claim"] = [row for row in contents if row["experiment"] not in known]
    return [
        {
            "claim": name,
            "rows": len(rows),
            "epochs": sum(row["epochs_done"] for row in rows),
            "hours": round(sum(row["seconds"] for row in rows) / 3600, 2),
            "MB": round(sum(row["bytes"] for row in rows) / 1e6, 2),
        }
        for name, rows in held.items()
        if rows
    ]
