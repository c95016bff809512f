"""Faults of keep-alives."""

from harness.faults.fault import sip_in
from harness.faults.mutator import Mutator
from harness.sip.hop import Hop, Packet
from reference_server.faults.fault import Fault


def _deaf_after_keepalive() -> Mutator:
    """Takes a keep-alive for the beginning of a message that never ends."""
    confused: set[Hop] = set()

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        if not packet.data.strip():
            confused.add(packet.source)
            return []
        return [] if packet.source in confused else [packet]

    return mutate


FAULTS = (
    Fault(
        "keepalive-confuses",
        "liveness.keepalive-crlf",
        "after a datagram of CRLF alone the trunk hears no more of its sender",
        sip_in(_deaf_after_keepalive),
    ),
)
