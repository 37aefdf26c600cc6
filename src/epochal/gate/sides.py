"""What a person names to have it compared: a journal, a baseline, or an environment."""

from collections.abc import Mapping
from pathlib import Path

from epochal.errors import JournalError, SpecError
from epochal.gate import baseline
from epochal.journal.store import Journal
from epochal.judging.result import Result

__all__ = ["existing", "named", "side"]


def side(name: str, journal: Path) -> list[Result]:
    """The results that ``name`` stands for.

    Args:
        name: a baseline's folder, a journal's file, or an environment as `named` takes it.
        journal: the journal in which an environment is looked for.

    Raises:
        SpecError: it is none of these.
    """
    path = Path(name)
    if path.is_dir():
        return list(baseline.load(path).results.values())
    if path.is_file():
        return [Result(**row["result"]) for row in existing(path).latest()]
    found = existing(journal)
    return [Result(**row["result"]) for row in found.latest(named(name, found))]


def existing(path: Path) -> Journal:
    """The journal at ``path``; raises `JournalError` if there is none."""
    if not path.exists():
        rule, step = "there is no such file", "run pytest bench/ first, or name another"
        raise JournalError("--journal", str(path), rule, step)
    return Journal(path)


def named(name: str, journal: Journal) -> list[str]:
    """The reuse keys of the environments that ``name`` stands for.

    ``name`` is the beginning of a key, or facts such as ``torch=2.13.0`` or
    ``device=cuda,torch=2.15``, each with the beginning of its value.

    Raises:
        SpecError: no environment of the journal is called that.
    """
    known = journal.environments()
    found = [key for key, facts in known.items() if _is(name, key, facts)]
    if found:
        return found
    fields = dict.fromkeys(field for facts in known.values() for field in facts)
    shown = ", ".join(sorted(fields)) or "none yet"
    raise SpecError(
        "environment",
        name,
        f"no file, and no environment of {journal.path} is called that",
        f"see epochal history --environments, and give a key or FIELD=VALUE (fields: {shown})",
    )


def _is(name: str, key: str, facts: Mapping[str, str]) -> bool:
    if "=" not in name:
        return len(name) >= 4 and key.startswith(name)
    asked = [part.partition("=") for part in name.split(",")]
    return all(facts.get(field.strip(), "").startswith(value) for field, _, value in asked)
