"""`harness certify` on a terminal, with a person at the phones: prompts, countdown, skipping, Ctrl-C."""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from harness.cli.python_path import child_environment
from harness.results import load_results

PATIENCE = 250.0
"""Seconds for what must appear on the screen."""
PBX = """\
[pbx]
vendor = "Maker"
product = "Box"
version = "1"
address = "127.0.0.1:5999"

[trunk]
listen = "127.0.0.1:0"

[[phone]]
extension = "desk"
manual = true

[timeouts]
appear = 60
setup = 0.5
manual = 600
"""
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")
LEFT = re.compile(r"(\d+) s left")
SIZE = struct.pack("HHHH", 40, 110, 0, 0)
"""Lines and columns, for TIOCSWINSZ."""
THREE = "an_answered_call or hangs_up_ends_the_call or requests_go_to"


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            _become([sys.executable, "-m", "harness.cli", *words])
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, SIZE)
        self._shown = b""
        self._read_to = 0

    def wait(self, words: str) -> None:
        """Until the screen shows these words behind the last ones that were waited for."""
        self._wait_until(lambda: words in self._text()[self._read_to :], words)
        self._read_to = self._text().index(words, self._read_to) + len(words)

    def wait_countdown(self) -> None:
        """Until the screen has shown that time goes by."""
        self._wait_until(lambda: len(set(LEFT.findall(self._text()))) > 1, "countdown")

    def type(self, keys: str) -> None:
        """Presses keys."""
        os.write(self._master, keys.encode())

    def end(self) -> int:
        """Reads to its end; the exit status."""
        while data := self._read():
            self._shown += data
        _, status = os.waitpid(self._pid, 0)
        os.close(self._master)
        return os.waitstatus_to_exitcode(status)

    def _wait_until(self, is_shown: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_shown():
            left = deadline - time.monotonic()
            assert left > 0, f"no {what!r} on the screen; it showed:\n{self._text()}"
            if select.select([self._master], [], [], left)[0]:
                self._shown += self._read()

    def _read(self) -> bytes:
        try:
            return os.read(self._master, 65536)
        except OSError:  # the terminal is closed when its last process ends
            return b""

    def _text(self) -> str:
        return " ".join(CONTROL.sub(b"", self._shown).decode("utf-8", "replace").split())


def _become(command: list[str]) -> NoReturn:
    os.execvpe(command[0], command, {**child_environment(), "TERM": "xterm"})


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    path = tmp_path / "pbx.toml"
    path.write_text(PBX, encoding="utf-8")
    words = ("--simulate-pbx", "--pbx", str(path), "--out", str(tmp_path / "out"), "-k", THREE)
    return Terminal("certify", *words)


@pytest.mark.timeout(300)
def test_a_person_is_asked_and_may_skip_or_end_the_run(terminal: Terminal, tmp_path: Path) -> None:
    """There is plenty of time for each answer; that it can be too late is shown without a terminal."""
    terminal.wait("On phone desk dial +17606604690. Enter: done · s Enter: skip ·")
    terminal.wait_countdown()
    terminal.type("\r")
    terminal.wait("no call reached the trunk within 0.5 s")
    terminal.wait("On phone desk dial")
    terminal.type("s\r")
    terminal.wait("was skipped")
    terminal.wait("On phone desk dial")
    terminal.type("\x03")
    terminal.wait("interrupted; go on with: harness certify --resume")
    assert terminal.end() == 130
    result = load_results(tmp_path / "out" / "results.json")
    assert [each.verdict.value for each in result.scenarios] == ["inconclusive"] * 3
    assert result.scenarios[-1].reason == "interrupted by the user"
    assert {"report.html", "certificate.pdf", "junit.xml"} <= {
        each.name for each in (tmp_path / "out").iterdir()
    }
