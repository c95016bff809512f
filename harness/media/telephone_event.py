"""Telephone-events, DTMF as RTP payloads: sending digits and recognising them (RFC 4733).

The sender says what to put into the packet of each 20 ms tick; numbering and sending it is `rtp.RtpSender`'s
and its owner's work.
"""

import struct
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from harness.media.errors import RtpError

DIGITS = "0123456789*#ABCD"  # events 0 to 15, RFC 4733 section 3.2
END_PACKETS = 3  # RFC 4733 section 2.5.1.4
VOLUME = 10  # minus dBm0; our own choice, within RFC 4733 section 2.3
MAX_DURATION = 0xFFFF  # timestamp units, RFC 4733 section 2.3
_PAYLOAD = struct.Struct("!BBH")
_REMEMBERED_EVENTS = 32  # timestamps against which late packets are compared


class TelephoneEvent(NamedTuple):
    """One payload (RFC 4733 section 2.3)."""

    event: int
    end: bool
    volume: int
    """0 to 63, minus dBm0."""
    duration: int
    """So far, in timestamp units."""
    reserved: bool = False

    @classmethod
    def parse(cls, payload: bytes) -> "TelephoneEvent":
        """Read the first event of a payload; raises `RtpError` when it has fewer than four bytes."""
        if len(payload) < 4:
            raise RtpError(f"a telephone-event has 4 bytes, not {len(payload)}")
        event, flags, duration = _PAYLOAD.unpack_from(payload)
        return cls(event, flags >= 0x80, flags & 0x3F, duration, bool(flags & 0x40))

    def __bytes__(self) -> bytes:
        flags = (0x80 if self.end else 0) | (0x40 if self.reserved else 0) | self.volume
        return _PAYLOAD.pack(self.event, flags, self.duration)


class EventFrame(NamedTuple):
    """What goes into one packet."""

    payload: bytes
    marker: bool
    """Set on the first packet of an event."""
    timestamp: int
    """When the event began, the same in all its packets."""


class TelephoneEventSender:
    """Plays digits, one packet a tick, in place of the sound.

    Each digit is: packets of growing duration, the last of them marked as the end and sent three times, then
    a pause in which the sound goes on.
    """

    def __init__(self, *, samples: int = 160, duration_ms: int = 100, pause_ms: int = 60) -> None:
        """``samples`` are the timestamp units of a tick at 8000 Hz; times are rounded up to whole ticks.

        ValueError when the duration does not fit its 16 bits (8191 ms).
        """
        tick_ms = samples / 8
        self._samples = samples
        self._ticks = max(1, -int(-duration_ms // tick_ms))
        self._pause = max(0, -int(-pause_ms // tick_ms))
        if self._ticks * samples > MAX_DURATION:
            raise ValueError(f"a telephone-event of {duration_ms} ms is longer than {MAX_DURATION // 8} ms")
        self._waiting: deque[int] = deque()
        self._event = 0
        self._started = 0
        self._tick = 0
        """Ticks of the current event so far; 0 when there is none."""
        self._pause_left = 0

    def send(self, digits: str) -> None:
        """Queue ``digits``; ValueError for one that DTMF has not."""
        for digit in digits:
            if digit.upper() not in DIGITS:
                raise ValueError(f"{digit!r} is no DTMF digit; write some of {DIGITS}")
        self._waiting.extend(DIGITS.index(digit) for digit in digits.upper())

    @property
    def is_idle(self) -> bool:
        """Whether everything queued has been sent, the last pause included."""
        return not (self._waiting or self._tick or self._pause_left)

    def next_frame(self, timestamp: int) -> EventFrame | None:
        """What to send in the tick that begins at the stream's ``timestamp``; None: send sound.

        Call it once a tick, whether or not anything is queued.
        """
        if self._pause_left:
            self._pause_left -= 1
            return None
        if self._tick == 0:
            if not self._waiting:
                return None
            self._event, self._started = self._waiting.popleft(), timestamp
        self._tick += 1
        frame = self._frame()
        if self._tick == self._ticks + END_PACKETS - 1:
            self._tick, self._pause_left = 0, self._pause
        return frame

    def _frame(self) -> EventFrame:
        ended = self._tick >= self._ticks
        duration = min(self._tick, self._ticks) * self._samples
        payload = bytes(TelephoneEvent(self._event, ended, VOLUME, duration))
        return EventFrame(payload, self._tick == 1, self._started)


@dataclass(slots=True)
class ReceivedEvent:
    """One event, however many packets it took."""

    event: int
    timestamp: int
    duration: int
    """The longest seen, in timestamp units."""
    ended: bool
    packets: int = 1

    @property
    def digit(self) -> str | None:
        """The DTMF digit; None for events that are none, such as flash."""
        return DIGITS[self.event] if self.event < len(DIGITS) else None


class TelephoneEventReceiver:
    """Recognises events by their timestamp, so repeated and lost packets do not matter."""

    def __init__(self) -> None:
        self.events: list[ReceivedEvent] = []
        """In the order in which they began."""
        self._recent: dict[int, ReceivedEvent] = {}

    @property
    def digits(self) -> str:
        """All DTMF digits so far."""
        return "".join(event.digit or "" for event in self.events)

    def receive(self, payload: bytes, timestamp: int) -> ReceivedEvent | None:
        """Take one packet; returns the event when it is a new one. Raises `RtpError`."""
        parsed = TelephoneEvent.parse(payload)
        known = self._recent.get(timestamp) or self._continued(parsed.event, timestamp)
        if known is not None:
            known.packets += 1
            elapsed = (timestamp - known.timestamp) & 0xFFFFFFFF
            known.duration = max(known.duration, elapsed + parsed.duration)
            known.ended = known.ended or parsed.end
            return None
        event = ReceivedEvent(parsed.event, timestamp, parsed.duration, parsed.end)
        self.events.append(event)
        self._remember(timestamp, event)
        return event

    def _continued(self, event: int, timestamp: int) -> ReceivedEvent | None:
        """The long event of which this is a further segment (RFC 4733 section 2.5.1.3)."""
        last = self.events[-1] if self.events else None
        if last is None or last.ended or last.event != event:
            return None
        if (timestamp - last.timestamp) & 0xFFFFFFFF != last.duration or last.duration % MAX_DURATION:
            return None
        self._remember(timestamp, last)
        return last

    def _remember(self, timestamp: int, event: ReceivedEvent) -> None:
        self._recent[timestamp] = event
        if len(self._recent) > _REMEMBERED_EVENTS:
            del self._recent[next(iter(self._recent))]
