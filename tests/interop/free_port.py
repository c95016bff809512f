"""Ports for programs that cannot choose one themselves, and whether they have taken them."""

import socket
from pathlib import Path

BOUND = {"tcp": "0A", "udp": "07"}
"""The states of /proc/net: a TCP socket that listens, a UDP socket that is not connected."""


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago, for UDP and for TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as stream:
            datagrams.bind(("127.0.0.1", 0))
            port = int(datagrams.getsockname()[1])
            try:
                stream.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def is_bound(transport: str, port: int) -> bool:
    """Whether some process listens at this port, as /proc/net tells: asking disturbs nobody."""
    rows = [row.split() for row in Path(f"/proc/net/{transport}").read_text("ascii").splitlines()[1:]]
    return any(int(row[1].rpartition(":")[2], 16) == port and row[3] == BOUND[transport] for row in rows)
