"""What one call hears: whose audio it is, what was lost or late, how much it jitters, how long it took.

The usual packet, the one after the last, is judged inline; `harness.media.quality.ReceiveStatistics` tells
the same figures more slowly and is what this is tested against. The jitter buffer is the same fixed one.
"""

import struct

from harness.load.figures.attempt import HeardAudio
from harness.media.e_model import e_model
from harness.media.errors import RtpError
from harness.media.quality import JITTER_BUFFER_MS, LATE_IN_A_ROW, MAX_DROPOUT, MAX_MISORDER
from harness.media.rtp import RtpPacket

CLOCK = 8000  # Hz, RTP timestamps of G.711 (RFC 3551 section 4.5.14)
HEADER = struct.Struct("!BBHII").unpack_from
PLAIN = 0x80
MARKER = 0x80
MOST_PROBES = 10
"""Probes under way, one a second; what takes longer than these has no measured delay."""
SEEN_MASK = (1 << 128) - 1


class HeardStream:
    """Judges the RTP that one call receives."""

    __slots__ = (
        "_after_jump",
        "_arrival",
        "_base",
        "_buffer_stamp",
        "_buffer_start",
        "_highest",
        "_late_in_a_row",
        "_owners",
        "_probes",
        "_round_trips",
        "_round_trips_counted",
        "_seen",
        "_ssrc",
        "_stamp",
        "duplicates",
        "earlier_expected",
        "foreign",
        "jitter",
        "late",
        "received",
        "unknown",
        "wanted",
    )

    def __init__(self, owners: dict[bytes, int], wanted: int | None) -> None:
        """``wanted`` is the tone that must come, None for anything."""
        self._owners = owners
        self.wanted = wanted
        self.received = self.late = self.duplicates = self.unknown = 0
        self.foreign: dict[int, int] = {}
        """Packets by the tone that was in them though it is another call's."""
        self.jitter = 0.0
        """In timestamp units (RFC 3550 section 6.4.1)."""
        self.earlier_expected = 0
        self._probes: dict[bytes, float] = {}
        self._ssrc: int | None = None
        self._base = self._highest = self._seen = 0
        self._arrival = self._buffer_start = 0.0
        self._stamp = self._buffer_stamp = 0
        self._after_jump: int | None = None
        self._late_in_a_row = 0
        self._round_trips = 0.0
        self._round_trips_counted = 0

    def expect_probe(self, payload: bytes, now: float) -> None:
        """A payload that nobody else has, nor we again, leaves at ``now``: it measures the delay."""
        if len(self._probes) >= MOST_PROBES:
            del self._probes[next(iter(self._probes))]
        self._probes[payload] = now

    def receive(self, data: bytes, now: float) -> None:
        """Take one packet that arrived at ``now`` (seconds)."""
        if len(data) < 12:
            self.unknown += 1
            return
        first, second, sequence, stamp, ssrc = HEADER(data)
        if first == PLAIN:
            payload = data[12:]
        else:
            try:
                payload = RtpPacket.parse(data).payload
            except RtpError:
                self.unknown += 1
                return
        if ssrc == self._ssrc and sequence == (self._highest + 1) & 0xFFFF:
            self._highest += 1
            self._seen = (self._seen << 1 | 1) & SEEN_MASK
        elif not self._place(sequence, ssrc):
            return
        self.received += 1
        self._measure(stamp, now, second >= MARKER)
        tone = self._owners.get(payload)
        if tone is None:
            sent_at = self._probes.pop(payload, None)
            if sent_at is None:
                self.unknown += 1
            else:
                self._round_trips += now - sent_at
                self._round_trips_counted += 1
        elif tone != self.wanted and self.wanted is not None:
            self.foreign[tone] = self.foreign.get(tone, 0) + 1

    def conclude(self, sent: int) -> HeardAudio | None:
        """The figures of the whole call; None when it ended before there was any audio."""
        if not sent and not self.received:
            return None
        expected = self.earlier_expected + self._highest - self._base + 1 if self._ssrc is not None else 0
        lost = max(0, expected - self.received)
        missing = 100.0 * min(1.0, (lost + self.late) / expected) if expected else 100.0
        round_trip = self._round_trips / self._round_trips_counted if self._round_trips_counted else 0.0
        delay = round_trip * 500 + JITTER_BUFFER_MS
        return HeardAudio(
            sent=sent,
            received=self.received,
            lost=lost,
            late=self.late,
            jitter_ms=1000 * self.jitter / CLOCK,
            delay_ms=delay,
            mos=e_model(missing, delay).mos,
            foreign=sum(self.foreign.values()),
            foreign_calls=tuple(f"tone {tone}" for tone in sorted(self.foreign)),
            unknown=self.unknown,
        )

    # Below

    def _place(self, sequence: int, ssrc: int) -> bool:
        """A packet that is not the next one (RFC 3550 appendix A.1); False for a duplicate."""
        if ssrc != self._ssrc:
            self._begin(sequence, ssrc)
            return True
        step = (sequence - self._highest) & 0xFFFF
        if 0 < step < MAX_DROPOUT:
            self._highest += step
            self._seen = (self._seen << step | 1) & SEEN_MASK if step < 128 else 1
            return True
        back = -step & 0xFFFF
        if back >= MAX_MISORDER:
            return self._jump(sequence, ssrc)
        if self._seen >> back & 1:
            self.duplicates += 1
            return False
        self._seen |= 1 << back
        self._base = min(self._base, self._highest - back)
        return True

    def _jump(self, sequence: int, ssrc: int) -> bool:
        """A wild number: believed when the next packet follows it, for then the sender began anew."""
        if sequence != self._after_jump:
            self._after_jump = (sequence + 1) & 0xFFFF
            return False
        self._begin(sequence, ssrc)
        return True

    def _begin(self, sequence: int, ssrc: int) -> None:
        """A new source, or one that numbers anew: the counts so far stay in the sums."""
        if self._ssrc is not None:
            self.earlier_expected += self._highest - self._base + 1
        self._ssrc = ssrc
        self._base = self._highest = sequence
        self._seen = 1
        self._arrival = 0.0
        self._buffer_start = 0.0
        self._late_in_a_row = 0
        self._after_jump = None

    def _measure(self, stamp: int, now: float, marker: bool) -> None:
        """Jitter (RFC 3550 appendix A.8), and whether the packet comes after its playing time."""
        if self._arrival:
            step = (stamp - self._stamp) & 0xFFFFFFFF
            if step >= 0x80000000:
                step -= 0x100000000
            self.jitter += (abs((now - self._arrival) * CLOCK - step) - self.jitter) / 16
        self._arrival, self._stamp = now, stamp
        if marker or not self._buffer_start:
            self._begin_buffer(stamp, now)
            return
        elapsed = (stamp - self._buffer_stamp) & 0xFFFFFFFF
        if elapsed >= 0x80000000:
            elapsed -= 0x100000000
        if now - self._buffer_start - elapsed / CLOCK <= JITTER_BUFFER_MS / 1000:
            self._late_in_a_row = 0
            return
        self.late += 1
        self._late_in_a_row += 1
        if self._late_in_a_row == LATE_IN_A_ROW:
            self._begin_buffer(stamp, now)

    def _begin_buffer(self, stamp: int, now: float) -> None:
        """The jitter buffer plays this packet its depth from now, and others in their places behind it."""
        self._buffer_start, self._buffer_stamp = now, stamp
        self._late_in_a_row = 0
