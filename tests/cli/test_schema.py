"""What ``--json`` prints and what a baseline holds, against docs/schema.json."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from epochal_testing import sessions
from epochal_testing.schema import SCHEMA, check

BASELINE = sessions.ROOT / "reports" / "baseline"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which claims were judged."""
    made = sessions.prepare(tmp_path_factory.mktemp("json"), sessions.EVERY_STANDING)
    sessions.run(made, "--update-baseline", "--baseline", "one", "--journal", "j.sqlite")
    return made


JOURNAL = ("--journal", "j.sqlite")
COMMANDS = [
    ("list",),
    ("show", "fits"),
    ("plan", "--on", "2xcpu,1xH100", *JOURNAL),
    ("history", *JOURNAL),
    ("history", "fits", *JOURNAL),
    ("history", "--environments", *JOURNAL),
    ("journal", *JOURNAL),
    ("journal", "--prune", *JOURNAL),
    ("journal", "--adopt", *JOURNAL),
    ("report", *JOURNAL),
    ("explain", "fits", *JOURNAL),
    ("compare", "one", "j.sqlite"),
    (
        "try",
        "--target",
        "x**2",
        "--range",
        "-1",
        "1",
        "--points",
        "30",
        "--repeat",
        "3x9,9+9",
        *JOURNAL,
    ),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_what_a_command_prints_fits_its_schema(folder: Path, words: tuple[str, ...]) -> None:
    ended = sessions.epochal(folder, *words, "--json")
    printed = json.loads(ended.text[ended.text.index("{") :])
    assert next(iter(printed)) == "schema"
    check(printed, words[0])


def test_every_command_with_json_has_a_schema() -> None:
    page = (sessions.ROOT / "docs" / "commands.md").read_text("utf-8")
    parts = page.split("\n## `epochal ")[1:]
    commands = {part.split("`")[0] for part in parts if "`--json`" in part.split("\n## ")[0]}
    assert commands == {words[0] for words in COMMANDS} | {"ab", "better"}
    assert commands <= SCHEMA["$defs"].keys()


def test_the_committed_baseline_fits_its_schema() -> None:
    for path in sorted(BASELINE.glob("*.json")):
        name = "runs.json" if path.name.startswith("runs-") else path.name
        check(json.loads(path.read_text("utf-8")), name)
