"""Waiting the same time each, by the thousand: a queue of buckets instead of a timer for each message.

Whoever starts to wait is appended to the newest bucket, which costs as much as `list.append`; nothing is
cancelled, so what became due is asked whether it still matters. Delays that differ from case to case, and the
few retransmissions after the first, are in a heap: `harness.sip.timers.TimerQueue`.
"""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

GRAIN = 0.01
"""Seconds that share a bucket: nothing is early, and nothing more than this late."""


class FixedDelay(Generic[Item]):
    """Things that all wait equally long."""

    __slots__ = ("_buckets", "_delay", "_ends", "newest")

    def __init__(self, delay: float) -> None:
        """``delay`` in seconds."""
        self._delay = delay
        self._buckets: deque[tuple[float, list[Item]]] = deque()
        self._ends = float("-inf")
        self.newest: list[Item] = []
        """Append to it, after `turn`, what begins to wait."""

    def __len__(self) -> int:
        return sum(len(bucket) for _, bucket in self._buckets)

    def turn(self, now: float) -> None:
        """Begin a new bucket when the newest has had its time; ``now`` in seconds."""
        if now < self._ends:
            return
        self._ends = now + GRAIN
        if self.newest or not self._buckets:
            self.newest = []
            self._buckets.append((self._ends + self._delay, self.newest))
        else:  # nobody came: the bucket is used on
            self._buckets[-1] = (self._ends + self._delay, self.newest)

    def next_time(self) -> float | None:
        """When something is due next, in seconds; None when nothing waits."""
        return next((at for at, bucket in self._buckets if bucket), None)

    def due(self, now: float) -> Iterator[Item]:
        """Hand over, once, what has waited long enough, in the order it came. Calls `turn`."""
        self.turn(now)
        buckets = self._buckets
        while buckets and buckets[0][0] <= now and buckets[0][1] is not self.newest:
            yield from buckets.popleft()[1]
