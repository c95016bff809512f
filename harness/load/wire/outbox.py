"""What waits to be sent to the target: packets of one length leave together, in one system call.

The kernel cuts one large send into packets of equal length (UDP_SEGMENT, udp(7), Linux 4.18), which costs a
fifth of sending each by itself; the network sees the same packets. Calls that go alike write messages of
equal length. Where the kernel or a packet is not fit for that, each leaves alone. Taking is `inbox`'s work.
"""

import socket
import sys
from collections.abc import Callable

UDP_SEGMENT = 103
"""Linux, include/uapi/linux/udp.h."""
MOST_SEGMENTS = 64
"""Of one send, in every Linux that can do it (UDP_MAX_SEGMENTS)."""
MOST_BYTES = 65_000
"""Of one send; together with all headers they must stay below 65,536."""
ACK = ord("A")
"""How an ACK begins, and no other request or response."""


class Outbox:
    """Packets for the peer of one connected UDP socket."""

    def __init__(self, connected: socket.socket, wake: Callable[[], object], *, batches: bool = True) -> None:
        """``wake`` is called when something waits: it sees to it that `flush` is called soon. Without
        ``batches`` each packet leaves alone, as a capture on this machine then shows it.
        """
        self.refused = 0
        """How often the peer's host said that nobody listens there (ICMP)."""
        self.not_sent = 0
        """Packets that the kernel did not take."""
        self._socket = connected
        self._wake = wake
        self._waiting: list[bytes] = []
        self._longest = MOST_BYTES if batches and _can_segment(connected) else 0

    def put(self, data: bytes) -> None:
        """Send a packet at the next `flush`."""
        if not self._waiting:
            self._wake()
        self._waiting.append(data)

    def flush(self) -> None:
        """Send what waits. ACKs go first, for in one call nothing goes before an ACK, and the next INVITE or
        the BYE goes right behind it; else the order is that of the first of each length.
        """
        waiting = self._waiting
        if not waiting:
            return
        acks: dict[int, list[bytes]] = {}
        others: dict[int, list[bytes]] = {}
        for data in waiting:
            alike = acks if data[0] == ACK else others
            size = len(data)
            if size in alike:
                alike[size].append(data)
            else:
                alike[size] = [data]
        waiting.clear()
        for alike in (acks, others):
            for size, packets in alike.items():
                self._send_alike(size, packets)

    def _send_alike(self, size: int, packets: list[bytes]) -> None:
        if len(packets) == 1 or size > self._longest:
            for data in packets:
                self._attempt(data)
            return
        most = min(MOST_SEGMENTS, MOST_BYTES // size)
        for start in range(0, len(packets), most):
            part = packets[start : start + most]
            if not self._send_segments(size, part):
                self._longest = size - 1  # does not fit the way there in one piece, or no checksums there
                for data in packets[start:]:
                    self._attempt(data)
                return

    def _send_segments(self, size: int, packets: list[bytes]) -> bool:
        """False when such a send is not possible at all."""
        cut = [(socket.IPPROTO_UDP, UDP_SEGMENT, size.to_bytes(2, sys.byteorder))]
        for _ in range(2):
            try:
                self._socket.sendmsg(packets, cut)
            except ConnectionRefusedError:  # told of an earlier packet; these have not left
                self.refused += 1
            except BlockingIOError:
                break
            except OSError:
                return False
            else:
                return True
        self.not_sent += len(packets)
        return True

    def _attempt(self, data: bytes) -> None:
        try:
            self._socket.send(data)
        except ConnectionRefusedError:  # of an earlier packet; this one has not left
            self.refused += 1
        except OSError:
            self.not_sent += 1


def _can_segment(made: socket.socket) -> bool:
    """Whether the kernel knows; one that does not would send everything as one packet."""
    try:
        return sys.platform == "linux" and made.getsockopt(socket.IPPROTO_UDP, UDP_SEGMENT) == 0
    except OSError:
        return False
