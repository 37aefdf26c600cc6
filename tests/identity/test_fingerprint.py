"""What a training uses of epochal's code, and that nothing else is in its key."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from epochal import MLP, Circle, Experiment, Line, Optimizer, Sine, Training
from epochal.identity import fingerprint as module
from epochal.identity.fingerprint import fingerprint, reached
from epochal.training.engines.choice import facts
from epochal_testing.synthetic import EXPERIMENT

ENGINE = """
import math

from epochal import tools
from epochal.records import Line, Other
from epochal.errors import Wrong

STEP: float = 0.5


def train(line: Line) -> float:
    \"\"\"Trains.\"\"\"
    if line.low > 1:
        raise Wrong(f"{line} is too high")
    return STEP * tools.scaled(line.low)


def unused(other: Other) -> float:
    return 3 * other.value
"""
TOOLS = """
FACTOR = 2


def scaled(value):
    from epochal.inner import deep

    return FACTOR * deep(value)


def beside(value):
    return value
"""
INNER = """
def deep(value):
    return value + 1
"""
RECORDS = """
class Base:
    def shifted(self):
        return self.low + KINDS[0]


KINDS = (1, 2)


@dataclass(frozen=True)
class Line(Base):
    low: float = 0.0
    SIDES: ClassVar[int] = 2

    def __post_init__(self):
        positive("low", self.low)

    def __str__(self):
        return "a line"

    def middle(self):
        return self.low / self.SIDES


class Other:
    value = 1
"""
FILES = {"engine.py": ENGINE, "tools.py": TOOLS, "inner.py": INNER, "records.py": RECORDS}
ROOTS = ("engine:train", "records:Line")

Change = Callable[[str, str, str], str]


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Change]:
    """The fingerprint of a small package after one text in one of its files was replaced."""

    def change(file: str, old: str, new: str) -> str:
        for name, text in FILES.items():
            assert name != file or old in text
            (tmp_path / name).write_text(text.replace(old, new) if name == file else text)
        forget()
        return fingerprint(ROOTS)

    (tmp_path / "errors.py").write_text("class Wrong(Exception):\n    pass\n")
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    yield change
    forget()


def forget() -> None:
    for each in (module.fingerprint, module._module, module._definition):
        each.cache_clear()


COUNTS = {
    "the function itself": ("engine.py", "STEP *", "STEP +"),
    "a constant": ("engine.py", "0.5", "0.25"),
    "a function of another module": ("tools.py", "FACTOR *", "FACTOR +"),
    "a constant of another module": ("tools.py", "FACTOR = 2", "FACTOR = 3"),
    "a function that is imported late": ("inner.py", "value + 1", "1 + value"),
    "a method": ("records.py", "self.low / self.SIDES", "self.SIDES / self.low"),
    "a class variable": ("records.py", "ClassVar[int] = 2", "ClassVar[int] = 3"),
    "a base class": ("records.py", "self.low + KINDS", "KINDS[0] - self.low + KINDS"),
    "a constant of the base class": ("records.py", "(1, 2)", "(2, 1)"),
    "a condition": ("engine.py", "line.low > 1", "line.low > 2"),
}
COUNTS_NOT = {
    "a comment": ("tools.py", "FACTOR = 2", "FACTOR = 2  # why"),
    "a docstring": ("engine.py", "Trains.", "Trains it."),
    "layout": ("tools.py", "FACTOR * deep(value)", "(FACTOR\n        * deep(value))"),
    "an annotation": ("engine.py", "(line: Line) -> float", "(line: object) -> object"),
    "a function that is not used": ("engine.py", "3 * other", "4 * other"),
    "a function beside what is used": ("tools.py", "    return value\n", "    return -value\n"),
    "a new class": ("records.py", "class Other:", "class New:\n    pass\n\n\nclass Other:"),
    "a record's new field": ("records.py", "low: float = 0.0", "low: float = 0.0\n    up: int = 9"),
    "a check": ("records.py", "positive(", "negative("),
    "a text": ("records.py", "a line", "one line"),
    "an error's text": ("engine.py", "is too high", "is high"),
    "another import": ("engine.py", "import math", "import math\nimport os"),
}


@pytest.mark.parametrize("name", COUNTS)
def test_what_can_change_a_bit_counts(changed: Change, name: str) -> None:
    assert changed(*COUNTS[name]) != changed("engine.py", "import math", "import math")


@pytest.mark.parametrize("name", COUNTS_NOT)
def test_what_cannot_change_a_bit_does_not_count(changed: Change, name: str) -> None:
    assert changed(*COUNTS_NOT[name]) == changed("engine.py", "import math", "import math")


def test_the_stock_engine_reaches_what_it_computes_with() -> None:
    found = set(reached(("training.engines.reference:train_seed",)))
    assert {
        "experiments.data:draw",
        "experiments.snapshots:MANTISSAS",
        "training.loss:loss_of",
        "training.nets:_perceptron",
        "training.engines.record:Record",
        "training.dry_run:dry_run",
    } <= found
    assert not {"training.nets:check", "experiments.targets:Sine"} & found
    for each in found:
        ast.parse(reached(("training.engines.reference:train_seed",))[each])


def code(experiment: Experiment | Training, engine: str = "reference") -> str:
    return facts(engine, experiment)["code"]


PARTS = ("nets:MLP", "nets:Output", "parts:Activation", "parts:Optimizer")


def test_a_key_covers_the_classes_of_the_setting_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, ...]] = []

    def noted(roots: tuple[str, ...]) -> str:
        asked.append(roots)
        return "f"

    monkeypatch.setattr("epochal.training.engines.choice.fingerprint", noted)
    plain = Experiment(
        inputs=Line(low=-1, high=1, points=20),
        target=Sine(2),
        net=MLP(widths=(8,)),
        optimizer=Optimizer("SGD", lr=0.1),
    )
    for each in (plain, replace(plain, inputs=Circle(points=20)), EXPERIMENT):
        code(each)
    always = {
        *(f"experiments.{name}" for name in PARTS),
        "experiments.loops:Loop",
        "experiments.experiment:Experiment",
        "training.engines.reference:train_seed",
    }
    line = {"experiments.inputs:Line", "experiments.inputs:Embedding"}
    sums = {"experiments.targets:SumOfSines", "experiments.targets:Wave"}
    assert [set(roots) for roots in asked] == [
        always | line | {"experiments.targets:Sine"},
        always | {"experiments.inputs:Circle", "experiments.targets:Sine"},
        always | line | sums,
    ]


def loop(seed: int, device: str, epochs: int) -> object:
    return EXPERIMENT


def test_a_claims_own_training_may_use_any_engine_and_what_it_names() -> None:
    own = Training(train=loop, flops_an_epoch=1.0)
    roots = ("training.own:train_seed", "training.train:train")
    found = set(reached(roots))
    assert "training.engines.reference:train_seed" in found
    assert code(own, "own") not in (code(EXPERIMENT), fingerprint(roots))
