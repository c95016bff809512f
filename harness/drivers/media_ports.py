"""The RTP and RTCP sockets of a server: a poller of their own, and datagrams straight to their receivers.

Media is most of what a busy server receives, and a packet of it is worth little, so it takes a shorter way
than signalling: all sockets are in one epoll set, which the loop looks at as one file; datagrams that come
within two milliseconds are taken together; a receiver gets and gives back bytes. Where somebody looks at
the packets (a trace, a core that changes them), they go to the core like any other. Signalling is
`asyncio_driver`'s. Linux only, for epoll.
"""

import asyncio
import select
import socket
from collections.abc import Callable, Iterator, Mapping

from harness.drivers.udp_socket import open_rtp_pair
from harness.sip.hop import Hop, Packet
from harness.ua.endpoint import MediaReceiver

LARGEST_MEDIA = 2048
"""Bytes: more than any packet of RTP or RTCP that an Ethernet carries whole."""
PAUSE = 0.002
"""Seconds between two looks at the sockets while media flows: what comes meanwhile is taken together, and a
packet waits for half of it on average."""
ROUNDS = 4
"""How often the sockets are emptied before signalling has its turn."""
EVENTS = 256
"""Datagrams in a round."""


class _Port:
    """One bound socket."""

    __slots__ = ("hop", "is_rtp", "is_v6", "socket")

    def __init__(self, sock: socket.socket, hop: Hop, *, is_rtp: bool) -> None:
        self.socket = sock
        self.hop = hop
        self.is_rtp = is_rtp
        self.is_v6 = ":" in hop.host


class MediaSockets:
    """All media sockets of one driver."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Callable[[], float],
        deliver: Callable[[Packet, float], None],
        after: Callable[[], None],
        fail: Callable[[Hop], None],
        ports: Iterator[int] | None,
        receive_buffer: int,
        rtcp: bool,
    ) -> None:
        """``deliver`` takes packets that have no receiver of their own, ``after`` is called once a batch was
        taken, ``fail`` when a destination cannot be reached."""
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
        self._pause: asyncio.TimerHandle | None = None

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
                del self._by_descriptor[port.socket.fileno()]
                self._poller().unregister(port.socket.fileno())
                port.socket.close()

    def send(self, packet: Packet) -> None:
        """Send a packet from one of the ports; from a port that is closed nothing leaves."""
        port = self._by_hop.get(packet.source)
        if port is not None:
            self._send(port.socket, packet.data, (packet.destination.host, packet.destination.port))

    def close(self) -> None:
        """Close all."""
        for port in self._by_hop.values():
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
        self._by_descriptor[port.socket.fileno()] = port
        self._poller().register(port.socket.fileno(), select.EPOLLIN)

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
        if self._drain():
            self._after()
            self._pause = self._loop.call_later(PAUSE, self._look)
        else:
            self._loop.add_reader(self._poll.fileno(), self._begin)

    def _drain(self) -> bool:
        """Take the waiting datagrams, one from each socket in turn; False when there are none."""
        now, poll = self._clock(), self._poller()
        for turn in range(ROUNDS):
            ready = poll.poll(0, EVENTS)
            if not ready:
                return turn > 0
            self._take(ready, now)
        return True

    def _take(self, ready: list[tuple[int, int]], now: float) -> None:
        """Take one datagram from each socket that has some."""
        receivers, by_descriptor = self.receivers, self._by_descriptor
        for descriptor, _ in ready:
            port = by_descriptor.get(descriptor)
            if port is None:
                continue  # closed by what came in before
            sock = port.socket
            try:
                data, address = sock.recvfrom(LARGEST_MEDIA)
            except OSError:
                continue
            if port.is_v6:
                address = address[:2]
            if receivers is None or not port.is_rtp:
                self._deliver(Packet(data, Hop("udp", *address), port.hop), now)
                continue
            receiver = receivers.get(port.hop)
            if receiver is None:
                continue  # for a call that is over
            reply = receiver.receive_rtp(data, address, now)
            if reply is not None:
                self._send(sock, *reply)

    def _send(self, sock: socket.socket, data: bytes, address: tuple[str, int]) -> None:
        try:
            sock.sendto(data, address)
        except OSError as error:
            self._complain(error, address)

    def _complain(self, error: OSError, address: tuple[str, int]) -> None:
        if isinstance(error, BlockingIOError):
            self.dropped += 1
        else:
            self._loop.call_soon(self._fail, Hop("udp", *address))
