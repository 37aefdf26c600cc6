"""The command that a row prints gives the row again."""

import json
import re
import shlex
from pathlib import Path

from epochal.journal.store import Journal
from epochal_testing import sessions
from epochal_testing.sessions import Session

CLAIMS = """
CLAIMS = [
    claim("turned", expected="refuted"),
    claim(
        "reduced", NEVER, tier="full", reduced=Reduced(rule=NEVER, why="early"),
        expected="reproduced",
    ),
    claim("green", expected="reproduced"),
]
"""


def losses(session: Session, journal: str) -> dict[str, list[tuple[int, str]]]:
    return {
        row["claim"]: [(each["seed"], each["losses"]) for each in row["result"]["outcomes"]]
        for row in Journal(session.folder / journal).verdicts()
    }


def test_the_printed_command_repeats_the_row_in_a_folder_with_a_space(tmp_path: Path) -> None:
    folder = tmp_path / "a project"
    folder.mkdir()
    sessions.prepare(folder, CLAIMS.replace("CLAIMS", "from epochal import Reduced\nCLAIMS", 1))
    (folder / "cases").rename(folder / "my cases")
    options = ("--cases", "my cases", "--seeds", "4", "--journal")
    first = sessions.run(folder, *options, "one.sqlite")
    assert first.code == 6, first.text
    page = (folder / "report" / "tiny.md").read_text("utf-8")
    section = first.text.split(" changed verdicts ")[1]
    commands = {line.split("repeat   ")[1] for line in section.splitlines() if "repeat   " in line}
    assert len(commands) == 2
    for command in commands:
        assert f"Repeat it: `{command}`" in page
        words = shlex.split(command)
        assert words[:3] == ["pytest", "bench/", "--claims"]
        assert words[-1] == "--fresh"
        again = sessions.run(folder, *words[2:], "--journal", f"{words[3]}.sqlite")
        [(name, row)] = again.rows().items()
        assert (name.split()[0], row) == (words[3], first.rows()[name])
        [found] = losses(again, f"{words[3]}.sqlite").items()
        assert found in losses(first, "one.sqlite").items()


def test_claims_can_be_named_with_commas_and_again(tmp_path: Path) -> None:
    text = ", ".join(f'claim("{name}")' for name in ("one", "two", "three", "four"))
    sessions.prepare(tmp_path, f"CLAIMS = [{text}]\n")
    options = ("--claims", "one, t*ree", "--claims", "four", "--journal", "j.sqlite")
    assert set(sessions.run(tmp_path, *options).rows()) == {"one", "three", "four"}


def test_a_second_run_draws_nothing_and_imports_little(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, 'CLAIMS = [claim("one"), claim("two", NEVER)]\n')
    assert sessions.run(tmp_path, "--journal", "j.sqlite").code == 0
    figures = {path: path.stat().st_mtime_ns for path in (tmp_path / "report").rglob("*.png")}
    assert len(figures) == 2
    words = sessions.arguments("--journal", "j.sqlite")[1:]
    again = sessions.python(tmp_path, "-X", "importtime", *words)
    assert "journal: reused 3 seeds;" in again.text
    assert {path: path.stat().st_mtime_ns for path in figures} == figures
    imported = set(re.findall(r"\| +(\w+)[\w.]*$", again.text, re.MULTILINE))
    assert "epochal" in imported
    assert not imported & {"matplotlib", "hypothesis"}


def test_what_the_journal_knows_of_claims_that_did_not_run_is_shown_with_its_date(
    tmp_path: Path,
) -> None:
    control = 'control=Control(change="an error that none reaches", rule=NEVER)'
    sessions.prepare(
        tmp_path,
        f'CLAIMS = [claim("one", expected="reproduced", {control}), claim("two", NEVER), '
        'claim("three", tier="full")]\n',
    )
    assert sessions.run(tmp_path, "--journal", "j.sqlite").code == 0
    assert sessions.run(tmp_path, "--journal", "j.sqlite", "--controls").code == 0
    again = sessions.run(tmp_path, "--journal", "j.sqlite", "--claims", "two")
    assert set(again.rows()) == {"two"}
    index = (tmp_path / "report" / "index.md").read_text("utf-8")
    assert "1 not run here. 1 from an earlier session." in index
    rows = {
        line.split("]")[0].strip("|[ "): line for line in index.splitlines() if "](tiny" in line
    }
    assert "**reproduced**<br>judged on 20" in rows["one"]
    assert "judged on" not in rows["two"]
    page = (tmp_path / "report" / "tiny.md").read_text("utf-8")
    assert (
        "**Control.** an error that none reaches: refuted, 0 of 3 seeds hold, judged on 20" in page
    )


def test_the_history_tells_the_command_and_what_was_trained(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, 'CLAIMS = [claim("one", NEVER, expected="reproduced")]\n')
    (tmp_path / "cases").rename(tmp_path / "my cases")
    options = ("--cases", "my cases", "--seeds", "3", "--journal", "a.sqlite")
    first = sessions.run(tmp_path, *options)
    assert sessions.run(tmp_path, *options).code == 6
    command = "pytest bench/ --claims one --cases 'my cases' --seeds 3 --fresh"
    assert f"repeat   {command}\n" in first.text
    words = ("history", "one", "--journal", "a.sqlite")
    told = sessions.epochal(tmp_path, *words).text
    assert told.rstrip().endswith(f"repeat the last one: {command}")
    found = json.loads(sessions.epochal(tmp_path, *words, "--json").text)
    assert [(row["trained"], row["repeat"]) for row in found["verdicts"]] == [
        (3, command),
        (0, command),
    ]
