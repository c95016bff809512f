"""The reference trunk as a subprocess on free loopback ports, for a run without a target of its own.

The target is anything that speaks SIP, so the trunk is never imported here: it is started, told to
announce where it listens, and stopped. Its settings are written by `trunk_files`.
"""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from harness.cli.failure import CommandFailure, ExitStatus
from harness.cli.python_path import child_environment
from harness.cli.trunk_files import embedded_profiles, target_toml, trunk_toml
from harness.drivers.errors import AddressUnusable
from harness.drivers.free_port import free_port
from harness.settings.target import MAXIMUM_CHANNELS, Profile

START_PATIENCE = 60.0  # seconds until the trunk must have announced itself
STOP_PATIENCE = 5.0  # seconds from SIGTERM to SIGKILL
IP_MODE_ADDRESS = "127.0.0.2"
"""A second loopback address, for the profile in ip mode."""


class EmbeddedTrunk:
    """A trunk that lives as long as the ``with`` block."""

    def __init__(self, fault: str | None = None, channels: int = MAXIMUM_CHANNELS) -> None:
        """`channels`: how many its large profiles have."""
        self._fault = fault
        self._channels = channels
        self._folder = tempfile.TemporaryDirectory(prefix="sip-harness-", ignore_cleanup_errors=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._profiles: tuple[Profile, ...] = ()
        self.folder = Path(self._folder.name)
        self.target_file = self.folder / "target.toml"
        """Written once the trunk listens."""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the trunk (calls first, that is its own business) and removes its files."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process is not None and process.stdout is not None:
            process.stdout.close()
        self._folder.cleanup()

    def problem(self) -> str | None:
        """The end of what the trunk said when it has died; None while it lives."""
        if self._process is None or self._process.poll() is None:
            return None
        return f"the reference trunk ended with status {self._process.returncode}: {self._last_words()}"

    def _start(self) -> None:
        command = [sys.executable, "-m", "reference_server", *self.prepare(), "--announce"]
        with (self.folder / "trunk.log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=child_environment(),
                start_new_session=True,  # Ctrl-C is for the scenarios: they end their calls first
            )
        self.take(self._announcement(self._process))

    def prepare(self) -> list[str]:
        """Writes the settings; returns the trunk's arguments."""
        try:
            port = free_port(IP_MODE_ADDRESS)
        except AddressUnusable as error:
            raise CommandFailure(str(error), ExitStatus.NOT_TESTED) from None
        self._profiles = embedded_profiles(IP_MODE_ADDRESS, port, self._channels)
        settings = self.folder / "trunk.toml"
        settings.write_text(trunk_toml(self._profiles), encoding="utf-8")
        fault = [] if self._fault is None else ["--fault", self._fault]
        return ["--config", str(settings), *fault]

    def take(self, announced: dict[str, str]) -> None:
        """Learns where the trunk listens."""
        self.target_file.write_text(target_toml(self._profiles, announced), encoding="utf-8")

    def _announcement(self, process: subprocess.Popen[bytes]) -> dict[str, str]:
        assert process.stdout is not None
        line, late = _line_within(process.stdout, START_PATIENCE)
        try:
            announced: Any = json.loads(line)
            return {str(key): str(value) for key, value in announced.items() if value}
        except (ValueError, AttributeError):
            pass
        if late:
            reason = f"did not say within {START_PATIENCE:g} s where it listens"
        else:
            process.wait(STOP_PATIENCE)
            reason = f"did not start: {self._last_words()}"
        status = ExitStatus.WRONG_INPUT if process.returncode == 2 else ExitStatus.NOT_TESTED
        raise CommandFailure(f"the reference trunk {reason}", status)

    def _last_words(self) -> str:
        text = (self.folder / "trunk.log").read_text(encoding="utf-8", errors="replace")
        lines = [line for line in text.splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"


def _line_within(stream: IO[bytes], seconds: float) -> tuple[str, bool]:
    """The first line that a pipe gives within that time, or what there is when it ends; True: late."""
    deadline = time.monotonic() + seconds
    data = b""
    while b"\n" not in data:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([stream], [], [], left)[0]:
            return "", True
        chunk = os.read(stream.fileno(), 4096)
        if not chunk:
            break
        data += chunk
    return data.partition(b"\n")[0].decode("utf-8", "replace"), False
