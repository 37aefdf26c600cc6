"""What cases/README.md shows is run as it stands there."""

import re
from pathlib import Path

import pytest

from epochal_testing import sessions

EXAMPLES = re.findall(r"```python\n(.*?)```", (sessions.ROOT / "cases/README.md").read_text(), re.S)
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
