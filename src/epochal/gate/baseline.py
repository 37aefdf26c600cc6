"""The committed baseline: results of every seed and the thinned runs behind the pictures.

``verdicts.json`` holds the results, one seed a line so that a change is readable in a diff;
``runs-*.json`` holds one experiment's curves each, ``samples.json`` a line a setting with what the
gate compares of how it learns. It never holds what is expected.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.rules.base import Outcome
from epochal.claims.verdicts import decided_by
from epochal.errors import SpecError
from epochal.files import save as save_text
from epochal.files import writable
from epochal.judging.findings import Findings
from epochal.judging.repeat import command
from epochal.judging.result import Result
from epochal.judging.rounding import significant
from epochal.judging.samples import Samples

__all__ = ["TRIED", "add_samples", "check", "load", "save", "update"]

SCHEMA = 2

SAMPLES, TRIED = "samples.json", "tried.json"


def load(folder: Path) -> Findings:
    """The baseline in ``folder``.

    Raises:
        SpecError: it is missing, is no baseline, or was written by another version's schema.
    """
    path = folder / "verdicts.json"
    if not path.exists():
        raise SpecError(
            "--baseline", str(folder), "it holds no verdicts.json", "run with --update-baseline"
        )
    try:
        content = json.loads(path.read_text("utf-8"))
        schema = content["schema"]
        curves = [
            json.loads(each.read_text("utf-8")) for each in sorted(folder.glob("runs-*.json"))
        ]
        lines = folder / SAMPLES
        sampled = lines.read_text("utf-8").splitlines()[1:-1] if lines.exists() else ()
        samples = [json.loads(line.rstrip(",")) for line in sampled]
        if schema == SCHEMA:
            kept = {"results": content["results"], "curves": curves, "samples": samples}
            found = Findings.from_json(kept)
            if (folder / TRIED).exists():
                found.tried = json.loads((folder / TRIED).read_text("utf-8"))["says"]
            return found
    except (ValueError, KeyError, TypeError) as error:
        raise SpecError(
            "--baseline",
            str(folder),
            f"it cannot be read as a baseline ({type(error).__name__}: {error})",
            "restore it from git, or remove it and run with --update-baseline",
        ) from error
    raise SpecError(
        "--baseline",
        str(folder),
        f"schema {schema} is not {SCHEMA}",
        "use the epochal that wrote it",
    )


def check(folder: Path) -> None:
    """Raises `SpecError` if `update` could not write there, which is best known beforehand."""
    writable(folder, "--baseline")
    if (folder / "verdicts.json").exists():
        load(folder)


def update(
    findings: Findings, claims: Iterable[Claim], folder: Path, replaced: Sequence[str] = ()
) -> list[str]:
    """Takes ``findings`` into the baseline, which keeps what was not run again.

    Seeds are added to a result of equal experiments and rule that learned the same. Where it did
    not, the result with more seeds stays, or the newer one of two that have as many. Results of
    claims that no longer exist, or whose experiments have changed, are dropped.

    Args:
        findings: what was run.
        claims: as they now stand.
        folder: the baseline.
        replaced: patterns of ids whose results are taken as they are, also with fewer seeds.

    Returns:
        What was not taken in, in sentences.
    """
    claims, lines = list(claims), list[str]()
    cases = {(case.claim.id, case.kind): case for claim in claims for case in claim.cases}
    known = load(folder) if (folder / "verdicts.json").exists() else Findings()
    refused = set[str]()
    for found in findings.results.values():
        before, case = known.results.get(found.key), cases.get((found.claim, found.kind))
        named = any(fnmatch(found.claim, pattern) for pattern in replaced)
        if before is None or case is None or named or not _comparable(before, found):
            known.add(found)
        elif found.n and _learned_the_same(before, found):
            known.add(_together(before, found, case, findings.cases))
        elif found.n >= before.n:
            known.add(found)
        else:
            refused |= set(found.experiments.values())
            lines.append(
                f"{found.claim} keeps its {before.n} seeds, which learned differently from these "
                f"{found.n}; --replace-baseline {found.claim} replaces them"
            )
    for key, drawn in findings.curves.items():
        if drawn.experiment in refused and key in known.curves:
            continue
        # A claim that was not run again may have had the same experiment trained further.
        known.curves[key] = drawn.merged(known.curves[key]) if key in known.curves else drawn
    for key, sampled in findings.samples.items():
        if sampled.experiment not in refused:
            known.samples[key] = _sampled(known.samples.get(key), sampled)
    live = {claim.id: claim for claim in claims}
    for key, found in list(known.results.items()):
        if found.claim not in live or not _current(found, live[found.claim]):
            del known.results[key]
    save(known, folder)
    return lines


def add_samples(found: Iterable[Samples], folder: Path) -> None:
    """Takes samples of settings into the baseline, as far as it has nothing of them."""
    known = load(folder)
    for each in found:
        had = known.samples.get(each.key)
        if had is None or len(had.epochs) < len(each.epochs):
            known.samples[each.key] = each
    save(known, folder)


def _sampled(before: Samples | None, found: Samples) -> Samples:
    """``found`` with the seeds that only ``before`` has, if both learned the same."""
    if before is None:
        return found
    common = [seed for seed in found.seeds if seed in before.seeds]
    epochs = [epoch for epoch in found.epochs if epoch in before.epochs]
    same = all(
        name in before.values and before.row(name, seed, epochs) == found.row(name, seed, epochs)
        for name in found.values
        for seed in common
    )
    if not same:
        return found
    longer, other = (found, before) if len(found.epochs) >= len(before.epochs) else (before, found)
    return longer.merged(other)


def _comparable(one: Result, other: Result) -> bool:
    return one.asked == other.asked


def _learned_the_same(one: Result, other: Result) -> bool:
    """Whether every common seed has the same losses; without one, whether the place is the same."""
    sides = [{each["seed"]: each["losses"] for each in side.outcomes} for side in (one, other)]
    common = sides[0].keys() & sides[1].keys()
    if not common:
        return one.environment.get("key") == other.environment.get("key")
    return all(sides[0][seed] == sides[1][seed] for seed in common)


def _together(before: Result, found: Result, case: Case, cases: str) -> Result:
    """All seeds of both, and the verdict that they give together."""
    by_seed = {each["seed"]: each for each in (*before.outcomes, *found.outcomes)}
    if len(by_seed) == found.n:
        return found
    outcomes = [by_seed[seed] for seed in sorted(by_seed)]
    verdict = decided_by(
        case,
        [Outcome(**{name: each[name] for name in each if name != "losses"}) for each in outcomes],
    )
    new = len(by_seed) - before.n
    both = replace(
        found,
        outcomes=outcomes,
        status=verdict.status.value,
        interval=list(map(significant, verdict.interval)) if verdict.interval else None,  # type: ignore[arg-type]
        why=verdict.why,
        fixed=True,
        seconds=round(before.seconds + found.seconds * new / max(found.n, 1), 1),
    )
    return replace(both, repeat=command(both, case.claim, cases))


def _current(found: Result, claim: Claim) -> bool:
    cases = {case.kind: case for case in claim.cases}
    case = cases.get(found.kind)
    return case is not None and all(
        name in case.experiments and case.experiments[name].digest == digest
        for name, digest in found.experiments.items()
    )


def save(findings: Findings, folder: Path) -> None:
    """Writes ``findings`` to ``folder``; each file appears whole or not at all.

    Curves of experiments that no result speaks of any more are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = findings.to_json()
    results = sorted(
        content["results"], key=lambda each: (each["claim"], each["kind"], each["device"])
    )
    for each in results:
        if not each["rule_code"]:
            del each["rule_code"]  # few rules have some
    save_text(folder / "verdicts.json", _readable({"schema": SCHEMA, "results": results}))
    used = {f"{digest}" for each in results for digest in each["experiments"].values()}
    names = set()
    for key, drawn in findings.curves.items():
        if drawn.experiment in used:
            names.add(f"runs-{key}.json")
            curves = content["curves"][list(findings.curves).index(key)]
            if not curves["measured"]:
                del curves["measured"]  # few settings have some
            text = json.dumps(curves, separators=(",", ":"))
            save_text(folder / f"runs-{key}.json", text + "\n")
    rows = [
        json.dumps(e, separators=(",", ":")) for e in content["samples"] if e["experiment"] in used
    ]
    if rows:
        save_text(folder / SAMPLES, "[\n" + ",\n".join(sorted(rows)) + "\n]\n")
    for path in folder.glob("runs-*.json"):
        if path.name not in names:
            path.unlink()


def _readable(content: dict[str, Any]) -> str:
    """JSON with one line for each field, and one for each seed."""
    blocks = []
    for each in content["results"]:
        seeds = ",\n    ".join(json.dumps(outcome) for outcome in each["outcomes"])
        rest = [
            f"   {json.dumps(name)}: {json.dumps(value)}"
            for name, value in each.items()
            if name != "outcomes"
        ]
        rest.append(f'   "outcomes": [\n    {seeds}\n   ]' if seeds else '   "outcomes": []')
        blocks.append("  {\n" + ",\n".join(rest) + "\n  }")
    body = ",\n".join(blocks)
    return f'{{\n "schema": {content["schema"]},\n "results": [\n{body}\n ]\n}}\n'
