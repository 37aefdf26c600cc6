"""The page in a real browser: what it shows is what the baseline has."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from epochal import FitsBy
from epochal.claims.folder import load
from epochal.gate import baseline
from epochal.judging.findings import Findings
from epochal.judging.result import case_of
from epochal.report.chosen import arms_of
from epochal.report.shown import judged
from epochal.site.page import page
from epochal_testing import judged as judging
from epochal_testing import sessions, synthetic
from epochal_testing.browsers import Watched, browser, opened

FILM = "thread-many-more-cycles"
"""A claim with one setting whose film is in the baseline."""

CLAIMS = {claim.id: claim for claim in load(sessions.ROOT / "cases")}
FOUND = baseline.load(sessions.ROOT / "reports" / "baseline")


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "page.html"
    path.write_text(page(FOUND, [*CLAIMS.values()]))
    return path


@pytest.fixture
def window(running: Any, file: Path) -> Iterator[Watched]:
    with opened(running, file) as watched:
        yield watched
        assert watched.errors == []
        assert watched.foreign == []


def visible(window: Watched) -> list[str]:
    found: list[str] = window.page.evaluate(
        "[...document.querySelectorAll('#claims tbody tr')]"
        ".filter(row => row.offsetParent).map(row => row.dataset.id)"
    )
    return found


def drawn(name: str) -> Any:
    """The curves of the claim's first setting."""
    [result, *_] = judged(FOUND, CLAIMS[name])
    arms = arms_of(FOUND, case_of(CLAIMS[name], result), result)
    assert arms is not None
    return next(iter(arms.values()))


def test_it_opens_with_a_row_for_each_claim_and_filters(window: Watched) -> None:
    assert visible(window) == [*CLAIMS]
    first = {name: judged(FOUND, claim) for name, claim in CLAIMS.items()}
    verdicts = Counter(found[0].status for found in first.values() if found)
    window.page.select_option("#f-verdict", "refuted")
    assert len(visible(window)) == verdicts["refuted"] > 0
    assert window.page.inner_text("#count") == f"{verdicts['refuted']} of {len(CLAIMS)} claims"
    window.page.select_option("#f-source", "thread")
    refuted = [
        name
        for name, found in first.items()
        if found and found[0].status == "refuted" and CLAIMS[name].source.key == "thread"
    ]
    assert visible(window) == refuted
    assert "verdict=refuted" in window.page.url
    assert "source=thread" in window.page.url
    window.page.fill("#f-text", "no such words")
    assert visible(window) == []
    window.page.click("#clear")
    window.page.wait_for_function("() => document.querySelector('#none').hidden")
    assert len(visible(window)) == len(CLAIMS)


def test_filters_are_part_of_a_link(running: Any, file: Path) -> None:
    with opened(running, file) as watched:
        watched.page.goto(f"{file.as_uri()}#?verdict=estimated&tier=standard")
        assert 0 < len(visible(watched)) < len(CLAIMS)
        assert watched.page.input_value("#f-verdict") == "estimated"


def test_a_link_opens_a_claim_with_every_seed(window: Watched) -> None:
    window.page.goto(f"{window.page.url}#{FILM}")
    window.page.wait_for_selector(f"#claim[data-ready='{FILM}']")
    assert window.page.inner_text("#claim h2") == CLAIMS[FILM].says
    text = window.page.inner_text("#claim")
    assert CLAIMS[FILM].reading in text
    table = window.page.locator("#claim h3:has-text('Every seed') + details tbody tr")
    rows = table.all_inner_texts()
    [result, *_] = judged(FOUND, CLAIMS[FILM])
    for row, outcome in zip(rows, result.outcomes, strict=True):
        seed, holds, *values = row.split("\t")
        assert (int(seed), holds) == (outcome["seed"], "holds" if outcome["holds"] else "fails")
        for value, stored in zip(values, outcome["numbers"].values(), strict=True):
            assert value == ("never" if stored is None else f"{stored:.6g}")


