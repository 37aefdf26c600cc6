"""The answer to a source: no number but from claims and results, each in its place."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from epochal import Answer, Claim, FitsBy, Part, Sentence, WhichFit
from epochal.claims.folder import load
from epochal.errors import SpecError
from epochal.gate import baseline
from epochal.judging.findings import Findings
from epochal.report import answer
from epochal.report.pages import write
from epochal_testing import judged, sessions, synthetic

ROOT = Path(sessions.ROOT)
RULE = FitsBy(epoch=30, mse_below=0.1)


def asked(*sentences: Sentence, **changes: object) -> list[Claim]:
    told = Answer(key="answer", title="Why?", paragraphs=(sentences,), picture="c")
    source = replace(synthetic.SOURCE, answer=told, seed=44)
    both = WhichFit(epoch=30, mse_below=0.1, fits=("a",), fails=("b",))
    return [
        synthetic.claim(RULE, source=source, **changes),
        synthetic.claim(both, id="d", source=source),
    ]


def said(*sentences: Sentence, findings: Findings | None = None) -> str:
    claims = asked(*sentences)
    if findings is None:
        findings = Findings()
        judged.take(findings, claims[0])
    told = claims[0].source.answer
    assert told is not None
    return answer.page(claims[0].source, told, claims, findings, {}).split("\n\n")[1]


def test_fields_are_filled_from_the_rule_the_setting_and_the_results() -> None:
    text = (
        "{c: rule.epoch} epochs with {c: run.optimizer.lr} on {c: run.inputs.points} points and "
        "{c: run.net.width} units, {c: updates run} updates: {c: k} of {c: n}, {c: own seed}; at "
        "{c: first epoch below}, {c: max first epoch below}, least {c: least MSE}"
    )
    assert said(Sentence(by="c", reproduced=text)) == (
        "30 epochs with 0.001 on 100 points and 8 units, 30 updates: 3 of 3, your own seed among "
        "them; at 17, 17, least 0.025"
    )


def test_the_words_depend_on_the_verdict_and_may_say_that_there_is_none() -> None:
    sentence = Sentence(
        by="c", reproduced="yes", refuted="no", undecided="we do not know, of {c: rule.epoch}"
    )
    assert said(sentence) == "yes"
    findings = Findings()
    judged.take(findings, synthetic.claim(RULE))
    for status, words in (
        ("refuted", "no"),
        ("undecided", "we do not know, of 30"),
        ("broken", "we do not know, of 30"),
    ):
        [key] = findings.results
        findings.results[key] = replace(findings.results[key], status=status)
        assert said(sentence, findings=findings) == words
    assert said(sentence, findings=Findings()) == "we do not know, of 30"


def test_what_did_not_run_is_not_filled_with_a_number() -> None:
    assert said(Sentence(by="c", reproduced="{d: k} of {d: n}")) == "(not run) of (not run)"


@pytest.mark.parametrize("what", ["first", "rule.epok", "run.loop.bath", "tanh.loop", "updates b"])
def test_a_field_that_is_not_there_is_answered_with_what_is(what: str) -> None:
    with pytest.raises(SpecError, match=r"it has no such number; ask for .* or one of first epoch"):
        said(Sentence(by="c", reproduced=f"at {{c: {what}}}"))


def test_a_sentence_has_no_digit_outside_its_fields() -> None:
    with pytest.raises(SpecError, match=r"sentence.refuted = '32': numbers come from results"):
        Sentence(by="c", refuted="in batches of 32")


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (("c", "d"), ""),
        (("c",), "test.parts = 'd': no part of the source names this claim; add it to one"),
        (("c", "d", "c"), "test.parts = 'c': it stands in two parts; leave it in one"),
        (("c", "d", "e"), "test.parts = 'e': the source has no such claim; choose one of c, d"),
    ],
)
def test_every_claim_has_its_place_and_every_place_its_claim(
    parts: tuple[str, ...], told: str
) -> None:
    source = replace(
        synthetic.SOURCE, parts=(Part(heading="first", says="It says so.", claims=parts),)
    )
    if not told:
        source.check(["c", "d"])
        return
    with pytest.raises(SpecError) as caught:
        source.check(["c", "d"])
    assert str(caught.value) == told


def test_an_answer_rests_on_claims_of_its_source() -> None:
    source = asked(Sentence(by="c", reproduced="{f: k}"))[0].source
    with pytest.raises(SpecError, match=r"test\.answer = 'f': the source has no such claim"):
        source.check(["c", "d"])


def test_a_page_with_parts_has_them_in_their_order_and_the_own_seed_apart(tmp_path: Path) -> None:
    parts = (
        Part(heading="The reply", says="It says this.", claims=("d",)),
        Part(heading="The answer", says="It says that.", claims=("c",)),
    )
    claims = [
        replace(each, source=replace(each.source, parts=parts))
        for each in asked(Sentence(by="c", reproduced="It does."))
    ]
    findings = Findings()
    judged.take(findings, claims[0])
    write(findings, claims, tmp_path)
    text = (tmp_path / "test.md").read_text("utf-8")
    places = [text.index(each) for each in ("## The reply", 'id="d"', "## The answer", 'id="c"')]
    assert places == sorted(places)
    assert "The source's own seed, 44: holds: below 0.1 at epoch 17" in text
    assert "[Why?](answer.md)" in text
    assert "It does." in (tmp_path / "answer.md").read_text("utf-8")


# ------------------------------------------------------------ the committed answer of the thread

CLAIMS = load(ROOT / "cases")
THREAD = next(each.source for each in CLAIMS if each.source.key == "thread")
NUMBER = re.compile(r"\d[\d.]*")


def committed() -> Findings:
    return baseline.load(ROOT / "reports" / "baseline")


def answered(findings: Findings) -> str:
    assert THREAD.answer is not None
    own = [each for each in CLAIMS if each.source.key == "thread"]
    return answer.page(THREAD, THREAD.answer, own, findings, {}).split("<sub>")[0]


def test_the_committed_answer_is_what_the_baseline_says() -> None:
    text = (ROOT / "reports" / "answer.md").read_text("utf-8")
    shown = re.sub(r"!\[.*?\]\(.*?\)\n\n", "", text.split("<sub>")[0])
    assert shown == answered(committed())
    assert len(shown.split()) <= 230


def test_a_changed_number_changes_the_answer_in_its_place() -> None:
    findings, before = committed(), answered(committed())
    [result] = findings.of("thread-centre-not-edges", "full")
    for outcome in result.outcomes:
        outcome["numbers"]["edges"] = 0.87654
    after = answered(findings)
    assert "not the ends (0.88)" in after
    assert len(NUMBER.findall(after)) == len(NUMBER.findall(before))
    changed = [(a, b) for a, b in zip(before.split(), after.split(), strict=True) if a != b]
    assert [b for _, b in changed] == ["(0.88)."]


def test_every_number_of_the_answer_is_gone_where_nothing_ran() -> None:
    assert NUMBER.findall(answered(Findings())) == []
