"""The trunk of one worker, behind the sorting of packets: what a driver drives instead of the trunk itself.

Packets of other workers' calls go to them (`routing` says whose, `mesh` carries them); what this worker's
calls say to the peer of a TCP or TLS connection that another worker has, goes out there. Media stays: its
ports are each worker's own. Bindings are told to all, for an inbound call may begin in any worker.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from harness.sip.hop import Hop, Packet
from harness.sip.transaction_events import TransactionEvent
from reference_server.trunk import Trunk
from reference_server.workers.frame import Frame, Kind, bindings_frame, bindings_of
from reference_server.workers.routing import Routing


class Carrier(Protocol):
    """Brings frames to other workers; `mesh.Mesh` does."""

    def say(self, worker: int, frame: Frame) -> None:
        """Says something to one worker, with the next `flush`."""

    def say_to_all(self, frame: Frame) -> None:
        """Says something to all others, with the next `flush`."""

    def flush(self) -> None:
        """Sends what was said."""


class RoutedTrunk:
    """One worker's core: the six verbs of a driver, and what the mesh brings."""

    def __init__(self, trunk: Trunk, routing: Routing, places: Sequence[Hop]) -> None:
        """`places`: the listeners, in the order that all workers know them in."""
        self.trunk = trunk
        self.routing = routing
        self.mesh: Carrier | None = None
        """Set before the first packet."""
        self.forwarded = 0
        """Packets that went to another worker."""
        self._places = tuple(places)
        self._number_of = {place: number for number, place in enumerate(places)}
        self._own_streams: set[tuple[Hop, Hop]] = set()
        self._foreign_streams: dict[tuple[Hop, Hop], int] = {}
        self._for_own_streams: list[Packet] = []
        self._changed: set[str] = set()
        self._now = 0.0

    # The six verbs of a driver

    def receive(self, packet: Packet, now: float) -> None:
        """Takes one packet from the network: it is ours, or goes to the worker whose it is."""
        self._now = now
        if packet.destination not in self._number_of:  # media
            self.trunk.receive(packet, now)
            return
        worker, at_home = self.routing.next_worker(packet.data)
        if worker == self.routing.worker:
            self.trunk.receive(packet, now)
        else:
            self._forward(worker, Kind.PACKET_AT_HOME if at_home else Kind.PACKET, packet)

    def receive_datagram(self, data: bytes, address: tuple[str, int], local: Hop, now: float) -> None:
        """`receive` for a datagram of a listener, without the making of a packet."""
        self._now = now
        worker, at_home = self.routing.next_worker(data)
        if worker == self.routing.worker:
            self.trunk.receive_datagram(data, address, local, now)
        else:
            kind = Kind.PACKET_AT_HOME if at_home else Kind.PACKET
            self._say(worker, Frame(kind, self._number_of[local], *address[:2], data))

    def next_timer(self) -> float | None:
        """When `handle_timers` wants to be called, in seconds."""
        return self.trunk.next_timer()

    def handle_timers(self, now: float) -> None:
        """Does what is due."""
        self._now = now
        self.trunk.handle_timers(now)

    def datagrams_to_send(self) -> list[tuple[bytes, tuple[str, int], Hop]]:
        """The part of `packets_to_send` that was answered in a hurry: bytes, address and listener."""
        self._tell()
        return self.trunk.datagrams_to_send()

    def packets_to_send(self) -> list[Packet]:
        """Hands over what leaves from this process; the rest goes to the mesh."""
        packets = self.trunk.packets_to_send()
        if self._foreign_streams:
            packets = [packet for packet in packets if not self._leaves_elsewhere(packet)]
        if self._for_own_streams:
            packets += self._for_own_streams
            self._for_own_streams = []
        self._tell()
        return packets

    def events_received(self) -> list[TransactionEvent]:
        """Nothing: the trunk deals with all events itself."""
        return []

    def transport_failed(self, destination: Hop, now: float) -> None:
        """Learns that packets cannot reach `destination`."""
        self._now = now
        self.trunk.transport_failed(destination, now)

    # What the worker's own parts tell

    def stream_changed(self, local: Hop, peer: Hop, is_open: bool) -> None:
        """Learns that a stream of this process opened or closed."""
        if is_open:
            self._own_streams.add((local, peer))
        else:
            self._own_streams.discard((local, peer))
        if self.mesh is not None:
            kind = Kind.STREAM_OPENED if is_open else Kind.STREAM_CLOSED
            self.mesh.say_to_all(Frame(kind, self._number_of[local], peer.host, peer.port))

    def binding_changed(self, username: str) -> None:
        """Learns that the bindings of a profile changed here."""
        self._changed.add(username)

    # What the mesh tells

    def greeting(self) -> Iterator[Frame]:
        """What another worker must know before all else: our streams, and the bindings whose home is here."""
        for local, peer in self._own_streams:
            yield Frame(Kind.STREAM_OPENED, self._number_of[local], peer.host, peer.port)
        parts = self.trunk.parts
        for profile in (*parts.profiles.all(), *parts.community.accounts.all()):
            rows = parts.registrar.held(profile.username)
            if rows and self.is_home_of(profile.username):
                yield bindings_frame(profile.username, rows)

    def take(self, worker: int, frame: Frame, now: float) -> None:
        """Acts on what another worker said."""
        self._now = now
        match frame.kind:
            case Kind.PACKET:
                self._receive_own(frame, now)
            case Kind.PACKET_AT_HOME:
                owner = self.routing.from_home(frame.data)
                if owner == self.routing.worker:
                    self._receive_own(frame, now)
                else:
                    self._say(owner, frame._replace(kind=Kind.PACKET))
            case Kind.TO_STREAM:
                peer, local = self._ends(frame)
                self._for_own_streams.append(Packet(frame.data, local, peer))
            case Kind.STREAM_OPENED:
                peer, local = self._ends(frame)
                self._foreign_streams[local, peer] = worker
            case Kind.STREAM_CLOSED:
                self._stream_closed(worker, *self._ends(frame))
            case Kind.BINDINGS:
                username, rows = bindings_of(frame)
                self.trunk.parts.registrar.learn(username, rows)
            case Kind.HELLO:
                pass  # the mesh's own

    def worker_lost(self, worker: int, now: float) -> None:
        """Another worker is gone, and its streams with it."""
        self._now = now
        lost = [ends for ends, owner in self._foreign_streams.items() if owner == worker]
        for local, peer in lost:
            self._stream_closed(worker, peer, local)

    def is_home_of(self, username: str) -> bool:
        """Whether this worker writes the bindings of a profile."""
        return self.routing.home_of_user(username.encode()) == self.routing.worker

    # Below

    def _forward(self, worker: int, kind: Kind, packet: Packet) -> None:
        source = packet.source
        number = self._number_of[packet.destination]
        self._say(worker, Frame(kind, number, source.host, source.port, packet.data))

    def _say(self, worker: int, frame: Frame) -> None:
        if self.mesh is not None:
            self.forwarded += 1
            self.mesh.say(worker, frame)

    def _leaves_elsewhere(self, packet: Packet) -> bool:
        """Gives a packet to the worker that has the stream to its destination, if another one has."""
        if packet.destination.transport == "udp":
            return False
        ends = (packet.source, packet.destination)
        worker = self._foreign_streams.get(ends)
        if worker is None or ends in self._own_streams or self.mesh is None:
            return False
        number, peer = self._number_of[packet.source], packet.destination
        self.mesh.say(worker, Frame(Kind.TO_STREAM, number, peer.host, peer.port, packet.data))
        return True

    def _stream_closed(self, worker: int, peer: Hop, local: Hop) -> None:
        if self._foreign_streams.get((local, peer)) == worker:
            del self._foreign_streams[local, peer]
            self.trunk.transport_failed(peer, self._now)

    def _tell(self) -> None:
        """Tells the others before anybody outside hears of it: who registered may be called at once."""
        if self._changed:
            self._tell_bindings()
        if self.mesh is not None:
            self.mesh.flush()

    def _tell_bindings(self) -> None:
        changed: Iterable[str] = self._changed
        self._changed = set()
        if self.mesh is not None:
            for username in changed:
                rows = self.trunk.parts.registrar.held(username)
                self.mesh.say_to_all(bindings_frame(username, rows))

    def _receive_own(self, frame: Frame, now: float) -> None:
        """A packet that another worker got, and that is ours."""
        local = self._places[frame.listener]
        if local.transport == "udp":
            self.trunk.receive_datagram(frame.data, (frame.host, frame.port), local, now)
        else:
            peer = Hop(local.transport, frame.host, frame.port)
            self.trunk.receive(Packet(frame.data, peer, local), now)

    def _ends(self, frame: Frame) -> tuple[Hop, Hop]:
        """The peer and the listener that a frame names."""
        local = self._places[frame.listener]
        return Hop(local.transport, frame.host, frame.port), local
