"""The pages and the pictures, from results that no engine trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from epochal import (
    Band,
    CentreBeforeEdges,
    Circle,
    Control,
    EpochsRatio,
    FitsBy,
    ModuleNet,
    MseAt,
    MseRatioAt,
    OfOneRun,
    Reduced,
    Runs,
    Sentence,
    Series,
    SharesAt,
    Source,
    SumOfSines,
    Training,
    Wave,
)
from epochal.claims.claim import Claim
from epochal.judging.findings import Findings
from epochal.report.pages import write
from epochal_testing import judged, synthetic

OTHER = replace(
    synthetic.SOURCE, key="other", title="Another", bibtex="@misc{other,\n  year = 2024\n}"
)
SLOWER = replace(synthetic.EXPERIMENT, probe=602)
ARMS = {"fast": synthetic.EXPERIMENT, "slow": SLOWER}

FITS = synthetic.claim(
    FitsBy(epoch=100, mse_below=0.1),
    id="fits",
    says="It is |small|.",
    expected="reproduced",
    control=Control(change="a rule that none passes", rule=FitsBy(epoch=90, mse_below=0.1)),
)
SHARES = synthetic.claim(
    SharesAt(epoch=80, bands=(Band(4, 0.9), Band(14, None, 0.1))),
    id="shares",
    source=OTHER,
    says="Only the slow wave is there.",
    expected="refuted",
    found="The fast wave is there too.",
)
REGIONS = synthetic.claim(
    CentreBeforeEdges(epoch=90, centre=2.5, centre_below=0.1, edges=5, edges_above=0.2),
    id="regions",
    says="The middle comes first.",
    ours=True,
    tier="standard",
    reduced=Reduced(
        rule=CentreBeforeEdges(epoch=40, centre=2.5, centre_below=0.1, edges=5, edges_above=0.2),
        why="judged at 40 | of 90",
    ),
)
TWO_ARMS = synthetic.claim(
    MseRatioAt(epoch=70, over="fast", under="slow", high=0.5), id="arms", experiments=ARMS
)
VARIANCE = synthetic.claim(MseAt(epoch=10, variance_share_above=0.2), id="variance")
BROKEN = synthetic.claim(FitsBy(epoch=33, mse_below=0.1), id="broken", source=OTHER)
ABSENT = synthetic.claim(FitsBy(epoch=44, mse_below=0.1), id="absent", tier="full")
CLAIMS = (FITS, SHARES, REGIONS, TWO_ARMS, VARIANCE, BROKEN, ABSENT)


def arms(name: str, seeds: Sequence[int], epochs: int) -> Runs:
    """Two arms, the one named slow with ten times the error."""
    found = judged.falling(name, seeds, epochs)
    return replace(found, loss=found.loss * 10, mse=found.mse * 10) if name == "slow" else found


def partly_diverged(name: str, seeds: Sequence[int], epochs: int) -> Runs:
    """The first seed diverges early, the others do not."""
    return synthetic.diverged(arms(name, seeds, epochs), row=0, epoch=7)


def diverged(name: str, seeds: Sequence[int], epochs: int) -> Runs:
    """Every seed diverges at once."""
    found = arms(name, seeds, epochs)
    for row in range(len(seeds)):
        found = synthetic.diverged(found, row, epoch=0)
    return found


def filled(make: judged.Make = arms) -> Findings:
    """A findings with every kind of claim that the pages tell apart."""
    findings = Findings()
    for claim in (FITS, SHARES, TWO_ARMS, VARIANCE):
        judged.take(findings, claim, make)
    reduced, control = REGIONS.case("quick"), FITS.control_case("quick")
    assert reduced is not None
    assert control is not None
    judged.take(findings, reduced, make)
    judged.take(findings, control, make)
    judged.broken(findings, BROKEN, "no | memory")
    return findings


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(filled(), CLAIMS, tmp_path_factory.mktemp("report")).parent


def rows(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("|")]


def test_the_index_has_each_claim_once_and_counts_them(report: Path) -> None:
    index = (report / "index.md").read_text("utf-8")
    for claim in CLAIMS:
        link = f"[{claim.id}]({claim.source.key}.md#{claim.id})"
        assert [row.count(link) for row in rows(index) if row.startswith(f"| {link}")] == [1]
    assert "7 claims from 2 sources: 3 reproduced, 2 refuted, 1 broken, 1 not run here." in index
    assert "not run here (tier full)" in index
    assert "pytest bench/ --claims absent --tier full" in (report / "test.md").read_text("utf-8")


def test_no_text_breaks_a_table(report: Path) -> None:
    for name in ("index", "test", "other"):
        table = 0
        for line in (report / f"{name}.md").read_text("utf-8").splitlines():
            cells = line.replace("\\|", "").count("|") if line.startswith("|") else 0
            assert table in (0, cells) or cells == 0, line
            table = cells
    index = (report / "index.md").read_text("utf-8")
    assert "It is \\|small\\|." in index
    assert "no \\| memory" in index


def test_without_highlights_the_index_opens_with_what_was_refuted_or_has_a_finding(
    report: Path,
) -> None:
    assert surprises((report / "index.md").read_text("utf-8")) == [
        "Refuted: Only the slow wave is there. The fast wave is there too.",
        "Refuted: The middle comes first. thus",
    ]


def surprises(index: str) -> list[str]:
    """The sentences at the head of the index, after their thumbnails."""
    table = index.split("## What surprises most\n\n")[1].split("\n\n")[0].splitlines()[2:]
    cells = [cell.strip() for row in table for cell in row.strip("|").split(" | ") if cell.strip()]
    assert all(each.startswith('<img src="figures/') for each in cells)
    return [each.split("<br>")[1] for each in cells]


def test_highlights_open_the_index_with_numbers_from_results(tmp_path: Path) -> None:
    def says(claim: Claim, text: str) -> Sentence:
        return Sentence(by=claim.id, reproduced=text, refuted=text)

    sentences = (says(FITS, "{fits: k} of {fits: n} fit."), says(ABSENT, "It did not run."))
    source = replace(FITS.source, highlights=sentences)
    claims = [replace(each, source=source) for each in (FITS, ABSENT)]
    findings = Findings()
    judged.take(findings, claims[0])
    index = write(findings, claims, tmp_path).read_text("utf-8")
    result = findings.of(FITS.id)[0]
    assert surprises(index) == [f"{result.k} of {result.n} fit."]


def test_a_page_has_each_claim_its_control_and_how_to_cite_the_source(report: Path) -> None:
    sources: dict[str, Source] = {claim.source.key: claim.source for claim in CLAIMS}
    for key, source in sources.items():
        page = (report / f"{key}.md").read_text("utf-8")
        for claim in CLAIMS:
            here = claim.source.key == key
            assert page.count(f'<a id="{claim.id}"></a>') == here, claim.id
            drawn = here and claim not in (BROKEN, ABSENT)
            assert (f"hold](figures/{claim.id}.png)" in page) == drawn, claim.id
            assert (report / "figures" / f"{claim.id}.png").exists() == (
                claim not in (BROKEN, ABSENT)
            )
        assert f"```bibtex\n{source.bibtex}\n```" in page
    page = (report / "test.md").read_text("utf-8")
    assert "**Control.** a rule that none passes: reproduced, 3 of 3 seeds hold." in page
    assert "RuntimeError: no | memory" in (report / "other.md").read_text("utf-8")


def test_the_same_record_gives_the_same_bytes(report: Path, tmp_path: Path) -> None:
    write(Findings.from_json(filled().to_json()), CLAIMS, tmp_path)
    first = {each.relative_to(report): each.read_bytes() for each in report.rglob("*.*")}
    again = {each.relative_to(tmp_path): each.read_bytes() for each in tmp_path.rglob("*.*")}
    assert len(first) == 3 + 5
    assert again == first


@pytest.mark.parametrize("make", [partly_diverged, diverged])
def test_seeds_that_diverged_are_drawn_without_warnings(
    make: judged.Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[float, float]] = []
    save = Figure.savefig

    def saved(figure: Figure, *arguments: object, **options: object) -> None:
        sizes.extend(axes.get_ylim() for axes in figure.axes)
        save(figure, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Figure, "savefig", saved)
    write(filled(make), CLAIMS, tmp_path)
    assert len(list((tmp_path / "figures").glob("*.png"))) == 5
    assert np.isfinite(sizes).all()
    assert "diverged at epoch" in (tmp_path / "test.md").read_text("utf-8")


def test_a_rule_about_a_number_is_drawn_and_told_by_its_interval(tmp_path: Path) -> None:
    rule = EpochsRatio(over="slow", under="fast", mse_below=0.1, low=1.5, high=3, epoch=60)
    claim = synthetic.claim(rule, id="ratio", experiments=ARMS)
    findings = Findings()

    def spread(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        found = arms(name, seeds, epochs)
        scale = (1 + 0.02 * np.arange(len(seeds)))[:, None]
        return replace(found, loss=found.loss * scale, mse=found.mse * scale)

    result = judged.take(findings, claim, spread)
    assert result.interval is not None
    write(findings, [claim], tmp_path)
    page = (tmp_path / "test.md").read_text("utf-8")
    assert "decided by an interval" in page
    assert f"interval [{result.interval[0]:.3g}, " in (tmp_path / "index.md").read_text("utf-8")
    assert (tmp_path / "figures" / "ratio.png").exists()


def test_a_result_that_the_claim_no_longer_asks_for_is_left_out(tmp_path: Path) -> None:
    findings = filled()
    plain = replace(REGIONS, reduced=None)
    index = write(findings, [plain], tmp_path).read_text("utf-8")
    assert "1 claim from 1 source: none was run, 1 not run here." in index


def test_angles_are_called_so_on_the_circle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels: list[str] = []
    save = Figure.savefig

    def saved(figure: Figure, *arguments: object, **options: object) -> None:
        labels.append(figure.axes[0].get_xlabel())
        save(figure, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Figure, "savefig", saved)
    circle = replace(synthetic.EXPERIMENT, inputs=Circle(points=100))
    rule = FitsBy(epoch=20, mse_below=0.1)
    claims: list[Claim] = [
        synthetic.claim(rule, id="line"),
        synthetic.claim(rule, id="circle", experiments={"run": circle}),
    ]
    findings = Findings()
    for claim in claims:
        judged.take(findings, claim)
    write(findings, claims, tmp_path)
    assert labels == ["x", "angle θ (rad)"]


def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are saved from now on, which are then not written."""
    found: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *rest, **more: found.append(figure))
    return found


