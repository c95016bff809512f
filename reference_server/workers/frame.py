"""What workers say to each other: frames of one shape on a stream.

A packet that belongs to another worker, an answer that must leave on another worker's connection, a stream
that came or went, the bindings of a profile. `mesh` carries them, `routed_trunk` acts on them.
"""

import json
import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from reference_server.store.rows import BindingRow

_HEAD = struct.Struct(">IBBHB")
"""Length of what follows these four bytes, kind, listener, port, length of the host."""
_LENGTH = struct.Struct(">I")


class Kind(IntEnum):
    """What a frame is about."""

    HELLO = 0
    """The first on a link; ``port`` is the number of the worker that speaks."""
    PACKET = 1
    """A packet from a peer; its owner is who reads this."""
    PACKET_AT_HOME = 2
    """A packet from a peer whose home is here: it may have to go on."""
    TO_STREAM = 3
    """A packet for the peer of a stream that the reader has."""
    STREAM_OPENED = 4
    """The speaker has a stream with this peer."""
    STREAM_CLOSED = 5
    BINDINGS = 6
    """All bindings of a profile, in place of what was known."""


class Frame(NamedTuple):
    """One thing said. A peer is a listener's number (its transport is meant too), a host and a port."""

    kind: Kind
    listener: int = 0
    host: str = ""
    port: int = 0
    data: bytes = b""

    def __bytes__(self) -> bytes:
        host = self.host.encode()
        size = _HEAD.size - _LENGTH.size + len(host) + len(self.data)
        return _HEAD.pack(size, self.kind, self.listener, self.port, len(host)) + host + self.data


class FrameReader:
    """Cuts a stream into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete now."""
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= _HEAD.size:
            size, kind, listener, port, host_size = _HEAD.unpack_from(self._buffer, start)
            end = start + _LENGTH.size + size
            if len(self._buffer) < end:
                break
            host_at = start + _HEAD.size
            host = self._buffer[host_at : host_at + host_size].decode()
            yield Frame(Kind(kind), listener, host, port, bytes(self._buffer[host_at + host_size : end]))
            start = end
        del self._buffer[:start]


def bindings_frame(username: str, rows: Sequence[BindingRow]) -> Frame:
    """Says what is bound to a profile."""
    return Frame(Kind.BINDINGS, data=json.dumps([username, rows]).encode())


def bindings_of(frame: Frame) -> tuple[str, list[BindingRow]]:
    """What `bindings_frame` said."""
    username, rows = json.loads(frame.data)
    return username, [BindingRow(*row) for row in rows]
