"""Names in addresses become IP addresses, once and before anything is sent.

A name stands for its A or AAAA records; SRV and NAPTR records are `harness.sip.location`'s.
"""

import socket

from harness.drivers.errors import TargetUnreachable
from harness.sip.hop import Hop


def numeric_hop(hop: Hop) -> Hop:
    """The same hop with an IP address for its host, IPv4 before IPv6. Raises `TargetUnreachable`.

    A TLS hop keeps its name: the peer chooses its certificate by it (SNI).
    """
    if hop.transport == "tls":
        return hop
    try:
        found = socket.getaddrinfo(hop.host, hop.port, type=socket.SOCK_DGRAM)
    except OSError as error:  # gaierror is one; UnicodeError comes of labels that are too long
        raise TargetUnreachable(hop, error.strerror or str(error)) from error
    except UnicodeError:
        raise TargetUnreachable(hop, "this is no host name") from None
    addresses = [str(address[0]) for _, _, _, _, address in found]
    return hop._replace(host=next((each for each in addresses if ":" not in each), addresses[0]))
