"""The RTP and RTCP sockets of a server: a poller of their own, and datagrams straight to their receivers.

Media is most of what a busy server receives, and a packet of it is worth little, so it takes a shorter way
than signalling: all sockets are in one epoll set, which the loop looks at as one file; datagrams that come
within two milliseconds are taken together; a receiver gets and gives back bytes. Packets like the last are
noted and echoed right here, as their `ReceivedStream` says, and a port that hears one steady sender gets a
second socket that is connected to it (`connected_twin`). Where somebody looks at the packets (a trace, a
core that changes them), they go to the core like any other. Signalling is `asyncio_driver`'s. Linux only,
for epoll.
"""

import asyncio
import select
import socket
from collections.abc import Callable, Iterator, Mapping

from harness.drivers.udp_socket import connected_twin, open_rtp_pair
from harness.sip.hop import Hop, Packet
from harness.ua.endpoint import MediaReceiver
from harness.ua.received_stream import HEADER_SIZE, NONE, NOTES, ReceivedStream

LARGEST_MEDIA = 2048
"""Bytes: more than any packet of RTP or RTCP that an Ethernet carries whole."""
PAUSE = 0.002
"""Seconds between two looks at the sockets while media flows: what comes meanwhile is taken together, and a
packet waits for half of it on average."""
BUSY_PAUSE = 0.004
"""The same, in seconds, after a look that took `MANY` datagrams."""
MANY = 24
ROUNDS = 4
"""How often the sockets are emptied before signalling has its turn."""
STEADY = 16
"""Packets alike in a row after which a sender gets a connected socket."""
EVENTS = 256
"""Datagrams in a round."""

Address = tuple[str, int]
"""Host and port, as a socket names them."""


class _Port:
    """One bound socket."""

    __slots__ = ("home", "hop", "is_rtp", "is_v6", "peer", "recv_into", "send", "socket", "twin")

    def __init__(
        self, sock: socket.socket, hop: Hop, *, is_rtp: bool = True, peer: Address | None = None
    ) -> None:
        self.home = sock
        """The socket that is not connected: this one, or the one it is the twin of."""
        self.socket = sock
        self.hop = hop
        self.is_rtp = is_rtp
        self.is_v6 = ":" in hop.host
        self.peer = peer
        """Whom it is connected to."""
        self.twin: _Port | None = None
        """The socket of the same address that is connected to the steady sender."""
        self.recv_into = sock.recv_into
        self.send = sock.send


class _Beginnings(dict[int, memoryview]):
    """Size -> so many bytes of a buffer from its beginning, made once: packets have few sizes."""

    def __init__(self, buffer: bytearray) -> None:
        super().__init__()
        self._view = memoryview(buffer)

    def __missing__(self, size: int) -> memoryview:
        self[size] = self._view[:size]
        return self[size]


