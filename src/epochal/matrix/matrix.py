"""The same claims under several versions of torch: which bits changed, and how far errors moved.

Read from one journal, to which each version's environment has added its rows under its own key.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from epochal.ab.stored import Kept, kept
from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.errors import SpecError, nearest
from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal.judging.result import rule_code
from epochal.matrix.smoke import EPOCHS, Trace, shortened, trace

__all__ = ["Matrix", "Row", "matrix", "version"]

OWN = ("torch", "torch build", "cuda", "rocm", "numpy", "engine own net")
"""The facts of an environment that another torch may bring; in all others it has to be the same.
The last is of what a claim's own net gives before training."""

SPLIT = "+"
"""What follows names the build of a version: the same sources for another CPU or CUDA."""


@dataclass(frozen=True)
class Row:
    """One case under each version of torch.

    Attributes:
        case: the case.
        traces: of the first epochs.
        verdicts: the verdict's word with ``k/n``, where the case was judged.
    """

    case: Case
    traces: Mapping[str, Trace]
    verdicts: Mapping[str, str] = field(default_factory=dict)

    def letters(self, versions: Sequence[str]) -> dict[str, str]:
        """Return a letter for each version that ran: equal letters, equal bits."""
        known: dict[str, str] = {}
        found = {}
        for each in versions:
            if each in self.traces:
                losses = self.traces[each].losses
                found[each] = known.setdefault(losses, chr(ord("A") + len(known)))
        return found

    def ratio(self, one: str, other: str) -> float | None:
        """The error under ``other`` over that under ``one``; None where one is not known."""
        errors = [self.traces[each].mse if each in self.traces else None for each in (one, other)]
        if None in errors or not errors[0]:
            return None
        return errors[1] / errors[0]  # type: ignore[operator]


@dataclass(frozen=True)
class Matrix:
    """Cases by versions.

    Attributes:
        versions: oldest first.
        pinned: the one that the others are held against.
        rows: a row a case.
        facts: of each version the facts that it may differ in, and those that all share under "".
        epochs: how many epochs were looked at.
        tier: the tier that the rows are of.
        warnings: of each version what Python warned of in its trainings.
        times: of each claim that was timed, by version, the last timing of an epoch over one of
            the pinned version.
    """

    versions: tuple[str, ...]
    pinned: str
    rows: tuple[Row, ...]
    facts: Mapping[str, Mapping[str, str]]
    epochs: int
    tier: str
    warnings: Mapping[str, Sequence[str]]
    times: Mapping[str, Mapping[str, Kept]]

    def to_json(self) -> dict[str, Any]:
        """As JSON values; letters, ratios and verdicts by version."""
        rows = [
            {
                "claim": row.case.id,
                "kind": row.case.kind,
                "bits": row.letters(self.versions),
                "ratios": {each: row.ratio(self.pinned, each) for each in row.traces},
                "verdicts": dict(row.verdicts),
            }
            for row in self.rows
        ]
        record: dict[str, Any] = {"versions": list(self.versions), "pinned": self.pinned}
        record["facts"] = dict(self.facts)
        record |= {"tier": self.tier, "epochs": self.epochs, "warnings": dict(self.warnings)}
        times = {
            claim: {each: asdict(timing) for each, timing in timings.items()}
            for claim, timings in self.times.items()
        }
        return {**record, "times": times, "claims": rows}

    def changed(self, one: str, other: str) -> list[Row]:
        """The rows whose bits differ between two versions that both have seen."""
        both = [row for row in self.rows if one in row.traces and other in row.traces]
        return [row for row in both if row.traces[one].losses != row.traces[other].losses]


def version(facts: Mapping[str, str]) -> str:
    """The version of torch that an environment has, without its build."""
    return facts.get("torch", "").partition(SPLIT)[0]


def matrix(
    journal: Journal,
    claims: Iterable[Claim],
    pinned: str | None = None,
    tier: str = "quick",
    device: str = "cpu",
    epochs: int = EPOCHS,
) -> Matrix:
    """What ``journal`` knows of the claims of ``tier`` under each version of torch.

    Args:
        journal: the rows.
        claims: the claims as they now stand.
        pinned: the version that the others are held against; the newest where it is left out.
        tier: the tier whose cases are set side by side.
        device: ``cpu`` or ``cuda``.
        epochs: how many epochs of the first seed.

    Raises:
        SpecError: fewer than two versions were seen, or ``pinned`` is none of them.
    """
    known = {k: f for k, f in journal.environments().items() if f.get("device") == device}
    stored = _stored(journal, known)
    cases = [case for each in claims if (case := each.case(tier)) is not None]
    rows, used = [], set[str]()
    for case in cases:
        first = shortened(case, epochs)
        found = _keys(first, stored, known)
        used |= {key for keys in found.values() for key in keys}
        shown = {name: _read(journal, first, keys) for name, keys in found.items()}
        rows.append(Row(case, shown, _verdicts(journal, case, known)))
    versions = sorted({each for row in rows for each in row.traces}, key=_order)
    if len(versions) < 2:
        rule = f"{journal.path} knows these claims under {', '.join(versions) or 'no torch'} alone"
        raise SpecError("--matrix", device, rule, "run tox -m matrix, or epochal smoke, under each")
    against = versions[-1] if pinned is None else pinned
    if against not in versions:
        step = nearest(against, versions)
        raise SpecError("--pinned", against, "no run with this version is stored", step)
    return Matrix(
        versions=tuple(versions),
        pinned=against,
        rows=tuple(row for row in rows if row.traces),
        facts=_facts(known, used),
        epochs=epochs,
        tier=tier,
        warnings=_warnings(journal, {key: version(known[key]) for key in used}),
        times=_times(journal, cases, device, against, versions),
    )


