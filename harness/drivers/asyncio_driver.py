"""The driver of servers: one core on one event loop, with UDP, TCP and TLS listeners and media ports.

Each turn drains a socket, lets the core work, and sends all it has at once; one timer of the loop serves all
timers of the core. uvloop is used where it is installed (`run`). Synchronous callers have `blocking`.
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
from harness.drivers.media_ports import MediaSockets
from harness.drivers.udp_socket import (
    LARGEST_DATAGRAM,
    RECEIVE_BUFFER,
    granted_receive_buffer,
    open_udp,
)
from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.stream import StreamFramer

DRAIN = 64
"""Datagrams taken from a socket before the core's answers go out."""
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
        self._swift: SwiftCore | None = None
        self.trace, self.framer = trace, framer
        self.core = core
        self.receive_buffer_granted: int | None = None
        """Bytes of SO_RCVBUF that the kernel gave to the last signalling socket."""
        self.dropped = 0
        """Datagrams that the kernel had no room for."""
        self._loop = asyncio.get_running_loop()
        self._epoch = time.time() - self._loop.time()
        self._receive_buffer = receive_buffer
        self._on_turn, self._on_stream = on_turn, on_stream
        self.media = MediaSockets(
            self._loop,
            clock=self.now,
            deliver=self._take_media,
            after=self._turn,
            fail=self.fail,
            ports=_even_ports(media_ports),
            receive_buffer=receive_buffer,
            rtcp=rtcp,
        )
        """The RTP and RTCP sockets."""
        # One buffer for all: recvfrom() takes 64 KiB for each datagram, only to give most of it back.
        self._buffer = bytearray(LARGEST_DATAGRAM)
        self._view = memoryview(self._buffer)
        self._sockets: dict[Hop, socket.socket] = {}
        self._servers: dict[Hop, asyncio.Server] = {}
        self._connections: dict[tuple[Hop, Hop], _Connection] = {}
        self._tls_client: ssl.SSLContext | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._soon = self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def core(self) -> Core | None:
        """What the packets are for."""
        return self._core

    @core.setter
    def core(self, core: Core | None) -> None:
        self._core = core
        self._swift = core if self.trace is None and isinstance(core, SwiftCore) else None

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
            self._add_socket(sock, hop)
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
            self._add_socket(bound, local)
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
        if self._closing and not self._sockets and not self._connections:
            return
        core = self._require_core()
        if self._swift is not None:
            for data, address, local in self._swift.datagrams_to_send():
                self._send_datagram(data, address, local)
        for packet in core.packets_to_send():
            self._send(packet)
        now = self.now()
        if self._on_turn is not None:
            self._on_turn(now)
        self._set_timer(core.next_timer())

    def _set_timer(self, at: float | None) -> None:
        """Keep one timer of the loop, not later than the core's earliest."""
        if at is None or (self._timer is not None and self._timer_at <= at):
            return  # one that fires too early does no harm
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_at(at - self._epoch, self._timer_due)

    def _timer_due(self) -> None:
        self._timer = None
        core = self._require_core()
        now = self.now()
        at = core.next_timer()
        if at is not None and at <= now:
            core.handle_timers(now)
        self._turn()

    # UDP

    def _add_socket(self, sock: socket.socket, hop: Hop) -> None:
        self._sockets[hop] = sock
        self._loop.add_reader(sock.fileno(), self._drain, sock, hop)

    def _drain(self, sock: socket.socket, local: Hop) -> None:
        core, now = self._require_core(), self.now()
        swift = None if self._swift is None else self._swift.receive_datagram
        for _ in range(DRAIN):
            try:
                size, address = sock.recvfrom_into(self._buffer)
            except OSError:
                break  # empty, or closed by what came in
            if swift is not None:
                swift(bytes(self._view[:size]), address[:2], local, now)
                continue
            packet = Packet(bytes(self._view[:size]), Hop("udp", address[0], address[1]), local)
            if self.trace is not None:
                self.trace.append(now, packet, self._kind(local))
            core.receive(packet, now)
        self._turn()

    def _send_datagram(self, data: bytes, address: tuple[str, int], local: Hop) -> None:
        try:
            self._sockets[local].sendto(data, address)
        except BlockingIOError:
            self.dropped += 1
        except OSError:
            self._loop.call_soon(self.fail, Hop("udp", *address))

    def _send(self, packet: Packet) -> None:
        if self.trace is not None:
            self.trace.append(self.now(), packet, self._kind(packet.source))
        if packet.destination.transport != "udp":
            self._send_on_stream(packet)
            return
        sock = self._sockets.get(packet.source)
        if sock is None:
            self.media.send(packet)
            return
        try:
            sock.sendto(packet.data, (packet.destination.host, packet.destination.port))
        except BlockingIOError:
            self.dropped += 1
        except OSError:
            self._loop.call_soon(self.fail, packet.destination)

    def _kind(self, local: Hop) -> Kind:
        if local not in self.media:
            return "sip"
        return "rtp" if local.port % 2 == 0 else "other"

    def _close_socket(self, hop: Hop) -> None:
        sock = self._sockets.pop(hop, None)
        if sock is not None:
            self._loop.remove_reader(sock.fileno())
            sock.close()

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
        for hop in list(self._sockets):
            self._close_socket(hop)
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
