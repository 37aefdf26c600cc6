"""Claims in other people's projects: ``epochal init``, ``epochal bench``, and the wheel."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import epochal
from epochal.cli.template import FILES
from epochal.shipped import shipped
from epochal_testing import sessions


def begun(folder: Path, *words: str) -> sessions.Session:
    (folder / "cases").mkdir(parents=True, exist_ok=True)  # `sessions` looks there for a log
    return sessions.epochal(folder, *words)


def test_init_writes_a_project_in_which_its_hints_are_true(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_own.py").write_text("def test_own(): pass\n")
    (tmp_path / ".gitignore").write_text("*.log")
    ended = begun(tmp_path, "init")
    assert ended.code == 0, ended.text
    assert ended.text.splitlines()[:-2] == [*FILES, ".gitignore"]
    assert ended.text.endswith("\nNow judge the claim of cases/mine.py: pytest bench/\n")
    assert (tmp_path / ".gitignore").read_text("utf-8") == "*.log\n.epochal/\n__pycache__/\n"

    def judged(*options: str) -> str:
        done = sessions.python(tmp_path, "-m", "pytest", "bench/", "--workers", "1", *options)
        assert done.code == 0, done.text
        return done.text

    told = judged()
    assert "mine-fifty-units-are-enough" in told
    assert "as expected: reproduced" in told
    assert "as expected: refuted" in judged("--controls")
    page = (tmp_path / ".epochal" / "report" / "mine.md").read_text("utf-8")
    [repeat] = re.findall(r"Repeat it: `pytest (bench/ .*)`", page)
    assert "reproduced" in judged(*repeat.split()[1:])
    assert "baseline: reports/baseline" in judged("--update-baseline")
    assert "quantities compared" in judged("--gate")
    plain = sessions.python(tmp_path, "-m", "pytest", "-q")
    assert (plain.code, "1 passed" in plain.text) == (0, True), plain.text


def test_init_overwrites_nothing_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    assert begun(tmp_path, "init", "new project").code == 0
    folder = tmp_path / "new project"
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert len(kept) == len(FILES) + 1
    assert begun(tmp_path, "init", "new project").code == 0
    assert {path: path.read_bytes() for path in kept} == kept
    other = tmp_path / "other" / "cases"
    other.mkdir(parents=True)
    (other / "mine.py").write_text("CLAIMS = []\n")
    ended = begun(tmp_path, "init", "other")
    assert ended.code == 4
    assert ended.text == (
        "ERROR: DIR = 'other/cases/mine.py': there is such a file, and it is not overwritten; "
        "name another folder, or move it\n"
    )
    assert [path.name for path in (tmp_path / "other").rglob("*") if path.is_file()] == ["mine.py"]


def test_bench_judges_what_comes_with_epochal_in_an_empty_folder(tmp_path: Path) -> None:
    pick = ("-q", "--claims", "thread-known-period,b19-eig-bias", "--workers", "1")
    command = (sys.executable, "-m", "epochal", "bench", *pick)
    env = sessions.environment()
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^thread-known-period .*as expected: reproduced", done.stdout, re.M)
    assert [path.name for path in tmp_path.iterdir()] == [".epochal"]
    page = (tmp_path / ".epochal" / "report" / "thread.md").read_text("utf-8")
    assert "Repeat it: `epochal bench --claims thread-known-period --fresh`" in page
    listed = sessions.python(tmp_path, "-m", "epochal", "list")
    assert listed.text.splitlines()[2].startswith("b19-")
    history = sessions.python(tmp_path, "-m", "epochal", "history")
    assert "epochal bench -q --claims" in history.text


def test_the_shipped_baseline_is_never_changed(tmp_path: Path) -> None:
    ended = begun(tmp_path, "bench", "--update-baseline")
    assert ended.code == 4
    assert "the baseline that comes with epochal stays as it is; give --baseline" in ended.text


def test_a_claim_with_the_id_of_a_shipped_one_of_another_source_is_refused(tmp_path: Path) -> None:
    folder = sessions.prepare(tmp_path, 'CLAIMS = [claim("thread-reply-800"), claim("fits")]')
    ended = sessions.run(folder)
    assert ended.code == 7
    assert re.search(
        r"tiny.py:\d+ claim.id = 'thread-reply-800': a claim of thread that comes with epochal has "
        r"this id; rename yours",
        ended.text,
    )
    assert "fits" in ended.rows()


def test_a_wheel_has_all_of_it_and_is_enough(tmp_path: Path) -> None:
    """Built and used in a virtual environment that knows this one's other packages."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    build = (*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(tmp_path))
    source = tmp_path / "source"
    listed = subprocess.run(
        ("git", "ls-files", "-co", "--exclude-standard"),
        cwd=sessions.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (sessions.ROOT / name).is_file() and not name.startswith(("tests/", "lab/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((sessions.ROOT / name).read_bytes())
    subprocess.run((*build, str(source)), check=True, capture_output=True, text=True)
    [wheel] = tmp_path.glob("epochal-*.whl")
    held = zipfile.ZipFile(wheel).namelist()
    for name in (
        "bench/test_claims.py",
        "cases/questions/step.csv",
        "reports/baseline/samples.json",
    ):
        assert f"epochal/_shipped/{name}" in held
    assert "epochal/py.typed" in held
    assert not any("__pycache__" in name or name.startswith("lab/") for name in held)

    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    ask = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    site = subprocess.run((python, "-c", ask), capture_output=True, text=True, check=True)
    folder = Path(site.stdout.strip())
    zipfile.ZipFile(wheel).extractall(folder)
    (folder / "others.pth").write_text(sysconfig.get_paths()["purelib"])
    empty = tmp_path / "empty"
    empty.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def run(*words: str) -> str:
        done = subprocess.run(
            (python, *words), cwd=empty, env=env, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    where = run("-c", "import epochal.shipped as s; print(s.__file__, s.shipped('cases'))")
    assert where.count(str(folder)) == 2
    told = run("-m", "epochal", "bench", "-q", "--claims", "b19-eig-*", "--gate", "--workers", "1")
    assert told.count("bit-equal") >= 3  # nothing depends on where case files are
    assert "not comparable" not in told
    assert "warning" not in told
    assert run("-m", "epochal", "report").strip() == ".epochal/report/index.md"
    assert "epochal bench" in run("-m", "epochal", "history")
    run("-m", "epochal", "init", "mine")


def test_the_shipped_folders_are_those_of_the_clone() -> None:
    for part in ("bench", "cases", "reports/baseline"):
        assert shipped(part) == sessions.ROOT / part


@pytest.mark.parametrize(
    "name", ["action.yml", "CITATION.cff", ".github/ISSUE_TEMPLATE/sentence.yml"]
)
def test_files_of_a_repository_are_there(name: str) -> None:
    assert (sessions.ROOT / name).read_text("utf-8").strip()


def test_the_version_is_the_same_everywhere() -> None:
    cited = (sessions.ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {epochal.__version__}\n" in cited