def _order(name: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in name.split(".")[:3])


Stored = Mapping[tuple[str, int], Mapping[str, tuple[float, int]]]
"""By experiment and seed: of each key when the row was finished, and how far it goes."""


def _stored(journal: Journal, known: Mapping[str, Mapping[str, str]]) -> Stored:
    found: dict[tuple[str, int], dict[str, tuple[float, int]]] = defaultdict(dict)
    for row in journal.contents():
        if row["environment"] in known:
            progress = row["finished"], row["epochs_done"]
            found[row["experiment"], row["seed"]][row["environment"]] = progress
    return found


def _keys(
    case: Case, stored: Stored, known: Mapping[str, Mapping[str, str]]
) -> dict[str, list[str]]:
    """Of each version that has all of ``case`` the keys of its settings, in their order.

    Of each setting the rows count whose environments differ in torch alone, and of several such
    groups the one with the most versions, then the latest.
    """
    by_version: dict[str, list[str]] = defaultdict(list)
    for name, epochs in case.horizons.items():
        groups: dict[str, dict[str, tuple[float, str]]] = defaultdict(dict)
        unit = case.experiments[name].digest, case.claim.first_seed
        for key, (finished, done) in stored.get(unit, {}).items():
            if done >= epochs:
                group, name_of = groups[_rest(known[key])], version(known[key])
                group[name_of] = max(group.get(name_of, (0.0, "")), (finished, key))
        best = max(groups.values(), key=lambda each: (len(each), max(each.values())), default={})
        for each, (_, key) in best.items():
            by_version[each].append(key)
    return {name: keys for name, keys in by_version.items() if len(keys) == len(case.horizons)}


def _rest(facts: Mapping[str, str]) -> str:
    return repr(sorted((name, value) for name, value in facts.items() if name not in OWN))


def _read(journal: Journal, case: Case, keys: Sequence[str]) -> Trace:
    runs = {}
    for (name, epochs), key in zip(case.horizons.items(), keys, strict=True):
        unit = Unit(case.experiments[name].digest, case.claim.first_seed, key)
        runs[name] = journal.runs(unit).until(epochs)
    return trace(runs)


def _verdicts(
    journal: Journal, case: Case, known: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """Of each version the last verdict on ``case`` as it now stands."""
    found = {}
    digests = {name: case.experiments[name].digest for name in case.horizons}
    for row in journal.verdicts(case.claim.id):
        stored, facts = row["result"], known.get(row["environment"])
        asked = stored["experiments"], stored["rule"], stored.get("rule_code", "")
        same = asked == (digests, case.rule.describe(), rule_code(case.rule))
        if facts is not None and same and stored["kind"] == case.kind:
            k = sum(each["holds"] for each in stored["outcomes"])
            found[version(facts)] = f"{stored['status']} {k}/{len(stored['outcomes'])}"
    return found


def _warnings(journal: Journal, versions: Mapping[str, str]) -> dict[str, list[str]]:
    """What was warned of under the keys of ``versions``, by version, each once."""
    found: dict[str, list[str]] = {each: [] for each in versions.values()}
    for note in journal.notes(kind="warned"):
        texts = found.get(versions.get(note["environment"], ""))
        if texts is not None and note["text"] not in texts:
            texts.append(note["text"])
    return found


def _times(
    journal: Journal, cases: Iterable[Case], device: str, pinned: str, versions: Sequence[str]
) -> dict[str, dict[str, Kept]]:
    """The last timing of each claim's setting, as it now stands, under each of ``versions``."""
    digests = {case.claim.id: [e.digest for e in case.experiments.values()] for case in cases}
    found: dict[str, dict[str, Kept]] = defaultdict(dict)
    for each in kept(journal):
        a, b = version(each.a), version(each.b)
        known = each.setting in digests.get(each.claim, ()) and each.device == device
        known &= each.a.get("python") == each.b.get("python")
        if known and each.is_same_code and a == pinned and b in versions and b != pinned:
            found[each.claim][b] = each
    return dict(found)


def _facts(
    known: Mapping[str, Mapping[str, str]], used: Iterable[str]
) -> dict[str, dict[str, str]]:
    """The facts of the environments that were used, by version, and what they share under ""."""
    grouped: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for key in used:
        for name, value in known[key].items():
            if not name.startswith("engine"):
                grouped[version(known[key]) if name in OWN else ""][name].add(value)
    return {
        each: {name: ", ".join(sorted(values)) for name, values in facts.items()}
        for each, facts in grouped.items()
    }
