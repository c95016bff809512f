"""The driver for synchronous callers: one thread that pumps sockets and timers while somebody waits.

It uses `socket`, `selectors` and `time` alone, so the same code is cooperative under gevent. Nothing
happens between two calls of `BlockingDriver.run_until`: packets wait in the kernel meanwhile.
"""

import random
import selectors
import socket
import ssl
import time
from collections.abc import Callable

from harness.capture.trace import Kind, Trace
from harness.drivers.driver import Core
from harness.drivers.errors import AddressUnusable
from harness.drivers.stream_connection import ConnectionLost, StreamConnection
from harness.drivers.udp_socket import (
    LARGEST_DATAGRAM,
    RECEIVE_BUFFER,
    WOULD_BLOCK,
    granted_receive_buffer,
    open_rtp_pair,
    open_udp,
    refused_destinations,
)
from harness.sip.hop import Hop, Packet

DRAIN = 64
"""Datagrams taken from one socket before the others have their turn."""
LONGEST_WAIT = 1.0
"""Seconds between two looks at the predicate, come what may."""
WRITE_PATIENCE = 0.05
"""Seconds to wait for room in a full send buffer."""
STOOD_STILL = 0.25
"""Seconds by which a turn may end too late; when it is more, this process or its machine stood still."""


class _Channel:
    """A bound local hop and its core."""

    def __init__(self, sock: socket.socket | None, local: Hop, core: Core, kind: Kind) -> None:
        self.socket = sock
        self.local = local
        self.core = core
        self.kind: Kind = kind


