"""What came in at the RTP port of one call: counts, statistics, telephone-events, sound.

Nearly every packet is like the one before: same address, source, payload type and length. Of such a packet
only header and time are noted; the notes are worked up together, once a second or when somebody asks. What is
agreed upon and what is sent back is `media_session`'s.
"""

from array import array
from collections import Counter

from harness.media.quality import ReceiveStatistics
from harness.media.rtp import RtpPacket
from harness.media.telephone_event import TelephoneEventReceiver
from harness.media.tone import ToneDetector

HEADER_SIZE = 12
"""Bytes of an RTP header without extras (RFC 3550 section 5.1)."""
NOTES = 64
"""Packets that are worked up together: 1.3 seconds of one stream."""

Address = tuple[str, int]
"""Host and port, as a socket names them."""


class ReceivedStream:
    """Everything that one call received. Made when the first packet comes: many calls never see one."""

    __slots__ = (
        "_arrivals", "_detector", "_events", "_heads", "_last_at", "_last_head", "_octets", "_payload_types",
        "_source_addresses", "_statistics", "first_at", "payload_type", "size", "source", "ssrc", "unwanted",
    )  # fmt: skip

    def __init__(self, now: float, *, keeps_sound: bool = True) -> None:
        """``keeps_sound`` False: nobody will ask for the sound."""
        self.first_at = now
        """When the first packet came, in seconds."""
        self.payload_type = -1
        """Of the last packet, as are the three that follow."""
        self.ssrc = b""
        self.size = 0
        """Bytes with the header."""
        self.source: Address = ("", 0)
        self.unwanted = 0
        """Packets that came while our direction receives nothing."""
        self._statistics = ReceiveStatistics()
        self._last_at = now
        self._last_head = b""
        self._heads = bytearray()
        """Headers of packets like the last that are not worked up."""
        self._arrivals = array("d")
        """When they came."""
        self._octets = 0
        self._payload_types: Counter[int] = Counter()
        self._source_addresses: Counter[Address] = Counter()
        self._events: TelephoneEventReceiver | None = None
        self._detector = ToneDetector() if keeps_sound else None

    def note(self, head: bytes, now: float) -> None:
        """Take the next packet of sound, which is in all like the last one and has no extras."""
        self._heads += head
        self._arrivals.append(now)
        if len(self._arrivals) >= NOTES:
            self._work_up()

    def count(self, rtp: RtpPacket, size: int, source: Address, now: float) -> None:
        """Count a packet, whatever is in it; ``size`` is with the header."""
        self._work_up()
        self.payload_type, self.ssrc, self.size, self.source = (
            rtp.payload_type,
            rtp.ssrc.to_bytes(4),
            size,
            source,
        )
        self._octets += len(rtp.payload)
        self._payload_types[rtp.payload_type] += 1
        self._source_addresses[source] += 1
        self._last_at, self._last_head = now, b""

    # What is known

    @property
    def packets(self) -> int:
        """Packets, whatever their payload."""
        return self._payload_types.total() + len(self._arrivals)

    @property
    def octets(self) -> int:
        """Payload bytes."""
        self._work_up()
        return self._octets

    @property
    def last_at(self) -> float:
        """When the last packet came, in seconds."""
        return self._arrivals[-1] if self._arrivals else self._last_at

    @property
    def last_head(self) -> bytes:
        """The header of the last packet, if it was only noted; else empty."""
        self._work_up()
        return self._last_head

    @property
    def statistics(self) -> ReceiveStatistics:
        """Loss, jitter and order."""
        self._work_up()
        return self._statistics

    @property
    def payload_types(self) -> Counter[int]:
        """Packets by payload type."""
        self._work_up()
        return self._payload_types

    @property
    def source_addresses(self) -> Counter[Address]:
        """Packets by the address they came from."""
        self._work_up()
        return self._source_addresses

    @property
    def events(self) -> TelephoneEventReceiver:
        """The telephone-events so far."""
        if self._events is None:
            self._events = TelephoneEventReceiver()
        return self._events

    @property
    def digits(self) -> str:
        """All DTMF digits so far."""
        return "" if self._events is None else self._events.digits

    # Sound

    def hear(self, payload: bytes, codec_name: str) -> None:
        """Keep the sound of one packet of G.711."""
        if self._detector is not None and codec_name != "G729":
            self._detector.receive(payload, codec_name)

    def forget_sound(self) -> None:
        """Begin anew, as after a hold."""
        if self._detector is not None:
            self._detector.clear()

    def heard_tone(self, hz: float) -> bool:
        """Whether the newest 200 ms are this tone, in Hz."""
        return self._detector is not None and self._detector.hears(hz)

    @property
    def is_silent(self) -> bool:
        """Whether the newest 200 ms are (next to) silence."""
        return self._detector is None or self._detector.is_silent

    # Below

    def _work_up(self) -> None:
        """Do for the packets noted what `count` and `ReceiveStatistics.receive` do for one."""
        arrivals = self._arrivals
        count = len(arrivals)
        if not count:
            return
        self._statistics.receive_run(self._heads, arrivals)
        self._octets += count * (self.size - HEADER_SIZE)
        self._payload_types[self.payload_type] += count
        self._source_addresses[self.source] += count
        self._last_at = arrivals[-1]
        self._last_head = bytes(self._heads[-HEADER_SIZE:])
        self._heads.clear()
        del arrivals[:]
