"""What has come to a socket: many packets by one system call, each with the time at which the kernel got it.

So a response may lie for a moment until the process looks, and its time is right all the same. `StampedInbox`
is Linux's (recvmmsg(2), SO_TIMESTAMPNS of socket(7)); elsewhere `PlainInbox` takes packet after packet, and a
packet's time is when it was read. Sending is `outbox`'s work.
"""

import ctypes
import errno
import mmap
import socket
import sys
import time
from collections.abc import Callable
from typing import Protocol

LARGEST_PACKET = 65536
"""Bytes of room for one packet; what is not used is never touched."""
AT_ONCE = 32
"""Packets of one look, after which the answers go out."""
SO_TIMESTAMPNS = 35
"""Linux on most machines, include/uapi/asm-generic/socket.h."""
CONTROL_ROOM = 64
"""Bytes for a packet's time: a cmsghdr and a timespec, with room to spare."""
SECONDS, NANOSECONDS = 2, 3
"""Where they stand in there, in words of 8 bytes, behind the cmsghdr (cmsg(3))."""

Taken = tuple[bytes, float]
"""A packet and when it came, in seconds on the caller's clock."""


class Inbox(Protocol):
    """Takes packets from a socket that does not block."""

    is_stamped: bool
    """Whether a packet's time is right however late it is taken."""

    def take(self) -> list[Taken]:
        """What has come, oldest first: `AT_ONCE` packets at most, and fewer when there are no more.

        Raises ConnectionRefusedError when there is nothing but an ICMP message that nobody listens there.
        """


def open_inbox(made: socket.socket, clock: Callable[[], float]) -> Inbox:
    """The best one there is on this machine. ``clock`` is in seconds and never steps back."""
    if sys.platform == "linux" and ctypes.sizeof(ctypes.c_long) == ctypes.sizeof(ctypes.c_void_p) == 8:
        try:
            return StampedInbox(made, clock)
        except (OSError, AttributeError):
            pass  # an old kernel, or a C library without recvmmsg
    return PlainInbox(made, clock)


class PlainInbox:
    """Packet after packet, as any system can."""

    is_stamped = False

    def __init__(self, made: socket.socket, clock: Callable[[], float]) -> None:
        self._socket = made
        self._clock = clock

    def take(self) -> list[Taken]:
        """As `Inbox.take`."""
        taken: list[Taken] = []
        read, clock = self._socket.recv, self._clock
        try:
            for _ in range(AT_ONCE):
                taken.append((read(LARGEST_PACKET), clock()))
        except BlockingIOError:
            pass
        except ConnectionRefusedError:
            if not taken:
                raise
        return taken


class _Vector(ctypes.Structure):
    """struct iovec, readv(2)."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """struct mmsghdr with its struct msghdr, recvmmsg(2)."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("padding", ctypes.c_int),
        ("length", ctypes.c_uint),
    )


class StampedInbox:
    """Many packets at once, with the kernel's own times."""

    is_stamped = True

    def __init__(self, made: socket.socket, clock: Callable[[], float]) -> None:
        """Raises OSError or AttributeError where the system can't."""
        made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._receive = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._receive.argtypes = (
            ctypes.c_int,
            ctypes.c_void_p,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_void_p,
        )
        self._descriptor = made.fileno()
        self._clock = clock
        self._emptied = clock()
        """What is taken next has come since: the clock of the day may be set meanwhile, ours never is."""
        self._packets = mmap.mmap(-1, AT_ONCE * LARGEST_PACKET)
        self._control = bytearray(AT_ONCE * CONTROL_ROOM)
        self._stamps = memoryview(self._control).cast("q")
        self._headers, self._vectors = (_Header * AT_ONCE)(), (_Vector * AT_ONCE)()
        packets, control = (
            ctypes.addressof(ctypes.c_char.from_buffer(each)) for each in (self._packets, self._control)
        )
        for place, (header, vector) in enumerate(zip(self._headers, self._vectors, strict=True)):
            vector.base, vector.length = packets + place * LARGEST_PACKET, LARGEST_PACKET
            header.vectors, header.vector_count = ctypes.addressof(vector), 1
            header.control, header.control_length = control + place * CONTROL_ROOM, CONTROL_ROOM
        self._address = ctypes.addressof(self._headers)
        self._raw_headers = memoryview(self._headers).cast("B")
        self._fresh_headers = bytes(self._raw_headers)
        words = ctypes.sizeof(ctypes.c_uint)
        self._lengths = self._raw_headers.cast("I")[
            _Header.length.offset // words :: ctypes.sizeof(_Header) // words
        ]

    def take(self) -> list[Taken]:
        """As `Inbox.take`."""
        self._raw_headers[:] = self._fresh_headers  # the kernel wrote into them
        now = self._clock()
        count = self._receive(self._descriptor, self._address, AT_ONCE, socket.MSG_DONTWAIT, None)
        if count < 0:
            return self._nothing(now)
        since, self._emptied = self._emptied, self._emptied if count == AT_ONCE else now
        behind = time.time() - self._clock()
        packets, stamps, step = self._packets, self._stamps, CONTROL_ROOM // 8
        taken = []
        for place, length in enumerate(self._lengths[:count]):
            at = stamps[place * step + SECONDS] - behind + stamps[place * step + NANOSECONDS] * 1e-9
            start = place * LARGEST_PACKET
            taken.append((packets[start : start + length], now if at > now else at if at > since else since))
        return taken

    def _nothing(self, now: float) -> list[Taken]:
        number = ctypes.get_errno()
        if number == errno.ECONNREFUSED:
            raise ConnectionRefusedError
        if number == errno.EAGAIN:
            self._emptied = now
        return []
