"""The marker ``seeds``: an ordinary test that is run on as many seeds as it takes."""

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from epochal.claims.statistics import bounds_for, error_rates, probabilities, sequential_decision
from epochal.errors import SpecError
from epochal_testing import sessions

DOCUMENT = (sessions.ROOT / "docs" / "seeds.md").read_text("utf-8")


def tried(folder: Path, text: str, *options: str) -> sessions.Session:
    """A session over a file with ``text``, in a process of its own and in an empty project."""
    (folder / "test_it.py").write_text("import random\nimport pytest\n" + dedent(text))
    return sessions.python(folder, "-m", "pytest", "-p", "no:cacheprovider", "-v", *options)


def rows(session: sessions.Session) -> dict[str, str]:
    """The outcome of each test, with the seeds that held."""
    return dict(re.findall(r"^test_it\.py::(\S+) (.+?) +\[ *\d+%\]$", session.text, re.M))


DECIDED = """
    @pytest.mark.seeds
    def test_always(seed): assert seed >= 0

    @pytest.mark.seeds(holds_for=0.8, not_for=0.2, wrong_at_most=0.05)
    def test_never(seed):
        print("the seed is", seed)
        assert seed < 0

    @pytest.mark.seeds(holds_for=0.9, not_for=0.7, limit=3)
    def test_open(seed): assert seed != 1

    @pytest.mark.seeds
    @pytest.mark.parametrize("below", [0.05, 0.95])
    def test_some(below, seed): assert random.Random(seed).random() < below

    class TestPlain:
        @pytest.mark.seeds
        def test_method(self, seed): assert seed >= 0

    @pytest.mark.seeds
    @pytest.mark.xfail
    def test_expected_to_fail(seed): assert False

    def test_without(): pass
"""


def test_a_test_is_run_until_it_is_decided(tmp_path: Path) -> None:
    ended = tried(tmp_path, DECIDED)
    assert ended.code == 1
    assert rows(ended) == {
        "test_always": "PASSED (3 of 3 seeds)",
        "test_never": "FAILED (0 of 3 seeds)",
        "test_open": "UNDECIDED (2 of 3 seeds)",
        "test_some[0.05]": "FAILED (0 of 3 seeds)",
        "test_some[0.95]": "PASSED (4 of 5 seeds)",
        "TestPlain::test_method": "PASSED (3 of 3 seeds)",
        "test_expected_to_fail": "XFAIL",
        "test_without": "PASSED",
    }
    told = (
        "it held for 0 of 3 seeds, too few for a test that holds for 80% of all seeds; failing "
        "seeds: 0, 1, 2\n\nseed 0:"
    )
    assert told in ended.text
    assert ended.text.count("assert 0 < 0") == 1  # one traceback
    assert "the seed is 0\n" in ended.text
    assert (
        "test_it.py::test_open: it held for 2 of 3 seeds, which leaves open whether it holds for "
        "90% of all seeds or for 70%; failing seeds: 1"
    ) in ended.text
    assert "2 failed, 4 passed, 1 xfailed, 1 undecided" in ended.text


def test_options_choose_the_seeds(tmp_path: Path) -> None:
    text = """
        @pytest.mark.seeds
        def test_it(seed): assert seed in (7, 8, 9, 10)
    """
    ended = tried(tmp_path, text, "--seeds", "5", "--first-seed", "7")
    assert rows(ended) == {"test_it": "PASSED (4 of 5 seeds)"}
    assert tried(tmp_path, text, "--seeds", "0").text.count("--seeds = 0") == 2
    assert rows(tried(tmp_path, text)) == {"test_it": "FAILED (0 of 3 seeds)"}


