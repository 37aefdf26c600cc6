"""`epochal.judge` gives the verdict of ``pytest bench/``, without a folder or a journal."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from epochal import Cell, EpochsMap, EpochsRatio, FitsBy, ShareOfSeeds, StaysAbove, Training, judge
from epochal.claims.claim import Claim
from epochal.claims.folder import load
from epochal.errors import SpecError
from epochal.journal.store import Journal
from epochal_testing import sessions, synthetic
from epochal_testing.settings import TINY

FITS = synthetic.claim(FitsBy(epoch=30, mse_below=0.9), experiments=TINY, allow_trivial=True)

FOLDER = """
CLAIMS = [claim("fits", FitsBy(epoch=20, mse_below=0.25)), claim("never", NEVER)]
"""


def test_a_verdict_is_that_of_a_session_seed_by_seed(tmp_path: Path) -> None:
    folder = sessions.prepare(tmp_path, FOLDER)
    sessions.run(folder)
    stored = Journal(folder / ".epochal" / "journal.sqlite")
    for claim in load(folder / "cases"):
        result = stored.verdicts(claim.id)[-1]["result"]
        verdict = judge(claim)
        assert verdict.status == result["status"]
        assert verdict.outcomes == result["outcomes"]


def test_its_text_has_each_seed_and_how_to_repeat_it() -> None:
    verdict = judge(FITS, seeds=4)
    text = str(verdict)
    assert repr(verdict) == text
    assert text.startswith(f"c: {verdict.status}")
    for outcome in verdict.outcomes:
        assert f"seed {outcome['seed']}  {'holds' if outcome['holds'] else 'fails'}" in text
    assert text.endswith("repeat   epochal.judge(claim, seeds=4)")
    assert (verdict.k, verdict.n) == (sum(each["holds"] for each in verdict.outcomes), 4)


def share() -> Claim:
    rule = ShareOfSeeds(of=StaysAbove(epoch=10, mse_above=1e-3), low=0.5, high=1, seeds=10)
    return synthetic.claim(rule, experiments=TINY)


def ratio() -> Claim:
    rule = EpochsRatio(epoch=20, over="a", under="b", mse_below=0.9, high=2)
    other = replace(TINY, probe=41)
    return synthetic.claim(rule, experiments={"a": TINY, "b": other}, allow_trivial=True)


def mapped() -> Claim:
    cells = tuple(Cell(name, x=x, y=1) for x, name in enumerate("ab"))
    rule = EpochsMap(epoch=20, mse_below=0.9, cells=cells, x="x", y="y")
    other = replace(TINY, probe=41)
    return synthetic.claim(rule, experiments={"a": TINY, "b": other}, allow_trivial=True)


@pytest.mark.parametrize(
    "claim", [FITS, share(), ratio(), mapped()], ids=["fit", "rate", "ratio", "map"]
)
def test_every_kind_of_verdict_is_drawn(tmp_path: Path, claim: Claim) -> None:
    verdict = judge(claim)
    assert verdict.status != "broken", str(verdict)
    assert verdict.plot(tmp_path / "a.png") is not None
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "<img" in verdict._repr_html_()
    assert (verdict.interval is not None) == isinstance(claim.rule, ShareOfSeeds)


def raises(data: Any, seed: int, device: str) -> Any:
    raise RuntimeError("the net <caught> fire")
    yield


def test_what_breaks_is_a_verdict_with_its_traceback_and_no_picture(tmp_path: Path) -> None:
    own = Training(train=raises, flops_an_epoch=1.0, inputs=TINY.inputs, target=TINY.target)
    verdict = judge(replace(FITS, experiments=own))
    assert verdict.status == "broken"
    assert "the net <caught> fire" in str(verdict)
    assert "in raises" in str(verdict)
    assert verdict.plot(tmp_path / "a.png") is None
    assert not (tmp_path / "a.png").exists()
    page = verdict._repr_html_()
    assert "&lt;caught&gt;" in page
    assert "<img" not in page


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"claim": "c"}, "claim"),
        ({"seeds": 0}, "seeds"),
        ({"device": "tpu"}, "tpu"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_trains(given: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError, match=field):
        judge(**{"claim": FITS, **given})