class MediaSockets:
    """All media sockets of one driver."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Callable[[], float],
        deliver: Callable[[Packet, float], None],
        after: Callable[[bool], None],
        fail: Callable[[Hop], None],
        ports: Iterator[int] | None,
        receive_buffer: int,
        rtcp: bool,
    ) -> None:
        """``deliver`` takes packets that have no receiver of their own, ``after`` is called once a batch was
        taken, with whether anybody but streams got some of it, ``fail`` when a destination is unreachable."""
        self.receivers: Mapping[Hop, MediaReceiver] | None = None
        """Who takes the datagrams of an RTP port without detour; None: all go to ``deliver``."""
        self.dropped = 0
        """Datagrams that the kernel had no room for."""
        self._loop = loop
        self._clock = clock
        self._deliver = deliver
        self._after = after
        self._fail = fail
        self._ports = ports
        self._receive_buffer = receive_buffer
        self._rtcp = rtcp
        self._by_hop: dict[Hop, _Port] = {}
        self._by_descriptor: dict[int, _Port] = {}
        self._poll: select.epoll | None = None
        # Packets like the last are changed where they lie: recv() makes room for the largest each time.
        self._buffer = bytearray(LARGEST_MEDIA)
        view = memoryview(self._buffer)
        self._head, self._halves, self._words = view[:HEADER_SIZE], view.cast("H"), view.cast("I")
        self._whole = _Beginnings(self._buffer)
        self._pause: asyncio.TimerHandle | None = None
        self._passed_on = False  # whether a receiver or the core got anything since the look began

    def __contains__(self, hop: Hop) -> bool:
        return hop in self._by_hop

    def __len__(self) -> int:
        return len(self._by_hop)

    @property
    def is_busy(self) -> bool:
        """Whether media flows, so that the sockets are looked at by the clock."""
        return self._pause is not None

    def open(self, host: str) -> Hop:
        """Open a pair of ports for RTP and RTCP. Raises `AddressUnusable`."""
        rtp, rtcp, hop = open_rtp_pair(host, self._ports, self._receive_buffer, report_errors=False)
        self._add(_Port(rtp, hop, is_rtp=True))
        if self._rtcp:
            self._add(_Port(rtcp, Hop("udp", host, hop.port + 1), is_rtp=False))
        else:
            rtcp.close()
        return hop

    def release(self, local: Hop) -> None:
        """Close what `open` opened; unknown hops are ignored."""
        for hop in (local, Hop("udp", local.host, local.port + 1)):
            port = self._by_hop.pop(hop, None)
            if port is not None:
                self._part(port)
                self._forget(port)

    def send(self, packet: Packet) -> None:
        """Send a packet from one of the ports; from a port that is closed nothing leaves."""
        port = self._by_hop.get(packet.source)
        if port is not None:
            self._send(port, packet.data, (packet.destination.host, packet.destination.port))

    def close(self) -> None:
        """Close all."""
        for port in self._by_descriptor.values():
            port.socket.close()
        self._by_hop.clear()
        self._by_descriptor.clear()
        if self._pause is not None:
            self._pause.cancel()
        if self._poll is not None:
            self._loop.remove_reader(self._poll.fileno())
            self._poll.close()
            self._poll = None

    # Below

    def _add(self, port: _Port) -> None:
        self._by_hop[port.hop] = port
        self._watch(port)

    def _watch(self, port: _Port) -> None:
        self._by_descriptor[port.socket.fileno()] = port
        self._poller().register(port.socket.fileno(), select.EPOLLIN)

    def _forget(self, port: _Port) -> None:
        del self._by_descriptor[port.socket.fileno()]
        self._poller().unregister(port.socket.fileno())
        port.socket.close()

    def _poller(self) -> select.epoll:
        if self._poll is None:
            self._poll = select.epoll()
            self._loop.add_reader(self._poll.fileno(), self._begin)
        return self._poll

    def _begin(self) -> None:
        """The first datagram after a silence: from now on the sockets are looked at by the clock."""
        self._loop.remove_reader(self._poller().fileno())
        self._look()

    def _look(self) -> None:
        """Take what came; when nothing did, let the loop tell when something comes."""
        self._pause = None
        if self._poll is None:
            return
        self._passed_on = False
        taken = self._drain()
        if taken:
            self._after(self._passed_on)
            self._pause = self._loop.call_later(BUSY_PAUSE if taken >= MANY else PAUSE, self._look)
        else:
            self._loop.add_reader(self._poll.fileno(), self._begin)

    def _drain(self) -> int:
        """Take the waiting datagrams, one from each socket in turn, and count them."""
        now, poll, taken = self._clock(), self._poller(), 0
        take = self._take_unread if self.receivers is None else self._take
        for _ in range(ROUNDS):
            ready = poll.poll(0, EVENTS)
            if not ready:
                break
            take(ready, now)
            taken += len(ready)
        return taken

    def _take_unread(self, ready: list[tuple[int, int]], now: float) -> None:
        """Take one datagram from each socket that has some, for the core."""
        for descriptor, _ in ready:
            port = self._by_descriptor.get(descriptor)
            if port is not None:
                self._take_for_core(port, now)

    def _take_for_core(self, port: _Port, now: float) -> None:
        self._passed_on = True
        try:
            data, address = port.socket.recvfrom(LARGEST_MEDIA)
        except OSError:
            return
        self._deliver(Packet(data, Hop("udp", address[0], address[1]), port.hop), now)

    def _take(self, ready: list[tuple[int, int]], now: float) -> None:
        """Take one datagram from each socket that has some, for the receivers.

        What is here is done for each packet of each call: no calls, no attributes that can be spared.
        """
        by_descriptor, receivers = self._by_descriptor, self.receivers or {}
        buffer, head, whole = self._buffer, self._head, self._whole
        halves, words = self._halves, self._words
        for descriptor, _ in ready:
            port = by_descriptor.get(descriptor)
            if port is None:
                continue  # closed by what came in before
            source = port.peer
            if source is None:
                self._take_from_anybody(port, receivers.get(port.hop), now)
                continue
            try:
                size = port.recv_into(buffer)
            except OSError:
                continue
            receiver = receivers.get(port.hop)
            if receiver is None:
                continue  # for a call that is over
            stream = receiver.stream
            if (
                stream is None
                or size != stream.size
                or halves[0] != stream.usual
                or words[2] != stream.ssrc
                or source != stream.source
            ):
                self._hand_over(port, receiver, bytes(buffer[:size]), source, now)
                continue
            # ReceivedStream.note:
            stream.heads += head
            arrivals = stream.arrivals
            arrivals.append(now)
            if len(arrivals) >= NOTES:
                stream.work_up()
            if stream.lead != NONE:
                halves[0], words[2] = stream.lead, stream.own_ssrc
                try:
                    port.send(whole[size])
                except OSError as error:
                    self._complain(error, source)

    def _take_from_anybody(self, port: _Port, receiver: MediaReceiver | None, now: float) -> None:
        """Take one datagram from a socket that is not connected."""
        if not port.is_rtp:
            self._take_for_core(port, now)
            return
        try:
            data, address = port.socket.recvfrom(LARGEST_MEDIA)
        except OSError:
            return
        if receiver is not None:  # else for a call that is over
            self._hand_over(port, receiver, data, address[:2] if port.is_v6 else address, now)
            stream = receiver.stream
            if stream is not None and len(stream.arrivals) == STEADY:
                self._pair(port, stream, receiver)

    def _hand_over(
        self, port: _Port, receiver: MediaReceiver, data: bytes, source: Address, now: float
    ) -> None:
        self._passed_on = True
        reply = receiver.receive_rtp(data, source, now)
        if reply is not None:
            self._send(port, *reply)

    def _pair(self, port: _Port, stream: ReceivedStream, receiver: MediaReceiver) -> None:
        """Give the port a connected socket for its steady sender."""
        if port.twin is not None and port.twin.peer == stream.source:
            return
        self._part(port)
        try:
            sock, early = connected_twin(port.socket, stream.source, self._receive_buffer)
        except OSError:
            return  # no descriptor left: it goes without
        port.twin = _Port(sock, port.hop, peer=stream.source)
        port.twin.home = port.socket
        self._watch(port.twin)
        now = self._clock()
        for data, address in early:
            self._hand_over(port, receiver, data, address, now)

    def _part(self, port: _Port) -> None:
        if port.twin is not None:
            self._forget(port.twin)
            port.twin = None

    def _send(self, port: _Port, data: bytes, address: Address) -> None:
        twin = port if port.peer is not None else port.twin
        try:
            if twin is not None and twin.peer == address:
                twin.send(data)
            else:
                port.home.sendto(data, address)
        except OSError as error:
            self._complain(error, address)

    def _complain(self, error: OSError, address: Address) -> None:
        if isinstance(error, BlockingIOError):
            self.dropped += 1
        elif not isinstance(error, ConnectionRefusedError):  # told of connected sockets alone: nobody listens
            self._loop.call_soon(self._fail, Hop("udp", *address))
