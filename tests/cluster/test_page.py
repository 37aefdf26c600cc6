"""The page about clusters: its commands for a laptop and one box, run as they stand."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from epochal_testing import sessions

PAGE = (sessions.ROOT / "docs" / "cluster.md").read_text("utf-8")


def block(after: str) -> list[str]:
    """The command lines that follow a sentence of the page."""
    text = PAGE.split(after)[1].strip("\n")
    lines = [line for line in text.split("\n\n")[0].splitlines() if line.startswith("    ")]
    assert lines
    return [line.strip().removesuffix(" &") for line in lines]


def test_the_commands_for_a_laptop_and_one_box_work(tmp_path: Path) -> None:
    folder = sessions.prepare(tmp_path, "CLAIMS = [claim('fits', expected='reproduced')]")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])

    def here(line: str) -> list[str]:
        words = line.replace("box", "127.0.0.1").replace("8786", port).replace(" 16 ", " 1 ")
        return shlex.split(words)

    log = (tmp_path / "dask.log").open("wb")
    started = [
        subprocess.Popen(
            [sys.executable, "-m", *here(line)],
            cwd=tmp_path,
            env=sessions.environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        for line in block("On the box:")
    ]
    try:
        [line] = block("On the laptop, in your project:")
        program, *words = here(line)
        assert program == "pytest"
        ended = sessions.python(folder, *sessions.arguments(*words)[1:])
        assert ended.code == 0, ended.text + (tmp_path / "dask.log").read_text("utf-8")
        assert ended.rows()["fits"][0] == "as expected: reproduced"
    finally:
        for process in started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()
