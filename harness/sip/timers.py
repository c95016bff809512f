"""The timer values of RFC 3261 and one queue for all timers of a core.

The queue knows no clock: callers hand in ``now`` in seconds and ask when to come back. What a timer
means is its token's business; `transaction_layer` uses ``(transaction, input)`` pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any, Generic, TypeAlias, TypeVar

Token = TypeVar("Token")

TimerHandle: TypeAlias = list[Any]
"""``[at, number, token]``, opaque to callers; a cancelled handle has no token."""

COMPACT_AT = 512
"""Cancelled entries tolerated in the heap before it is rebuilt, once they also are more than half of it."""


@dataclass(frozen=True, slots=True)
class TimerSettings:
    """The base values, in seconds, from which all other timers follow (RFC 3261 section 17, table 4)."""

    T1: float = 0.5
    """Estimate of the round trip time."""
    T2: float = 4.0
    """Longest interval between retransmissions of a non-INVITE request or an INVITE response."""
    T4: float = 5.0
    """Longest time a message stays in the network."""

    @property
    def timeout(self) -> float:
        """64*T1: timers B, D, F, H, J, L and M (D is "at least 32 s", which 64*T1 is by default)."""
        return 64 * self.T1


class TimerQueue(Generic[Token]):
    """A heap of timers with lazy cancellation: a cancelled entry stays until it surfaces."""

    __slots__ = ("_cancelled", "_heap", "_number")

    def __init__(self) -> None:
        self._heap: list[TimerHandle] = []
        self._number = 0
        self._cancelled = 0

    def __len__(self) -> int:
        return len(self._heap) - self._cancelled

    def schedule(self, at: float, token: Token) -> TimerHandle:
        """Arrange for ``token`` to become due at ``at`` (seconds); equal times keep their order."""
        self._number += 1
        handle = [at, self._number, token]
        heappush(self._heap, handle)
        return handle

    def cancel(self, handle: TimerHandle) -> None:
        """Forget a timer; one that was cancelled or has fired already is left as it is."""
        if handle[2] is None:
            return
        handle[2] = None
        self._cancelled += 1
        if self._cancelled > COMPACT_AT and self._cancelled * 2 > len(self._heap):
            # in place: a loop over due() may hold the very same list
            self._heap[:] = [entry for entry in self._heap if entry[2] is not None]
            heapify(self._heap)
            self._cancelled = 0

    def next_timer(self) -> float | None:
        """Return the time of the earliest live timer, or None."""
        heap = self._heap
        while heap:
            if heap[0][2] is not None:
                at: float = heap[0][0]
                return at
            heappop(heap)
            self._cancelled -= 1
        return None

    def due(self, now: float) -> Iterator[Token]:
        """Yield the tokens that are due, one at a time, so that handling one may cancel the next."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            handle = heappop(heap)
            token = handle[2]
            if token is None:
                self._cancelled -= 1
            else:
                handle[2] = None
                yield token
