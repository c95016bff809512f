"""The beat in which media sessions send: one timer for all whose packets are due within 2 ms.

A timer for each packet of each call costs more than the packet. What a session sends at its beat is
`media_session`'s.
"""

import math
from typing import Any, Protocol

from harness.sip.timers import TimerHandle, TimerQueue

GRAIN = 2
"""Milliseconds: sessions that begin within these share a timer. Packets leave as evenly as without, but the
gap after the first may be so much longer."""
LATEST_BEAT = 0.1
"""Seconds that a beat may be late and is still made up for: at most five packets in a burst."""


class Paced(Protocol):
    """Who sends in a beat."""

    def send_frame(self) -> None: ...


class Beat:
    """Sessions that send at the same times, every ``ptime`` milliseconds."""

    __slots__ = ("due", "handle", "members", "ptime")

    def __init__(self, ptime: int, due: int) -> None:
        self.ptime = ptime
        self.due = due
        """Milliseconds since the epoch of the clock, when they send next."""
        self.members: dict[Paced, int] = {}
        """Who sends, and from which `due` on."""
        self.handle: TimerHandle | None = None


class Pacer:
    """All beats of an endpoint."""

    __slots__ = ("_beats", "_timers")

    def __init__(self, timers: TimerQueue[Any]) -> None:
        self._timers = timers
        self._beats: dict[tuple[int, int], Beat] = {}

    def join(self, paced: Paced, ptime: int, now: float) -> Beat:
        """Let it send every ``ptime`` milliseconds; the first time that long after ``now`` (seconds)."""
        due = math.ceil(now * 1000 / GRAIN) * GRAIN + ptime
        beat = self._beats.get((ptime, due % ptime))
        if beat is None:
            beat = self._beats[ptime, due % ptime] = Beat(ptime, due)
            self._schedule(beat)
        beat.members[paced] = due
        return beat

    def leave(self, paced: Paced, beat: Beat) -> None:
        """Let it send no more in a beat that `join` gave; one that left already does no harm."""
        beat.members.pop(paced, None)
        if not beat.members and beat.handle is not None:
            self._timers.cancel(beat.handle)
            beat.handle = None
            del self._beats[beat.ptime, beat.due % beat.ptime]

    def _schedule(self, beat: Beat) -> None:
        beat.handle = self._timers.schedule(beat.due / 1000, lambda now: self._strike(beat, now))

    def _strike(self, beat: Beat, now: float) -> None:
        for paced, since in tuple(beat.members.items()):
            if since <= beat.due:
                paced.send_frame()
        if beat.handle is None:
            return  # all left meanwhile
        beat.due += beat.ptime
        if beat.due / 1000 < now - LATEST_BEAT:
            beat.due += math.ceil((now * 1000 - beat.due) / beat.ptime) * beat.ptime
        self._schedule(beat)
