"""START HERE for captures: every packet that passed, with its time, its number and its kind.

Drivers append to a trace while scenarios run, and `pcap` makes one from a file, so that checks judge a live
run and a customer's capture alike. A trace judges and changes nothing; `ladder` draws it.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from harness.capture.sip_glance import call_id_of, media_addresses
from harness.sip.hop import Packet

Kind = Literal["sip", "rtp", "other"]
"""``sip`` a SIP message, ``rtp`` an RTP packet, ``other`` the rest: RTCP, keep-alives, the unreadable."""


class TracedPacket(NamedTuple):
    """A packet and when it passed."""

    number: int
    """From 1 in the order of the whole trace; slices keep it."""
    time: float
    """Seconds since the epoch."""
    packet: Packet
    """The bytes and both hops."""
    kind: Kind
    """What the packet is."""
    frame: int | None = None
    """Number of the frame in the capture file that completed the packet, from 1; None for a live trace."""


class Trace:
    """Packets in the order they passed."""

    def __init__(self, packets: Iterable[TracedPacket] = ()) -> None:
        self._packets = list(packets)

    @property
    def packets(self) -> list[TracedPacket]:
        """All packets; the list is the trace's own."""
        return self._packets

    def __len__(self) -> int:
        return len(self._packets)

    def __iter__(self) -> Iterator[TracedPacket]:
        return iter(self._packets)

    def append(self, time: float, packet: Packet, kind: Kind, frame: int | None = None) -> TracedPacket:
        """Add `packet`, which passed at `time` (seconds since the epoch), and give back its entry."""
        number = self._packets[-1].number + 1 if self._packets else 1
        traced = TracedPacket(number, time, packet, kind, frame)
        self._packets.append(traced)
        return traced

    def mark(self) -> int:
        """A place in the trace: behind all that was appended so far."""
        return len(self._packets)

    def since(self, start: int, end: int | None = None) -> "Trace":
        """The packets between two marks; without `end`, all from `start` on. Numbers stay."""
        return Trace(self._packets[start:end])

    def find(self, number: int) -> TracedPacket | None:
        """The packet with this number, or None when it is not in this (slice of a) trace."""
        if not self._packets:
            return None
        place = number - self._packets[0].number
        if 0 <= place < len(self._packets) and self._packets[place].number == number:
            return self._packets[place]
        return next((traced for traced in self._packets if traced.number == number), None)

    def call_ids(self) -> list[str]:
        """Every Call-ID in the trace, each once, in the order they first appeared."""
        seen: dict[str, None] = {}
        for traced in self._packets:
            if traced.kind == "sip" and (call_id := call_id_of(traced.packet.data)) is not None:
                seen.setdefault(call_id)
        return list(seen)

    def of_call(self, call_id: str) -> "Trace":
        """The messages with this Call-ID, and the media at the addresses that their bodies announce."""
        media: set[tuple[str, int]] = set()
        first = last = None
        for traced in self._packets:
            if traced.kind == "sip" and call_id_of(traced.packet.data) == call_id:
                media.update(media_addresses(traced.packet.data))
                first, last = first or traced.number, traced.number
        if first is None or last is None:
            return Trace()
        return Trace(
            traced
            for traced in self._packets
            if first <= traced.number
            and (_has_call_id(traced, call_id) or (_is_media(traced, media) and traced.number <= last))
        )


def _has_call_id(traced: TracedPacket, call_id: str) -> bool:
    return traced.kind == "sip" and call_id_of(traced.packet.data) == call_id


def _is_media(traced: TracedPacket, media: set[tuple[str, int]]) -> bool:
    """RTP goes to the announced port, RTCP to the one above it (RFC 3550 section 11)."""
    if traced.kind == "sip":
        return False
    ends = (traced.packet.source, traced.packet.destination)
    ports = {(hop.host, hop.port) for hop in ends} | {(hop.host, hop.port - 1) for hop in ends}
    return bool(ports & media)
