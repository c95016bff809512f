"""When a socket is looked at: as soon as something comes, or by the clock while much comes.

Waking up for each packet costs more than the packet: for us, and for the peer that our answers reach one by
one. `harness.drivers.listener_sockets` does the same for servers. What is taken at a look is `inbox`'s work.
"""

from collections.abc import Callable
from typing import Any

READ = 1
"""libev's EV_READ."""
BUSY = 1000
"""Packets a second from which on the clock decides."""
PAUSE = 0.004
"""Seconds between two looks by the clock; who is awake anyway looks earlier. The packets have the kernel's
times, so no figure of delay holds this pause (`Attempt.waited`)."""
COUNTED = 0.02
"""Seconds over which packets are counted."""


class Looks:
    """The looks at one socket."""

    def __init__(
        self,
        loop: Any,
        descriptor: int,
        look: Callable[[], int],
        *,
        clock: Callable[[], float],
        may_wait: bool,
    ) -> None:
        """``look`` takes and handles what has come and says how many packets that were; ``loop`` is gevent's.
        ``may_wait``: packets may lie for a `PAUSE`, because they have their times.
        """
        self.by_the_clock = False
        """Whether the clock decides."""
        self._look = look
        self._clock = clock
        self._may_wait = may_wait
        self._count = 0
        self._counted_since = clock()
        self._watcher = loop.io(descriptor, READ)
        self._timer = loop.timer(PAUSE, PAUSE)
        self._watcher.start(self._something_came)

    def look_along(self) -> None:
        """Look now, for the caller is awake anyway; nothing while each packet wakes us."""
        if self.by_the_clock:
            self._timer.again(self._time_is_up)
            self._count += self._look()

    def close(self) -> None:
        """Look no more."""
        for watcher in (self._watcher, self._timer):
            watcher.stop()
            watcher.close()

    def _something_came(self) -> None:
        self._count += self._look()
        if self._may_wait and self._is_busy():
            self._watcher.stop()
            self._timer.again(self._time_is_up)
            self.by_the_clock = True

    def _time_is_up(self) -> None:
        self._count += self._look()
        if not self._is_busy():
            self._timer.stop()
            self._watcher.start(self._something_came)
            self.by_the_clock = False

    def _is_busy(self) -> bool:
        """Whether many packets come; as before until they have been counted for long enough."""
        now = self._clock()
        counted = now - self._counted_since
        if counted < COUNTED:
            return self.by_the_clock
        busy = self._count >= BUSY * counted
        self._counted_since, self._count = now, 0
        return busy
