"""RTCP: sender and receiver reports, source descriptions and goodbyes, compound (RFC 3550 section 6).

Reads and writes; the figures in a report come from `quality` (received) and `rtp.RtpSender` (sent).
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from harness.media.errors import RtcpError

CNAME = 1  # SDES item, RFC 3550 section 12.2
_NTP_OFFSET = 2_208_988_800  # seconds from 1900 to 1970, RFC 5905 section 6
_BLOCK = struct.Struct("!IIIIII")


class PacketType(IntEnum):
    """RFC 3550 section 12.1."""

    SR = 200
    RR = 201
    SDES = 202
    BYE = 203


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """How one source is received (RFC 3550 section 6.4.1)."""

    ssrc: int
    fraction_lost: int
    """Since the last report, in 256ths."""
    cumulative_lost: int
    """Since the start; negative when there are more duplicates than losses."""
    highest_sequence: int
    """Extended by the count of cycles."""
    jitter: int
    """In timestamp units."""
    last_sender_report: int = 0
    """The middle 32 bits of its NTP timestamp; 0 when none came."""
    delay_since: int = 0
    """From then till now, in 65536ths of a second."""

    def __bytes__(self) -> bytes:
        lost = min(max(self.cumulative_lost, -0x800000), 0x7FFFFF) & 0xFFFFFF
        return _BLOCK.pack(
            self.ssrc,
            self.fraction_lost << 24 | lost,
            self.highest_sequence,
            self.jitter,
            self.last_sender_report,
            self.delay_since,
        )

    @classmethod
    def read(cls, data: bytes, offset: int) -> "ReportBlock":
        """The block at ``offset``, where 24 bytes must be."""
        ssrc, losses, highest, jitter, last, delay = _BLOCK.unpack_from(data, offset)
        lost = losses & 0xFFFFFF
        return cls(ssrc, losses >> 24, lost - (lost >> 23 << 24), highest, jitter, last, delay)


@dataclass(frozen=True, slots=True)
class SenderReport:
    """SR (RFC 3550 section 6.4.1)."""

    ssrc: int
    ntp: int
    """64 bits, see `ntp_timestamp`."""
    rtp_timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()

    def __bytes__(self) -> bytes:
        body = struct.pack("!IQIII", self.ssrc, self.ntp, self.rtp_timestamp, self.packets, self.octets)
        return _packet(PacketType.SR, len(self.blocks), body + b"".join(map(bytes, self.blocks)))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """RR (RFC 3550 section 6.4.2)."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()

    def __bytes__(self) -> bytes:
        return _packet(
            PacketType.RR, len(self.blocks), struct.pack("!I", self.ssrc) + b"".join(map(bytes, self.blocks))
        )


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """SDES (RFC 3550 section 6.5)."""

    chunks: tuple[tuple[int, tuple[tuple[int, bytes], ...]], ...]
    """SSRC and its items, each a type (1 to 255) and at most 255 bytes of UTF-8."""

    def __bytes__(self) -> bytes:
        body = b""
        for ssrc, items in self.chunks:
            chunk = struct.pack("!I", ssrc)
            chunk += b"".join(bytes((kind, len(text))) + text for kind, text in items)
            body += chunk + b"\0" * (4 - len(chunk) % 4)
        return _packet(PacketType.SDES, len(self.chunks), body)


@dataclass(frozen=True, slots=True)
class Goodbye:
    """BYE (RFC 3550 section 6.6)."""

    ssrcs: tuple[int, ...]
    reason: bytes = b""
    """At most 255 bytes of UTF-8."""

    def __bytes__(self) -> bytes:
        body = struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs)
        if self.reason:
            text = bytes((len(self.reason),)) + self.reason
            body += text + b"\0" * (-len(text) % 4)
        return _packet(PacketType.BYE, len(self.ssrcs), body)


@dataclass(frozen=True, slots=True)
class OtherPacket:
    """A packet of a type that is not read here: APP, feedback, extended reports."""

    packet_type: int
    count: int
    body: bytes

    def __bytes__(self) -> bytes:
        return _packet(self.packet_type, self.count, self.body)


RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye | OtherPacket


def build_compound(packets: Iterable[RtcpPacket]) -> bytes:
    """One datagram; RFC 3550 section 6.1 wants a report first and a CNAME in it."""
    return b"".join(bytes(packet) for packet in packets)


