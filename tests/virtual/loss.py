"""Loss that one retransmission always makes good: of each request's exchange one packet may be swallowed.

So a scenario's outcome does not hang on how often in a row chance strikes, and every seed must pass.
Provisional responses without RSeq get through: nobody repeats them (RFC 3261 section 13.3.1.1).
"""

import random
import re

from harness.sip.hop import Packet

PROVISIONAL = b"SIP/2.0 1"
RELIABLE = b"\r\nRSeq:"
CALL_ID = re.compile(rb"^Call-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
CSEQ = re.compile(rb"^CSeq:\s*(\d+)", re.MULTILINE | re.IGNORECASE)


class OneLossPerRequest:
    """Says which packets the network swallows; for `SimulatedNetwork.drop_if`."""

    def __init__(self, chance: float, seed: int) -> None:
        """``chance`` is the probability for each SIP packet over UDP whose request has lost none yet."""
        self._chance = chance
        self._random = random.Random(f"loss {seed}")
        self._spent: set[tuple[bytes, bytes]] = set()

    def __call__(self, packet: Packet) -> bool:
        call_id, cseq = CALL_ID.search(packet.data), CSEQ.search(packet.data)
        if packet.destination.transport != "udp" or call_id is None or cseq is None:
            return False
        request = (call_id[1], cseq[1])
        if request in self._spent or not _is_repeated(packet.data) or self._random.random() >= self._chance:
            return False
        self._spent.add(request)
        return True


def _is_repeated(data: bytes) -> bool:
    return not data.startswith(PROVISIONAL) or RELIABLE in data
