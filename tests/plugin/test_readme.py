"""Examples of cases/README.md and of the tables in docs/ run as they stand there."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import epochal
from epochal.claims.rules.parts import functions
from epochal.experiments import label_tables
from epochal.training.instruments import INSTRUMENTS
from epochal_testing import sessions

README = (sessions.ROOT / "cases/README.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.S)
NAMES = [re.findall(r'\n {8}id="(.*?)"', text) for text in EXAMPLES]


@pytest.mark.parametrize("options", [(), ("--controls",)], ids=["claims", "controls"])
def test_each_example_is_judged_and_each_control_turns(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    sessions.prepare(tmp_path, "CLAIMS = []\n")
    for number, text in enumerate(EXAMPLES):
        (tmp_path / "cases" / f"example{number}.py").write_text(text)
    ended = sessions.run(tmp_path, *options, "--journal", "j.sqlite")
    assert ended.code == 0, ended.text
    assert len(NAMES) == len(EXAMPLES) == 3
    found = {name.removesuffix("~control"): row[0] for name, row in ended.rows().items()}
    verdict = "as expected: refuted" if options else "new: reproduced"
    judged = [
        name
        for names, text in zip(NAMES, EXAMPLES, strict=True)
        for name in names
        if not options or "control=" in text
    ]
    assert found == dict.fromkeys(judged, verdict)


def _spans() -> list[str]:
    """The code of the tables of parts and rules that makes or reads something."""
    tables = [
        (sessions.ROOT / "docs" / name).read_text("utf-8") for name in ("settings.md", "rules.md")
    ]
    rows = [line for text in tables for line in text.splitlines() if line.startswith("|")]
    return [each for row in rows for each in re.findall(r"`([^`]+)`", row)]


LOWER = (*functions.__all__, *label_tables.__all__)
PARTS = rf"\(?({'|'.join(LOWER)})\("
MADE = [each for each in _spans() if re.match(rf"[A-Z]\w*[(.]|{PARTS}", each)]
KNOWN: dict[str, Any] = {name: getattr(epochal, name) for name in epochal.__all__} | {
    "np": np,
    "make_net": lambda omega: None,
    "descend": lambda data, seed, device: None,
    "rotate": lambda x: x,
    "quarter": lambda x: x,
    "mean_output": lambda net, x, y: 0.0,
}


def test_the_tables_name_every_part_and_every_rule() -> None:
    rules = {name for name in epochal.__all__ if hasattr(getattr(epochal, name), "needs")}
    parts = {"Line", "Circle", "Box", "Points", "Sine", "SumOfSines", "Formula", "Function"}
    parts |= {"Vector", "Labels", "xor", "parity", "spirals", "modular_addition"}
    parts |= {"Table", "Scaling", "Noise", "MLP", "Siren", "ModuleNet", "Optimizer", "Scheduler"}
    parts |= {"Loop", "Training", *functions.__all__}
    parts |= {each.__name__ for each in INSTRUMENTS} & {*epochal.__all__}
    assert rules | parts <= {word for each in _spans() for word in re.split(r"\W", each)}


@pytest.mark.parametrize("code", MADE)
def test_a_part_and_a_rule_can_be_written_as_they_stand_there(code: str, tmp_path: Path) -> None:
    (tmp_path / "heights.csv").write_text("age,weight,height\n1,9,75\n2,12,86\n")
    (tmp_path / "animals.csv").write_text("weight,animal\n4,cat\n9,dog\n")
    eval(code, {**KNOWN, "FOLDER": tmp_path})


@pytest.mark.parametrize("option", [each for each in _spans() if re.match(r"[a-z_]+=", each)])
def test_an_option_is_one_of_a_part_or_a_rule(option: str) -> None:
    name = option.split("=")[0]
    kinds: list[Callable[..., Any]] = [each for each in KNOWN.values() if isinstance(each, type)]
    assert any(name in getattr(each, "__dataclass_fields__", {}) for each in kinds)
    eval(f"dict({option})", dict(KNOWN))


def test_every_file_that_the_architecture_names_is_there() -> None:
    text = (sessions.ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = set(re.findall(r"`([\w/]+\.py|[\w/]+/)`", text))
    roots = (sessions.ROOT, sessions.ROOT / "src" / "epochal", sessions.ROOT / "tests" / "claims")
    assert len(named) > 40
    folders = [*roots, *(each for each in roots[1].rglob("*") if each.is_dir())]
    assert not [each for each in named if not any((one / each).exists() for one in folders)]
