"""A simulated jitter buffer: says which packets would have come too late to be played.

Holds no sound. The buffer is a fixed one: it plays the first packet ``depth`` after its arrival and every
other in its place on the timestamp's clock.
"""


class JitterBuffer:
    """Counts the packets that miss their playing time."""

    __slots__ = ("_arrival", "_clock_rate", "_timestamp", "depth_ms", "late")

    def __init__(self, depth_ms: float = 60.0, clock_rate: int = 8000) -> None:
        """``clock_rate`` is that of the RTP timestamps."""
        self.depth_ms = depth_ms
        self.late = 0
        self._clock_rate = clock_rate
        self._arrival: float | None = None
        self._timestamp = 0

    def receive(self, timestamp: int, arrival: float, *, restart: bool = False) -> bool:
        """Whether a packet that arrives at ``arrival`` (seconds) is late.

        ``restart`` makes it the first of a talk spurt, as the marker bit does (RFC 3551 section 4.1).
        """
        if self._arrival is None or restart:
            self._arrival, self._timestamp = arrival, timestamp
            return False
        elapsed = (timestamp - self._timestamp) & 0xFFFFFFFF
        if elapsed >= 0x80000000:
            elapsed -= 0x100000000
        due = self._arrival + elapsed / self._clock_rate
        is_late = arrival - due > self.depth_ms / 1000
        self.late += is_late
        return is_late

    def reset(self) -> None:
        """Begin anew with the next packet; the count stays."""
        self._arrival = None
