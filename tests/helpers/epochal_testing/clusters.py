"""A Dask scheduler and its workers, each a process of its own, and a network that can be cut."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from epochal_testing import sessions

WAIT_SECONDS = 600.0


def wait_for(done: Callable[[], object]) -> None:
    """Wait until ``done``, however long a busy machine takes."""
    end = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


class Scheduler:
    """A scheduler of this machine.

    Attributes:
        file: the JSON file by which workers and clients find it.
        address: of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "scheduler.json"
        self._processes: list[subprocess.Popen[bytes]] = []
        words = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address")
        self.process = self._dask(*words, "127.0.0.1:0", "--scheduler-file", str(self.file))
        wait_for(self.file.is_file)
        wait_for(lambda: self.file.read_text("utf-8"))
        self.address: str = json.loads(self.file.read_text("utf-8"))["address"]

    def worker(self, *words: str, python: str = sys.executable, **environment: str) -> int:
        """Start a worker with one thread; return its process."""
        where = ("--scheduler-file", str(self.file), "--nthreads", "1", "--no-dashboard")
        folder = ("--local-directory", str(self.folder))
        return self._dask("worker", *where, *folder, *words, python=python, **environment).pid

    def wait_for_workers(self, count: int) -> None:
        """Wait until it knows ``count`` workers."""
        from distributed import Client

        connect: Any = Client
        with connect(self.address, set_as_default=False) as client:
            wait_for(lambda: len(client.scheduler_info()["workers"]) == count)

    def _dask(
        self, *words: str, python: str = sys.executable, **environment: str
    ) -> "subprocess.Popen[bytes]":
        log = (self.folder / "dask.log").open("ab")
        self._processes.append(
            subprocess.Popen(
                [python, "-m", "dask", *words],
                cwd=self.folder,
                env={**sessions.environment(), **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        )
        log.close()
        return self._processes[-1]

    def close_workers(self) -> None:
        """Kill its workers."""
        self._kill(self._processes[1:])

    def close(self) -> None:
        """Kill it and its workers."""
        self._kill(self._processes)

    def _kill(self, processes: "list[subprocess.Popen[bytes]]") -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def scheduler(folder: Path) -> Iterator[Scheduler]:
    """A scheduler without workers, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    found = Scheduler(folder)
    try:
        yield found
    finally:
        found.close()


def other_code(folder: Path, file: str, text: str) -> Mapping[str, str]:
    """A copy of epochal in which ``file`` ends with ``text``; what makes a worker import it."""
    shutil.copytree(sessions.ROOT / "src" / "epochal", folder / "epochal")
    with (folder / "epochal" / file).open("a") as changed:
        changed.write(text)
    helpers = sessions.ROOT / "tests" / "helpers"
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(helpers)])}


class Network:
    """A port that passes everything on to a scheduler, until it is cut.

    Attributes:
        address: to connect to.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        self._to, self._is_cut = (host, int(port)), False
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Close every connection, and refuse new ones."""
        self._is_cut = True
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def mend(self) -> None:
        """Pass on new connections."""
        self._is_cut = False

    def close(self) -> None:
        """Cut it for good."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return
            if self._is_cut:
                ours.close()
                continue
            try:
                theirs = socket.create_connection(self._to)
            except OSError:
                ours.close()
                continue
            self._open += [ours, theirs]
            for one, other in ((ours, theirs), (theirs, ours)):
                threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while part := one.recv(65536):
            other.sendall(part)
        other.shutdown(socket.SHUT_WR)
