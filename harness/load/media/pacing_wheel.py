"""When each call sends its packet: one wheel for all, which turns once in 20 ms.

The wheel has as many slots as there are ticks in 20 ms, a call sits in the emptiest, and a tick sends one
packet of each call in its slot. So calls are spread over the 20 ms, and no packet costs a timer.
"""

from collections.abc import Callable

TICKS = 10
TICK = 0.002  # seconds; TICKS of them are the 20 ms of a packet
MOST_LATE = 1.0
"""Seconds that are made up for by sending faster; what is later than that is left out."""

Sender = Callable[[float], None]


class PacingWheel:
    """Calls a function of each member once in 20 ms."""

    def __init__(self) -> None:
        self._slots: list[list[Sender]] = [[] for _ in range(TICKS)]
        self._at = 0
        self._next: float | None = None
        self.skipped = 0
        """Ticks that were left out, because the process was busy elsewhere."""

    def __len__(self) -> int:
        return sum(len(slot) for slot in self._slots)

    def add(self, sender: Sender) -> None:
        """Let ``sender`` be called with the time, once in 20 ms."""
        min(self._slots, key=len).append(sender)

    def remove(self, sender: Sender) -> None:
        """Call it no more."""
        for slot in self._slots:
            if sender in slot:
                slot.remove(sender)
                return

    def turn(self, now: float) -> None:
        """Do the ticks that are due at ``now``, in seconds."""
        if self._next is None or now - self._next > MOST_LATE:
            if self._next is not None:
                self.skipped += int((now - self._next) / TICK)
            self._next = now
        while self._next <= now:
            for sender in tuple(self._slots[self._at]):
                sender(now)
            self._at = (self._at + 1) % TICKS
            self._next += TICK
