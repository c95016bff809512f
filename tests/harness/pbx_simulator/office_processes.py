"""The same office over sockets: trunk and simulated PBX are processes of their own, phones live here."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.drivers.blocking import BlockingDriver
from harness.drivers.phone import Phone
from harness.pytest_plugin.control import Control
from harness.sip.hop import Hop
from harness.ua.account import Account

USERNAME, PASSWORD = "99051000000231", "kR7vWq2mXe9LtB"
ONLINE_NUMBER = "+442079460123"
PATIENCE = 60.0  # seconds for what must happen, on a machine that stands still now and then
END_PATIENCE = 60  # seconds from SIGTERM to the end of a process
TRUNK = f"""\
[trunk]
listen = ["udp:127.0.0.1:0", "tcp:127.0.0.1:0", "tls:127.0.0.1:0"]
control = "127.0.0.1:0"
database = ":memory:"

[[profile]]
sip_username = "{USERNAME}"
password = "{PASSWORD}"
channels = 10
online_numbers = ["{ONLINE_NUMBER}"]
"""
PBX = f"""\
[pbx]
trunk = "{{trunk}}"
transport = "{{transport}}"
username = "{USERNAME}"
password = "{PASSWORD}"

[[extension]]
number = "101"
password = "one"

[inbound]
"{ONLINE_NUMBER}" = "101"
"""


class OfficeProcesses:
    """A trunk and a PBX that run."""

    def __init__(self, announced: dict[str, Any], control: Control, process: "subprocess.Popen[str]") -> None:
        self.announced = announced
        self.control = control
        self.process = process
        self.driver = BlockingDriver()

    def phone(self) -> Phone:
        """A phone for extension 101; the caller registers and closes it."""
        _, _, address = self.announced["inside"].partition(":")
        host, _, port = address.rpartition(":")
        return Phone(self.driver, Account("101", "one", Hop("udp", host, int(port)), "pbx.example"))

    def bindings(self) -> list[dict[str, Any]]:
        """What the trunk has registered."""
        return list(self.control.profile(USERNAME)["bindings"])

    def wait_registered(self, phone: Phone) -> None:
        """Until the trunk knows the PBX."""
        assert self.control.wait_until(lambda _: bool(self.bindings()), phone.wait, PATIENCE)


@contextmanager
def running(command: list[str]) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """A process that announces itself in one line of JSON, and is ended by SIGTERM."""
    with subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(END_PATIENCE)
            finally:
                process.kill()


@contextmanager
def office(folder: Path, transport: str = "udp", fault: str | None = None) -> Iterator[OfficeProcesses]:
    """A trunk and before it the PBX, over UDP, TCP or TLS."""
    trunk_file, pbx_file = folder / "trunk.toml", folder / "pbx.toml"
    trunk_file.write_text(TRUNK, encoding="utf-8")
    with running(["reference_server", "--config", str(trunk_file), "--observe", "--announce"]) as (_, trunk):
        pbx_file.write_text(PBX.format(trunk=trunk[transport], transport=transport), encoding="utf-8")
        command = ["harness.pbx_simulator", "--config", str(pbx_file), "--announce"]
        with running(command + (["--fault", fault] if fault else [])) as (process, pbx):
            opened = OfficeProcesses(pbx, Control(trunk["control"]), process)
            yield opened
            opened.driver.close()