def test_fixtures_are_fresh_for_each_seed_and_wider_ones_stay(tmp_path: Path) -> None:
    ended = tried(
        tmp_path,
        """
        LOG = []

        @pytest.fixture(scope="module")
        def wide():
            LOG.append("wide")
            yield
            print("WIDE DOWN", LOG.count("up"))

        @pytest.fixture
        def fresh(seed):
            LOG.append("up")
            yield [seed]
            LOG.append("down")

        @pytest.mark.seeds
        def test_one(seed, wide, fresh):
            assert fresh == [seed]
            fresh.append(1)

        @pytest.mark.seeds
        def test_two(seed, wide, fresh):
            assert fresh == [seed]

        def test_log(): assert LOG == ["wide"] + 6 * ["up", "down"]
        """,
        "-s",
    )
    assert ended.code == 0, ended.text
    assert ended.text.count("WIDE DOWN 6") == 1


def test_what_is_no_answer_is_told_at_the_first_seed(tmp_path: Path) -> None:
    ended = tried(
        tmp_path,
        """
        @pytest.fixture
        def broken(): raise RuntimeError("no")

        @pytest.fixture
        def leaves():
            yield
            raise RuntimeError("left")

        @pytest.fixture(scope="module")
        def wide():
            yield
            raise RuntimeError("at the end")

        @pytest.mark.seeds
        def test_error(seed, broken): pass

        @pytest.mark.seeds
        def test_left(seed, leaves): pass

        @pytest.mark.seeds
        def test_skipped(seed): pytest.skip("not here")

        @pytest.mark.seeds
        def test_wide(seed, wide): pass
        """,
    )
    assert "1 skipped, 3 errors" in ended.text, ended.text
    for told in ("no", "left", "at the end"):
        assert ended.text.count(f"RuntimeError: {told}") >= 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("@pytest.mark.seeds\ndef test_it(): pass", "give it an argument named seed"),
        ("@pytest.mark.seeds(0.9)\ndef test_it(seed): pass", "its arguments have names; name each"),
        ("@pytest.mark.seeds(hold_for=1)\ndef test_it(seed): pass", "did you mean 'holds_for'?"),
        ("@pytest.mark.seeds(holds_for=1)\ndef test_it(seed): pass", "seeds.holds_for = 1"),
        ("@pytest.mark.seeds(holds_for=0.1)\ndef test_it(seed): pass", "must exceed not_for = 0.2"),
        ("@pytest.mark.seeds(limit=0)\ndef test_it(seed): pass", "seeds.limit = 0"),
        ("@pytest.mark.seeds(wrong_at_most=2)\ndef test_it(seed): pass", "seeds.wrong_at_most = 2"),
        (
            "import unittest\nclass TestIt(unittest.TestCase):\n"
            "    @pytest.mark.seeds\n    def test_it(self): pass",
            "a method of unittest.TestCase takes no argument; write a plain function",
        ),
    ],
)
def test_a_wrong_marker_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    ended = tried(tmp_path, f"{text}\n\ndef test_other(): pass\n", "--tb=short")
    assert ended.code == 1
    assert "1 failed, 1 passed" in ended.text
    assert [line for line in ended.text.splitlines() if told in line and "FAILED" not in line]
    assert "Traceback" not in ended.text


def test_it_works_beside_other_options(tmp_path: Path) -> None:
    ended = tried(tmp_path, DECIDED, "-n", "2")
    assert "2 failed, 4 passed, 1 xfailed, 1 undecided" in ended.text
    assert "failing seeds: 0, 1, 2" in ended.text
    assert (
        "4 deselected" in (picked := tried(tmp_path, DECIDED, "-k", "some or never or open")).text
    )
    assert len(rows(picked)) == 4
    assert rows(tried(tmp_path, DECIDED, "-x")).keys() == {"test_always", "test_never"}
    tried(tmp_path, DECIDED, "--junit-xml=found.xml")
    assert '<property name="seeds" value="4 of 5 seeds"' in (tmp_path / "found.xml").read_text(
        "utf-8"
    )


