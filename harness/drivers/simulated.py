"""A network in virtual time: packets between cores with delay, loss, duplication and reordering from a seed.

The same protocol as `blocking`, so phones and scenarios run on it unchanged, 32-second timeouts in
milliseconds. It proves that cores do no I/O: there is none here.
"""

import random
from collections.abc import Callable
from itertools import count

from harness.capture.trace import Kind, Trace
from harness.drivers.driver import Core
from harness.drivers.errors import AddressUnusable
from harness.sip.hop import Hop, Packet
from harness.sip.timers import TimerQueue

EPOCH = 1_000_000_000.0
"""Seconds: when virtual time begins, unless told otherwise."""
FIRST_PORT = 20_000
"""Where free ports are counted from."""
STREAM_TRANSPORTS = ("tcp", "tls")
"""Neither loss nor disorder reaches these."""


class SimulatedNetwork:
    """A network, its hosts and its clock."""

    def __init__(
        self,
        seed: int = 0,
        *,
        loss: float = 0.0,
        delay: float = 0.005,
        duplicate: float = 0.0,
        reorder: float = 0.0,
        start: float = EPOCH,
    ) -> None:
        """``loss``, ``duplicate`` and ``reorder`` are probabilities of a UDP packet.

        ``delay`` is in seconds one way; a reordered packet takes up to four times as long.
        """
        self.trace = Trace()
        """Every packet that was sent, lost ones too."""
        self.rng = random.Random(seed)
        self.lost: list[Packet] = []
        """Packets that the network swallowed."""
        self.loss = loss
        self.delay = delay
        self.duplicate = duplicate
        self.reorder = reorder
        self.drop_if: Callable[[Packet], bool] | None = None
        """Packets for which this holds are lost, whatever the chances say."""
        self._chance = random.Random(seed + 1)  # its own, so that loss does not change tags and branches
        self._now = start
        self._ports = count(FIRST_PORT, 2)
        self._hosts: dict[Hop, Core] = {}
        self._kinds: dict[Hop, Kind] = {}
        self._flying: TimerQueue[Packet] = TimerQueue()
        self._unreachable: dict[Hop, str] = {}

    # The driver protocol

    def now(self) -> float:
        return self._now

    def bind(self, core: Core, local: Hop) -> Hop:
        hop = local._replace(port=local.port or next(self._ports))
        if hop in self._hosts:
            raise AddressUnusable(hop, "address already in use")
        self._hosts[hop] = core
        self._kinds[hop] = "sip"
        return hop

    def bind_media(self, core: Core, host: str) -> Hop:
        hop = Hop("udp", host, next(self._ports))
        above = hop._replace(port=hop.port + 1)
        for each, kind in ((hop, "rtp"), (above, "other")):
            self._hosts[each] = core
            self._kinds[each] = "rtp" if kind == "rtp" else "other"
        return hop

    def release(self, local: Hop) -> None:
        self._collect()
        hops = [local]
        if self._kinds.get(local) == "rtp":
            hops.append(local._replace(port=local.port + 1))
        for hop in hops:
            self._hosts.pop(hop, None)
            self._kinds.pop(hop, None)

    def run_until(self, predicate: Callable[[], bool], timeout: float) -> bool:
        deadline = self._now + timeout
        while True:
            self._collect()
            if predicate():
                return True
            at = self._next_event()
            if at is None or at > deadline:
                self._now = deadline
                return False
            self._now = max(self._now, at)
            self._deliver()
            self._handle_timers()

    def failure_of(self, destination: Hop) -> str | None:
        return self._unreachable.get(destination)

    def close(self) -> None:
        self._hosts.clear()

    # What a test does to the network

    def make_unreachable(self, hop: Hop, reason: str = "port unreachable") -> None:
        """From now on, senders of packets to this hop learn that they cannot be delivered."""
        self._unreachable[hop] = reason

    # Below

    def _cores(self) -> list[Core]:
        return list({id(core): core for core in self._hosts.values()}.values())

    def _next_event(self) -> float | None:
        timers = [core.next_timer() for core in self._cores()]
        timers.append(self._flying.next_timer())
        return min((at for at in timers if at is not None), default=None)

    def _handle_timers(self) -> None:
        for core in self._cores():
            at = core.next_timer()
            if at is not None and at <= self._now:
                core.handle_timers(self._now)

    def _collect(self) -> None:
        """Take what the cores send, until they are silent."""
        for core in self._cores():
            packets = core.packets_to_send()
            while packets:
                for packet in packets:
                    self._send(core, packet)
                packets = core.packets_to_send()

    def _send(self, core: Core, packet: Packet) -> None:
        self.trace.append(self._now, packet, self._kinds.get(packet.source, "sip"))
        if packet.destination in self._unreachable:
            core.transport_failed(packet.destination, self._now)
            return
        if self.drop_if is not None and self.drop_if(packet):
            self.lost.append(packet)
            return
        if packet.destination.transport in STREAM_TRANSPORTS:
            self._flying.schedule(self._now + self.delay, packet)
            return
        if self._chance.random() < self.loss:
            self.lost.append(packet)
            return
        copies = 2 if self._chance.random() < self.duplicate else 1
        for _ in range(copies):
            late = self._chance.uniform(1, 4) if self._chance.random() < self.reorder else 1.0
            self._flying.schedule(self._now + self.delay * late, packet)

    def _deliver(self) -> None:
        for packet in self._flying.due(self._now):
            core = self._hosts.get(packet.destination)
            if core is not None:
                core.receive(packet, self._now)
