"""What a driver is to a core and to a phone: the protocols that all drivers share.

A core (a user agent, a trunk) does no I/O: it has the six verbs of `Core`. A driver owns sockets
and the clock, or imitates them. `blocking` talks to the network for synchronous callers,
`simulated` is a network in virtual time, `asyncio_driver` serves.
"""

import random
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from harness.capture.trace import Trace
from harness.sip.hop import Hop, Packet


class Core(Protocol):
    """The six verbs that a driver calls. SIP and RTP both travel as packets; hops tell them apart."""

    def receive(self, packet: Packet, now: float) -> None:
        """Take a packet that came in; its destination is the local hop that it came in by."""

    def next_timer(self) -> float | None:
        """When `handle_timers` wants to be called next, in the driver's seconds; None: never."""

    def handle_timers(self, now: float) -> None:
        """Do all that is due."""

    def packets_to_send(self) -> list[Packet]:
        """Hand over and clear what wants to go out; the source says by which local hop."""

    def events_received(self) -> list[Any]:
        """Hand over and clear what happened."""

    def transport_failed(self, destination: Hop, now: float) -> None:
        """Learn that packets to this hop cannot be delivered."""


@runtime_checkable
class SwiftCore(Core, Protocol):
    """A core that takes and gives datagrams of UDP listeners without a packet being made of each."""

    def receive_datagram(self, data: bytes, address: tuple[str, int], local: Hop, now: float) -> None:
        """`receive` for a datagram of a listener."""

    def datagrams_to_send(self) -> list[tuple[bytes, tuple[str, int], Hop]]:
        """A part of `packets_to_send`, as bytes, address and listener; asked for before the rest."""


class Driver(Protocol):
    """What a `Phone` needs of a driver: sockets by hop, a clock, and a pump."""

    trace: Trace
    """Every packet that went in or out."""
    rng: random.Random
    """The source of tags, branches and nonces for the cores of this driver."""

    def now(self) -> float:
        """Seconds since the epoch, never stepping back."""

    def bind(self, core: Core, local: Hop) -> Hop:
        """Open a signalling address for a core; port 0 takes a free one. Raises `AddressUnusable`."""

    def bind_media(self, core: Core, host: str) -> Hop:
        """Open an even UDP port for RTP, and the next one for RTCP, for a core."""

    def release(self, local: Hop) -> None:
        """Close what was bound; for media the RTCP port too. Unknown hops are ignored."""

    def run_until(self, predicate: Callable[[], bool], timeout: float) -> bool:
        """Pump all cores until the predicate holds (True) or the time is over (False)."""

    def failure_of(self, destination: Hop) -> str | None:
        """Why packets to this hop could not be delivered the last time; None when they could."""

    def close(self) -> None:
        """Close all sockets."""
