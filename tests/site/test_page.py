"""The page and the small pages: one set of numbers, and one line for what is wrong."""

import json
import re
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from PIL import Image

from epochal import FitsBy
from epochal.claims.folder import load
from epochal.cli.parser import main
from epochal.experiments.runs import join
from epochal.files import save
from epochal.gate import baseline
from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal.judging.curves import SEEDS_SHOWN, shown_epochs
from epochal.judging.films import Film
from epochal.judging.findings import Findings
from epochal.judging.rounding import rounded
from epochal.report.shown import judged
from epochal.site.page import page, preview, unpacked
from epochal_testing import judged as judging
from epochal_testing import sessions, synthetic

MOST = 15_000_000
"""Bytes of the page of this project."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a journal of judged claims."""
    folder = tmp_path_factory.mktemp("project")
    sessions.prepare(folder, sessions.EVERY_STANDING)
    ended = sessions.run(folder, "--seeds", "3")
    assert (folder / ".epochal/journal.sqlite").exists(), ended.text
    return folder


@pytest.fixture(scope="module")
def whole() -> str:
    claims = load(sessions.ROOT / "cases")
    return page(baseline.load(sessions.ROOT / "reports/baseline"), claims)


def cells(html: str) -> list[list[str]]:
    """The rows of the table of seeds."""
    table = html.partition("<h3>Every seed</h3>")[2].partition("</table>")[0]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.S)
    return [[unescape(each) for each in re.findall(r"<t[hd][^>]*>(.*?)</t", row)] for row in rows]