def parse_compound(data: bytes) -> tuple[RtcpPacket, ...]:
    """The packets of one datagram; raises `RtcpError` (validity checks of RFC 3550 appendix A.2)."""
    if not data:
        raise RtcpError("an empty datagram is no RTCP packet")
    packets: list[RtcpPacket] = []
    position = 0
    while position < len(data):
        if len(data) - position < 4:
            raise RtcpError(f"{len(data) - position} bytes at {position} are too few for a header of 4")
        first, packet_type, words = struct.unpack_from("!BBH", data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2:
            raise RtcpError(f"RTCP version at byte {position} is {first >> 6}, not 2")
        if end > len(data):
            raise RtcpError(f"the packet at byte {position} claims {words} words and does not fit")
        body = data[position + 4 : end]
        if first & 0x20:
            body = _without_padding(body, end == len(data))
        packets.append(_read(packet_type, first & 0x1F, body))
        position = end
    return tuple(packets)


def ntp_timestamp(now: float) -> int:
    """The 64-bit NTP timestamp of ``now``, seconds since the epoch (RFC 3550 section 4)."""
    seconds = int(now)
    return (seconds + _NTP_OFFSET & 0xFFFFFFFF) << 32 | int((now - seconds) * 0x100000000) & 0xFFFFFFFF


def _packet(packet_type: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, packet_type, len(body) // 4) + body


def _without_padding(body: bytes, is_last: bool) -> bytes:
    """RFC 3550 section 6.4.1: only the last packet may be padded, by a multiple of four."""
    padding = body[-1] if body else 0
    if not is_last or not 4 <= padding <= len(body) or padding % 4:
        raise RtcpError(f"padding of {padding} bytes does not fit")
    return body[:-padding]


def _read(packet_type: int, count: int, body: bytes) -> RtcpPacket:
    match packet_type:
        case PacketType.SR:
            _need(body, 24 + 24 * count, "a sender report")
            ssrc, ntp, timestamp, packets, octets = struct.unpack_from("!IQIII", body)
            return SenderReport(ssrc, ntp, timestamp, packets, octets, _read_blocks(body, 24, count))
        case PacketType.RR:
            _need(body, 4 + 24 * count, "a receiver report")
            return ReceiverReport(struct.unpack_from("!I", body)[0], _read_blocks(body, 4, count))
        case PacketType.SDES:
            return _read_description(body, count)
        case PacketType.BYE:
            return _read_goodbye(body, count)
        case _:
            return OtherPacket(packet_type, count, body)


def _need(body: bytes, length: int, what: str) -> None:
    if len(body) < length:
        raise RtcpError(f"{what} needs {length} bytes after its header and has {len(body)}")


def _read_blocks(body: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    return tuple(ReportBlock.read(body, start + 24 * index) for index in range(count))


def _read_goodbye(body: bytes, count: int) -> Goodbye:
    _need(body, 4 * count, "a goodbye")
    ssrcs = struct.unpack_from(f"!{count}I", body)
    rest = body[4 * count :]
    if not rest:
        return Goodbye(ssrcs)
    _need(rest, 1 + rest[0], "a goodbye's reason")
    return Goodbye(ssrcs, rest[1 : 1 + rest[0]])


def _read_description(body: bytes, count: int) -> SourceDescription:
    chunks: list[tuple[int, tuple[tuple[int, bytes], ...]]] = []
    position = 0
    for _ in range(count):
        _need(body, position + 5, "a source description")
        ssrc: int = struct.unpack_from("!I", body, position)[0]
        items, position = _read_items(body, position + 4)
        chunks.append((ssrc, items))
    return SourceDescription(tuple(chunks))


def _read_items(body: bytes, position: int) -> tuple[tuple[tuple[int, bytes], ...], int]:
    """The items of a chunk, and where the next chunk starts: after null bytes, on a word boundary."""
    items: list[tuple[int, bytes]] = []
    while True:
        _need(body, position + 1, "a source description")
        kind = body[position]
        if kind == 0:
            return tuple(items), position + 4 - position % 4
        _need(body, position + 2, "an SDES item")
        end = position + 2 + body[position + 1]
        _need(body, end, "an SDES item")
        items.append((kind, body[position + 2 : end]))
        position = end
