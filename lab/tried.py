"""What ``epochal try`` says of the questions of the claims, for their page."""

import json
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

from epochal.claims.folder import load
from epochal.diagnosis.asked import of_claim
from epochal.diagnosis.diagnose import answer
from epochal.diagnosis.words import summary
from epochal.files import save
from epochal.gate.baseline import TRIED

__all__ = ["ask"]

SCHEMA = 1


def ask(cases: Path, folder: Path, pattern: str = "*") -> Iterator[str]:
    """Ask about the setting of each part that names one, and keep the answers in ``folder``.

    Yields:
        A line for each: its name, the seconds until each section, and its symptoms.
    """
    claims = {claim.id: claim for claim in load(cases)}
    sources = {claim.source.key: claim.source for claim in claims.values()}.values()
    path = folder / TRIED
    known = json.loads(path.read_text("utf-8"))["says"] if path.exists() else {}
    for name in [part.tried for source in sources for part in source.parts if part.tried]:
        if not fnmatchcase(name, pattern):
            continue
        claim, _, arm = name.partition(":")
        began, passed = time.perf_counter(), list[float]()
        with TemporaryDirectory() as fresh:
            found = answer(
                of_claim(claims[claim], arm),
                journal=Path(fresh) / "journal.sqlite",
                cases=cases,
                say=lambda part: passed.append(time.perf_counter() - began),  # noqa: B023
            )
        known[name] = summary(found)
        save(
            path, json.dumps({"schema": SCHEMA, "says": known}, indent=1, ensure_ascii=False) + "\n"
        )
        seconds = ", ".join(f"{each:.1f}" for each in passed)
        yield f"{name}: {seconds} s; {', '.join(found.symptoms) or 'no symptom'}"
