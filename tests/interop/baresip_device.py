"""baresip as a phone of a certification: its control port (module ctrl_tcp) behind a `DeviceDesk`.

Commands and events are JSON in netstrings. Tests that drive baresip themselves use `baresip`.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.interop.baresip import CONFIG, MODULES, PLAYED, TONE_SECONDS
from tests.interop.device_desk import DeviceDesk, DeviceRefused
from tests.interop.free_port import free_port
from tests.interop.peer_process import PeerProcess, Processes
from tests.interop.program import installed_program
from tests.interop.waiting import PATIENCE
from tests.interop.wave_file import write_tone

COMMANDS = {
    "dial": "dial",
    "hang_up": "hangup",
    "answer": "accept",
    "reject": "hangup",
    "hold": "hold",
    "resume": "resume",
    "digits": "sndcode",
    "unregister": "uadel",
    "register": "uanew",
}
"""Action -> baresip's command. Taking an account away and adding it anew ends and begins its registration."""


def account_line(username: str, password: str, domain: str, address: str) -> str:
    """A line of its accounts file; calls wait until they are answered by command."""
    options = f'auth_pass={password};outbound="sip:{address}";answermode=manual;audio_codecs=PCMA,PCMU'
    return f"<sip:{username}@{domain}>;{options}"


class BaresipDevice:
    """A running baresip."""

    def __init__(self, desk: DeviceDesk, domain: str, account: str) -> None:
        """`domain` is what it dials numbers at, `account` the line of its accounts file."""
        self._desk = desk
        self._account = account
        self._domain = domain
        self._process: PeerProcess | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None
        self._established = False

    async def start(self, processes: Processes, folder: Path, listen: int = 0) -> None:
        """Runs it with files in `folder`, at a port for SIP; its control port serves one connection, ours."""
        control = free_port()
        write_tone(folder / "played.wav", PLAYED, TONE_SECONDS)
        config = CONFIG.format(folder=folder, modules=MODULES, control_port=control)
        config = config.replace("sip_listen 127.0.0.1:0", f"sip_listen 127.0.0.1:{listen}")
        for file, text in {"config": config, "accounts": f"{self._account}\n", "contacts": "\n"}.items():
            (folder / file).write_text(text, "utf-8")
        command = [installed_program("baresip"), "-f", str(folder), "-s"]
        self._process = processes.start("baresip", command, folder)
        self._process.wait_output("baresip is ready")
        reader, self._writer = await asyncio.open_connection("127.0.0.1", control)
        self._reading = asyncio.create_task(self._read(reader))

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
        if self._process is not None:
            self._process.kill()

    async def move(self, action: str, parameter: str) -> None:
        if action not in COMMANDS:
            raise DeviceRefused(f"baresip has no command for {action}")
        parameters = {
            "dial": f"sip:{parameter}@{self._domain}",
            "unregister": self._account.partition(">")[0].lstrip("<"),
            "register": self._account,
        }
        await self._command(COMMANDS[action], parameters.get(action, parameter))

    async def _command(self, name: str, parameters: str) -> None:
        assert self._writer is not None
        data = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        self._writer.write(b"%d:%s," % (len(data), data))
        answer = await asyncio.wait_for(self._answers.get(), PATIENCE)
        if not answer["ok"]:
            raise DeviceRefused(f"baresip refused {name}: {answer.get('data', '')}")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                size = int((await reader.readuntil(b":"))[:-1])
                message = json.loads((await reader.readexactly(size + 1))[:-1])  # a comma ends it
            except (asyncio.IncompleteReadError, OSError):
                return
            if message.get("response"):
                self._answers.put_nowait(message)
            else:
                self._note(message)

    def _note(self, event: dict[str, Any]) -> None:
        match event.get("type"):
            case "CALL_INCOMING":
                self._established = False
                self._desk.tell("rings")
            case "CALL_ESTABLISHED":
                self._established = True
                self._desk.tell("answered")
            case "CALL_CLOSED":
                status = str(event.get("param", ""))[:3]
                refused = not self._established and event.get("direction") == "outgoing" and status.isdigit()
                self._desk.tell(f"refused {status}" if refused else "ended")
                self._established = False
