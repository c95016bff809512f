"""Ports for programs that cannot choose one themselves, and whether they have taken them."""

from pathlib import Path

from harness.drivers.free_port import free_port

__all__ = ["free_port", "is_bound"]

BOUND = {"tcp": "0A", "udp": "07"}
"""The states of /proc/net: a TCP socket that listens, a UDP socket that is not connected."""


def is_bound(transport: str, port: int) -> bool:
    """Whether some process listens at this port, as /proc/net tells: asking disturbs nobody."""
    rows = [row.split() for row in Path(f"/proc/net/{transport}").read_text("ascii").splitlines()[1:]]
    return any(int(row[1].rpartition(":")[2], 16) == port and row[3] == BOUND[transport] for row in rows)
