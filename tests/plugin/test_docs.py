"""The documents: commands that exist, links that lead somewhere, short sentences."""

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from epochal import Bounds, Looks, StaysAbove, judge, share
from epochal.claims.folder import load
from epochal.claims.statistics import probabilities
from epochal.cli.parser import make_parser as epochal_parser
from epochal.diagnosis.changes import CHANGES
from epochal.diagnosis.static import STATIC
from epochal.diagnosis.trained import TRAINED
from epochal.notebook.judge import Verdict
from epochal.plugin.options import add
from epochal_testing import sessions, synthetic
from epochal_testing.settings import TINY
from lab.__main__ import make_parser as lab_parser
from lab.commands_page import _Options, commands_page

ROOT = sessions.ROOT
README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "cases" / "README.md", ROOT / "lab" / "README.md"]
PAGES += DOCS
PROSE = [README, *(each for each in DOCS if each.name != "commands.md")]

MOST_WORDS = 25
PYTEST = ("-n", "-x", "-q", "-p", "-k", "--junit-xml", "--strict", "--pdb", "--maxfail")


def ids(pages: list[Path]) -> list[str]:
    return [str(each.relative_to(ROOT)) for each in pages]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command of the documents, with its words, by its page."""
    for page in PAGES:
        text = page.read_text("utf-8")
        lines = re.findall(r"^    (\S.*)$", text, re.MULTILINE) + re.findall(r"`([^`\n]+)`", text)
        for line in lines:
            words = re.split(r"\s+#|\s{2,}", line.strip())[0]
            if re.match(r"(epochal|pytest bench/|python -m lab) \S", words) and "…" not in words:
                yield f"{page.name}: {words}", shlex.split(words)


COMMANDS, COMMANDS_PAGE = dict(commands()), commands_page()


def test_the_readme_is_one_page() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 90


def test_the_page_of_commands_is_what_the_parsers_have() -> None:
    assert (ROOT / "docs" / "commands.md").read_text("utf-8") == COMMANDS_PAGE


def test_the_readme_counts_what_the_report_counts() -> None:
    counts = re.search(
        r"(\d+) claims from \d+ sources: (\d+) reproduced, (\d+) refuted, (\d+) undecided, "
        r"(\d+) estimated, (\d+) not run here",
        (ROOT / "reports" / "index.md").read_text("utf-8"),
    )
    assert counts is not None
    every, reproduced, refuted, undecided, estimated, left = counts.groups()
    text = " ".join(README.read_text("utf-8").split())
    assert f"Of {every} claims {reproduced} were reproduced, {refuted} refuted" in text
    rest = f"{estimated} are estimates, {undecided} are undecided, and {left} have not run"
    assert rest in text


def test_the_page_of_verdicts_has_the_rates_that_the_test_has() -> None:
    text = (ROOT / "docs" / "verdicts.md").read_text("utf-8")
    rows = re.findall(r"^\| (0\.\d+) \| (.*) \|$", text, re.MULTILINE)
    assert len(rows) == 7
    for held, cells in rows:
        holds, fails, open_, seeds = probabilities(Bounds(), float(held))
        assert cells == f"{holds:.1%} | {fails:.1%} | {open_:.1%} | {seeds:.1f}"
        if f"| {share} |" in README.read_text("utf-8"):
            assert f"| {share} | {cells} |" in README.read_text("utf-8")
    looks = [str(each) for each in Looks().seeds]
    assert f"after {', '.join(looks[:-1])} and {looks[-1]} seeds" in text
    assert f"at most {Bounds().max_seeds} seeds" in text


def test_many_commands_are_found() -> None:
    assert len(COMMANDS) > 60


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_of_the_documents_is_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = COMMANDS[name]
    if words[0] == "pytest":
        options = _Options()
        add(options)  # type: ignore[arg-type]
        _, rest = options.parser.parse_known_args(words[1:])
        flags = [each.partition("=")[0] for each in rest if each.startswith("-")]
        assert not [each for each in flags if each not in PYTEST], rest
    else:
        parser, words = (
            (lab_parser(), words[3:]) if words[0] == "python" else (epochal_parser(), words[1:])
        )
        if len(words) > 1:
            parser.parse_known_args(words)
        else:  # its name alone
            assert words[0] == "--help" or f"{words[0]}`\n" in COMMANDS_PAGE


def test_a_claim_that_a_document_names_is_there() -> None:
    known = {claim.id for claim in load(ROOT / "cases")}
    named = {
        each
        for words in COMMANDS.values()
        for each in words
        if re.match(r"(thread|b19|sentinel|questions)-[\w-]+$", each)
    }
    assert named
    assert named <= known


def anchors(path: Path) -> set[str]:
    text = path.read_text("utf-8")
    found = set(re.findall(r'<a id="([^"]+)"', text))
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=ids(PAGES))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", page.read_text("utf-8"))):
        if target.startswith(("http", "mailto")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


def sentences(text: str) -> Iterator[str]:
    """The sentences of the prose: no code, tables, headings or addresses."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    kept = [line for line in text.splitlines() if not re.match(r"\s{4}|\||#|!", line)]
    text = re.sub(r"\]\([^)]*\)|<http[^>]*>", "]", "\n".join(kept))
    text = re.sub(r"`[^`]*`", "code", text)
    for block in re.split(r"\n\s*\n|\n(?=- |\d\. )", text):
        yield from re.split(r"(?<=[.!?:])\s+", " ".join(block.split()))


