"""With several devices each claim has one row and columns for each, paired by seed."""

from dataclasses import replace
from pathlib import Path

import pytest

from epochal.claims.claim import Claim
from epochal.claims.folder import load
from epochal.gate import baseline
from epochal.judging.findings import CaseResult, Findings
from epochal.judging.result import Result
from epochal.report.pages import write
from epochal.report.terminal import table

ROOT = Path(__file__).parents[2]
ID = "thread-reply-800"


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return load(ROOT / "cases")


@pytest.fixture(scope="module")
def results() -> list[Result]:
    """A committed result, and the same as if a GPU had refuted it on its last seed but one."""
    cpu = baseline.load(ROOT / "reports" / "baseline").of(ID, "full")[0]
    outcomes = [dict(each) for each in cpu.outcomes]
    outcomes[-1]["holds"] = False
    cuda = replace(cpu, device="cuda:0", hardware="cuda:0 (a GPU)", outcomes=outcomes[1:])
    return [cpu, replace(cuda, status="refuted", repeat=f"{cpu.repeat} --device cuda")]


def test_the_table_has_one_row_and_columns_for_each_device(
    claims: list[Claim], results: list[Result]
) -> None:
    case = next(claim for claim in claims if claim.id == ID).case("quick")
    assert case is not None
    found = [CaseResult(case, each, expected="reproduced") for each in results]
    lines = table(found).splitlines()
    assert "verdict cpu" in lines[0]
    assert "verdict cuda:0" in lines[0]
    rows = [line for line in lines if line.startswith(ID)]
    assert len(rows) == 1
    assert "as expected: reproduced" in rows[0]
    assert "changed: refuted" in rows[0]
    assert "5 of 5" in rows[0]
    assert "3 of 4" in rows[0]


def test_the_page_pairs_devices_by_seed(
    claims: list[Claim], results: list[Result], tmp_path: Path
) -> None:
    findings = Findings()
    for result in results:
        findings.add(result)
    write(findings, claims, tmp_path)
    page = (tmp_path / "thread.md").read_text("utf-8")
    first, last = results[0].outcomes[0]["seed"], results[0].outcomes[-1]["seed"]
    rows = {line.split("|")[1].strip(): line for line in page.splitlines() if line.startswith("|")}
    assert rows["seed"].count("|") == 4
    assert rows[str(first)].rstrip("| ").count("holds") == 1  # the GPU did not run this seed
    assert "holds" in rows[str(last)]
    assert "fails" in rows[str(last)]
    assert "On cpu: **reproduced**" in page
    assert "On cuda:0: **refuted**" in page
    index = (tmp_path / "index.md").read_text("utf-8")
    row = next(line for line in index.splitlines() if f"[{ID}]" in line)
    assert "cpu: **reproduced**" in row
    assert "cuda:0: **refuted**<br>**changed**" in row
