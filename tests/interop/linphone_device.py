"""linphonec as a phone of a certification: commands typed into it, what it prints read; at a `DeviceDesk`.

Tests that drive linphonec themselves use `linphonec`.
"""

import asyncio
import re
from pathlib import Path

from tests.interop.device_desk import DeviceDesk, DeviceRefused

COMMANDS = {
    "dial": "call sip:{number}@{domain}",
    "hang_up": "terminate",
    "answer": "answer",
    "reject": "terminate",
    "hold": "pause",
    "resume": "resume",
    "digits": "{number}",
    "unregister": "unregister",
    "register": "register",
}
"""Action -> what is typed; digits are typed as they are."""
PROMPT = b"linphonec> "
READY_PATIENCE = 15.0
"""Seconds until it takes commands."""
SAID = (
    (re.compile(r"Receiving new incoming call"), "rings"),
    (re.compile(r"Call \d+ with .* connected"), "answered"),
    (re.compile(r"Call \d+ with .* (?:ended|error)"), "ended"),
)
"""What it prints -> what has happened."""


class LinphoneDevice:
    """A linphonec in a process of its own."""

    def __init__(self, desk: DeviceDesk, domain: str, password: str) -> None:
        """`domain` is what it dials numbers at, `password` what it is told when it asks for one."""
        self._desk = desk
        self._password = password
        self._domain = domain
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.printed = b""
        """All that it has printed."""

    async def start(self, program: str, settings: Path) -> None:
        """Runs it with the configuration at `settings`, whose folder is its home."""
        folder = settings.parent
        (folder / ".local" / "share" / "linphone").mkdir(parents=True)  # else it has no database
        self._process = await asyncio.create_subprocess_exec(
            program,
            "-c",
            str(settings),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
            cwd=folder,
        )
        self._reading = asyncio.create_task(self._read())
        await asyncio.wait_for(self._ready.wait(), READY_PATIENCE)
        self._type("soundcard use files")
        self._type(f"play {folder}/played.wav")

    async def stop(self) -> None:
        """Ends it."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def move(self, action: str, parameter: str) -> None:
        if action not in COMMANDS:
            raise DeviceRefused(f"linphonec has no command for {action}")
        self._type(COMMANDS[action].format(number=parameter, domain=self._domain))

    def _type(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        pending = b""
        while data := await self._process.stdout.read(65536):
            self.printed += data
            if PROMPT in self.printed:
                self._ready.set()
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                self._note(line.decode("utf-8", "replace"))
            if b"Password for" in pending:  # asked when its credentials do not fit a challenge
                pending = b""
                self._type(self._password)

    def _note(self, line: str) -> None:
        for pattern, happening in SAID:
            if pattern.search(line):
                self._desk.tell(happening)
                return
