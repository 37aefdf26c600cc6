"""The environments of tox: which pins another torch leaves, and that a wrong one is told."""

import importlib.util
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest
import torch

PATH = Path(__file__).parents[1] / ".ci" / "torch_env.py"


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec = importlib.util.spec_from_file_location("torch_env", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_torch_needs_is_free_and_all_else_is_pinned(env: ModuleType) -> None:
    free = env._needed_by("torch")
    assert {"torch", "sympy", "mpmath", "networkx", "typing-extensions", "jinja2"} <= free
    assert not {"numpy", "scipy", "pytest", "matplotlib", "numba"} & free


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("torch==2.13.0", "torch"),
        ("typing_extensions>=4.10", "typing-extensions"),
        ("# a comment", ""),
        ("Jinja2==3.1.6", "jinja2"),
        ("nvidia-nccl-cu12==2.20.5; platform_system == 'Linux'", "nvidia-nccl-cu12"),
    ],
)
def test_a_line_is_about_a_project(env: ModuleType, line: str, name: str) -> None:
    assert env._name(line) == name


def test_the_right_torch_is_told_and_the_wrong_one_is_broken(
    env: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    here = metadata.version("torch").partition("+")[0]
    assert env.main("check", here) == 0
    assert capsys.readouterr().out.startswith(f"torch {here}")
    assert env.main("check", "1.0.0") == 1
    told = capsys.readouterr().err
    assert told.startswith(f"broken: this environment is for torch 1.0.0, and has {here}")
    assert told.count("\n") == 1
    assert env.main("check", here, "cuda") == (torch.version.cuda is None)
    assert ("has no CUDA" in capsys.readouterr().err) == (torch.version.cuda is None)


def test_a_full_disk_and_a_missing_wheel_are_told_before_anything_is_installed(
    env: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(env, "GIGABYTES", 1e9)
    monkeypatch.setattr(env, "_pip", lambda *words: 1)
    assert env.main("install", "2.4.1") == 1
    assert "GB are free, and torch takes up to" in capsys.readouterr().err
    monkeypatch.setattr(env, "GIGABYTES", 0)
    assert env.main("install", "2.4.1") == 1
    python = ".".join(map(str, sys.version_info[:2]))
    told = f"broken: torch 2.4.1 cannot be installed for Python {python}"
    assert told in capsys.readouterr().err
