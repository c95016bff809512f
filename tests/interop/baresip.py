"""baresip without sound hardware: plays a file, dumps what it hears, and is driven over its TCP control port.

Commands and events are JSON in netstrings (baresip's module ctrl_tcp).
"""

import json
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.interop.free_port import free_port
from tests.interop.peer_process import PeerProcess, Processes
from tests.interop.program import installed_program
from tests.interop.trunk_process import DOMAIN, PASSWORD
from tests.interop.waiting import PATIENCE, wait_for
from tests.interop.wave_file import hears_tone, write_tone

PLAYED = 1004
"""Hz of the tone that baresip sends in its calls."""
TONE_SECONDS = 300
MODULES = Path("/usr/lib/baresip/modules")
"""Where Debian's baresip-core has them."""
CONFIG = """
poll_method epoll
sip_listen 127.0.0.1:0
net_interface 127.0.0.1
audio_source aufile,{folder}/played.wav
audio_player aubridge,heard
audio_alert aubridge,alert
snd_path {folder}
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
"""
ACCOUNT = (
    '<sip:{username}@{domain}>;auth_pass={password};outbound="sip:{address};transport={transport}"'
    ";answermode=auto;regint=120\n"
)

Json = dict[str, Any]


class Baresip:
    """A running baresip with one account, which answers calls by itself. Use it as a context manager."""

    def __init__(
        self,
        processes: Processes,
        folder: Path,
        username: str,
        address: str,
        transport: str = "udp",
        texts: Mapping[str, str] | None = None,
    ) -> None:
        """`address` (HOST:PORT) is the trunk; baresip registers there at once.

        `texts` are files (``accounts``, ``config``) that take the place of our own; the control port is ours.
        """
        program = installed_program("baresip")
        self.folder = folder
        port = free_port()
        write_tone(folder / "played.wav", PLAYED, TONE_SECONDS)
        config = CONFIG.format(folder=folder, modules=MODULES, control_port=port)
        account = ACCOUNT.format(
            username=username, domain=DOMAIN, password=PASSWORD, address=address, transport=transport
        )
        files = {"config": config, "accounts": account, "contacts": "\n", **(texts or {})}
        for name, text in files.items():
            own_port = text.replace("127.0.0.1:4444", f"127.0.0.1:{port}")
            (folder / name).write_text(own_port, "utf-8")
        self.process: PeerProcess = processes.start("baresip", [program, "-f", str(folder), "-s"], folder)
        self.process.wait_output("baresip is ready")
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._pending = b""
        self._events: list[Json] = []
        """Events that nobody waited for yet, oldest first."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._socket.close()
        self.process.kill()

    def command(self, name: str, parameters: str = "") -> str:
        """Gives a command and returns baresip's answer to it."""
        data = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        self._socket.sendall(b"%d:%s," % (len(data), data))
        deadline = time.monotonic() + PATIENCE
        while True:
            message = self._receive(deadline, f"an answer to {name}")
            if message.get("response"):
                assert message["ok"], f"baresip refused {name} {parameters}: {message}"
                return str(message["data"])
            self._events.append(message)

    def forget_events(self) -> None:
        """Forgets what happened up to now: events older than the answer to a command come before it."""
        self.command("reginfo")
        self._events.clear()

    def wait_registered(self) -> None:
        """Until its registrar has a binding: printed, for the event may come before we listen to events."""
        self.process.wait_output(r"200 OK .*\[\d+ bindings?\]")

    def wait_event(self, kind: str, direction: str | None = None) -> Json:
        """Waits for an event, e.g. CALL_ESTABLISHED, and forgets those before it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            event = self._events.pop(0) if self._events else self._receive(deadline, kind)
            if event.get("type") == kind and direction in (None, event.get("direction")):
                return event

    def wait_heard(self, frequency: int, since: Mapping[Path, int]) -> None:
        """Waits until a recording written after `since` has the tone, while the call lasts or behind it."""
        wait_for(f"baresip to have heard {frequency} Hz", lambda: self.has_heard(frequency, since))

    def has_heard(self, frequency: int, since: Mapping[Path, int]) -> bool:
        """Whether a recording written after `since` has the tone."""
        return any(
            hears_tone(path, frequency)
            for path, written in self.recordings().items()
            if since.get(path) != written
        )

    def recordings(self) -> dict[Path, int]:
        """What baresip received in its calls, and when each file was written, in nanoseconds.

        A name has the second of the call in it: the second call of one second takes the first one's file.
        """
        return {path: path.stat().st_mtime_ns for path in self.folder.glob("dump-*-dec.wav")}

    def _receive(self, deadline: float, what: str) -> Json:
        while (message := self._next_message()) is None:
            left = deadline - time.monotonic()
            assert left > 0, f"baresip said nothing of {what} within {PATIENCE:g} s:\n{self.process.output}"
            self._socket.settimeout(left)
            try:
                chunk = self._socket.recv(65536)
            except TimeoutError:
                continue
            assert chunk, f"baresip closed its control port before {what}:\n{self.process.output}"
            self._pending += chunk
        return message

    def _next_message(self) -> Json | None:
        length, colon, rest = self._pending.partition(b":")
        if not colon or len(rest) <= int(length):
            return None
        size = int(length)
        self._pending = rest[size + 1 :]  # the netstring ends with a comma
        message: Json = json.loads(rest[:size])
        return message
