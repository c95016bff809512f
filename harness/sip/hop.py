"""Where a message comes from or goes to: transport, host and port.

A hop is a value, not a socket: drivers own the sockets and look them up by their hop.
Choosing the hop for a URI is `location`'s work.
"""

from typing import NamedTuple


class Hop(NamedTuple):
    """One end of a transport flow."""

    transport: str
    """``udp``, ``tcp`` or ``tls``."""
    host: str
    """An IP literal without brackets, or a name that nobody has resolved yet."""
    port: int
    """1 to 65535; 0 asks a driver for any free port."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport}:{host}:{self.port}"


class Packet(NamedTuple):
    """Bytes that travel between two hops: a SIP message or, between media ports, RTP and RTCP."""

    data: bytes
    source: Hop
    destination: Hop
