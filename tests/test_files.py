"""Files that appear whole or not at all."""

import subprocess
import sys
from pathlib import Path

from epochal_testing import sessions

SAVES = """
import sys
import time
from pathlib import Path

from epochal.files import save

page, mine, theirs = map(Path, sys.argv[1:])
mine.touch()
while not theirs.exists():
    time.sleep(0.001)
end = time.monotonic() + 1
while time.monotonic() < end:
    save(page, mine.name * 1000)
"""


def test_two_programs_that_save_one_page_at_once_both_can(tmp_path: Path) -> None:
    page, names = tmp_path / "index.md", [str(tmp_path / name) for name in ("one", "two")]
    both = [
        subprocess.Popen(
            [sys.executable, "-c", SAVES, str(page), *order],
            env=sessions.environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        for order in (names, names[::-1])
    ]
    assert [each.communicate(timeout=60)[1] for each in both] == ["", ""]
    assert page.read_text("utf-8") in ("one" * 1000, "two" * 1000)
    assert {path.name for path in tmp_path.iterdir()} == {"index.md", "one", "two"}
