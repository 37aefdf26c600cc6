"""Case files and own modules as bytes, and a process that imports them from there."""

import sys
from pathlib import Path

import pytest

from epochal.claims.folder import read
from epochal.cluster import bundle as bundles
from epochal.cluster.bundle import bundle, unpacked, use
from epochal.errors import SpecError
from epochal_testing import sessions

CASES = """
import helper_of_mine
from package_of_mine.inner import FACTOR

CLAIMS = [claim("fits", FitsBy(epoch=helper_of_mine.EPOCHS, mse_below=100.0 * FACTOR))]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose case file imports a module and a package beside the folder of cases."""
    sessions.prepare(tmp_path, CASES)
    (tmp_path / "helper_of_mine.py").write_text("from deeper_of_mine import EPOCHS\n")
    (tmp_path / "deeper_of_mine.py").write_text("EPOCHS = 7\n")
    (tmp_path / "package_of_mine").mkdir()
    (tmp_path / "package_of_mine" / "__init__.py").write_text("")
    (tmp_path / "package_of_mine" / "inner.py").write_text("FACTOR = 1\n")
    (tmp_path / "cases" / "data.csv").write_text("1,2\n")
    (tmp_path / "cases" / "__pycache__").mkdir(exist_ok=True)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [each for each in sys.modules if "_of_mine" in each]:
        monkeypatch.delitem(sys.modules, name)
    read(tmp_path / "cases")
    return tmp_path / "cases"


def test_case_files_their_data_and_own_modules_travel(folder: Path, tmp_path: Path) -> None:
    made = bundle(folder)
    assert {*made.modules} == {"helper_of_mine", "deeper_of_mine", "package_of_mine"}
    where = unpacked(made, tmp_path / "worker")
    assert unpacked(made, tmp_path / "worker") == where
    found = {path.relative_to(where).as_posix() for path in where.rglob("*") if path.is_file()}
    assert found == {
        "cases/tiny.py",
        "cases/data.csv",
        "epochal-modules/helper_of_mine.py",
        "epochal-modules/deeper_of_mine.py",
        "epochal-modules/package_of_mine/__init__.py",
        "epochal-modules/package_of_mine/inner.py",
    }
    assert [path.name for path in (tmp_path / "worker").iterdir()] == [where.name]


def test_a_file_that_is_no_python_takes_no_other_away(folder: Path) -> None:
    (folder / "broken.py").write_text("def (:\n")
    assert {*bundle(folder).modules} == {"helper_of_mine", "deeper_of_mine", "package_of_mine"}


def test_equal_files_have_one_digest_and_a_change_of_any_gives_another(folder: Path) -> None:
    before = bundle(folder).digest
    assert bundle(folder).digest == before
    (folder.parent / "deeper_of_mine.py").write_text("EPOCHS = 8\n")
    assert bundle(folder).digest != before


def test_a_process_imports_what_it_was_sent_last(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each != str(tmp_path)])
    monkeypatch.setattr(bundles, "_used", {})
    dropped = [name for name in sys.modules if "_of_mine" in name or "epochal_cases" in name]
    for name in dropped:
        monkeypatch.setitem(sys.modules, name, sys.modules[name])  # put back at the end
    first = bundle(folder)
    (folder.parent / "deeper_of_mine.py").write_text("EPOCHS = 8\n")
    second = bundle(folder)
    for made, epochs in ((first, 7), (second, 8), (first, 7)):
        use(made.digest, made.package, made.modules, unpacked(made, tmp_path / "worker"))
        module = __import__(f"{made.package}.tiny", fromlist=["CLAIMS"])
        assert module.CLAIMS[0].rule.epoch == epochs
        assert str(module.__file__).startswith(str(tmp_path / "worker"))
    assert sum(Path(each).name == bundles.MODULES for each in sys.path) == 1


def test_a_folder_with_large_data_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "MOST_BYTES", 2**20)
    (folder / "large.bin").write_bytes(bytes(3 * 2**20))
    with pytest.raises(SpecError, match="with --cluster its 3 MiB travel, at most 1 may"):
        bundle(folder)