def test_it_works_beside_claims(tmp_path: Path) -> None:
    folder = sessions.prepare(tmp_path, 'CLAIMS = [claim("fits", expected="reproduced")]')
    (folder / "bench" / "test_more.py").write_text(
        "import pytest\n@pytest.mark.seeds\ndef test_more(seed): assert seed >= 0\n"
    )
    ended = sessions.start(folder, "--seeds", "4", "-v")
    assert ended.code == 0, ended.text
    assert "test_more PASSED (4 of 4 seeds)" in ended.text
    assert "4 of 4" in " ".join(ended.rows()["fits"])


def test_nothing_of_epochal_is_imported_without_the_marker(tmp_path: Path) -> None:
    text = """
        import sys

        def test_it():
            assert "epochal_seeds" in sys.modules
            loaded = [each for each in sys.modules if each.split(".")[0] in ("epochal", "torch")]
            assert loaded == []
    """
    (tmp_path / "test_it.py").write_text(dedent(text))
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    marked = text.replace(
        "def test_it():", "import pytest\n\n        @pytest.mark.seeds\n        def test_it(seed):"
    )
    (tmp_path / "test_it.py").write_text(
        dedent(marked.replace('in ("epochal", "torch")', '== "torch"'))
    )
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


# ------------------------------------------------------------------------------- how often it errs

TABLES = [
    [[float(cell.strip(" %")) for cell in row.strip("|").split("|")] for row in part.splitlines()]
    for part in re.findall(r"\| --- \| --- \| --- \| --- \| --- \|\n((?:\|.*\n)+)", DOCUMENT)
]
DESIGNS = [
    {name: float(value) for name, value in re.findall(r"(holds_for|not_for)=([\d.]+)", given)}
    for given in re.findall(r"`(holds_for=[\d.]+, not_for=[\d.]+)`", DOCUMENT)
]


def test_the_document_has_the_exact_rates_and_sessions_agree_with_them() -> None:
    assert [len(table) for table in TABLES] == [10, 6]
    rng = np.random.default_rng(0)
    for given, table in zip(DESIGNS, TABLES, strict=True):
        bounds = bounds_for(**given)  # type: ignore[arg-type]
        for share, *told in table:
            holds, fails, undecided, seeds = probabilities(bounds, share)
            exact = [100 * holds, 100 * fails, 100 * undecided, seeds]
            assert told == pytest.approx(exact, abs=0.051)
            drawn = rng.random((2000, bounds.max_seeds)) < share
            ended = [sequential_decision(each.tolist(), bounds) for each in drawn]
            for decision, rate in ((True, holds), (False, fails), (None, undecided)):
                seen = np.mean([each is decision for each, _ in ended])
                assert abs(seen - rate) <= 4 * np.sqrt(rate * (1 - rate) / 2000) + 1e-9
            assert np.mean([n for _, n in ended]) == pytest.approx(seeds, rel=0.06)


@pytest.mark.parametrize("wrong", [0.2, 0.05, 0.01])
@pytest.mark.parametrize("shares", [(0.8, 0.2), (0.9, 0.6), (0.95, 0.8), (0.6, 0.3), (0.99, 0.9)])
def test_neither_answer_is_wrong_more_often_than_promised(
    shares: tuple[float, float], wrong: float
) -> None:
    holds_for, not_for = shares
    for limit in (None, 10, 40):
        bounds = bounds_for(holds_for=holds_for, not_for=not_for, wrong_at_most=wrong, limit=limit)
        rates = error_rates(bounds)
        assert max(rates.false_holds, rates.false_fails) <= wrong
        if limit is None:
            assert rates.undecided <= 0.01 + 1e-9
        else:
            assert bounds.max_seeds == limit


def test_shares_that_are_too_near_to_tell_apart_are_limited() -> None:
    assert bounds_for(holds_for=0.5, not_for=0.49).max_seeds == 500
    with pytest.raises(SpecError, match=r"it must exceed not_for = 0\.5; raise it, or"):
        bounds_for(holds_for=0.5, not_for=0.5)
