"""START HERE for judging a received stream: loss, duplicates, reordering, jitter, late packets, MOS.

Sequence numbers are followed as in RFC 3550 appendix A.1, jitter as in A.8; late is what a simulated jitter
buffer of fixed depth could not play: it plays the first packet (of a talk spurt) its depth after the arrival
and every other in its place on the timestamp's clock. When many in a row come too late, the way has become
longer, and the buffer begins anew, as those of phones do. The formula from loss and delay to MOS is
`e_model`'s.
"""

import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from sys import byteorder

from harness.media.codec import Codec
from harness.media.e_model import (
    G711_LOSS_ROBUSTNESS,
    G729A_IMPAIRMENT,
    G729A_LOSS_ROBUSTNESS,
    Rating,
    e_model,
)
from harness.media.rtcp import ReportBlock
from harness.media.rtp import RtpPacket

__all__ = ["Rating", "ReceiveStatistics", "ReceivedQuality", "e_model"]

MAX_DROPOUT = 3000  # packets, RFC 3550 appendix A.1
MAX_MISORDER = 100  # packets, RFC 3550 appendix A.1
JITTER_BUFFER_MS = 60.0  # three packets; our own choice, printed with every figure
LATE_IN_A_ROW = 10  # packets, a fifth of a second, after which the buffer begins anew; our own choice
_HEADER = struct.Struct("!BBHII")  # RFC 3550 section 5.1
_MARKER = 0x80  # in the second byte
_SEEN_BITS = 128  # the newest packets among which duplicates are recognised
_SEEN_MASK = (1 << _SEEN_BITS) - 1
_HALF_CLOCK = 0x80000000  # timestamp units: a longer step goes the other way round


@dataclass(frozen=True, slots=True)
class ReceivedQuality:
    """The figures of one stream at one moment."""

    expected: int
    """Packets that the sequence numbers promise."""
    received: int
    """Different packets that came, late ones included."""
    lost: int
    duplicates: int
    reordered: int
    late: int
    """Came, but after their playing time; they count as loss for the MOS."""
    jitter_ms: float
    """Interarrival jitter, RFC 3550 section 6.4.1."""
    loss_percent: float
    """Lost of expected."""
    jitter_buffer_ms: float
    sources: int
    """How many different SSRC sent."""

    def rate(self, codec: Codec | None = None, network_delay_ms: float = 0.0) -> Rating:
        """The E-model's rating of the stream: late packets as loss, the buffer's depth as delay.

        ``network_delay_ms`` is one way; a receiver alone cannot know it.
        """
        is_g729 = codec is not None and codec.name == "G729"
        loss = 100 * (self.lost + self.late) / self.expected if self.expected else 0.0
        return e_model(
            min(loss, 100.0),
            network_delay_ms + self.jitter_buffer_ms,
            equipment_impairment=G729A_IMPAIRMENT if is_g729 else 0.0,
            loss_robustness=G729A_LOSS_ROBUSTNESS if is_g729 else G711_LOSS_ROBUSTNESS,
        )


