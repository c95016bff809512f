"""The UDP sockets at which a server takes SIP: emptied at once, or by the clock while much comes.

Waking up costs a program more than a datagram does: its code is no longer in the processor's caches. So an
idle server answers at once, and one that gets more than `BUSY` datagrams a second looks at its sockets every
`PAUSE` seconds and takes together what has come; a datagram then waits for half of that on average. What the
datagrams are for is `asyncio_driver`'s affair; RTP has `media_ports`.
"""

import asyncio
import socket
from collections.abc import Callable, Iterable

from harness.drivers.udp_socket import LARGEST_DATAGRAM
from harness.sip.hop import Hop

DRAIN = 64
"""Datagrams taken from a socket before the answers go out."""
BUSY = 1000
"""Datagrams a second from which on the clock decides: fifteen or more a look."""
PAUSE = 0.015
"""Seconds between two looks, a small part of T1 (500 ms, RFC 3261 section 17.1.1.1)."""
COUNTED = 0.02
"""Seconds over which datagrams are counted."""

Receive = Callable[[bytes, tuple[str, int], Hop, float], None]
"""Takes a datagram: its bytes, where it came from, our listener and the time."""


class ListenerSockets:
    """All UDP listeners of one driver."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Callable[[], float],
        receive: Receive,
        after: Callable[[float], None],
        fail: Callable[[Hop], None],
    ) -> None:
        """``after`` is called with the time once datagrams were taken, and at each look; ``fail`` when a
        destination cannot be reached."""
        self.receive = receive
        """May be replaced at any time."""
        self.dropped = 0
        """Datagrams that the kernel had no room for."""
        self.next_look: float | None = None
        """When the sockets are looked at next; None: as soon as something comes."""
        self._loop = loop
        self._clock = clock
        self._after = after
        self._fail = fail
        self._sockets: dict[Hop, socket.socket] = {}
        self._pause: asyncio.TimerHandle | None = None
        self._counted_since = 0.0
        self._count = 0
        # One buffer for all: recvfrom() takes 64 KiB for each datagram, only to give most of it back.
        self._buffer = bytearray(LARGEST_DATAGRAM)
        self._view = memoryview(self._buffer)

    def __contains__(self, hop: Hop) -> bool:
        return hop in self._sockets

    def __len__(self) -> int:
        return len(self._sockets)

    def add(self, sock: socket.socket, hop: Hop) -> None:
        """Take datagrams from a bound socket from now on."""
        self._sockets[hop] = sock
        if self.next_look is None:
            self._loop.add_reader(sock.fileno(), self._ready, sock, hop)

    def send(self, datagrams: Iterable[tuple[bytes, tuple[str, int], Hop]]) -> None:
        """Send datagrams: bytes, address and our listener. Raises KeyError for a hop that is none."""
        sockets = self._sockets
        for data, address, local in datagrams:
            try:
                sockets[local].sendto(data, address)
            except BlockingIOError:
                self.dropped += 1
            except OSError:
                self._loop.call_soon(self._fail, Hop("udp", *address))

    def look_along(self) -> bool:
        """Look now, for the driver is awake anyway; False, and nothing is done, while the sockets tell of
        themselves."""
        if self.next_look is None:
            return False
        self._drain_all(self._clock())
        return True

    def close(self) -> None:
        """Close all."""
        if self._pause is not None:
            self._pause.cancel()
        for sock in self._sockets.values():
            self._loop.remove_reader(sock.fileno())
            sock.close()
        self._sockets.clear()
        self.next_look = None

    # Below

    def _ready(self, sock: socket.socket, local: Hop) -> None:
        now = self._clock()
        self._drain(sock, local, now)
        self._after(now)
        if now - self._counted_since >= COUNTED and self._is_busy(now):
            for one in self._sockets.values():
                self._loop.remove_reader(one.fileno())
            self._look_later(now)

    def _look(self) -> None:
        self._pause = None
        now = self._clock()
        self.next_look = now + PAUSE
        self._drain_all(now)
        self._after(now)
        if now - self._counted_since < COUNTED or self._is_busy(now):
            self._look_later(now)
            return
        self.next_look = None
        for hop, sock in self._sockets.items():
            self._loop.add_reader(sock.fileno(), self._ready, sock, hop)

    def _look_later(self, now: float) -> None:
        if not self._sockets:
            return  # closed by what came in
        self.next_look = now + PAUSE
        self._pause = self._loop.call_later(PAUSE, self._look)

    def _is_busy(self, now: float) -> bool:
        """Whether many came since the count began, which begins anew."""
        busy = self._count >= BUSY * (now - self._counted_since)
        self._counted_since, self._count = now, 0
        return busy

    def _drain_all(self, now: float) -> None:
        for hop, sock in list(self._sockets.items()):
            self._drain(sock, hop, now)

    def _drain(self, sock: socket.socket, local: Hop, now: float) -> None:
        receive, recvfrom_into, buffer, view = self.receive, sock.recvfrom_into, self._buffer, self._view
        for taken in range(DRAIN):
            try:
                size, address = recvfrom_into(buffer)
            except OSError:
                self._count += taken
                return  # empty, or closed by what came in
            receive(bytes(view[:size]), address[:2], local, now)
        self._count += DRAIN
