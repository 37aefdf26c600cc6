"""Questions as people ask them: each can be written as a claim, and is judged."""

import re
import shutil

import pytest
from PIL import Image

from epochal import Part
from epochal.claims.folder import load
from epochal.diagnosis.asked import of_claim
from epochal.diagnosis.before import Before
from epochal.diagnosis.static import STATIC
from epochal.diagnosis.symptom import found
from epochal.gate.baseline import load as load_baseline
from epochal.identity.digest import specification
from epochal_testing import sessions

CASES = sessions.ROOT / "cases" / "questions"
EVERY = {claim.id: claim for claim in load(CASES.parent) if claim.source.key == "questions"}
NUMBERS = (1, 2, 3, 4, 6, 7, 9, 11, 13, 14, 15, 16)
PARTS = {f"question {letter}" for letter in "abcdefghijklmno"}
PARTS |= {f"question q{number}" for number in NUMBERS}
ESTIMATES = {
    "questions-j-xor",
    "questions-j-xor-relu",
    "questions-q2-another-trainer",
    "questions-q4-converged",
    "questions-q6-stuck-torch",
    "questions-q15-two-units",
    "questions-q15-three-units",
    "questions-q16-periodic",
}


def test_all_are_claims_with_a_verdict_to_watch_or_ask_for_an_estimate() -> None:
    assert {claim.where.split(",")[0] for claim in EVERY.values()} == PARTS
    assert {name for name, claim in EVERY.items() if not claim.expected} == ESTIMATES


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> sessions.Session:
    """A session over one seed of each; the share of three units is that of one seed."""
    folder = sessions.prepare(tmp_path_factory.mktemp("questions"), "CLAIMS = []")
    shutil.copytree(CASES, folder / "cases" / "questions")
    return sessions.run(folder, "--claims", "questions-*", "--seeds", "1", "--tier", "standard")


def test_each_has_a_row_a_page_and_a_picture(session: sessions.Session) -> None:
    report = session.folder / "report"
    page = (report / "questions.md").read_text("utf-8")
    for name in EVERY:
        assert re.search(rf"^{name} .* of 1 ", session.text, re.MULTILINE), session.text
        assert f"figures/{name}.png" in page
        with Image.open(report / "figures" / f"{name}.png") as image:
            assert image.size[0] > 700
    assert "(x - 1 / 2) ** 2" in page
    assert "step.csv of 101 rows and 1 input, y from 0 to 1, 20 rows held out" in page
    assert "scaled: inputs by standardise, target by standardise" in page


def test_what_is_stored_of_a_setting_holds_no_row_of_its_table() -> None:
    setting = EVERY["questions-e-step"].experiments_by_name["run"]
    assert "0.98" not in specification(setting)
    assert len(specification(setting)) < 500


PARTS_TRIED = [part for part in next(iter(EVERY.values())).source.parts if part.tried]


@pytest.mark.parametrize("part", PARTS_TRIED, ids=lambda part: part.tried)
def test_what_try_said_first_of_a_question_is_what_it_says_today(part: Part) -> None:
    name, _, arm = part.tried.partition(":")
    today = [each.text for each in found(STATIC, Before(of_claim(EVERY[name], arm)))][:2]
    said = load_baseline(sessions.ROOT / "reports" / "baseline").tried[part.tried]
    assert said[: len(today)] == today
    page = (sessions.ROOT / "reports" / "questions.md").read_text("utf-8")
    assert all(f"> - {each}\n" in page for each in said)


def test_each_question_of_a_forum_was_tried() -> None:
    asked = [part for part in PARTS_TRIED if part.heading.startswith("q")]
    assert len(asked) == len(NUMBERS)
