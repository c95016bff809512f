"""The scenarios in a pytest process of their own, and its progress as events.

A fresh process keeps pytest's state, plugins and settings of the user's project out of a run. It
reports through a pipe (`harness.pytest_plugin.progress`); what it printed is kept for the case that it
fails. Showing the events is `run_view`'s work.
"""

import importlib.metadata
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from harness.cli.python_path import child_environment

INTERRUPT_PATIENCE = 15.0  # seconds that the scenarios have to end their calls after Ctrl-C
SCENARIOS = "harness.scenarios.trunk"
PLUGIN = "harness.pytest_plugin.plugin"
NO_OTHER_PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""Plugins that happen to be installed cost a third of a second at each start, and may meddle."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to run, against what, and where results go."""

    target_file: Path
    out: Path
    again: str
    """The command that the user typed, for findings."""
    words: str | None = None
    """As pytest's ``-k``."""
    fault: str | None = None
    stop_at_first: bool = False

    @property
    def package(self) -> str:
        """The trunk pack."""
        return SCENARIOS

    def arguments(self) -> list[str]:
        """What pytest is told."""
        words = ["--sip-target", str(self.target_file), "--sip-out", str(self.out)]
        words += ["--sip-again", self.again]
        if self.fault is not None:
            words += ["--sip-fault", self.fault]
        if self.words is not None:
            words += ["-k", self.words]
        return [*words, "-x"] if self.stop_at_first else words


class Pack(Protocol):
    """A selection of scenarios, of whatever pack."""

    @property
    def package(self) -> str:
        """Where its scenarios lie."""

    def arguments(self) -> list[str]:
        """What pytest is told besides."""


class ScenarioProcess:
    """One pytest process. Use it as an iterator over its events, then look at `status`."""

    def __init__(self, selection: Pack, folder: Path) -> None:
        """`folder` takes the settings and the output of pytest."""
        self._log = folder / "pytest.log"
        settings = folder / "pytest.ini"
        settings.write_text("[pytest]\n", encoding="utf-8")
        reading, writing = os.pipe()
        hearing, self._answers = os.pipe()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *_command(selection, settings),
                    *("--sip-events-fd", str(writing), "--sip-answers-fd", str(hearing)),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**child_environment(), **NO_OTHER_PLUGINS},
                cwd=folder,  # pytest loads tests/conftest.py of the folder it is started in
                pass_fds=(writing, hearing),
                start_new_session=True,  # Ctrl-C comes once, through `interrupt`
            )
        os.close(writing)
        os.close(hearing)
        self._events = os.fdopen(reading, encoding="utf-8")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for line in self._events:
            yield json.loads(line)

    @property
    def status(self) -> int:
        """pytest's exit status; waits for its end."""
        return self._process.wait()

    def answer(self, number: int, answer: str) -> None:
        """Answers a question of the scenarios (event ``ask``); one that is no longer there does not mind."""
        line = json.dumps({"number": number, "answer": answer}) + "\n"
        try:
            os.write(self._answers, line.encode())
        except OSError:
            pass

    def interrupt(self) -> None:
        """Lets the scenarios end their calls and write their results."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(INTERRUPT_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Ends the process when it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._events.close()
        os.close(self._answers)

    def output(self) -> list[str]:
        """What pytest printed, without empty lines."""
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return [line for line in text.splitlines() if line.strip()]


def _command(selection: Pack, settings: Path) -> list[str]:
    command = [sys.executable, "-m", "pytest", "--pyargs", selection.package, "-q"]
    command += ["-c", str(settings), "--rootdir", str(settings.parent)]
    command += ["-p", "no:cacheprovider", "-p", PLUGIN]
    return command + selection.arguments()


def plugin_arguments() -> list[str]:
    """What pytest needs to load the plugin: nothing when it is installed, its module in a mere clone."""
    installed = importlib.metadata.entry_points(group="pytest11")
    if any(entry.name == "sip_harness" for entry in installed):
        return []
    return ["-p", PLUGIN]
