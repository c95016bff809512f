"""Which of this machine's addresses leads to a target (asked of the kernel, nothing is sent), and its text.

Binding and sending is the drivers' work.
"""

import socket

from harness.drivers.errors import TargetUnreachable
from harness.sip.hop import Hop


def host_port(hop: Hop) -> str:
    """``host:port`` as URIs and Via write it: an IPv6 address in brackets."""
    return str(hop).partition(":")[2]


def local_host_towards(target: Hop) -> str:
    """The local IP address that packets to the target leave from. Raises `TargetUnreachable`."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(address)
            return str(probe.getsockname()[0])
    except OSError as error:
        raise TargetUnreachable(target, error.strerror or str(error)) from error
