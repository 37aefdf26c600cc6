"""Seven questions as people ask them: each can be written as a claim, and is judged."""

from PIL import Image

from epochal.claims.folder import load
from epochal.identity.digest import specification
from epochal_testing import sessions

CASES = sessions.ROOT / "cases" / "questions"
EVERY = {claim.id: claim for claim in load(CASES.parent) if claim.source.key == "questions"}
PARTS = tuple(f"question {letter}" for letter in "abcdefg")


def test_all_seven_are_claims_with_a_verdict_to_watch() -> None:
    assert sorted({claim.where for claim in EVERY.values()}) == list(PARTS)
    assert all(claim.expected for claim in EVERY.values())


def test_each_has_a_page_and_a_picture() -> None:
    reports = sessions.ROOT / "reports"
    page = (reports / "questions.md").read_text("utf-8")
    for name in EVERY:
        assert f"figures/{name}.png" in page
        with Image.open(reports / "figures" / f"{name}.png") as image:
            assert image.size[0] > 700
    assert "(x - 1 / 2) ** 2" in page
    assert "step.csv of 101 rows and 1 input, y from 0 to 1, 20 rows held out" in page
    assert "scaled: inputs by standardise, target by standardise" in page


def test_what_is_stored_of_a_setting_holds_no_row_of_its_table() -> None:
    setting = EVERY["questions-e-step"].experiments_by_name["run"]
    assert "0.98" not in specification(setting)
    assert len(specification(setting)) < 500