@pytest.mark.parametrize("page", PROSE, ids=ids(PROSE))
def test_no_sentence_is_long(page: Path) -> None:
    long = [each for each in sentences(page.read_text("utf-8")) if len(each.split()) > MOST_WORDS]
    assert not long


def python_in(page: str, which: int = 1) -> str:
    """An example in Python on a page of the documentation, the first one if no other is asked."""
    return (ROOT / "docs" / page).read_text("utf-8").split("```python\n")[which].split("```")[0]


def test_the_example_of_a_net_that_does_not_fit_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(python_in("my-net-does-not-fit.md").replace("epochs=1000", "epochs=5"), {})
    page = (ROOT / "docs" / "my-net-does-not-fit.md").read_text("utf-8")
    head, *rows, last = capsys.readouterr().out.splitlines()
    assert head.replace("epoch 5 ", "epoch 1000 ") in page
    assert all(row.split(maxsplit=2)[2] in page for row in rows)  # of the constant and the line
    assert last.partition(":")[0] in page
    assert (tmp_path / "mine.png").exists()


def test_the_example_of_a_verdict_in_a_notebook_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"claim": synthetic.claim(StaysAbove(epoch=3, mse_above=1e-3), experiments=TINY)}
    exec(python_in("first-claim.md"), names)
    assert isinstance(names["verdict"], Verdict)
    assert (tmp_path / "claim.png").exists()


def test_the_example_of_a_quantity_of_ones_own_runs() -> None:
    names: dict[str, Any] = {}
    exec(python_in("rules.md"), names)
    assert names["rule"].describe() == "spread of the net > 0.5 by epoch 800"
    verdict = judge(synthetic.claim(replace(names["rule"], epoch=3), experiments=TINY), seeds=3)
    assert verdict.status == "refuted", str(verdict)


def test_the_example_of_a_condition_of_ones_own_runs() -> None:
    names: dict[str, Any] = {}
    exec(python_in("rules.md", 2), names)
    assert names["rule"].describe() == "share(ω = 4) outside (0.4, 0.6) by epoch 800"
    rule = replace(names["rule"], condition=replace(names["rule"].condition, quantity=share(2)))
    verdict = judge(synthetic.claim(replace(rule, epoch=3), experiments=TINY), seeds=3)
    assert verdict.status == "reproduced", str(verdict)


def test_the_example_of_a_measure_of_ones_own_runs() -> None:
    names: dict[str, Any] = {}
    exec(python_in("settings.md"), names)
    rule = replace(names["rule"], epoch=3)
    verdict = judge(synthetic.claim(rule, experiments=names["setting"]), seeds=3)
    assert verdict.status in ("reproduced", "refuted", "undecided"), str(verdict)
    [number] = verdict.outcomes[0]["numbers"]
    assert number == "mean output"


ELSEWHERE = ("ab", "bench", "better", "compare", "init", "smoke", "tolerances", "try")
"""Commands that train, that compare two versions of torch, or that begin another project."""

PLACEHOLDER = re.compile(r"\b[A-Z]{2,}\b|\|")
"""A word to be replaced, as in ``--claims ID``."""

UNIQUE = {" ".join(words): words for words in COMMANDS.values()}
STORED = [
    words
    for text, words in UNIQUE.items()
    if words[0] == "epochal"
    and words[1] not in ELSEWHERE
    and (len(words) > 2 or words[1] not in ("show", "explain", "film", "card"))
    and not PLACEHOLDER.search(text)
]
TRAINING = [
    words
    for text, words in UNIQUE.items()
    if words[0] == "pytest" and "--device" not in words and not PLACEHOLDER.search(text)
]
"""Collected only: most of them train for minutes."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The claims, the first example of cases/README.md, and a journal with a verdict."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("bench", "cases"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "reports").symlink_to(ROOT / "reports")
    example = (
        (ROOT / "cases" / "README.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
    )
    control = 'control=Control(change="none", rule=FitsBy(epoch=1, mse_below=0.001)),'  # step 3
    example = f"from epochal import Control\n{example}".replace("\n    )\n]", f"\n{control})\n]")
    (folder / "cases" / "blog.py").write_text(example)
    judged = sessions.run(folder, "--claims", "b19-eig-nobias,blog-*", "--seeds", "1")
    assert judged.code in (0, 3), judged.text
    return folder


@pytest.mark.parametrize("words", STORED, ids=" ".join)
def test_a_command_of_the_documents_runs(checkout: Path, words: list[str]) -> None:
    ended = sessions.epochal(checkout, *words[1:])
    missing = "the journal has no verdict on it" in ended.text or "has no runs of" in ended.text
    assert ended.code == 0 or missing, ended.text
    assert "Traceback" not in ended.text


@pytest.mark.parametrize("words", TRAINING, ids=" ".join)
def test_a_training_of_the_documents_finds_its_claims(checkout: Path, words: list[str]) -> None:
    ended = sessions.run(checkout, *words[2:], "--collect-only", "-q")
    assert ended.code == 0, ended.text
    assert "test_claim[" in ended.text


def test_every_symptom_and_change_is_documented() -> None:
    page = (ROOT / "docs" / "try.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert rows == [*(each.key for each in STATIC), *(each.key for each in TRAINED)]
    told = page.partition("## Changes")[2]
    for change in CHANGES:
        assert change.says.removeprefix("learning rate ") in told


def test_the_example_of_a_net_of_ones_own_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    text = python_in("try.md").replace("diagnose(make", "found = diagnose(make")
    exec(text.replace("epochs=2000", "epochs=2000, repeat='3x9,9+9', workers=0"), names)
    assert names["found"].rows