class ReceiveStatistics:
    """Follows one received stream, packet by packet.

    A source is believed from its first packet on (MIN_SEQUENTIAL of appendix A.1 is 0): its address was
    agreed by SDP. A new SSRC, or a jump that two packets confirm, begins a new count; earlier counts stay in
    the sums.
    """

    __slots__ = (
        "_after_jump", "_base", "_clock_rate", "_depth", "_earlier_expected", "_earlier_received", "_highest",
        "_in_order", "_late_in_a_row", "_next", "_play_from", "_received", "_reported", "_seen", "_transit",
        "duplicates", "jitter", "jitter_buffer_ms", "late", "reordered", "sources", "ssrc",
    )  # fmt: skip

    def __init__(self, *, clock_rate: int = 8000, jitter_buffer_ms: float = JITTER_BUFFER_MS) -> None:
        self.ssrc: int | None = None
        self.duplicates = 0
        self.reordered = 0
        self.late = 0
        """Packets that missed their playing time."""
        self.sources = 0
        self.jitter = 0.0
        """In timestamp units."""
        self.jitter_buffer_ms = jitter_buffer_ms
        self._clock_rate = clock_rate
        self._depth = jitter_buffer_ms / 1000 * clock_rate
        self._next: int | None = None
        """The sequence number that follows the highest."""
        self._in_order = 0
        """Packets that came one after another since the figures below were brought up to date."""
        self._highest = 0
        self._base = 0
        self._seen = 0
        self._received = 0
        self._earlier_expected = 0
        self._earlier_received = 0
        self._after_jump: int | None = None
        self._transit: float | None = None
        """Arrival less timestamp of the packet before, in timestamp units."""
        self._play_from = 0.0
        """The same of the packet that the jitter buffer began with."""
        self._late_in_a_row = 0
        self._reported = (0, 0)

    @property
    def highest_sequence(self) -> int:
        """Extended by the count of cycles, RFC 3550 appendix A.1."""
        return self._highest + self._in_order

    def receive_packet(self, packet: RtpPacket, arrival: float, *, timed: bool = True) -> bool:
        """`receive` for a parsed packet."""
        return self.receive(
            packet.sequence,
            packet.timestamp,
            arrival,
            ssrc=packet.ssrc,
            marker=packet.marker,
            timed=timed,
        )

    def receive(
        self,
        sequence: int,
        timestamp: int,
        arrival: float,
        *,
        ssrc: int = 0,
        marker: bool = False,
        timed: bool = True,
    ) -> bool:
        """Take one packet that arrived at ``arrival`` (seconds); False for a duplicate or a wild number.

        ``timed`` is False for telephone-events: their timestamps stand still and say nothing about jitter.
        """
        if sequence == self._next and ssrc == self.ssrc:  # nearly always: nothing but a count
            self._in_order += 1
            self._next = sequence + 1 & 0xFFFF
            self._after_jump = None
        else:
            self._settle()
            if ssrc != self.ssrc:
                self._begin(sequence)
                self.ssrc = ssrc
                self.sources += 1
            elif not self._follow(sequence):
                return False
            self._next = self._highest + 1 & 0xFFFF
        if timed:
            self._measure(timestamp, arrival, restart=marker)
        return True

    def receive_run(self, heads: bytes | bytearray, arrivals: Sequence[float]) -> None:
        """`receive` for packets without extras: their headers of 12 bytes each, and when each came."""
        if self._receive_next_ones(heads, arrivals):
            return
        rate, depth, source = self._clock_rate, self._depth, self.ssrc
        transit, play_from, jitter, next_one = self._transit, self._play_from, self.jitter, self._next
        in_order = 0
        for (_, second, sequence, timestamp, ssrc), arrival in zip(
            _HEADER.iter_unpack(heads), arrivals, strict=True
        ):
            if sequence == next_one and ssrc == source and second < _MARKER and transit is not None:
                before, transit = transit, arrival * rate - timestamp
                difference = transit - before
                if -_HALF_CLOCK < difference < _HALF_CLOCK and transit - play_from <= depth:
                    next_one = sequence + 1 & 0xFFFF
                    in_order += 1
                    jitter += (abs(difference) - jitter) / 16
                    continue
                transit = before
            self._take_down(transit, jitter, next_one, in_order)
            in_order = 0
            self.receive(sequence, timestamp, arrival, ssrc=ssrc, marker=second >= _MARKER)
            source, transit, play_from = self.ssrc, self._transit, self._play_from
            jitter, next_one = self.jitter, self._next
        self._take_down(transit, jitter, next_one, in_order)

    def _receive_next_ones(self, heads: bytes | bytearray, arrivals: Sequence[float]) -> bool:
        """`receive_run` for packets that follow each other in time; for others False, and nothing is done."""
        words, count, transit = array("I", heads), len(arrivals), self._transit
        if byteorder == "little":
            words.byteswap()
        if not count or len(words) != 3 * count or transit is None or self.ssrc is None:
            return False
        first = words[0]
        if first & 0xFFFF != self._next or first >> 16 & _MARKER or words[2::3].count(self.ssrc) != count:
            return False
        if words[::3].tolist() != [*range(first, first + count)]:
            return False
        rate, jitter = self._clock_rate, self.jitter
        transits = [
            arrival * rate - timestamp for arrival, timestamp in zip(arrivals, words[1::3], strict=True)
        ]
        latest = max(transits)
        if (
            latest - self._play_from > self._depth
            or max(latest, transit) - min(*transits, transit) >= _HALF_CLOCK
        ):
            return False
        for one in transits:
            jitter += (abs(one - transit) - jitter) / 16
            transit = one
        self._take_down(transit, jitter, first + count & 0xFFFF, count)
        return True

    def _take_down(self, transit: float | None, jitter: float, next_one: int | None, in_order: int) -> None:
        """Write what `receive_run` worked out in between."""
        self._transit, self.jitter, self._next = transit, jitter, next_one
        self._in_order += in_order
        if in_order:
            self._after_jump = None
            self._late_in_a_row = 0

    @property
    def expected(self) -> int:
        """Packets promised by the sequence numbers, of all sources."""
        if self.ssrc is None:
            return 0
        return self._earlier_expected + self.highest_sequence - self._base + 1

    @property
    def received(self) -> int:
        """Different packets that came, of all sources."""
        return self._earlier_received + self._received + self._in_order

    @property
    def lost(self) -> int:
        """Never negative: duplicates are counted apart."""
        return self.expected - self.received

    def quality(self) -> ReceivedQuality:
        """All figures as they stand."""
        expected = self.expected
        return ReceivedQuality(
            expected=expected,
            received=self.received,
            lost=self.lost,
            duplicates=self.duplicates,
            reordered=self.reordered,
            late=self.late,
            jitter_ms=1000 * self.jitter / self._clock_rate,
            loss_percent=100 * self.lost / expected if expected else 0.0,
            jitter_buffer_ms=self.jitter_buffer_ms,
            sources=self.sources,
        )

    def report_block(self, last_sender_report: int = 0, delay_since: int = 0) -> ReportBlock | None:
        """The block for our next RTCP report (RFC 3550 appendix A.3); None before the first packet."""
        if self.ssrc is None:
            return None
        expected, received = self.expected, self.received
        expected_before, received_before = self._reported
        self._reported = (expected, received)
        promised = expected - expected_before
        missing = promised - (received - received_before)
        fraction = min(255, (missing << 8) // promised) if promised > 0 and missing > 0 else 0
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=fraction,
            cumulative_lost=expected - received,
            highest_sequence=self.highest_sequence & 0xFFFFFFFF,
            jitter=int(self.jitter),
            last_sender_report=last_sender_report,
            delay_since=delay_since,
        )

    def _settle(self) -> None:
        """Enter the packets that came in order, of which only their number was kept."""
        count, self._in_order = self._in_order, 0
        self._highest += count
        self._received += count
        steps = min(count, _SEEN_BITS)
        self._seen = ((self._seen + 1 << steps) - 1) & _SEEN_MASK

    def _begin(self, sequence: int) -> None:
        """Start counting at ``sequence`` (init_seq of appendix A.1)."""
        if self.ssrc is not None:
            self._earlier_expected += self._highest - self._base + 1
            self._earlier_received += self._received
        self._base = self._highest = sequence
        self._seen = 1
        self._received = 1
        self._after_jump = None
        self._transit = None
        self._late_in_a_row = 0

    def _follow(self, sequence: int) -> bool:
        """Place ``sequence`` among its neighbours (update_seq of appendix A.1)."""
        step = (sequence - self._highest) & 0xFFFF
        if 0 < step < MAX_DROPOUT:
            self._highest += step
            self._seen = (self._seen << step | 1) & _SEEN_MASK if step < _SEEN_BITS else 1
            self._received += 1
            self._after_jump = None
            return True
        back = -step & 0xFFFF
        if back >= MAX_MISORDER:
            return self._jump(sequence)
        if self._seen >> back & 1:
            self.duplicates += 1
            return False
        self._seen |= 1 << back
        self.reordered += 1
        self._base = min(self._base, self._highest - back)
        self._received += 1
        return True

    def _jump(self, sequence: int) -> bool:
        """A wild number: believed when the next packet follows it, for then the sender began anew."""
        if sequence != self._after_jump:
            self._after_jump = (sequence + 1) & 0xFFFF
            return False
        self._begin(sequence)
        return True

    def _measure(self, timestamp: int, arrival: float, *, restart: bool) -> None:
        """Interarrival jitter, RFC 3550 appendix A.8, and whether the jitter buffer can play the packet."""
        transit = arrival * self._clock_rate - timestamp
        if self._transit is None:
            self._transit = self._play_from = transit
            return
        difference = transit - self._transit
        if not -_HALF_CLOCK < difference < _HALF_CLOCK:  # the timestamp has run over
            turn = 2 * _HALF_CLOCK * round(difference / (2 * _HALF_CLOCK))
            difference -= turn
            self._play_from += turn
        self._transit = transit
        self.jitter += (abs(difference) - self.jitter) / 16
        if restart:
            self._play_from = transit  # a talk spurt begins, RFC 3551 section 4.1
        elif transit - self._play_from <= self._depth:
            self._late_in_a_row = 0
            return
        else:
            self.late += 1
            self._late_in_a_row += 1
            if self._late_in_a_row < LATE_IN_A_ROW:
                return
            self._play_from = transit  # the way has become longer for good
        self._late_in_a_row = 0
