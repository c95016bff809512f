"""The SIP packets that a worker's trunk saw lately, kept while the parent asks for them: for the Live page.

The parent asks every half second while somebody looks (`packet_watch`), and what it has fetched is kept here
no longer. Memory is bounded: so many packets between two questions, so many bytes a packet.
"""

import base64
from collections.abc import Callable
from typing import Any, NamedTuple

from harness.sip.hop import Hop
from reference_server.trunk import Trunk

MOST_PACKETS = 1000
"""Between two questions; what is beyond them is not shown."""
LONGEST_PACKET = 8_000
"""Bytes of a packet that are kept."""
WATCHED_FOR = 5.0
"""Seconds after the last question until the trunk is no longer watched."""


class Sighting(NamedTuple):
    """One packet that passed, as `Trunk.watch` tells it."""

    incoming: bool
    data: bytes
    local: Hop
    peer: Hop
    at: float
    """Seconds since the epoch."""

    def told(self) -> list[Any]:
        """The same for JSON."""
        return [self.incoming, base64.b64encode(self.data).decode(), self.local, self.peer, self.at]

    @classmethod
    def of(cls, told: list[Any]) -> "Sighting":
        """What `told` made of one."""
        incoming, data, local, peer, at = told
        return cls(incoming, base64.b64decode(data), Hop(*local), Hop(*peer), at)


class Sightings:
    """What one trunk sees."""

    def __init__(self, trunk: Trunk, clock: Callable[[], float]) -> None:
        """Nothing is watched before the first question."""
        self._trunk = trunk
        self._clock = clock
        self._until = float("-inf")
        self._seen: list[Sighting] = []

    def fetch(self) -> list[Sighting]:
        """What passed since the last question; from now on packets are kept, for a while."""
        self._until = self._clock() + WATCHED_FOR
        self._trunk.watch = self.note
        seen, self._seen = self._seen, []
        return seen

    def note(self, incoming: bool, data: bytes, local: Hop, peer: Hop, now: float) -> None:
        """Keeps a packet, or lets go of the trunk when nobody asks any more."""
        if now > self._until:
            self._trunk.watch = None
            self._seen = []
        elif len(self._seen) < MOST_PACKETS:
            self._seen.append(Sighting(incoming, bytes(data[:LONGEST_PACKET]), local, peer, now))
