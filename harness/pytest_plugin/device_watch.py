"""What happens to a device that commands move: lines that its `watch` command prints, one for each event.

``rings`` a call comes in; ``answered`` the call is up, either way; ``refused STATUS`` the call that it made
was refused; ``ended`` the call is over. Other lines are passed over. Moving the device is `inside_device`'s
work.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.checks.breach import Inconclusive

Happening = Literal["rings", "answered", "refused", "ended"]
END_PATIENCE = 2.0
"""Seconds that the command has to end."""


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """Something that happened to the device."""

    kind: Happening
    status: int = 0
    """Of a call that was refused; 0 where the device does not tell."""


class DeviceWatch:
    """The running command. It is started at the first look."""

    def __init__(self, words: Sequence[str], extension: str) -> None:
        self._words = list(words)
        self._extension = extension
        self._process: subprocess.Popen[bytes] | None = None
        self._pending = b""
        self._events: list[DeviceEvent] = []

    def start(self) -> None:
        """Begins to listen. Raises Inconclusive when the command can't be started."""
        if self._process is not None:
            return
        try:
            self._process = subprocess.Popen(
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the run, which ends its calls first
            )
        except OSError as error:
            raise Inconclusive(f"phone {self._extension}: watch can't be started: {error}") from None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)

    def events(self) -> list[DeviceEvent]:
        """What has happened since `forget`, oldest first. Raises Inconclusive when the command has ended."""
        if self._process is None:
            self.start()
        assert self._process is not None
        assert self._process.stdout is not None
        while True:
            try:
                data = os.read(self._process.stdout.fileno(), 65536)
            except BlockingIOError:
                return self._events
            if not data:
                raise Inconclusive(f"phone {self._extension}: its watch command has ended")
            *lines, self._pending = (self._pending + data).split(b"\n")
            self._events += [event for event in map(_event, lines) if event is not None]

    def has(self, *kinds: Happening) -> bool:
        """Whether one of these has happened since `forget`."""
        return any(event.kind in kinds for event in self.events())

    def forget(self) -> None:
        """What happened up to now is over."""
        self.events()
        self._events.clear()

    def close(self) -> None:
        """Ends the command."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None


def _event(line: bytes) -> DeviceEvent | None:
    kind, *rest = line.decode("utf-8", "replace").split() or [""]
    status = int(rest[0]) if rest and rest[0].isdecimal() else 0
    match kind:
        case "rings" | "answered" | "refused" | "ended":
            return DeviceEvent(kind, status)
        case _:
            return None
