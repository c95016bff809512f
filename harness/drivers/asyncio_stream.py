"""One TCP or TLS connection of the asyncio driver: framing in, queued messages out.

It knows its two hops and nothing of SIP beyond message boundaries; which connection a message takes is
`asyncio_driver`'s choice.
"""

import asyncio
import ssl
from collections.abc import Iterable
from typing import Protocol

from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.stream import StreamFramer

CONNECT_PATIENCE = 5.0
"""Seconds until a peer that doesn't take our connection counts as unreachable."""
LARGEST_BACKLOG = 4 * 1024 * 1024
"""Bytes waiting for a peer that doesn't read; then the connection is given up."""
PONG = b"\r\n"
"""The answer to a double CRLF (RFC 5626 section 3.5.1)."""


class StreamOwner(Protocol):
    """Who is told what happens on a connection."""

    def stream_opened(self, connection: "StreamConnection") -> None: ...

    def stream_received(self, packets: Iterable[Packet]) -> None: ...

    def stream_closed(self, connection: "StreamConnection", reason: str) -> None: ...


class StreamConnection(asyncio.Protocol):
    """A connection that a peer opened, or one that we dial; messages may be sent before it is open."""

    def __init__(self, owner: StreamOwner, local: Hop, remote: Hop | None = None) -> None:
        """`local`: the listener that the core knows; `remote`: None until a peer's connection is there."""
        self.local = local
        self.remote = remote or Hop(local.transport, "", 0)
        self._owner = owner
        self._dialled = remote is not None
        self._framer = StreamFramer()
        self._transport: asyncio.WriteTransport | None = None
        self._waiting: list[bytes] = []

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        if not self._dialled:
            self.remote = Hop(self.local.transport, *transport.get_extra_info("peername")[:2])
        for data in self._waiting:
            transport.write(data)
        self._waiting.clear()
        self._owner.stream_opened(self)

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._framer.feed(data)
        except ParseError as error:
            self.give_up(str(error))
            return
        for _ in range(self._framer.take_pings()):
            self.send(PONG)
        if messages:
            self._owner.stream_received([Packet(message, self.remote, self.local) for message in messages])

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._owner.stream_closed(self, str(exc) if exc else "")

    # What the driver calls

    def send(self, data: bytes) -> None:
        """Write, or keep until the connection is open."""
        if self._transport is None:
            self._waiting.append(data)
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > LARGEST_BACKLOG:
            self.give_up("the peer does not read")

    def give_up(self, reason: str) -> None:
        """Drop the connection because it is of no more use."""
        if self._transport is not None:
            self._transport.abort()
        self._owner.stream_closed(self, reason)

    def close(self) -> None:
        """Close in order, after what was written has left."""
        if self._transport is not None:
            self._transport.close()


async def connect(
    loop: asyncio.AbstractEventLoop, connection: StreamConnection, client_tls: ssl.SSLContext | None
) -> None:
    """Dial the connection's remote hop; failure is told to its owner."""
    remote = connection.remote
    secure = remote.transport == "tls"
    context = (client_tls or _unverified()) if secure else None
    try:
        async with asyncio.timeout(CONNECT_PATIENCE):
            await loop.create_connection(lambda: connection, remote.host, remote.port, ssl=context)
    except (OSError, TimeoutError) as error:
        connection.give_up(str(error) or "no answer to the connection")


def _unverified() -> ssl.SSLContext:
    """TLS without a check of the peer's name: PBXs present certificates of their own making."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