class BlockingDriver:
    """Sockets and a real clock for cores, pumped by whoever waits."""

    def __init__(
        self,
        *,
        rng: random.Random | None = None,
        receive_buffer: int = RECEIVE_BUFFER,
        certificate: tuple[str, str] | None = None,
        verify_tls: bool = False,
    ) -> None:
        """``certificate`` is the paths of certificate and key for TLS listeners; ``verify_tls`` checks the
        servers that we connect to, which self-signed trunks do not survive."""
        self.trace = Trace()
        self.rng = rng or random.SystemRandom()
        self.receive_buffer_granted: int | None = None
        """Bytes of SO_RCVBUF that the kernel gave to the last UDP socket."""
        self._epoch = time.time() - time.monotonic()
        self._selector = selectors.DefaultSelector()
        self._receive_buffer = receive_buffer
        self._certificate = certificate
        self._verify_tls = verify_tls
        self._channels: dict[Hop, _Channel] = {}
        self._cores: list[Core] = []
        self._connections: dict[tuple[Hop, Hop], StreamConnection] = {}
        self._reserved: dict[Hop, socket.socket] = {}
        self._failures: dict[Hop, str] = {}

    # The driver protocol

    def now(self) -> float:
        return self._epoch + time.monotonic()

    def bind(self, core: Core, local: Hop) -> Hop:
        if local.transport == "udp":
            sock, hop = open_udp(local, self._receive_buffer)
            self.receive_buffer_granted = granted_receive_buffer(sock)
            self._add_channel(sock, hop, core, "sip")
            return hop
        sock, hop = self._bind_stream(local)
        if local.transport == "tls" and self._certificate is None:
            self._reserved[hop] = sock  # nothing to show to callers: only our own connections, from this port
            self._channels[hop] = _Channel(None, hop, core, "sip")
            self._note_cores()
            return hop
        sock.listen(64)
        self._add_channel(sock, hop, core, "sip")
        return hop

    def bind_media(self, core: Core, host: str) -> Hop:
        rtp, rtcp, hop = open_rtp_pair(host, receive_buffer=self._receive_buffer)
        self._add_channel(rtp, hop, core, "rtp")
        self._add_channel(rtcp, Hop("udp", host, hop.port + 1), core, "other")
        return hop

    def release(self, local: Hop) -> None:
        channel = self._channels.get(local)
        hops = [local]
        if channel is not None and channel.kind == "rtp":
            hops.append(Hop("udp", local.host, local.port + 1))
        self._flush()
        for hop in hops:
            gone = self._channels.pop(hop, None)
            if gone is not None and gone.socket is not None:
                self._selector.unregister(gone.socket)
                gone.socket.close()
        self._note_cores()
        if local in self._reserved:
            self._reserved.pop(local).close()
        for key in [key for key in self._connections if key[0] == local]:
            self._close_connection(self._connections[key])

    def run_until(self, predicate: Callable[[], bool], timeout: float) -> bool:
        """Pumps until the predicate holds or ``timeout`` seconds are over. Time in which we stood still is no
        fault of who is waited for: it is given back, up to twice the timeout in all."""
        deadline, spare = self.now() + timeout, timeout
        while True:
            self._flush()
            if predicate():
                return True
            now = self.now()
            if now >= deadline:
                return False
            pause = max(0.0, min(self._next_timer(deadline) - now, LONGEST_WAIT))
            self._poll(pause)
            self._handle_timers()
            late = self.now() - now - pause
            if late > STOOD_STILL:
                given_back = min(late, spare)
                deadline, spare = deadline + given_back, spare - given_back

    def failure_of(self, destination: Hop) -> str | None:
        return self._failures.get(destination)

    def close(self) -> None:
        for hop in list(self._channels):
            self.release(hop)
        self._selector.close()

    # Timers

    def _note_cores(self) -> None:
        """Each core once, though it has many channels; a new list, for the old may be in a loop."""
        self._cores = list({id(channel.core): channel.core for channel in self._channels.values()}.values())

    def _next_timer(self, deadline: float) -> float:
        timers = (core.next_timer() for core in self._cores)
        return min([deadline, *(at for at in timers if at is not None)])

    def _handle_timers(self) -> None:
        now = self.now()
        for core in self._cores:
            at = core.next_timer()
            if at is not None and at <= now:
                core.handle_timers(now)

    # Receiving

    def _poll(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            owner: StreamConnection | _Channel = key.data
            if isinstance(owner, StreamConnection):
                if self._connections.get((owner.local, owner.peer)) is owner:
                    self._advance(owner)
            elif self._channels.get(owner.local) is not owner:
                continue  # closed by what came in before
            elif owner.local.transport == "udp":
                self._drain(owner)
            else:
                self._accept(owner)

    def _drain(self, channel: _Channel) -> None:
        sock = channel.socket
        assert sock is not None
        for _ in range(DRAIN):
            try:
                data, address = sock.recvfrom(LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                self._report_refusals(channel)
                continue
            self._receive(channel, data, Hop("udp", address[0], address[1]))
            if self._channels.get(channel.local) is not channel:
                return  # what came in closed this very socket

    def _receive(self, channel: _Channel, data: bytes, source: Hop) -> None:
        now = self.now()
        packet = Packet(data, source, channel.local)
        self._failures.pop(source, None)
        self.trace.append(now, packet, _kind(channel, data))
        channel.core.receive(packet, now)

    def _report_refusals(self, channel: _Channel) -> None:
        sock = channel.socket
        assert sock is not None
        for hop, reason in list(refused_destinations(sock)):
            self._fail(channel, hop, reason)

    def _fail(self, channel: _Channel, hop: Hop, reason: str) -> None:
        self._failures[hop] = reason
        channel.core.transport_failed(hop, self.now())

    # Sending

    def _flush(self) -> None:
        """Send what all cores have; what a failed packet makes them say comes in the next round."""
        for core in self._cores:
            for packet in core.packets_to_send():
                channel = self._channels.get(packet.source)
                if channel is None:
                    continue
                self.trace.append(self.now(), packet, _kind(channel, packet.data))
                if packet.source.transport == "udp":
                    self._send_datagram(channel, packet)
                else:
                    self._send_on_stream(channel, packet)

    def _send_datagram(self, channel: _Channel, packet: Packet) -> None:
        sock = channel.socket
        assert sock is not None
        address = (packet.destination.host, packet.destination.port)
        for _ in range(3):  # an error of an earlier packet may be reported first
            try:
                sock.sendto(packet.data, address)
                return
            except OSError as error:
                if error.errno in WOULD_BLOCK:
                    time.sleep(WRITE_PATIENCE)
                    continue
                refusals = list(refused_destinations(sock))
                for hop, reason in refusals:
                    self._fail(channel, hop, reason)
                if not refusals:
                    self._fail(channel, packet.destination, error.strerror or str(error))
                    return

    def _send_on_stream(self, channel: _Channel, packet: Packet) -> None:
        connection = self._connections.get((packet.source, packet.destination))
        if connection is None:
            try:
                connection = self._connect(packet.source, packet.destination)
            except OSError as error:
                self._fail(channel, packet.destination, error.strerror or str(error))
                return
        connection.send(packet.data)
        self._advance(connection)

    # Streams

    def _bind_stream(self, local: Hop) -> tuple[socket.socket, Hop]:
        family = socket.AF_INET6 if ":" in local.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
            sock.bind((local.host, local.port))
        except OSError as error:
            sock.close()
            raise AddressUnusable(local, error.strerror or str(error)) from error
        return sock, Hop(local.transport, local.host, sock.getsockname()[1])

    def _connect(self, local: Hop, peer: Hop) -> StreamConnection:
        sock = self._reserved.pop(local, None)
        if sock is None:
            sock, _ = self._bind_stream(Hop(local.transport, local.host, 0))
        try:
            sock.connect((peer.host, peer.port))
        except BlockingIOError:
            pass  # it goes on in the background
        except OSError:
            sock.close()
            raise
        tls = self._client_context() if peer.transport == "tls" else None
        return self._add_connection(StreamConnection(sock, local, peer, tls, server_side=False))

    def _accept(self, channel: _Channel) -> None:
        assert channel.socket is not None
        try:
            sock, address = channel.socket.accept()
        except OSError:
            return  # it went away again
        local = channel.local
        tls = self._server_context() if local.transport == "tls" else None
        peer = Hop(local.transport, address[0], address[1])
        self._add_connection(StreamConnection(sock, local, peer, tls, server_side=True))

    def _add_connection(self, connection: StreamConnection) -> StreamConnection:
        self._connections[connection.local, connection.peer] = connection
        # by descriptor: TLS wraps the socket in another object
        self._selector.register(connection.socket.fileno(), _interest(connection), connection)
        return connection

    def _advance(self, connection: StreamConnection) -> None:
        try:
            messages = connection.advance()
        except ConnectionLost as error:
            self._close_connection(connection)
            channel = self._channels.get(connection.local)
            if channel is not None:
                self._fail(channel, connection.peer, str(error))
            return
        self._selector.modify(connection.socket.fileno(), _interest(connection), connection)
        for data in messages:
            channel = self._channels.get(connection.local)
            if channel is not None:
                self._receive(channel, data, connection.peer)

    def _close_connection(self, connection: StreamConnection) -> None:
        self._connections.pop((connection.local, connection.peer), None)
        self._selector.unregister(connection.socket.fileno())
        connection.close()

    def _client_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self._verify_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _server_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        assert self._certificate is not None
        context.load_cert_chain(*self._certificate)
        return context

    def _add_channel(self, sock: socket.socket, hop: Hop, core: Core, kind: Kind) -> None:
        channel = _Channel(sock, hop, core, kind)
        self._channels[hop] = channel
        self._note_cores()
        self._selector.register(sock, selectors.EVENT_READ, channel)


def _interest(connection: StreamConnection) -> int:
    if connection.wants_to_write:
        return selectors.EVENT_READ | selectors.EVENT_WRITE
    return selectors.EVENT_READ


def _kind(channel: _Channel, data: bytes) -> Kind:
    return "other" if channel.kind == "sip" and not data.strip(b"\r\n\0 ") else channel.kind
