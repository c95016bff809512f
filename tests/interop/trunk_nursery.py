"""Trunks that start quickly, for tests that start hundreds: a process that has imported all and forks.

Each line on its standard input is the path of a settings file. The trunk that is started with it is a process
of its own; its pid is told in a line, and then comes what the trunk announces.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reference_server.command_line import application

PATIENCE = 60.0
"""Seconds that a killed trunk may take to be gone."""


class TrunkNursery:
    """The process that forks, as tests see it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @contextmanager
    def started(self, settings: Path) -> Iterator[tuple[int, dict[str, str]]]:
        """A trunk that listens: its pid and what it announced. At the end it is killed, if it still lives."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(settings, file=self._process.stdin, flush=True)
        pid = int(self._process.stdout.readline())
        try:
            announced: dict[str, str] = json.loads(self._process.stdout.readline())
            yield pid, announced
        finally:
            kill(pid)


def kill(pid: int) -> None:
    """Ends a trunk with SIGKILL and waits until it is gone. Raises AssertionError."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        time.sleep(0.005)  # the kernel clears its memory
    raise AssertionError(f"process {pid} is still there")


@contextmanager
def trunk_nursery() -> Iterator[TrunkNursery]:
    """A nursery, which ends with its standard input."""
    command = [sys.executable, "-m", "tests.interop.trunk_nursery"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield TrunkNursery(process)


def main() -> None:
    """Forks a trunk for each line that comes in."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the killed
    for line in iter(sys.stdin.readline, ""):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.read(reading, 1)  # the pid is told first
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            application(["--config", line.strip(), "--announce"])
            os._exit(0)
        print(pid, flush=True)
        os.write(writing, b"!")
        os.close(reading)
        os.close(writing)


if __name__ == "__main__":
    main()
