"""START HERE for judging a received stream: loss, duplicates, reordering, jitter, late packets, MOS.

Sequence numbers are followed as in RFC 3550 appendix A.1, jitter as in A.8. The formula from loss and delay
to MOS is `e_model`'s, the playing times are `jitter_buffer`'s.
"""

from dataclasses import dataclass

from harness.media.codec import Codec
from harness.media.e_model import (
    G711_LOSS_ROBUSTNESS,
    G729A_IMPAIRMENT,
    G729A_LOSS_ROBUSTNESS,
    Rating,
    e_model,
)
from harness.media.jitter_buffer import JitterBuffer
from harness.media.rtcp import ReportBlock
from harness.media.rtp import RtpPacket

__all__ = ["Rating", "ReceiveStatistics", "ReceivedQuality", "e_model"]

MAX_DROPOUT = 3000  # packets, RFC 3550 appendix A.1
MAX_MISORDER = 100  # packets, RFC 3550 appendix A.1
JITTER_BUFFER_MS = 60.0  # three packets; our own choice, printed with every figure
_SEEN_MASK = (1 << 128) - 1  # the newest packets among which duplicates are recognised


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

    def __init__(self, *, clock_rate: int = 8000, jitter_buffer_ms: float = JITTER_BUFFER_MS) -> None:
        self.ssrc: int | None = None
        self.duplicates = 0
        self.reordered = 0
        self.sources = 0
        self.jitter = 0.0
        """In timestamp units."""
        self.highest_sequence = 0
        """Extended by the count of cycles, RFC 3550 appendix A.1."""
        self._clock_rate = clock_rate
        self._buffer = JitterBuffer(jitter_buffer_ms, clock_rate)
        self._base = 0
        self._seen = 0
        self._received = 0
        self._earlier_expected = 0
        self._earlier_received = 0
        self._after_jump: int | None = None
        self._arrival: float | None = None
        self._timestamp = 0
        self._reported = (0, 0)

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
        if ssrc != self.ssrc:
            self._begin(sequence)
            self.ssrc = ssrc
            self.sources += 1
        elif not self._follow(sequence):
            return False
        if timed:
            self._measure(timestamp, arrival)
            self._buffer.receive(timestamp, arrival, restart=marker)
        return True

    @property
    def expected(self) -> int:
        """Packets promised by the sequence numbers, of all sources."""
        if self.ssrc is None:
            return 0
        return self._earlier_expected + self.highest_sequence - self._base + 1

    @property
    def received(self) -> int:
        """Different packets that came, of all sources."""
        return self._earlier_received + self._received

    @property
    def lost(self) -> int:
        """Never negative: duplicates are counted apart."""
        return self.expected - self.received

    @property
    def late(self) -> int:
        """Packets that missed their playing time."""
        return self._buffer.late

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
            jitter_buffer_ms=self._buffer.depth_ms,
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

    def _begin(self, sequence: int) -> None:
        """Start counting at ``sequence`` (init_seq of appendix A.1)."""
        if self.ssrc is not None:
            self._earlier_expected += self.highest_sequence - self._base + 1
            self._earlier_received += self._received
        self._base = self.highest_sequence = sequence
        self._seen = 1
        self._received = 1
        self._after_jump = None
        self._arrival = None
        self._buffer.reset()

    def _follow(self, sequence: int) -> bool:
        """Place ``sequence`` among its neighbours (update_seq of appendix A.1)."""
        step = (sequence - self.highest_sequence) & 0xFFFF
        if 0 < step < MAX_DROPOUT:
            self.highest_sequence += step
            self._seen = (self._seen << step | 1) & _SEEN_MASK if step < 128 else 1
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
        if self.highest_sequence - back < self._base:
            self._base = self.highest_sequence - back
        self._received += 1
        return True

    def _jump(self, sequence: int) -> bool:
        """A wild number: believed when the next packet follows it, for then the sender began anew."""
        if sequence != self._after_jump:
            self._after_jump = (sequence + 1) & 0xFFFF
            return False
        self._begin(sequence)
        return True

    def _measure(self, timestamp: int, arrival: float) -> None:
        """Interarrival jitter, RFC 3550 appendix A.8."""
        if self._arrival is not None:
            step = (timestamp - self._timestamp) & 0xFFFFFFFF
            if step >= 0x80000000:
                step -= 0x100000000
            difference = abs((arrival - self._arrival) * self._clock_rate - step)
            self.jitter += (difference - self.jitter) / 16
        self._arrival, self._timestamp = arrival, timestamp
