"""Fills a profile to its last channel with Locust, in a process of its own, and reads what was seen.

Importing Locust patches the process, so it never happens here: `python -m locust` runs
`harness.load.saturation.saturation_locustfile` against the same target and writes a `SaturationLog`. Judging
it is the scenarios' work (`trunk.test_saturation`).
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from harness.capture.pcap import read_pcap
from harness.capture.trace import Trace
from harness.checks.breach import Inconclusive
from harness.results.saturation_log import SaturationLog, load_saturation_log

LOCUSTFILE = "harness.load.saturation.saturation_locustfile"
SETTINGS_VARIABLE = "SIP_HARNESS_SATURATION"
"""Environment variable with the name of the settings file, read by the locustfile."""
PATIENCE_AT_END = 15.0
"""Seconds that an interrupted run has to end its calls."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to fill, and for how long."""

    target_file: Path
    profile: str
    """SIP username."""
    others: tuple[str, ...]
    """SIP usernames of profiles to be filled beside it, without audio."""
    held_s: float
    """Seconds that all calls are held."""


@dataclass(frozen=True, slots=True)
class Saturation:
    """What a run saw: the facts, and the signalling that proves them."""

    log: SaturationLog
    signalling: Trace

    def show(self, call_ids: Iterable[str], trace: Trace) -> None:
        """Copies the signalling of some calls into the trace of a scenario, for its ladder and pcap."""
        for call_id in call_ids:
            for traced in self.signalling.of_call(call_id):
                trace.append(traced.time, traced.packet, traced.kind)


def saturate(wishes: Wishes, folder: Path, tell: Callable[[str], None]) -> Saturation:
    """Runs Locust to the end; `tell` gets a line now and then. Raises `Inconclusive` when it cannot."""
    out = folder / "saturation.json"
    settings = folder / "settings.json"
    settings.write_text(
        json.dumps(
            {
                "target_file": str(wishes.target_file.resolve()),
                "profile": wishes.profile,
                "others": list(wishes.others),
                "held_s": wishes.held_s,
                "out": str(out),
            }
        ),
        encoding="utf-8",
    )
    _run(_command(), {**os.environ, SETTINGS_VARIABLE: str(settings)}, folder, tell)
    try:
        log = load_saturation_log(out)
        return Saturation(log, Trace() if log.trace is None else read_pcap(folder / log.trace))
    except (OSError, ValidationError) as error:
        raise Inconclusive(f"the saturation run left no log: {_last_line(folder, error)}") from error


def _command() -> list[str]:
    found = importlib.util.find_spec(LOCUSTFILE)
    if found is None or found.origin is None:
        raise Inconclusive(f"{LOCUSTFILE} is not installed")
    command = [sys.executable, "-m", "locust", "-f", found.origin, "--headless", "--users", "1"]
    return [*command, "--spawn-rate", "1", "--loglevel", "WARNING", "--only-summary", "--reset-stats"]


def _run(command: list[str], environment: dict[str, str], folder: Path, tell: Callable[[str], None]) -> None:
    """Locust's standard error goes to a log; lines of its standard output that are for us go to `tell`."""
    with (folder / "locust.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
            text=True,
            start_new_session=True,  # Ctrl-C comes once, from here
        )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("saturation: "):
                tell(line.strip())
        process.wait()
    except BaseException:
        _interrupt(process)
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()


def _interrupt(process: "subprocess.Popen[str]") -> None:
    """Lets the run end its calls."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_AT_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last_line(folder: Path, error: Exception) -> str:
    text = (folder / "locust.log").read_text(encoding="utf-8", errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else str(error).splitlines()[0]
