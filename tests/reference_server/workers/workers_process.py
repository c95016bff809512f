"""A trunk of several workers as real processes on free loopback ports, and phones that call it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from harness.drivers.blocking import BlockingDriver
from harness.drivers.phone import Phone
from harness.sip.hop import Hop
from harness.ua.account import Account

USERNAME = "99051000000231"
ECHO = "+17606604690"
CHANNELS = 10
PATIENCE = 100.0
"""Seconds for anything that has to happen; the machine may be busy, or stand still."""
SETTINGS = f"""\
[trunk]
listen = ["udp:127.0.0.1:0", "tcp:127.0.0.1:0"]
control = "127.0.0.1:0"
workers = 3

[[profile]]
sip_username = "{USERNAME}"
password = "secret"
channels = {CHANNELS}
online_numbers = ["+442079460123"]
"""


class WorkersProcess:
    """The trunk, seen from outside."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path, announced: dict[str, Any]) -> None:
        self.process = process
        self.folder = folder
        self.announced = announced
        self.control = httpx.Client(base_url=announced["control"], trust_env=False, timeout=PATIENCE)
        self.driver = BlockingDriver()

    def hop(self, transport: str = "udp") -> Hop:
        """Where the trunk listens."""
        host, _, port = self.announced[transport].rpartition(":")
        return Hop(transport, host, int(port))

    def phone(self, transport: str = "udp", username: str = USERNAME, password: str = "secret") -> Phone:
        """A phone on a port of its own."""
        account = Account(username, password, self.hop(transport))
        return Phone(self.driver, account, transport=transport)

    def ask(self, path: str) -> Any:
        """What the control API answers to GET."""
        return self.control.get(path).raise_for_status().json()

    def channels_used(self) -> int:
        """As the control API tells it."""
        return int(self.ask(f"/profiles/{USERNAME}")["channels_used"])

    def place_call(self) -> str:
        """Has the trunk call the profile; returns the id of the call."""
        answer = self.control.post("/calls", json={"profile": USERNAME}).raise_for_status()
        return str(answer.json()["id"])

    def run_until(self, predicate: Callable[[], bool]) -> bool:
        """Lets the phones work until something holds."""
        deadline = time.monotonic() + PATIENCE
        while not predicate():
            if time.monotonic() > deadline:
                return False
            self.driver.run_until(lambda: False, 0.05)
        return True

    def worker_ids(self) -> dict[int, int]:
        """Worker -> process id."""
        found = {}
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii")
        for child in children.split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if b"reference_server.workers" in words:
                found[int(words[words.index(b"reference_server.workers") + 1])] = int(child)
        return found

    def log(self) -> str:
        """What the trunk said on its standard error."""
        return (self.folder / "log").read_text("utf-8")

    def close(self) -> None:
        """Closes what the tests opened."""
        self.control.close()
        self.driver.close()


@contextmanager
def running_workers(folder: Path, *options: str, settings_text: str = SETTINGS) -> Iterator[WorkersProcess]:
    """Starts a trunk of three workers in an empty folder; whatever happens, it is gone afterwards."""
    settings = folder / "trunk.toml"
    settings.write_text(settings_text, "utf-8")
    command = [sys.executable, "-m", "reference_server", "--config", str(settings), "--announce", *options]
    environment = {**os.environ, "TMPDIR": str(short_folder(folder))}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as process,
    ):
        trunk = None
        try:
            assert process.stdout is not None
            trunk = WorkersProcess(process, folder, json.loads(process.stdout.readline()))
            yield trunk
        finally:
            if trunk is not None:
                trunk.close()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            finally:
                process.kill()


def short_folder(folder: Path) -> Path:
    """A folder for the trunk's temporary files."""
    path = folder / "t"
    path.mkdir(exist_ok=True)
    return path


def is_running(process_id: int) -> bool:
    """Whether a process lives; one that waits to be reaped does not."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
