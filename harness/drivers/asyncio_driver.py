"""The driver of servers: one core on one event loop, with UDP, TCP and TLS listeners and media ports.

Each turn drains the listeners (`listener_sockets`), lets the core work, and sends all it has at once; one
timer of the loop serves all timers of the core. uvloop is used where it is installed (`run`). Synchronous
callers have `blocking`.
"""

import asyncio
import itertools
import socket
import ssl
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar, cast

from harness.capture.trace import Kind, Trace
from harness.drivers.driver import Core, SwiftCore
from harness.drivers.errors import AddressUnusable
from harness.drivers.listener_sockets import ListenerSockets
from harness.drivers.media_ports import MediaSockets
from harness.drivers.udp_socket import RECEIVE_BUFFER, granted_receive_buffer, open_udp
from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.stream import StreamFramer

CLOSE_PATIENCE = 0.5
"""Seconds that `close` lets streams take for their last bytes."""

Result = TypeVar("Result")


class AsyncioDriver:
    """One core's sockets and clock on the running event loop. Make it inside a coroutine."""

    def __init__(
        self,
        core: Core | None = None,
        *,
        receive_buffer: int = RECEIVE_BUFFER,
        media_ports: range | None = None,
        rtcp: bool = True,
        trace: Trace | None = None,
        framer: Callable[[], StreamFramer] = StreamFramer,
        on_turn: Callable[[float], None] | None = None,
        on_stream: Callable[[Hop, Hop, bool], None] | None = None,
    ) -> None:
        """``core`` may also be set later, before the first packet; a core often needs its addresses first.

        ``media_ports`` limits RTP and RTCP ports; ``framer`` makes cutters of streams; ``on_turn`` gets the
        time after each turn; ``on_stream`` our end and the peer's of a stream and whether it opens or closes.
        """
        self.trace, self.framer = trace, framer
        self.receive_buffer_granted: int | None = None
        """Bytes of SO_RCVBUF that the kernel gave to the last signalling socket."""
        self._loop = asyncio.get_running_loop()
        self._epoch = time.time() - self._loop.time()
        self._receive_buffer = receive_buffer
        self._on_turn, self._on_stream = on_turn, on_stream
        self.media = MediaSockets(
            self._loop,
            clock=self.now,
            deliver=self._take_media,
            after=self._turn_with_media,
            fail=self.fail,
            ports=_even_ports(media_ports),
            receive_buffer=receive_buffer,
            rtcp=rtcp,
        )
        """The RTP and RTCP sockets."""
        self._listeners = ListenerSockets(
            self._loop, clock=self.now, receive=self._take_datagram, after=self._turn_at, fail=self.fail
        )
        self._servers: dict[Hop, asyncio.Server] = {}
        self._connections: dict[tuple[Hop, Hop], _Connection] = {}
        self._tls_client: ssl.SSLContext | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._soon = self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._swift: SwiftCore | None = None
        self.core = core

    @property
    def core(self) -> Core | None:
        """What the packets are for."""
        return self._core

    @core.setter
    def core(self, core: Core | None) -> None:
        self._core = core
        self._swift = core if self.trace is None and isinstance(core, SwiftCore) else None
        self._listeners.receive = self._take_datagram if self._swift is None else self._swift.receive_datagram

    @property
    def dropped(self) -> int:
        """Datagrams from listeners that the kernel had no room for."""
        return self._listeners.dropped

    def now(self) -> float:
        """Seconds since the epoch, never stepping back."""
        return self._epoch + self._loop.time()

    # Addresses

    async def listen(
        self, local: Hop, tls: ssl.SSLContext | None = None, *, bound: socket.socket | None = None
    ) -> Hop:
        """Open a signalling address; port 0: any. TLS needs a context. Raises `AddressUnusable`.

        ``bound`` is a socket that has the address already, of a stream one that listens.
        """
        if bound is not None:
            return await self._listen_on(bound, local, tls)
        if local.transport == "udp":
            sock, hop = open_udp(local, self._receive_buffer, report_errors=False)
            self.receive_buffer_granted = granted_receive_buffer(sock)
            self._listeners.add(sock, hop)
            return hop
        try:
            server = await self._loop.create_server(
                lambda: _Connection(self, local), local.host, local.port, ssl=tls, reuse_address=True
            )
        except OSError as error:
            raise AddressUnusable(local, error.strerror or str(error)) from error
        hop = local._replace(port=server.sockets[0].getsockname()[1])
        self._servers[hop] = server
        return hop

    async def _listen_on(self, bound: socket.socket, local: Hop, tls: ssl.SSLContext | None) -> Hop:
        bound.setblocking(False)
        if local.transport == "udp":
            self.receive_buffer_granted = granted_receive_buffer(bound)
            self._listeners.add(bound, local)
        else:
            self._servers[local] = await self._loop.create_server(
                lambda: _Connection(self, local), sock=bound, ssl=tls
            )
        return local

    def media_address(self, host: str) -> Hop:
        """Open a pair of ports for RTP and RTCP. Raises `AddressUnusable`."""
        return self.media.open(host)

    def release_media(self, local: Hop) -> None:
        """Close what `media_address` opened; unknown hops are ignored."""
        self.media.release(local)

    def _take_media(self, packet: Packet, now: float) -> None:
        if self.trace is not None:
            self.trace.append(now, packet, self._kind(packet.destination))
        self._require_core().receive(packet, now)

    # Turns

    def wake(self) -> None:
        """Send what the core has and look at its timers; call it after acting on the core from outside."""
        if not self._soon:
            self._soon = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._soon = False
        if self._closing and not self._listeners and not self._connections:
            return
        core = self._require_core()
        if self._swift is not None:
            self._listeners.send(self._swift.datagrams_to_send())
        for packet in core.packets_to_send():
            self._send(packet)
        now = self.now()
        if self._on_turn is not None:
            self._on_turn(now)
        self._set_timer(core.next_timer())

    def _turn_at(self, now: float) -> None:
        """A turn that begins with the timers that are due."""
        core = self._require_core()
        at = core.next_timer()
        if at is not None and at <= now:
            core.handle_timers(now)
        self._turn()

    def _turn_with_media(self, passed_on: bool) -> None:
        """A turn after media came, unless streams alone took it; SIP that waits for its look comes along."""
        if self._listeners.look_along() or passed_on:
            self._turn()

    def _set_timer(self, at: float | None) -> None:
        """Keep one timer of the loop, not later than the core's earliest."""
        if at is None or (self._timer is not None and self._timer_at <= at):
            return  # one that fires too early does no harm
        look = self._listeners.next_look
        if look is not None and look <= at:
            return  # then it is asked for again
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_at(at - self._epoch, self._timer_due)

    def _timer_due(self) -> None:
        self._timer = None
        self._turn_at(self.now())

    # UDP

    def _take_datagram(self, data: bytes, address: tuple[str, int], local: Hop, now: float) -> None:
        packet = Packet(data, Hop("udp", *address), local)
        if self.trace is not None:
            self.trace.append(now, packet, "sip")
        self._require_core().receive(packet, now)

    def _send(self, packet: Packet) -> None:
        if self.trace is not None:
            self.trace.append(self.now(), packet, self._kind(packet.source))
        if packet.destination.transport != "udp":
            self._send_on_stream(packet)
            return
        if packet.source in self._listeners:
            address = (packet.destination.host, packet.destination.port)
            self._listeners.send(((packet.data, address, packet.source),))
        else:
            self.media.send(packet)

    def _kind(self, local: Hop) -> Kind:
        if local not in self.media:
            return "sip"
        return "rtp" if local.port % 2 == 0 else "other"

    # Streams

    def receive(self, packet: Packet) -> None:
        """Hand a message of a stream to the core; the turn ends with `wake`."""
        now = self.now()
        if self.trace is not None:
            self.trace.append(now, packet, "sip")
        self._require_core().receive(packet, now)

    def fail(self, destination: Hop) -> None:
        """Tell the core that packets cannot reach a hop."""
        if not self._closing:
            self._require_core().transport_failed(destination, self.now())
            self.wake()

    def opened(self, connection: "_Connection") -> None:
        """Note a connection under both its ends."""
        self._connections[connection.local, connection.peer] = connection
        if self._on_stream is not None:
            self._on_stream(connection.local, connection.peer, True)

    def closed(self, connection: "_Connection") -> None:
        """Forget a connection; transactions that wait on it fail."""
        if self._connections.get((connection.local, connection.peer)) is connection:
            del self._connections[connection.local, connection.peer]
            if self._on_stream is not None:
                self._on_stream(connection.local, connection.peer, False)
        self.fail(connection.peer)

    def listening_hop(self, local: Hop, port: int) -> Hop:
        """The hop that a listener got, whose port may have been 0 when it was asked for."""
        return local._replace(port=local.port or port)

    def _send_on_stream(self, packet: Packet) -> None:
        key = (packet.source, packet.destination)
        connection = self._connections.get(key)
        if connection is None:
            connection = _Connection(self, packet.source, packet.destination)
            self._connections[key] = connection
            task = self._loop.create_task(self._connect(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        connection.send(packet.data)

    async def _connect(self, connection: "_Connection") -> None:
        peer = connection.peer
        try:
            await self._loop.create_connection(
                lambda: connection,
                peer.host,
                peer.port,
                ssl=self._client_context() if peer.transport == "tls" else None,
                server_hostname=peer.host if peer.transport == "tls" else None,
                local_addr=(connection.local.host, 0),
            )
        except OSError:
            self.closed(connection)

    def _client_context(self) -> ssl.SSLContext:
        """Phones show self-signed certificates, so nothing is verified."""
        if self._tls_client is None:
            self._tls_client = ssl.create_default_context()
            self._tls_client.check_hostname = False
            self._tls_client.verify_mode = ssl.CERT_NONE
        return self._tls_client

    # The end

    async def close(self) -> None:
        """Send what the core still has, then close everything. The core ends its calls before."""
        if self.core is not None and not self._closing:
            self._turn()
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        for server in self._servers.values():
            server.close()
        connections = list(self._connections.values())
        for connection in connections:
            connection.close()
        waits = [connection.gone for connection in connections if connection.is_open]
        if waits:
            await asyncio.wait(waits, timeout=CLOSE_PATIENCE)
        for task in list(self._tasks):
            task.cancel()
        self._listeners.close()
        self.media.close()

    def _require_core(self) -> Core:
        if self.core is None:
            raise RuntimeError("the driver has no core; set AsyncioDriver.core before packets come in")
        return self.core


class _Connection(asyncio.Protocol):
    """One TCP or TLS connection, accepted or opened."""

    def __init__(self, driver: AsyncioDriver, local: Hop, peer: Hop | None = None) -> None:
        self._driver = driver
        self.local = local
        self.peer = peer or local
        """Set for good when the connection stands."""
        self.is_open = False
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._accepted = peer is None
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        self._framer = driver.framer()

    def send(self, data: bytes) -> None:
        if self._transport is None:
            self._waiting.append(data)
        else:
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast("asyncio.Transport", transport)  # uvloop's is none by class, but has all its methods
        self._transport = stream
        self.is_open = True
        if self._accepted:
            host, port = transport.get_extra_info("peername")[:2]
            self.peer = Hop(self.local.transport, host, port)
            own = transport.get_extra_info("sockname")[1]
            self.local = self._driver.listening_hop(self.local, own)
        self._driver.opened(self)
        for data in self._waiting:
            stream.write(data)
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._framer.feed(data)
        except ParseError:
            self.close()
            return
        for message in messages:
            self._driver.receive(Packet(message, self.peer, self.local))
        for _ in range(self._framer.take_pings()):
            self.send(b"\r\n")
        if messages:
            self._driver.wake()

    def connection_lost(self, exception: Exception | None) -> None:
        self.is_open = False
        self._transport = None
        if not self.gone.done():
            self.gone.set_result(None)
        self._driver.closed(self)


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine on uvloop where it is installed, on asyncio's own loop elsewhere."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def _even_ports(ports: range | None) -> Iterator[int] | None:
    """The even ports of a range, round and round, so that a released port rests for a while."""
    if ports is None:
        return None
    even = [port for port in ports if port % 2 == 0]
    if not even:
        raise ValueError(f"media ports {ports.start}-{ports.stop - 1} hold no even port; give a wider range")
    return itertools.cycle(even)
