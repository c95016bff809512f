"""Runs Locust with our users in a process of its own, as importing it here would patch pytest."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import harness.load
from harness.load.load_settings import LoadSettings
from harness.results import LoadResult, load_load_results
from harness.settings.target import TargetSettings
from tests.interop.trunk_process import PASSWORD, TrunkProcess, account, online_number, username

PATIENCE = 250.0  # seconds for a whole run on a busy machine


def target_of(trunk: TrunkProcess, profiles: int = 1) -> TargetSettings:
    """The target that the trunk of `tests.interop` is."""
    return TargetSettings.model_validate(
        {
            "target": {"address": trunk.address("udp")},
            "control": {"url": trunk.address("control")},
            "profile": [
                {
                    "sip_username": username(index),
                    "password": PASSWORD,
                    "channels": 10,
                    "online_numbers": [online_number(username(index))],
                    "extension_tags": {account(username(index)): "200"},
                }
                for index in range(profiles)
            ],
        }
    )


class LoadRun:
    """One Locust at work."""

    def __init__(self, settings: LoadSettings, folder: Path, *arguments: str, headless: bool = True) -> None:
        self.results_file = folder / "results.json"
        reading, writing = os.pipe()
        settings = settings.model_copy(
            update={"outcome_file": str(self.results_file), "progress_fd": writing}
        )
        file = folder / "settings.json"
        file.write_text(settings.model_dump_json(by_alias=True), encoding="utf-8")
        own = [] if "-f" in arguments else ["-f", str(Path(harness.load.__path__[0]) / "locustfile.py")]
        named = [] if "-f" in arguments else [settings.user]
        shown = ["--headless"] if headless else []
        self._log = folder / "locust.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "locust", *shown, "--only-summary", *own, *arguments, *named],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "SIP_LOAD_SETTINGS": str(file), "PYTHONPATH": _root()},
                pass_fds=(writing,),
                start_new_session=True,
                cwd=folder,
            )
        os.close(writing)
        self._events = os.fdopen(reading, encoding="utf-8")

    def events(self) -> Iterator[dict[str, Any]]:
        """What it tells while it runs; ends with the process."""
        for line in self._events:
            yield json.loads(line)

    def wait_progress(self, key: str, least: float) -> dict[str, Any]:
        """The first progress event in which a number is at least so high."""
        for event in self.events():
            if event["event"] == "progress" and (event[key] or 0) >= least:
                return event
        raise AssertionError(f"{key} never came to {least}:\n{self.output}")

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def result(self) -> LoadResult:
        """Waits for the end and reads what was written."""
        status = self._process.wait(PATIENCE)
        assert self.results_file.exists(), f"status {status}, no results:\n{self.output}"
        return load_load_results(self.results_file)

    @property
    def status(self) -> int:
        return self._process.wait(PATIENCE)

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """Ends it and its workers when they still run."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._events.close()


@contextmanager
def load_run(
    settings: LoadSettings, folder: Path, *arguments: str, headless: bool = True
) -> Iterator[LoadRun]:
    """Locust with these settings and further arguments; gone at the end."""
    run = LoadRun(settings, folder, *arguments, headless=headless)
    try:
        yield run
    finally:
        run.close()


def _root() -> str:
    return str(Path(harness.load.__path__[0]).parent.parent)
