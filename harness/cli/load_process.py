"""Locust as a process of its own, with the locustfile of the harness, and its progress as events.

A process of its own because importing Locust patches the process. It reports through a pipe; what it printed
is kept for the case that it fails. With several workers it is a master that has forked them. Showing the
events is `load_view`'s work.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import harness.load
from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.python_path import child_environment
from harness.drivers.free_port import free_port
from harness.load.load_settings import LoadSettings

INTERRUPT_PATIENCE = 20.0  # seconds that a load has to end its calls after Ctrl-C
WEB_PATIENCE = 8.0  # seconds for the same while Locust's web UI, which stays, is still to be ended
SETTINGS_VARIABLE = "SIP_LOAD_SETTINGS"
FILE_OPTIONS = ("-f", "--locustfile")


class LoadProcess:
    """One Locust, or a master and its workers. Iterate over its events, then look at `status`."""

    def __init__(
        self,
        settings: LoadSettings,
        folder: Path,
        workers: int = 1,
        *,
        web: bool = False,
        locust: tuple[str, ...] = (),
        name: str = "load",
    ) -> None:
        """`folder` takes the settings and Locust's output. Raises CommandFailure without Locust."""
        if find_spec("locust") is None:
            raise CommandFailure(
                "Locust is not installed; install it with: pip install 'sip-harness[load]'",
                ExitStatus.WRONG_INPUT,
            )
        self.refused = ""
        """What Locust's process found wrong with the input."""
        self._web = web
        self._log = folder / f"{name}.log"
        reading, writing = os.pipe()
        file = folder / f"{name}.json"
        file.touch(mode=0o600)  # passwords are in it
        settings = settings.model_copy(update={"progress_fd": writing})
        file.write_text(settings.model_dump_json(by_alias=True), encoding="utf-8")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*_command(settings, workers, web, locust)],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**child_environment(), SETTINGS_VARIABLE: str(file)},
                pass_fds=(writing,),
                start_new_session=True,  # Ctrl-C comes once, through `interrupt`
            )
        os.close(writing)
        self._events = os.fdopen(reading, encoding="utf-8")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for line in self._events:
            event: dict[str, Any] = json.loads(line)
            if event["event"] == "refused":
                self.refused = event["message"]
            yield event

    @property
    def status(self) -> int:
        """Locust's exit status; waits for its end."""
        return self._process.wait()

    def interrupt(self) -> None:
        """Lets the load end its calls and write its results."""
        for _ in range(2 if self._web else 1):  # the first ends the load, the second Locust's web UI
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(WEB_PATIENCE if self._web else INTERRUPT_PATIENCE)
            except subprocess.TimeoutExpired:
                continue
            return
        self._kill()

    def close(self) -> None:
        """Ends the process when it still runs."""
        if self._process.poll() is None:
            try:
                self._process.wait(INTERRUPT_PATIENCE)
            except subprocess.TimeoutExpired:
                self._kill()
        self._events.close()

    def output(self) -> list[str]:
        """What Locust printed, without empty lines."""
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return [line for line in text.splitlines() if line.strip()]

    def _kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)  # its workers too: the group is ours alone
        self._process.wait()


def _command(settings: LoadSettings, workers: int, web: bool, locust: tuple[str, ...]) -> list[str]:
    command = [sys.executable, "-m", "locust", "--only-summary"]
    own_file = any(each in FILE_OPTIONS or each.startswith("--locustfile=") for each in locust)
    if not own_file:
        command += ["-f", str(Path(harness.load.__path__[0]) / "locustfile.py")]
    command += ["--autostart"] if web else ["--headless"]
    if workers > 1:
        port = str(free_port())
        command += ["--processes", str(workers), "--master-bind-host", "127.0.0.1"]
        command += ["--master-bind-port", port, "--master-port", port]
    command += locust
    if not own_file:
        command.append(settings.user)
    return command
