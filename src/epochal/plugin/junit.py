"""The JUnit file: a changed verdict, an undecided and a broken one are three kinds of thing."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Collection
from pathlib import Path
from xml.etree.ElementTree import Element

from epochal.claims.verdicts import Standing
from epochal.files import save

__all__ = ["mark"]

CHANGED = "verdict changed"

COUNTS = {"failure": "failures", "error": "errors", "skipped": "skipped"}
"""What a suite counts of its cases."""


def mark(path: Path, moved: Collection[str] = (), unsettled: Collection[str] = ()) -> None:
    """Gives each case of the file at ``path`` the element of its standing, and counts anew.

    A changed verdict is a failure of the type ``verdict changed``, a broken claim an error, an
    undecided one an error where that is red, and skipped where it is not.

    Args:
        path: what pytest wrote with ``--junit-xml``.
        moved: claims whose verdict changed against the baseline.
        unsettled: undecided claims that are red.
    """
    tree = ElementTree.parse(path)
    for case in tree.iter("testcase"):
        properties = {str(e.get("name")): str(e.get("value")) for e in case.iter("property")}
        claim, standing = properties.get("claim"), properties.get("standing")
        if claim in moved or standing == Standing.CHANGED:
            _put(case, "failure", CHANGED, properties)
        elif standing == Standing.BROKEN:
            _put(case, "error", Standing.BROKEN, properties)
        elif standing == Standing.UNDECIDED:
            red = claim in unsettled
            _put(case, "error" if red else "skipped", Standing.UNDECIDED, properties)
    for suite in tree.iter("testsuite"):
        for tag, count in COUNTS.items():
            having = [case for case in suite.iter("testcase") if case.find(tag) is not None]
            suite.set(count, str(len(having)))
    save(path, ElementTree.tostring(tree.getroot(), encoding="utf-8", xml_declaration=True))


def _put(case: Element, tag: str, kind: str, shown: dict[str, str]) -> None:
    """Makes what the case has, or a new element, into ``tag`` of the type ``kind``."""
    found = next((each for each in case if each.tag in COUNTS), None)
    if found is None:
        found = ElementTree.SubElement(case, tag)
        found.set("message", f"{shown['verdict']}, expected {shown['expected']}, {shown['seeds']}")
    found.tag = tag
    found.set("type", kind)
