"""SIPp as a phone of a certification: plays one scenario of `sipp/` for each call, behind a `DeviceDesk`.

It takes calls by itself and ends its calls by itself half a second after the answer, so `hang_up` waits. A
call to the number that only rings is given up. Tests that drive SIPp themselves use `sipp`.
"""

import asyncio
from pathlib import Path

from tests.interop.device_desk import DeviceDesk, DeviceRefused
from tests.interop.free_port import free_port, is_bound
from tests.interop.peer_process import Processes
from tests.interop.program import installed_program
from tests.interop.sipp import ERRORS, MESSAGES, REPETITIONS, SCENARIOS, Sipp
from tests.interop.waiting import wait_for

COMMANDS = ("dial", "hang_up")
ONLY_RINGS = "+442079460200"
"""A far end of the trunk that never answers."""
HERE = "127.0.0.1"
LOOK_AGAIN = 0.02
"""Seconds between two looks into the file of events."""


class SippDevice:
    """A phone made of SIPp's scenarios."""

    def __init__(self, desk: DeviceDesk, extension: str, password: str, pbx: str) -> None:
        """`pbx` is HOST:PORT where it registers and sends its calls."""
        self._desk = desk
        self._extension = extension
        self._password = password
        self._pbx = pbx
        self._processes: Processes | None = None
        self._folder = Path()
        self._watching: asyncio.Task[None] | None = None

    async def start(self, processes: Processes, folder: Path) -> None:
        """Registers, and takes calls from now on."""
        self._processes, self._folder = processes, folder
        self._events.touch()
        port = free_port()
        self._run("phone_answer", "", port, calls=0)
        wait_for("SIPp to take calls", lambda: is_bound("udp", port))
        registers = Sipp(processes, folder).start(
            "register",
            self._extension,
            remote=self._pbx,
            contact=("udp", port),
            password=self._password,
            values={"Expires: 240": "Expires: 3600", "expires=240": "expires=3600"},
        )
        registers.assert_success()
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def move(self, action: str, parameter: str) -> None:
        if action == "hang_up":
            return  # it does so by itself
        if action != "dial":
            raise DeviceRefused(f"this SIPp has no scenario for {action}")
        self._run(
            "phone_cancel" if parameter == ONLY_RINGS else "phone_call", parameter, free_port(), calls=1
        )

    @property
    def _events(self) -> Path:
        """The log of all its SIPps."""
        return self._folder / "events"

    def _run(self, scenario: str, number: str, port: int, calls: int) -> None:
        assert self._processes is not None
        command = [installed_program("sipp"), *([self._pbx] if number else [])]
        command += ["-sf", str(SCENARIOS / f"{scenario}.xml"), "-t", "u1", "-nostdin", "-rtp_echo"]
        command += ["-i", HERE, "-p", str(port), "-mp", str(free_port())]
        command += ["-trace_logs", "-log_file", str(self._events), "-log_overwrite", "false"]
        command += ["-trace_err", "-error_file", f"{scenario}-{port}-{ERRORS}"]
        command += ["-trace_msg", "-message_file", f"{scenario}-{port}-{MESSAGES}"]
        command += ["-max_retrans", str(REPETITIONS)]
        command += ["-s", self._extension, "-au", self._extension, "-ap", self._password]
        command += ["-key", "number", number] if number else []
        command += ["-m", str(calls)] if calls else []
        self._processes.start(f"SIPp {scenario}", command, self._folder)

    async def _watch(self) -> None:
        line = ""
        with self._events.open(encoding="utf-8") as lines:
            while True:
                line += lines.readline()
                if line.endswith("\n"):
                    self._desk.tell(line.strip())
                    line = ""
                else:
                    await asyncio.sleep(LOOK_AGAIN)
