"""TCP both ways: one direction's bytes in order out of captured segments, and segments made up for a flow.

The drivers see messages, not segments, so a written capture shows each message in segments of our own with a
handshake before the first; TLS flows look the same, decrypted. Cutting a stream into SIP messages is
`harness.sip.stream`'s work.
"""

from collections.abc import Iterator

from harness.capture.ip_packet import ACK, FIN, PSH, RST, SYN, TCP, TcpSegment, build_ip, build_tcp
from harness.sip.hop import Hop

MSS = 1460  # bytes of data in a segment: Ethernet's 1500 less two headers of 20 (RFC 9293 section 3.7.1)

_MOST_WAITING = 64
"""Segments kept behind a hole before the hole is taken for lost."""

_SPAN = 1 << 32
_HALF = 1 << 31


class SegmentAssembler:
    """One direction of one captured connection."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._waiting: dict[int, bytes] = {}

    def add(self, segment: TcpSegment) -> tuple[bytes, bool]:
        """The bytes that `segment` brings into order, and whether bytes are missing before them.

        A capture that began in the middle of a connection starts with the first segment it holds.
        """
        if segment.flags & SYN:
            self._next = (segment.sequence + 1) % _SPAN
            self._waiting.clear()
            return b"", False
        if not segment.data:
            return b"", False
        if self._next is None:
            self._next = segment.sequence
        self._keep(segment)
        data = self._in_order()
        if data or not self._hole_is_lost(segment):
            return data, False
        self._next = min(self._waiting, key=self._distance)
        return self._in_order(), True

    def _keep(self, segment: TcpSegment) -> None:
        known = self._waiting.get(segment.sequence, b"")
        if len(segment.data) > len(known):
            self._waiting[segment.sequence] = segment.data

    def _in_order(self) -> bytes:
        """All waiting bytes that continue the stream; repeated ones are dropped."""
        assert self._next is not None, "called before the first segment"
        data = bytearray()
        while self._waiting:
            sequence = min(self._waiting, key=self._distance)
            distance = self._distance(sequence)
            if distance > 0:
                break
            segment = self._waiting.pop(sequence)[-distance:]
            data += segment
            self._next = (self._next + len(segment)) % _SPAN
        return bytes(data)

    def _distance(self, sequence: int) -> int:
        """How far `sequence` lies ahead of what is expected; negative for bytes seen already."""
        assert self._next is not None, "called before the first segment"
        return (sequence - self._next + _HALF) % _SPAN - _HALF

    def _hole_is_lost(self, segment: TcpSegment) -> bool:
        return bool(self._waiting) and (
            len(self._waiting) > _MOST_WAITING or bool(segment.flags & (FIN | RST))
        )


class TcpFlow:
    """A made-up connection between two hops, for writing."""

    def __init__(self, client: Hop, server: Hop) -> None:
        self._client, self._server = client, server
        self._sequence = {client: 1000, server: 5000}  # any two numbers: nobody can guess into a file

    def handshake(self) -> Iterator[bytes]:
        """The three IP packets that open the connection."""
        yield self._segment(self._client, SYN, b"", ack=False)
        self._sequence[self._client] += 1
        yield self._segment(self._server, SYN, b"")
        self._sequence[self._server] += 1
        yield self._segment(self._client, 0, b"")

    def data(self, source: Hop, data: bytes) -> Iterator[bytes]:
        """The IP packets that carry `data` from `source` to the other end."""
        for start in range(0, len(data), MSS):
            part = data[start : start + MSS]
            last = start + MSS >= len(data)
            yield self._segment(source, PSH if last else 0, part)
            self._sequence[source] = (self._sequence[source] + len(part)) % _SPAN

    def _segment(self, source: Hop, flags: int, data: bytes, *, ack: bool = True) -> bytes:
        destination = self._server if source == self._client else self._client
        acknowledged = self._sequence[destination] if ack else 0
        flags |= ACK if ack else 0
        segment = build_tcp(source.port, destination.port, self._sequence[source], acknowledged, flags, data)
        return build_ip(source.host, destination.host, TCP, segment, self._sequence[source])
