"""The simulated PBX as a child process, for who certifies it: started, announced, stopped, or killed.

Inside the child `__main__` and `process` run. The environment is handed in where the packages are not
installed.
"""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.pbx_simulator.settings import PbxFile
from harness.sip.hop import Hop

START_PATIENCE = 60.0
"""Seconds until the PBX must have announced itself."""
STOP_PATIENCE = 8.0
"""Seconds from SIGTERM to SIGKILL: its calls end and it unregisters first."""


class PbxDidNotStart(Exception):
    """The child ended, or was silent, before it announced itself; one line says why."""


class SimulatedPbx:
    """A PBX that lives as long as the ``with`` block, unless it is stopped before."""

    def __init__(
        self, settings: PbxFile, fault: str | None = None, *, environment: Mapping[str, str] | None = None
    ) -> None:
        self._settings = settings
        self._fault = fault
        self._environment = environment
        self._folder = tempfile.TemporaryDirectory(prefix="sip-harness-pbx-", ignore_cleanup_errors=True)
        self._log = Path(self._folder.name) / "pbx.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.inside = Hop("udp", "", 0)
        """Where phones register, once it is started."""
        self.outside = Hop("udp", "", 0)
        """Where it sends to the trunk from."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it, also again after `stop`. Raises `PbxDidNotStart`."""
        path = Path(self._folder.name) / "pbx.toml"
        path.write_text(as_toml(self._settings), encoding="utf-8")
        command = [sys.executable, "-m", "harness.pbx_simulator", "--config", str(path), "--announce"]
        if self._fault is not None:
            command += ["--fault", self._fault]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=dict(os.environ if self._environment is None else self._environment),
                start_new_session=True,  # Ctrl-C is for who certifies
            )
        announced = self._announcement(self._process)
        self.inside, self.outside = _hop(announced["inside"]), _hop(announced["outside"])

    def stop(self) -> None:
        """End it in good order: its calls get BYE, its binding is removed."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a word, as a PBX that dies."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Stop it and remove its files."""
        self.stop()
        self._folder.cleanup()

    def problem(self) -> str | None:
        """What it said last when it has ended by itself; None while it lives, or when it was ended."""
        if self._process is None or self._process.poll() is None:
            return None
        return f"the simulated PBX ended with status {self._process.returncode}: {self._last_words()}"

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _announcement(self, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
        assert process.stdout is not None
        line, deadline = b"", time.monotonic() + START_PATIENCE
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                raise PbxDidNotStart(
                    f"the simulated PBX did not say within {START_PATIENCE:g} s where it listens"
                )
            chunk = os.read(process.stdout.fileno(), 4096)
            if not chunk:
                process.wait(STOP_PATIENCE)
                raise PbxDidNotStart(f"the simulated PBX did not start: {self._last_words()}")
            line += chunk
        announced: dict[str, Any] = json.loads(line)
        return announced

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def as_toml(settings: PbxFile) -> str:
    """The settings as `load_pbx_file` reads them."""
    data = settings.model_dump(mode="json", exclude_defaults=True)
    tables = [("[pbx]", data["pbx"]), *(("[[extension]]", each) for each in data.get("extension", []))]
    tables.append(("[inbound]", data.get("inbound", {})))
    return "\n".join(_table(head, keys) for head, keys in tables)


def _table(head: str, keys: Mapping[str, Any]) -> str:
    # texts, numbers and lists of texts look the same in JSON and TOML
    lines = (f"{json.dumps(key)} = {json.dumps(value)}" for key, value in keys.items())
    return "\n".join([head, *lines, ""])


def _hop(text: str) -> Hop:
    transport, _, address = text.partition(":")
    host, _, port = address.rpartition(":")
    return Hop(transport, host.strip("[]"), int(port))