def labels(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def test_each_arm_has_its_own_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_target(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        found = arms(name, seeds, epochs)
        return replace(found, probe_target=3 * found.probe_target) if name == "slow" else found

    drawn, findings = figures(monkeypatch), Findings()
    judged.take(findings, TWO_ARMS, other_target)
    write(findings, [TWO_ARMS], tmp_path / "two")
    one = Findings()
    judged.take(one, TWO_ARMS, arms)
    write(one, [TWO_ARMS], tmp_path / "one")
    assert labels(drawn[0].axes[0])[::2] == ["target of fast", "target of slow"]
    assert drawn[0].axes[0].get_ylim()[1] == pytest.approx(1.9 * 3, rel=0.01)
    assert labels(drawn[1].axes[0])[0] == "target"


def test_eighty_waves_fill_neither_page_nor_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waves = np.arange(1.0, 81.0)
    many = replace(synthetic.EXPERIMENT, target=SumOfSines(tuple(map(Wave, waves))), probe=2001)
    rule = SharesAt(epoch=40, bands=tuple(Band(wave, 0.5) for wave in waves))

    def learned(name: str, seeds: Sequence[int], epochs: int) -> Runs:
        found = judged.falling(name, seeds, epochs)
        shares = np.repeat(found.projections[:, :, :1], len(waves), axis=2)
        return replace(found, waves=waves, projections=shares)

    drawn, findings = figures(monkeypatch), Findings()
    claim = synthetic.claim(rule, id="many", experiments=many)
    judged.take(findings, claim, learned)
    write(findings, [claim], tmp_path)
    assert len(labels(drawn[0].axes[1])) == 8
    page = (tmp_path / "test.md").read_text("utf-8")
    assert "and 76 more" in page
    assert "… (80 waves) …" in page
    assert max(map(len, page.splitlines())) < 400


def test_what_an_earlier_session_judged_has_its_date(tmp_path: Path) -> None:
    findings = filled()
    earlier = [key for key in findings.results if key.startswith(("fits/", "shares/"))]
    findings.dates = dict.fromkeys(earlier, 1.7e9)
    index = write(findings, CLAIMS, tmp_path).read_text("utf-8")
    assert "1 not run here. 2 from an earlier session." in index
    assert index.count("judged on 2023-11-14") == 2
    page = (tmp_path / "test.md").read_text("utf-8")
    assert "**reproduced** (as expected, judged on 2023-11-14): 3 of 3 seeds hold" in page
    assert "3 of 3 seeds hold, judged on 2023-11-14.\n" in page  # the control


def test_a_page_says_what_a_net_and_a_loop_of_the_claims_own_are(tmp_path: Path) -> None:
    own = replace(synthetic.EXPERIMENT, net=ModuleNet(ready, weights=3, describe="a ready net"))
    plain = replace(own, net=ModuleNet(ready, weights=3))
    claims = [
        synthetic.claim(FITS.rule, id="said", experiments=own),
        synthetic.claim(FITS.rule, id="unsaid", experiments=plain),
        synthetic.claim(FITS.rule, id="loop", experiments=Training(train=loop, flops_an_epoch=1.0)),
    ]
    findings = Findings()
    for claim in claims:
        judged.take(findings, claim)
    write(findings, claims, tmp_path)
    page = (tmp_path / "test.md").read_text("utf-8")
    assert "ready: a ready net, 3 weights" in page
    assert "ready: Makes what was ready before, 3 weights" in page
    assert "the claim's own function loop: Goes round" in page
    assert own.digest == plain.digest


@dataclass(frozen=True)
class Spread(OfOneRun):
    """A quantity of a claim's own."""

    word = "spread"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        return Series(np.arange(epoch + 1), runs[self.arm].mse[:, : epoch + 1])


def test_a_page_shows_the_code_of_a_rule_of_the_claims_own(tmp_path: Path) -> None:
    findings, claim = Findings(), synthetic.claim(Spread().below(0.1).by(9), id="own")
    judged.take(findings, claim)
    write(findings, [claim], tmp_path)
    page = (tmp_path / "test.md").read_text("utf-8")
    assert "Rule: `spread < 0.1 by epoch 9`\n\n```python\n@dataclass(frozen=True)\nclass " in page
    assert "return Series(np.arange(epoch + 1), runs[self.arm].mse[:, :epoch + 1])" in page
    assert page.count("class Spread") == 1


def ready() -> object:
    """Makes what was ready before."""
    return None


def loop(seed: int, device: str, epochs: int) -> Runs:
    """Goes round."""
    raise NotImplementedError


def test_shares_that_overshoot_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []
    monkeypatch.setattr(
        Figure, "savefig", lambda figure, *rest, **more: limits.append(figure.axes[1].get_ylim()[1])
    )
    for factor in (1.0, 1.65):

        def overshoots(name: str, seeds: Sequence[int], epochs: int, by: float = factor) -> Runs:
            found = judged.falling(name, seeds, epochs)
            return replace(found, projections=found.projections * by)

        findings = Findings()
        judged.take(findings, SHARES, overshoots)
        write(findings, [SHARES], tmp_path / str(factor))
    assert limits[0] == pytest.approx(1.2)
    assert 1.6 < limits[1] < 1.8
