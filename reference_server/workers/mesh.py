"""The links between workers: from each to each other one Unix stream, which only its opener speaks on.

Streams, because the queue of a Unix datagram socket holds ten packets where the kernel is left as it comes.
The sockets that listen belong to the parent, so they outlive a worker: what is said to one that is just being
started again waits for it. Frames of a turn leave in one write.
"""

import asyncio
import socket
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import cast

from reference_server.workers.frame import Frame, FrameReader, Kind

RETRY_AFTER = 0.05
"""Seconds until a link is tried again."""
MOST_WAITING = 16 * 1024 * 1024
"""Bytes for a worker that does not read; then frames are dropped, as a network would."""


class Mesh:
    """All links of one worker."""

    def __init__(
        self,
        worker: int,
        paths: Sequence[Path],
        *,
        take: Callable[[int, Frame], None],
        greet: Callable[[], Iterable[Frame]],
        turn: Callable[[], None],
        lost: Callable[[int], None],
    ) -> None:
        """`take` gets what worker N said and `turn` is called after it; `greet` makes what is said first on a
        new link; `lost` learns that worker N is gone."""
        self.worker = worker
        self.take = take
        self.greet = greet
        self.turn = turn
        self.lost = lost
        self.dropped = 0
        """Frames for which there was no room."""
        self._links = {other: _Link(self, other, path) for other, path in enumerate(paths) if other != worker}
        self._server: asyncio.Server | None = None
        self.incoming: set[asyncio.Transport] = set()
        """Of the streams that others speak on."""
        self.closed = False

    async def start(self, listening: socket.socket) -> None:
        """Listens to the others and speaks to them; returns at once."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _Listening(self), sock=listening)
        for link in self._links.values():
            link.open()

    def say(self, worker: int, frame: Frame) -> None:
        """Says something to one worker, with the next `flush`."""
        self._links[worker].say(bytes(frame))

    def say_to_all(self, frame: Frame) -> None:
        """Says something to all others, with the next `flush`."""
        data = bytes(frame)
        for link in self._links.values():
            link.say(data)

    def flush(self) -> None:
        """Hands over to the system what was said."""
        for link in self._links.values():
            if link.waiting:
                link.flush()

    def close(self) -> None:
        """Ends all links; nobody is lost by that."""
        self.closed = True
        if self._server is not None:
            self._server.close()
        for link in self._links.values():
            link.close()
        for transport in self.incoming:
            transport.close()


class _Link(asyncio.Protocol):
    """To one other worker."""

    def __init__(self, mesh: Mesh, other: int, path: Path) -> None:
        self._mesh = mesh
        self._other = other
        self._path = path
        self._transport: asyncio.WriteTransport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._closed = False
        self.waiting: list[bytes] = []
        self._waiting_size = 0

    def open(self) -> None:
        self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._closed:
            try:
                await loop.create_unix_connection(lambda: self, str(self._path))
                return
            except OSError:
                await asyncio.sleep(RETRY_AFTER)

    def say(self, data: bytes) -> None:
        if self._waiting_size > MOST_WAITING:
            self._mesh.dropped += 1
            return
        self.waiting.append(data)
        self._waiting_size += len(data)

    def flush(self) -> None:
        transport = self._transport
        if transport is None or transport.get_write_buffer_size() > MOST_WAITING:
            return
        transport.write(b"".join(self.waiting))
        self.waiting.clear()
        self._waiting_size = 0

    def close(self) -> None:
        self._closed = True
        if self._opening is not None:
            self._opening.cancel()
        if self._transport is not None:
            self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is none by class
        hello = [Frame(Kind.HELLO, port=self._mesh.worker), *self._mesh.greet()]
        self.waiting.insert(0, b"".join(bytes(frame) for frame in hello))
        self.flush()

    def connection_lost(self, exception: Exception | None) -> None:
        self._transport = None
        if not self._closed:
            self.open()


class _Listening(asyncio.Protocol):
    """From one other worker."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self._reader = FrameReader()
        self._other: int | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._mesh.incoming.add(self._transport)

    def data_received(self, data: bytes) -> None:
        for frame in self._reader.feed(data):
            if frame.kind is Kind.HELLO:
                self._other = frame.port
            elif self._other is not None:
                self._mesh.take(self._other, frame)
        self._mesh.turn()

    def connection_lost(self, exception: Exception | None) -> None:
        if self._transport is not None:
            self._mesh.incoming.discard(self._transport)
        if self._other is not None and not self._mesh.closed:
            self._mesh.lost(self._other)
