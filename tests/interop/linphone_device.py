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
    "unregister": "quit",
    "register": "",
}
"""Action -> what is typed; digits are typed as they are. It quits and is started to register anew."""
PROMPT = b"linphonec> "
READY_PATIENCE = 6.0
"""Seconds until it takes commands."""
END_PATIENCE = 6.0
"""Seconds that it has to quit."""
PASSWORD_TAKEN = 1.0
"""Seconds after which it has taken a password, or is gone."""
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
        self._command: list[str] = []
        self._folder = Path()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.printed = b""
        """All that it has printed."""

    async def start(self, program: str, settings: Path) -> None:
        """Runs it with the configuration at `settings`, whose folder is its home."""
        (settings.parent / ".local" / "share" / "linphone").mkdir(parents=True)  # else it has no database
        self._command = [program, "-c", str(settings)]
        self._folder = settings.parent
        await self._run()

    async def close(self) -> None:
        await self._stop()
        tasks = [each for each in (self._reading, self._telling) if each is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stop(self) -> None:
        """Ends it; it unregisters."""
        if self._process is None or self._process.returncode is not None:
            return
        self._type("quit")
        try:
            await asyncio.wait_for(self._process.wait(), END_PATIENCE)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def move(self, action: str, parameter: str) -> None:
        match action:
            case "unregister":
                await self._stop()
            case "register":
                await self._run()
            case _ if action in COMMANDS:
                self._type(COMMANDS[action].format(number=parameter, domain=self._domain))
            case _:
                raise DeviceRefused(f"linphonec has no command for {action}")

    async def _run(self) -> None:
        self._ready.clear()
        self.printed = b""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"HOME": str(self._folder), "PATH": "/usr/bin:/bin"},
            cwd=self._folder,
        )
        self._reading = asyncio.create_task(self._read())
        await asyncio.wait_for(self._ready.wait(), READY_PATIENCE)
        self._type("soundcard use files")
        self._type(f"play {self._folder}/played.wav")

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
            if b"Password for" in pending:
                pending = b""
                self._telling = asyncio.create_task(self._tell_password())

    async def _tell_password(self) -> None:
        """It asks when its credentials do not fit; behind a 403 that may end it, and it is started anew."""
        self._type(self._password)
        await asyncio.sleep(PASSWORD_TAKEN)
        if self._process is not None and self._process.returncode is not None:
            self._desk.tell("ended")
            await self._run()

    def _note(self, line: str) -> None:
        for pattern, happening in SAID:
            if pattern.search(line):
                self._desk.tell(happening)
                return
