"""Ports for programs that cannot be told to choose one themselves.

Whoever can, binds port 0 instead: between this answer and its use somebody else may take the port. They are
therefore taken from below the range that the system gives away itself.
"""

import errno
import random
import socket

from harness.drivers.errors import AddressUnusable
from harness.sip.hop import Hop

LOWEST, HIGHEST = 10_000, 32_000
"""Linux gives away 32768 and above by itself (ip_local_port_range)."""
TRIES = 50


def free_port(host: str = "127.0.0.1") -> int:
    """A port of a local address that was free a moment ago, for UDP and for TCP.

    Raises `AddressUnusable` when the address is none of this machine's.
    """
    reason = "no port is free"
    for _ in range(TRIES):
        port = random.randint(LOWEST, HIGHEST)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as datagrams, socket.socket(family) as stream:
            try:
                datagrams.bind((host, port))
                stream.bind((host, port))
            except OSError as error:
                reason = error.strerror or str(error)
                if error.errno != errno.EADDRINUSE:
                    break
            else:
                return port
    raise AddressUnusable(Hop("udp", host, 0), reason)
