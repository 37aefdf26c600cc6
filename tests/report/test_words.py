"""Words that our own text must not use: in messages, help, claims, pages and documents."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BANNED = re.compile(
    r"\b(anew|gone on|goes on|told|as it were|so many|comes of|has it that|thrown about|by now|"
    r"glance|sitting|quadruple|benign|to and fro|all the same|out of account)\b"
)
FORMER = ("glance", "spread")
"""Former names of commands."""

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """The string literals of a module that are no docstrings: what its users see."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docs:
            value = node.value
            if isinstance(value, str) and value not in FORMER:
                yield node.lineno, value


def test_our_messages_use_plain_words() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for folder in ("src", "cases")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in strings(path)
        if BANNED.search(text)
    ]
    assert not found


@pytest.mark.parametrize("page", PAGES, ids=[each.name for each in PAGES])
def test_our_documents_use_plain_words(page: Path) -> None:
    found = [line for line in page.read_text("utf-8").splitlines() if BANNED.search(line)]
    assert not found
