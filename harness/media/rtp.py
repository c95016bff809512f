"""RTP packets (RFC 3550 section 5) and the numbering of a stream that we send.

Knows headers, not sounds: payloads come from `g711`, `tone` and `telephone_event`; judging a received stream
is `quality`'s work.
"""

import struct
from typing import NamedTuple

from harness.media.errors import RtpError

_HEADER = struct.Struct("!BBHII")
_PLAIN = 0x80  # version 2, no padding, no extension, no CSRC
_MARKER = 0x80


class Extension(NamedTuple):
    """The header extension (RFC 3550 section 5.3.1)."""

    profile: int
    data: bytes
    """A multiple of four bytes."""


class RtpPacket(NamedTuple):
    """One packet; ``bytes()`` of what was parsed gives the same bytes."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    csrcs: tuple[int, ...] = ()
    extension: Extension | None = None
    padding: bytes = b""
    """Padding as it came, its last byte being its length."""

    @classmethod
    def parse(cls, data: bytes) -> "RtpPacket":
        """Read one datagram; raises `RtpError` saying which rule it breaks."""
        if len(data) < 12:
            raise RtpError(f"{len(data)} bytes are too few for an RTP header of 12")
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        if first == _PLAIN:
            return cls(second & 0x7F, sequence, timestamp, ssrc, data[12:], second >= _MARKER)
        if first >> 6 != 2:
            raise RtpError(f"RTP version is {first >> 6}, not 2")
        csrcs, extension, start = _read_extras(first, data)
        end = len(data)
        if first & 0x20:
            end -= data[-1]
            if data[-1] == 0 or end < start:
                raise RtpError(f"padding of {data[-1]} bytes does not fit")
        fixed = (second & 0x7F, sequence, timestamp, ssrc, data[start:end])
        return cls(*fixed, second >= _MARKER, csrcs, extension, data[end:])

    def __bytes__(self) -> bytes:
        first = _PLAIN | len(self.csrcs)
        extras = b""
        if self.csrcs:
            extras = struct.pack(f"!{len(self.csrcs)}I", *self.csrcs)
        if self.extension is not None:
            first |= 0x10
            profile, data = self.extension
            extras += struct.pack("!HH", profile, len(data) // 4) + data
        if self.padding:
            first |= 0x20
        second = self.payload_type | (_MARKER if self.marker else 0)
        header = _HEADER.pack(first, second, self.sequence, self.timestamp, self.ssrc)
        return header + extras + self.payload + self.padding


class RtpSender:
    """The running numbers of one stream that we send."""

    __slots__ = ("octets", "packets", "payload_type", "samples", "sequence", "ssrc", "timestamp")

    def __init__(
        self, ssrc: int, sequence: int, timestamp: int, *, payload_type: int = 8, samples: int = 160
    ) -> None:
        """``ssrc``, ``sequence`` and ``timestamp`` should be random (RFC 3550 section 5.1)."""
        self.ssrc = ssrc
        self.sequence = sequence
        self.timestamp = timestamp
        self.payload_type = payload_type
        self.samples = samples
        """Timestamp units in a packet."""
        self.packets = 0
        """How many were sent, for sender reports."""
        self.octets = 0
        """Payload bytes sent."""

    def next_packet(self, payload: bytes, *, marker: bool = False) -> bytes:
        """The next packet of sound; moves sequence and timestamp on."""
        data = self.event_packet(payload, self.payload_type, self.timestamp, marker=marker)
        self.timestamp = (self.timestamp + self.samples) & 0xFFFFFFFF
        return data

    def event_packet(
        self, payload: bytes, payload_type: int, timestamp: int, *, marker: bool = False
    ) -> bytes:
        """A packet under another payload type and timestamp; moves the sequence on only."""
        second = payload_type | _MARKER if marker else payload_type
        data = _HEADER.pack(_PLAIN, second, self.sequence, timestamp, self.ssrc) + payload
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        return data

    def skip(self) -> None:
        """Let one packet's time pass without sending sound."""
        self.timestamp = (self.timestamp + self.samples) & 0xFFFFFFFF


def _read_extras(first: int, data: bytes) -> tuple[tuple[int, ...], Extension | None, int]:
    """CSRC list, extension and where the payload starts."""
    count = first & 0x0F
    start = 12 + 4 * count
    if len(data) < start:
        raise RtpError(f"{count} contributing sources do not fit in {len(data)} bytes")
    csrcs: tuple[int, ...] = struct.unpack_from(f"!{count}I", data, 12)
    if not first & 0x10:
        return csrcs, None, start
    if len(data) < start + 4:
        raise RtpError("the header extension has no length")
    profile, words = struct.unpack_from("!HH", data, start)
    end = start + 4 + 4 * words
    if len(data) < end:
        raise RtpError(f"a header extension of {words} words does not fit in {len(data)} bytes")
    return csrcs, Extension(profile, data[start + 4 : end]), end
