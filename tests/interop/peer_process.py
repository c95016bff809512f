"""A foreign program in a process of its own: its output, its input, and its certain end.

All processes of a test module are in one `Processes`, which a fixture ends whatever happens.
"""

import os
import re
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.interop.waiting import PATIENCE

END_PATIENCE = 60.0
"""Seconds that a program has to end after SIGTERM; then comes SIGKILL."""


class PeerProcess:
    """One running program. Its standard output and error are one text, kept from the start."""

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Starts `command` in `folder`; `environment` is added to our own."""
        self.name = name
        self._changed = threading.Condition()
        self._text = ""
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **(environment or {})},
        )
        self._reader = threading.Thread(target=self._read, name=f"output of {name}", daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """All that the program has printed so far."""
        with self._changed:
            return self._text

    @property
    def is_running(self) -> bool:
        """Whether the program has not ended."""
        return self._process.poll() is None

    def wait_output(self, pattern: str, *, after: int = 0, timeout: float = PATIENCE) -> re.Match[str]:
        """Waits until the output from character `after` on matches. Raises AssertionError."""
        compiled = re.compile(pattern)

        def found() -> re.Match[str] | None:
            return compiled.search(self._text, after)

        with self._changed:
            match = (
                self._changed.wait_for(lambda: found() or not self._reader.is_alive(), timeout) and found()
            )
            text = self._text
        assert match, f"{self.name} did not print {pattern!r} within {timeout:g} s; it printed:\n{text}"
        return match

    def write_line(self, text: str) -> None:
        """Types a line into the program."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{text}\n".encode())
        self._process.stdin.flush()

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        """Waits for the program to end by itself and returns its exit status. Raises AssertionError."""
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end in {timeout:g} s:\n{self.output}") from None
        self._reader.join(END_PATIENCE)
        return status

    def kill(self) -> None:
        """Ends the program at once: asked to end, it might wait for an answer of one that has ended."""
        self._process.kill()
        self.end()

    def end(self) -> int:
        """Ends the program if it runs, reaps it and returns its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(END_PATIENCE)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass  # it ended without reading what was typed last
        return self._process.returncode

    def _read(self) -> None:
        assert self._process.stdout is not None
        while chunk := os.read(self._process.stdout.fileno(), 65536):
            with self._changed:
                self._text += chunk.decode("utf-8", "replace")
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


class Processes:
    """The programs that a test module started."""

    def __init__(self) -> None:
        self.all: list[PeerProcess] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for process in reversed(self.all):
            process.end()

    def forget_ended(self) -> None:
        """Keeps those that still run: the others belong to tests that are over."""
        for process in [one for one in self.all if not one.is_running]:
            process.end()
            self.all.remove(process)

    def start(
        self, name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> PeerProcess:
        """Starts a program that will surely be ended."""
        process = PeerProcess(name, command, folder, environment)
        self.all.append(process)
        return process
