"""What came in at the RTP port of one call: counts, statistics, telephone-events, sound.

Nearly every packet is like the one before: same address, source, payload type and length. Of such a packet
only header and time are noted; the notes are worked up together, once a second or when somebody asks. What is
agreed upon, and so which packets these are and whether they go back, `media_session` tells in `usual` and
`echo`; `harness.drivers.media_ports` then handles such packets without asking anybody.
"""

import sys
from collections import Counter
from struct import Struct

from harness.media.quality import ReceiveStatistics
from harness.media.rtp import RtpPacket
from harness.media.telephone_event import TelephoneEventReceiver
from harness.media.tone import ToneDetector

HEADER_SIZE = 12
"""Bytes of an RTP header without extras (RFC 3550 section 5.1)."""
SSRC_AT = 8
"""Where the SSRC stands in it."""
NOTES = 64
"""Packets that are worked up together: 1.3 seconds of one stream."""
NONE = -1
"""Stands for no bytes at all."""
_KNOWN = Struct("=H6xI")
_LEAD = Struct("=H")
_SSRC = Struct("=I")

Address = tuple[str, int]
"""Host and port, as a socket names them."""


class ReceivedStream:
    """Everything that one call received. Made when the first packet comes: many calls never see one."""

    __slots__ = (
        "_detector", "_echoed", "_events", "_last_at", "_last_head", "_octets", "_payload_types",
        "_source_addresses", "_statistics", "arrivals", "echoed_octets", "first_at", "heads", "lead",
        "own_ssrc", "payload_type", "size", "source", "ssrc", "unwanted", "usual",
    )  # fmt: skip

    def __init__(self, now: float, *, keeps_sound: bool = True) -> None:
        """``keeps_sound`` False: nobody will ask for the sound."""
        self.first_at = now
        """When the first packet came, in seconds."""
        self.payload_type = -1
        """Of the last packet, as are the three that follow."""
        self.ssrc = NONE
        """As the processor reads its four bytes, like the numbers below."""
        self.size = 0
        """Bytes with the header."""
        self.source: Address = ("", 0)
        self.unwanted = 0
        """Packets that came while our direction receives nothing."""
        self._statistics = ReceiveStatistics()
        self.usual = NONE
        """The first two bytes of packets that are only noted, if the rest is as it was."""
        self.heads = bytearray()
        """Headers of the packets that were noted and are not worked up."""
        self.arrivals: list[float] = []
        """When they came."""
        self.lead = NONE
        """The first two bytes with which such packets go back to where they came from; `NONE`: they stay."""
        self.own_ssrc = NONE
        """The SSRC with which they go back."""
        self.echoed_octets = 0
        """Payload bytes of those that went back, without the notes."""
        self._echoed = 0
        self._last_at = now
        self._last_head = b""
        self._octets = 0
        self._payload_types: Counter[int] = Counter()
        self._source_addresses: Counter[Address] = Counter()
        self._events: TelephoneEventReceiver | None = None
        self._detector = ToneDetector() if keeps_sound else None

    def expects(self, data: bytes, source: Address) -> bool:
        """Whether a packet is as `usual` says and of the same size, SSRC and source as the last."""
        if len(data) != self.size or source != self.source:
            return False
        return _KNOWN.unpack_from(data) == (self.usual, self.ssrc)

    def note(self, data: bytes, now: float) -> bytes | None:
        """Take a packet that it `expects`; gives what goes back.

        `media_ports` does the same in its own loop.
        """
        self.heads += data[:HEADER_SIZE]
        self.arrivals.append(now)
        if len(self.arrivals) >= NOTES:
            self.work_up()
        if self.lead == NONE:
            return None
        echoed = bytearray(data)
        _LEAD.pack_into(echoed, 0, self.lead)
        _SSRC.pack_into(echoed, SSRC_AT, self.own_ssrc)
        return bytes(echoed)

    def echo(self, lead: bytes, ssrc: bytes) -> None:
        """Send what is noted from now on back: with these first two bytes (none: no more) and this SSRC."""
        self.work_up()
        self.lead, self.own_ssrc = as_number(lead), as_number(ssrc)

    def work_up(self) -> None:
        """Do for the packets noted what `count` and `ReceiveStatistics.receive` do for one."""
        arrivals = self.arrivals
        count = len(arrivals)
        if not count:
            return
        self._statistics.receive_run(self.heads, arrivals)
        self._octets += count * (self.size - HEADER_SIZE)
        if self.lead != NONE:
            self._echoed += count
            self.echoed_octets += count * (self.size - HEADER_SIZE)
        self._payload_types[self.payload_type] += count
        self._source_addresses[self.source] += count
        self._last_at = arrivals[-1]
        self._last_head = bytes(self.heads[-HEADER_SIZE:])
        self.heads.clear()
        arrivals.clear()

    def count(self, rtp: RtpPacket, size: int, source: Address, now: float) -> None:
        """Count a packet, whatever is in it; ``size`` is with the header."""
        self.work_up()
        self.payload_type, self.ssrc, self.size, self.source = (
            rtp.payload_type,
            as_number(rtp.ssrc.to_bytes(4)),
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
        return self._payload_types.total() + len(self.arrivals)

    @property
    def echoed(self) -> int:
        """Packets noted that went back."""
        return self._echoed + (len(self.arrivals) if self.lead != NONE else 0)

    @property
    def octets(self) -> int:
        """Payload bytes."""
        self.work_up()
        return self._octets

    @property
    def last_at(self) -> float:
        """When the last packet came, in seconds."""
        return self.arrivals[-1] if self.arrivals else self._last_at

    @property
    def last_head(self) -> bytes:
        """The header of the last packet, if it was only noted; else empty."""
        self.work_up()
        return self._last_head

    @property
    def statistics(self) -> ReceiveStatistics:
        """Loss, jitter and order."""
        self.work_up()
        return self._statistics

    @property
    def payload_types(self) -> Counter[int]:
        """Packets by payload type."""
        self.work_up()
        return self._payload_types

    @property
    def source_addresses(self) -> Counter[Address]:
        """Packets by the address they came from."""
        self.work_up()
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


def as_number(data: bytes) -> int:
    """Bytes as the processor reads them, which compares sooner than bytes do; `NONE` of none."""
    return int.from_bytes(data, sys.byteorder) if data else NONE