def test_the_slider_moves_net_error_and_components_to_the_baselines_numbers(
    window: Watched,
) -> None:
    [horizon] = CLAIMS[FILM].rule.needs().values()
    curves = drawn(FILM).filmed(horizon)
    window.claim(FILM)
    stops = curves.films[0].epochs
    for place in (0, len(stops) // 2, len(stops) - 1):
        window.slide(place)
        net = {each["name"]: each for each in window.data("net")}
        error = {each["name"]: each for each in window.data("error")}
        parts = {each["name"]: each for each in window.data("components")}
        for film in curves.films:
            name = f"seed {film.seed}"
            fit = film.fits[place]
            assert net[name]["x"] == curves.positions
            assert net[name]["y"] == fit.tolist()
            assert error[name]["y"] == (fit - np.array(curves.target)).tolist()
            assert parts[name]["y"] == [row[place] for row in film.shares]
        said = window.page.inner_text("#now")
        assert said == (
            f"epoch {stops[place]} · seed {curves.films[0].seed}: "
            f"MSE {curves.films[0].mse[place]:.4g}"
        )
        assert window.page.get_attribute("#epoch", "aria-valuetext") == said


def test_learning_curves_are_the_baselines_with_the_threshold(window: Watched) -> None:
    window.claim(FILM)
    curves = drawn(FILM)
    for trace, row in zip(window.data("learning"), curves.mse, strict=True):
        assert trace["x"] == curves.epochs[1:]
        assert trace["y"] == row[1:]
    shapes = window.page.evaluate("document.getElementById('plot-learning').layout.shapes")
    assert 0.05 in [each["y0"] for each in shapes]
    window.page.click("#table-over summary")
    window.page.wait_for_selector("#table-over td")
    head, first, *_ = window.page.locator("#table-over tr").all_inner_texts()
    assert head.split("\t") == ["epoch", *(f"MSE, seed {seed}" for seed in curves.seeds)]
    assert [float(each) for each in first.split("\t")] == [0, *(row[0] for row in curves.mse)]


def test_the_keyboard_is_enough(window: Watched) -> None:
    keys = window.page.keyboard
    keys.press("/")
    window.page.wait_for_function("() => document.activeElement.id === 'f-text'")
    keys.type(FILM)
    assert visible(window) == [FILM]
    window.page.focus(f"tr[data-id={FILM}] a")
    keys.press("Enter")
    window.page.wait_for_selector(f"#claim[data-ready='{FILM}']")
    window.page.focus("#epoch")
    before = window.page.input_value("#epoch")
    keys.press("ArrowLeft")
    assert int(window.page.input_value("#epoch")) == int(before) - 1
    keys.press("Escape")
    window.page.wait_for_function("() => document.querySelector('#claim').hidden")
    assert visible(window) == [FILM]


def test_play_moves_the_slider_to_the_end(window: Watched) -> None:
    window.claim(FILM)
    last = window.page.get_attribute("#epoch", "max")
    assert window.page.input_value("#epoch") == last
    window.page.click("#play")
    window.page.wait_for_function("() => document.querySelector('#play').textContent === 'pause'")
    window.page.wait_for_function("() => document.querySelector('#play').textContent === 'play'")
    assert window.page.input_value("#epoch") == last


def test_a_claim_that_cannot_be_unpacked_says_so(running: Any, file: Path) -> None:
    with opened(running, file) as watched:
        watched.page.evaluate("window.DecompressionStream = undefined")
        watched.page.evaluate("hash => { location.hash = hash }", FILM)
        watched.page.wait_for_selector("#claim:has-text('cannot be shown')")


def test_a_seed_can_be_chosen(window: Watched) -> None:
    window.claim(FILM)
    second = drawn(FILM).seeds[1]
    window.page.select_option("#seed", str(second))
    window.page.wait_for_function(
        "name => document.getElementById('plot-error').data.every(each => each.name === name)",
        arg=f"seed {second}",
    )
    assert f"seed {second}: MSE" in window.page.inner_text("#now")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_either_scheme(running: Any, file: Path, scheme: str) -> None:
    size = {"width": 390, "height": 800}
    with opened(running, file, viewport=size, color_scheme=scheme) as watched:
        for name in ("", FILM):
            if name:
                watched.claim(name)
            assert watched.page.evaluate("document.documentElement.scrollWidth") <= 390
        ground = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 25, 30)"}[scheme]
        assert watched.errors == []


def test_every_claim_opens(window: Watched) -> None:
    kinds = set()
    for name, claim in CLAIMS.items():
        window.claim(name)
        assert window.errors == [], name
        if judged(FOUND, claim):
            assert window.page.locator("#plots .panel .main-svg").count() > 0, name
            kinds.add(window.page.evaluate("shown.data.kind"))
    assert {
        "plots",
        "scatter",
        "classes",
        "numbers",
        "outputs",
        "slopes",
        "planes",
        "maps",
    } <= kinds


def test_of_several_devices_each_verdict_has_its_plots(running: Any, tmp_path: Path) -> None:
    claim = synthetic.claim(FitsBy(epoch=30, mse_below=0.1))
    findings = Findings()
    judging.take(findings, claim)
    judging.take(findings, claim, device="cuda:0", seeds=2)
    file = tmp_path / "page.html"
    file.write_text(page(findings, [claim]))
    with opened(running, file) as watched:
        watched.page.select_option("#f-device", "cuda:0")
        assert visible(watched) == [claim.id]
        watched.claim(claim.id)
        seeds = []
        for place in ("0", "1"):
            watched.page.select_option("#where", place)
            watched.page.wait_for_function(
                "count => document.querySelector('#plot-seeds')?.data?.[0].x.length === count",
                arg=(3, 2)[int(place)],
            )
            seeds.append(len(watched.data("seeds")[0]["x"]))
        assert seeds == [3, 2]
        assert watched.errors == []


def test_texts_are_escaped(running: Any, tmp_path: Path) -> None:
    evil = "</script><img src=x onerror='window.harm = 1'> & \"quoted\""
    source = replace(synthetic.SOURCE, title=evil, authors=evil, url="https://example.org/?a=1&b=2")
    texts = dict.fromkeys(("says", "reading", "where", "found"), evil)
    claim = synthetic.claim(FitsBy(epoch=30, mse_below=0.1), source=source, **texts)
    findings = Findings()
    judging.take(findings, claim)
    file = tmp_path / "page.html"
    file.write_text(page(findings, [claim]))
    with opened(running, file) as watched:
        assert watched.page.inner_text("tbody a") == evil
        watched.claim(claim.id)
        assert watched.page.inner_text("#claim h2") == evil
        assert watched.page.evaluate("window.harm") is None
        assert watched.page.locator("img").count() == 0
        assert watched.errors == []
