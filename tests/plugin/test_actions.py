"""What GitHub is told: annotations and a step summary."""

import re
from pathlib import Path

import pytest

from epochal_testing import sessions

CLAIMS = """
CLAIMS = [
    claim("fits", expected="reproduced"),
    claim("changed", expected="refuted"),
    claim("unsettled", bounds=Bounds(max_seeds=2), expected="reproduced"),
]
"""


def test_what_is_red_is_annotated_and_the_gate_summed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sessions.prepare(tmp_path, CLAIMS)
    sessions.run(folder, "--update-baseline", "--baseline", "baseline")
    path = folder / "baseline" / "verdicts.json"
    text = re.sub(
        '"claim": "fits"(.*?)"reproduced"',
        r'"claim": "fits"\1"refuted"',
        path.read_text("utf-8"),
        flags=re.S,
    )
    path.write_text(text)
    summary = folder / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    ended = sessions.run(folder, "--gate", "--baseline", "baseline", "--junitxml", "junit.xml")
    assert ended.code == 6, ended.text
    for line in (
        "::error title=verdict changed%3A changed::reproduced 3 of 3, expected refuted",
        "::warning title=verdict undecided%3A unsettled::",
        "::error title=verdict changed%3A fits::refuted in the baseline, now reproduced",
    ):
        assert line in ended.text
    told = summary.read_text("utf-8")
    assert "## Claims: 3 judged" in told
    assert "| fits" in told
    assert "**verdict changed**" in told
    # A verdict that moved against the baseline is a failure, though it is the expected one.
    junit = (folder / "junit.xml").read_text("utf-8")
    first = r'name="test_claim\[fits\]".*?<failure [^>]*type="verdict changed"'
    assert re.search(first, junit, re.S)
    assert junit.count("<failure ") == 2


def test_nobody_else_is_told(tmp_path: Path) -> None:
    folder = sessions.prepare(tmp_path, 'CLAIMS = [claim("changed", expected="refuted")]\n')
    assert "::error" not in sessions.run(folder).text
