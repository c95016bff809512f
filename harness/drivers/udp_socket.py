"""UDP sockets as all drivers open them: non-blocking, with large buffers, telling of ICMP errors.

Reading and writing is the drivers' work. Streams are `stream_connection`'s and asyncio's.
"""

import errno
import socket
from collections.abc import Iterator

from harness.drivers.errors import AddressUnusable
from harness.sip.hop import Hop

RECEIVE_BUFFER = 4 * 1024 * 1024
"""Bytes asked for; the kernel grants at most net.core.rmem_max (twice that in its own count)."""
IP_RECVERR = 11
"""Linux, ip(7): queue ICMP errors so that unconnected sockets learn who refused a packet."""
IPV6_RECVERR = 25
LARGEST_DATAGRAM = 65_535
"""Bytes."""
PORT_TRIES = 50
"""How many even ports are tried for RTP."""

WOULD_BLOCK = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS)


def open_udp(
    hop: Hop, receive_buffer: int = RECEIVE_BUFFER, *, report_errors: bool = True, shared: bool = False
) -> tuple[socket.socket, Hop]:
    """A bound, non-blocking socket and its hop; port 0 takes a free one. Raises `AddressUnusable`.

    ``report_errors`` fills the error queue that `refused_destinations` reads; ``shared`` lets other sockets
    of ours have the same address, and the kernel spread what comes by its source (SO_REUSEPORT).
    """
    family = socket.AF_INET6 if ":" in hop.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, int(report_errors))
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, int(report_errors))
        sock.bind((hop.host, hop.port))
    except OSError as error:
        sock.close()
        raise AddressUnusable(hop, error.strerror or str(error)) from error
    return sock, Hop(hop.transport, hop.host, sock.getsockname()[1])


def open_rtp_pair(
    host: str,
    ports: Iterator[int] | None = None,
    receive_buffer: int = RECEIVE_BUFFER,
    *,
    report_errors: bool = True,
) -> tuple[socket.socket, socket.socket, Hop]:
    """Sockets for RTP on an even port and RTCP on the next, and the hop of the first (RFC 3550 section 11).

    ``ports`` are even ones to try; without them the kernel chooses. Raises `AddressUnusable`.
    """
    failure = AddressUnusable(Hop("udp", host, 0), "no pair of free ports found")
    for _ in range(PORT_TRIES):
        wanted = 0 if ports is None else next(ports, None)
        if wanted is None:
            break
        try:
            rtp, hop = open_udp(Hop("udp", host, wanted), receive_buffer, report_errors=report_errors)
        except AddressUnusable as error:
            if ports is None:
                raise
            failure = error
            continue
        if hop.port % 2 == 0:
            try:
                above = Hop("udp", host, hop.port + 1)
                rtcp, _ = open_udp(above, receive_buffer, report_errors=report_errors)
                return rtp, rtcp, hop
            except AddressUnusable as error:
                failure = error
        rtp.close()
    raise failure


def connected_twin(
    sock: socket.socket, peer: tuple[str, int], receive_buffer: int = RECEIVE_BUFFER
) -> tuple[socket.socket, list[tuple[bytes, tuple[str, int]]]]:
    """A second socket with the address of ``sock``, connected to ``peer``.

    The kernel gives it what comes from there, and all else to ``sock``; receiving makes no address then, and
    sending looks for no route. Also returned is what others sent to it in the moment before it was connected.
    Raises `OSError`.
    """
    twin = socket.socket(sock.family, socket.SOCK_DGRAM)
    try:
        twin.setblocking(False)
        twin.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        # The address may be shared for this moment only: nobody else shall get it by mistake.
        for one in (sock, twin):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            twin.bind(sock.getsockname())
            twin.connect(peer)
        finally:
            for one in (sock, twin):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        return twin, list(_waiting(twin))
    except OSError:
        twin.close()
        raise


def _waiting(sock: socket.socket) -> Iterator[tuple[bytes, tuple[str, int]]]:
    while True:
        try:
            data, address = sock.recvfrom(LARGEST_DATAGRAM)
        except OSError:
            return
        yield data, address[:2]


def granted_receive_buffer(sock: socket.socket) -> int:
    """Bytes of SO_RCVBUF that the kernel really gave."""
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def refused_destinations(sock: socket.socket) -> Iterator[tuple[Hop, str]]:
    """Empty the socket's error queue: where packets could not be delivered, and why (ip(7), IP_RECVERR)."""
    while True:
        try:
            _, ancillary, _, address = sock.recvmsg(1, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return
        if not address:
            continue
        number = int.from_bytes(ancillary[0][2][:4], "little") if ancillary else errno.ECONNREFUSED
        yield Hop("udp", address[0], address[1]), _words(number)


def _words(number: int) -> str:
    if number == errno.ECONNREFUSED:
        return "port unreachable: nobody listens there"
    return errno.errorcode.get(number, str(number))