def test_page_markdown_json_and_journal_have_the_same_numbers(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert main(["report", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["verdicts"]
    assert main(["page"]) == 0
    html = Path(".epochal/page.html").read_text("utf-8")
    markdown = Path(".epochal/report/tiny.md").read_text("utf-8")
    journal = Journal(Path(".epochal/journal.sqlite"))
    stored = {(row["claim"], row["kind"]): row["result"] for row in journal.latest()}
    claims = {claim.id: claim for claim in load(Path("cases"))}
    compared = 0
    for result in told:
        if result["kind"] == "control" or not result["outcomes"]:
            continue
        name = result["claim"]
        assert stored[name, result["kind"]]["outcomes"] == result["outcomes"]
        chunk = json.loads(unpacked(html, f"claim:{name}"))
        heads, *rows = cells(chunk["html"])
        section = markdown.partition(f'<a id="{name}"></a>')[2].partition("<a id=")[0]
        for row, outcome in zip(rows, result["outcomes"], strict=True):
            values = [*outcome["numbers"].values()]
            assert heads == ["seed", "", *outcome["numbers"]]
            assert row[:2] == [str(outcome["seed"]), "holds" if outcome["holds"] else "fails"]
            assert row[2:] == ["never" if each is None else f"{each:.6g}" for each in values]
            [line] = re.findall(rf"^\| +{outcome['seed']} \| (.*) \|$", section, re.MULTILINE)
            assert all(each is None or f"{each:.6g}" in line for each in values)
            compared += 1
        assert chunk["views"][0]["seeds"]["value"] == [
            next(iter(outcome["numbers"].values())) for outcome in result["outcomes"]
        ]
        for arm, key in chunk["views"][0]["arms"].items():
            setting = json.loads(unpacked(html, f"setting:{key}"))
            digest = claims[name].case("full").experiments[arm].digest  # type: ignore[union-attr]
            units = [
                Unit(digest, seed, result["keys"][arm]) for seed in setting["seeds"][:SEEDS_SHOWN]
            ]
            runs = join([journal.runs(unit) for unit in units])
            epochs = shown_epochs(setting["epochs"][-1])
            assert setting["epochs"] == epochs.tolist()
            assert setting["mse"] == rounded(runs.mse[:, epochs])
            for film, row in zip(setting["films"], runs.mse, strict=True):
                assert film["mse"] == rounded(row[Film(**film).epochs])
    assert compared >= 9


def test_the_page_of_this_project_is_small_and_asks_for_nothing(whole: str) -> None:
    assert len(whole.encode()) < MOST
    assert "default-src 'none'" in whole
    seen = re.sub(r'<script type="text/plain"[^>]*>[^<]*</script>', "", whole)
    assert not re.findall(r"""<link|@import|url\(|src=["']?http|fetch\(|XMLHttp""", seen)


def test_equal_findings_give_an_equal_page(whole: str) -> None:
    claims = load(sessions.ROOT / "cases")
    assert page(baseline.load(sessions.ROOT / "reports/baseline"), claims) == whole


def test_a_site_has_a_small_page_and_a_card_for_each_claim(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert main(["page", "--site", "site", "--url", "https://example.org/e"]) == 0
    assert capsys.readouterr().out.startswith("site/index.html: ")
    for claim in load(Path("cases")):
        small = Path("site/claims", f"{claim.id}.html").read_text("utf-8")
        image = f"https://example.org/e/cards/{claim.id}.png"
        assert f'<meta property="og:image" content="{image}">' in small
        assert f'href="../index.html#{claim.id}"' in small
        with Image.open(Path("site/cards", f"{claim.id}.png")) as card:
            assert card.size == (1200, 630)


def test_a_small_page_escapes_its_texts() -> None:
    claim = synthetic.claim(FitsBy(epoch=30, mse_below=0.1), says='"><script>x</script>')
    findings = Findings()
    judging.take(findings, claim)
    assert judged(findings, claim)
    assert "<script>" not in preview(findings, claim, "")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["film", "fit"], "CLAIM = 'fit': there is no such claim; did you mean 'fits'?"),
        (["card", "fits", "--out", "a.jpg"], "--out = 'a.jpg': it is written as .png; name a file"),
        (["film", "fits", "--out", "a.mp4"], "--out = 'a.mp4': it is written as .png or .gif;"),
        (["film", "fits", "new", "--out", "a.gif"], "--out = 'a.gif': 2 claims need a file each"),
        (["film", "how-often"], "CLAIM = 'how-often': "),
        (["page", "--url", "https://a.org"], "--url = 'https://a.org': only a site has an address"),
        (["page", "--site", "s", "--url", "a.org"], "--url = 'a.org': it is no address of a site"),
        (["page", "--out", ".epochal"], "--out = '.epochal': it is a folder; name a file in it"),
        (["page", "--journal", "none"], "--journal = 'none': there is no such file; run pytest"),
        (["film", "fits", "--journal", "none"], "--journal = 'none': there is no such file"),
        (["page", "--baseline", "none"], "--baseline = 'none': it holds no verdicts.json"),
    ],
)
def test_wrong_input_gives_one_line(
    project: Path,
    words: list[str],
    error: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(project)
    if words[1] == "how-often":
        words = [*words, "--baseline", "bare"]
        findings = Findings()
        Path("bare").mkdir(exist_ok=True)
        baseline.save(findings, Path("bare"))
        error += "there is no verdict on it; judge it first"
    assert main(words) == 4
    told = capsys.readouterr().err.splitlines()
    assert [each.startswith(f"ERROR: {error}") for each in told] == [True], told


def test_a_claim_without_a_film_takes_no_other_away(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert main(["film", "raises", "fits", "--out", "some"]) == 4
    told = capsys.readouterr()
    assert told.out.startswith("some/fits.png: ")
    assert told.err.startswith("ERROR: CLAIM = 'raises': a film shows ")


def test_a_film_and_a_card_come_from_the_journal(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert main(["film", "fits"]) == 0
    assert main(["film", "fits", "--out", "one.gif"]) == 0
    assert main(["card", "fits", "never-fits"]) == 0
    paths = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    cards = [".epochal/cards/fits.png", ".epochal/cards/never-fits.png"]
    assert paths == [".epochal/films/fits.png", "one.gif", *cards]
    kinds = []
    for path in paths:
        with Image.open(path) as image:
            kinds.append((image.format, getattr(image, "n_frames", 1) > 1))
    assert kinds == [("PNG", True), ("GIF", True), ("PNG", False), ("PNG", False)]


@pytest.mark.parametrize("missing", ["jinja2", "plotly.offline"])
def test_without_the_extra_one_line_names_it(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.chdir(sessions.ROOT)
    assert main(["page", "--out", "/dev/null/page.html"]) == 4
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith('the page needs it; install it: pip install "epochal[page]"')


def test_curves_without_films_are_drawn_from_their_fits(tmp_path: Path) -> None:
    claim = synthetic.claim(FitsBy(epoch=30, mse_below=0.1))
    findings = Findings()
    judging.take(findings, claim)
    findings.curves = {key: replace(each, films=[]) for key, each in findings.curves.items()}
    html = page(findings, [claim])
    save(tmp_path / "page.html", html)
    [key] = json.loads(unpacked(html, f"claim:{claim.id}"))["views"][0]["arms"].values()
    setting = json.loads(unpacked(html, f"setting:{key}"))
    assert "films" not in setting
    assert list(setting["fits"]) == ["30"]
