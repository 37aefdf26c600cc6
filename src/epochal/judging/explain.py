"""Why stored runs are used or not: for one claim, and for the runs of a session."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from epochal.claims.case import Case
from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Training
from epochal.identity.digest import specification
from epochal.identity.usable import Refusal, Wanted, usable
from epochal.journal.store import Journal
from epochal.journal.units import Session, Unit

__all__ = ["Explained", "explain", "not_reused"]

MOST_FIELDS = 3
"""How many fields of a changed setting are named."""

Facts = Callable[[Experiment | Training], Mapping[str, str]]


@dataclass(frozen=True)
class Explained:
    """Stored runs of one setting that are used, or refused, for the same reason.

    Attributes:
        setting: its name in the claim.
        kind: ``full``, ``reduced`` or ``control``.
        digest: of the setting with which they were trained.
        seeds: of the runs, sorted.
        epochs: how far the shortest of them goes.
        refusal: why they are not used; None if they are.
    """

    setting: str
    kind: str
    digest: str
    seeds: tuple[int, ...]
    epochs: int
    refusal: Refusal | None

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "case": self.kind,
            "setting": self.setting,
            "digest": self.digest,
            "seeds": list(self.seeds),
            "epochs": self.epochs,
            "used": self.refusal is None,
            "why": "" if self.refusal is None else str(self.refusal),
        }


def explain(journal: Journal, case: Case, facts: Facts) -> Iterator[Explained]:
    """Yield what the journal holds of each setting of ``case``, and whether it would be used.

    Args:
        journal: where the runs are.
        case: what would be judged.
        facts: gives the environment in which a setting would be trained now.
    """
    rows, environments = journal.contents(), journal.environments()
    for name, epochs in case.horizons.items():
        setting = case.experiments[name]
        wanted = Wanted(epochs, case.looked_at(name), facts=facts(setting))
        groups = defaultdict[tuple[str, Refusal | None], list[tuple[int, int]]](list)
        for digest, changed in _digests(journal, case, name, setting):
            for row in (each for each in rows if each["experiment"] == digest):
                where = environments.get(row["environment"], {})
                refused = changed or _refusal(journal, row, wanted, where)
                groups[digest, refused].append((row["seed"], row["epochs_done"]))
        for (digest, refusal), found in groups.items():
            seeds = tuple(sorted({seed for seed, _ in found}))
            yield Explained(name, case.kind, digest, seeds, min(e for _, e in found), refusal)


def _refusal(
    journal: Journal, row: Mapping[str, Any], wanted: Wanted, facts: Mapping[str, str]
) -> Refusal | None:
    stored = journal.row(Unit(row["experiment"], row["seed"], row["environment"]))
    if stored is None:  # it was dropped meanwhile
        return Refusal("gone")
    return usable(stored, wanted, facts)


def _digests(
    journal: Journal, case: Case, name: str, setting: Experiment | Training
) -> Iterator[tuple[str, Refusal | None]]:
    """The setting's digest, and those that it had in earlier verdicts, with what has changed."""
    yield setting.digest, None
    kind = (case.claim.id, case.kind)
    earlier = [
        row["result"]["experiments"].get(name)
        for row in journal.verdicts(case.claim.id)
        if (row["claim"], row["kind"]) == kind
    ]
    for digest in dict.fromkeys(filter(None, reversed(earlier))):
        if digest != setting.digest:
            yield digest, _changed(journal.specification(digest), specification(setting))


def _changed(was: str, now: str) -> Refusal:
    """What differs between two specifications, field by field."""
    if not was:  # it was never stored
        return Refusal("the setting changed")
    (old, old_code), (new, new_code) = _parts(was), _parts(now)
    changes = [
        f"{name} {_short(old.get(name))} → {_short(new.get(name))}"
        for name in dict.fromkeys([*new, *old])
        if old.get(name) != new.get(name)
    ]
    changes += [
        f"own code of {name}"
        for name in dict.fromkeys([*new_code, *old_code])
        if old_code.get(name) != new_code.get(name)
    ]
    more = [f"{len(changes) - MOST_FIELDS} more"] if len(changes) > MOST_FIELDS else []
    return Refusal("the setting changed", ", ".join([*changes[:MOST_FIELDS], *more]))


def _parts(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of a specification by their paths, and the own code that it reaches by name."""
    value = json.loads(text)
    fields, code = value if isinstance(value, list) else (value, {})
    return dict(_flat(fields)), code


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a specification by its path."""
    inner: Iterable[tuple[object, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list) and all(_is_named(each) for each in value):
        inner = value
    elif isinstance(value, list):
        inner = enumerate(value)
    else:
        yield path, value
    for key, each in inner:
        yield from _flat(each, ".".join(filter(None, (path, str(key)))))


def _is_named(value: Any) -> bool:
    """Whether it is a name with a value, such as an optimizer's argument."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def _short(value: Any) -> str:
    # A field is stored only where it is not at its default.
    text = "its default" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:38]} …"


def not_reused(journal: Journal, session: Session) -> Counter[str]:
    """Count runs that ``session`` trained from epoch 0 though one was stored, by the reason.

    A stored run counts for the same setting and seed on the same kind of device; a session that
    trains everything afresh asked for it, and has none.
    """
    if session.fresh:
        return Counter()
    rows, environments = journal.contents(), journal.environments()
    before = defaultdict[tuple[str, int, str | None], list[dict[str, Any]]](list)
    for row in rows:
        if row["session"] != session.id:
            device = environments.get(row["environment"], {}).get("device")
            before[row["experiment"], row["seed"], device].append(row)
    found = Counter[str]()
    for row in rows:
        if row["session"] == session.id and not row["began"]:
            facts = environments.get(row["environment"], {})
            older = before[row["experiment"], row["seed"], facts.get("device")]
            if older:
                last = older[-1]
                where = environments.get(last["environment"], {})
                refusal = _refusal(journal, last, Wanted(facts=facts), where)
                if refusal is not None:
                    found[refusal.reason] += 1
    return found
