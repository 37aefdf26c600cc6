"""Where a result comes from: its keys change with what can change a bit, and with nothing else."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from epochal.identity.environment import (
    Environment,
    differences,
    moment,
    observe,
    record,
)
from epochal.identity.sources import normalized as code
from epochal.process import VARIABLES
from epochal.training.engines.choice import facts
from epochal_testing import sessions
from epochal_testing.synthetic import EXPERIMENT

names = st.sampled_from([*Environment.HARDWARE, "torch", "libc", "engine code", "numerics"])
given_facts = st.dictionaries(names, st.text(max_size=5), min_size=1)


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


# ------------------------------------------------------------------------------------- keys


@given(given_facts, st.randoms(use_true_random=False))
def test_keys_do_not_depend_on_the_order_of_facts(found: dict[str, str], random: Random) -> None:
    items = list(found.items())
    random.shuffle(items)
    one, other = Environment(found), Environment(dict(items))
    assert (one.key, one.hardware_key) == (other.key, other.hardware_key)


@given(given_facts, given_facts)
def test_keys_are_equal_exactly_where_facts_are(one: dict[str, str], other: dict[str, str]) -> None:
    assert (Environment(one).key == Environment(other).key) == (one == other)
    assert bool(differences(one, other)) == (one != other)


@given(given_facts, names, st.text(max_size=5))
def test_the_hardware_key_changes_exactly_with_facts_of_the_hardware(
    found: dict[str, str], name: str, value: str
) -> None:
    assume(found.get(name) != value)
    one, other = Environment(found), Environment({**found, name: value})
    assert one.key != other.key
    assert (one.hardware_key != other.hardware_key) == (name in Environment.HARDWARE)


@given(given_facts, st.data())
def test_a_fact_that_is_not_there_is_not_an_empty_one(
    found: dict[str, str], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(found)))
    without = {each: value for each, value in found.items() if each != name}
    assert Environment(without).key != Environment(found).key
    assert Environment(without).key != Environment({**without, name: ""}).key


# ---------------------------------------------------------------------------- this process

OBSERVE = """
import json
from epochal.training.engines.choice import facts
from epochal.identity.environment import observe
from epochal_testing.synthetic import EXPERIMENT
print(json.dumps(dict(observe("cpu", facts("reference", EXPERIMENT)).facts)))
"""


def test_what_is_observed_is_the_same_again_and_in_another_process(no_variables: None) -> None:
    here = observe("cpu", facts("reference", EXPERIMENT))
    assert observe("cpu", facts("reference", EXPERIMENT)).facts == here.facts
    for hash_seed in ("1", "2"):
        printed = sessions.environment() | {"PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "3"}
        done = subprocess.run(
            [sys.executable, "-c", OBSERVE], env=printed, capture_output=True, text=True, check=True
        )
        there = Environment(json.loads(done.stdout))
        assert differences(here.facts, there.facts) == {}
        assert (there.key, there.hardware_key) == (here.key, here.hardware_key)


def test_no_fact_names_this_machine_or_this_moment() -> None:
    found = dict(observe("cpu", facts("reference", EXPERIMENT)).facts)
    text = json.dumps(found)
    beside = record(sessions.ROOT)
    telling = {"host", "git", "kernel", "cores", "memory", "driver", "load", "frequency", "epochal"}
    assert telling.isdisjoint(found)
    assert platform.node() not in text
    assert platform.release() not in text
    assert beside["git"].removesuffix("-dirty") not in text
    assert str(Path.home()) not in text
    assert str(sessions.ROOT) not in text


def test_what_can_change_a_bit_is_among_the_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = observe("cpu", facts("reference", EXPERIMENT))
    for name in VARIABLES:
        monkeypatch.setenv(name, "of a test")
        after = observe("cpu", facts("reference", EXPERIMENT))
        assert name in after.facts["variables"]
        assert after.key != before.key
        assert after.hardware_key == before.hardware_key
        before = after
    assert observe("cpu", facts("own", EXPERIMENT)).key != before.key
    assert before.facts["torch"] == torch.__version__  # with its build, which not all wheels tell


def test_what_stands_beside_a_verdict_names_no_machine() -> None:
    told = observe("cpu", facts("reference", EXPERIMENT)).described
    assert {"key", "hardware key", "torch", "processor", "vector"} <= set(told)
    assert platform.node() not in json.dumps(told)


# ------------------------------------------------------------------------- what is recorded


@pytest.mark.parametrize("place", ["", "none/such", "a file"])
def test_a_record_is_made_wherever_the_claims_are(tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").write_text("")
    found = record(tmp_path / place)
    assert "git" not in found
    assert found["host"] == platform.node()
    assert all(isinstance(value, str) and value for value in found.values())
    assert json.loads(json.dumps(found)) == found


def test_a_record_is_made_without_git_and_without_proc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.read_text

    def read(path: Path, *given: Any, **named: Any) -> str:
        if path.is_relative_to("/proc"):
            raise OSError("not on this system")
        return really(path, *given, **named)

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(Path, "read_text", read)
    monkeypatch.delattr(os, "getloadavg")
    assert moment() == {}
    assert {"host", "torch", "kernel"} <= set(record(tmp_path))


def test_a_changed_working_tree_is_recorded_as_dirty(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        me = ["-c", "user.name=n", "-c", "user.email=e"]
        subprocess.run(["git", *me, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    assert "git" not in record(tmp_path)  # it has no commit yet
    git("commit", "--allow-empty", "-m", "first")
    clean = record(tmp_path)["git"]
    assert len(clean) == 12
    (tmp_path / os.fsdecode(b"caf\xe9")).write_text("")
    assert record(tmp_path)["git"] == f"{clean}-dirty"
    git("config", "core.quotePath", "false")
    assert record(tmp_path)["git"] == f"{clean}-dirty"


def test_the_moment_is_told_in_numbers() -> None:
    assert float(moment()["load"]) >= 0
    assert set(moment()) <= {"load", "frequency"}


# ------------------------------------------------------------------------------ fingerprint

PLAIN = """
def step(lr, n=2):
    x = lr * n
    return [x, "text"]
"""
SAME = {
    "comments": PLAIN.replace("x = lr * n", "x = lr * n  # the step").replace("def", "# a\ndef"),
    "docstring": PLAIN.replace("    x =", '    """What it does."""\n    x ='),
    "module docstring": f'"""A module."""\n{PLAIN}',
    "layout": PLAIN.replace("lr * n", "(lr\n         * n)").replace('"text"', "'text'"),
}
OTHER = {
    "a number": PLAIN.replace("n=2", "n=3"),
    "a name": PLAIN.replace("step", "stop"),
    "an operator": PLAIN.replace("*", "+"),
    "a string": PLAIN.replace("text", "test"),
    "the order": PLAIN.replace("lr * n", "n * lr"),
    "one more line": f"{PLAIN}\nstep(1)\n",
}


@pytest.mark.parametrize("name", SAME)
def test_comments_docstrings_and_layout_are_no_code(name: str) -> None:
    assert SAME[name] != PLAIN
    assert code(SAME[name]) == code(PLAIN)


@pytest.mark.parametrize("name", OTHER)
def test_a_change_of_code_is_seen(name: str) -> None:
    assert code(OTHER[name]) != code(PLAIN)


def test_docstrings_of_classes_and_empty_bodies_are_no_code() -> None:
    assert code('class A:\n    "What."\n') == code("class A:\n    pass\n")
    assert code('async def f():\n    "What."\n') == code("async def f():\n    pass\n")
