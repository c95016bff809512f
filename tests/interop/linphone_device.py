"""linphonec as a phone of a certification: commands typed into it, what it prints read; at a `DeviceDesk`.

When its credentials do not fit it asks for a password, which it is told; behind a 403 that may end it, and it
is started anew. Tests that drive linphonec themselves use `linphonec`.
"""

import asyncio
import re
from pathlib import Path

from tests.interop.device_desk import DeviceDesk, DeviceRefused
from tests.interop.waiting import PATIENCE

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
        self._life: asyncio.Task[None] | None = None
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
        await self._let_go()
        if (running := self._running) is not None:
            running.kill()  # the trunk may have ended, and nobody would answer its farewell
            await running.wait()

    @property
    def _running(self) -> asyncio.subprocess.Process | None:
        process = self._process
        return None if process is None or process.returncode is not None else process

    async def _let_go(self) -> None:
        """Nobody reads what it prints from now on, and nobody starts it anew."""
        self._ready.clear()
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)

    async def _stop(self) -> None:
        """Ends it; it unregisters."""
        await self._let_go()
        if (running := self._running) is None:
            return
        self._type("quit")
        try:
            await asyncio.wait_for(running.communicate(), PATIENCE)
        except TimeoutError:
            running.kill()
            await running.wait()

    async def move(self, action: str, parameter: str) -> None:
        match action:
            case "unregister":
                await self._stop()
            case "register":
                await self._run()
            case _ if action in COMMANDS:
                await asyncio.wait_for(self._ready.wait(), PATIENCE)
                self._type(COMMANDS[action].format(number=parameter, domain=self._domain))
            case _:
                raise DeviceRefused(f"linphonec has no command for {action}")

    async def _run(self) -> None:
        """Starts it, up to where it takes commands."""
        self._life = asyncio.create_task(self._live())
        await asyncio.wait_for(self._ready.wait(), PATIENCE)

    async def _live(self) -> None:
        """Runs it, and anew when it ended over a password."""
        was_asked = True
        while was_asked:
            await self._start_process()
            was_asked = await self._read()
            self._ready.clear()
            self._desk.tell("ended")

    async def _start_process(self) -> None:
        self.printed = b""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"HOME": str(self._folder), "PATH": "/usr/bin:/bin"},
            cwd=self._folder,
        )

    def _type(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def _read(self) -> bool:
        """Reads what it prints, to its end; whether it was told a password."""
        assert self._process is not None
        assert self._process.stdout is not None
        pending, was_asked = b"", False
        while data := await self._process.stdout.read(65536):
            self.printed += data
            if PROMPT in self.printed and not self._ready.is_set():
                self._type("soundcard use files")
                self._type(f"play {self._folder}/played.wav")
                self._ready.set()
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                self._note(line.decode("utf-8", "replace"))
            if b"Password for" in pending:
                pending, was_asked = b"", True
                self._type(self._password)
        await self._process.wait()
        return was_asked

    def _note(self, line: str) -> None:
        for pattern, happening in SAID:
            if pattern.search(line):
                self._desk.tell(happening)
                return
