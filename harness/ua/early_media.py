"""RTP that comes before the answer that explains it: kept, and handed over once the answer is there.

RFC 3264 section 5.1: who offered must be ready to receive at once, for media may overtake the answer, above
all when the first copy of a 200 is lost. What the packets mean is `media_session`'s work.
"""

from collections import deque

from harness.sip.hop import Hop, Packet
from harness.ua.endpoint import MediaReceiver

KEPT = 500
"""Packets: ten seconds of one stream, longer than an answer can be late without a new copy (T2)."""


class EarlyMedia:
    """Takes the packets of a media port until the session is agreed on."""

    __slots__ = ("_local", "_packets")

    stream = None
    """Each packet is looked at."""

    def __init__(self, local: Hop) -> None:
        """``local`` is the RTP port."""
        self._local = local
        self._packets: deque[tuple[Packet, float]] = deque(maxlen=KEPT)

    def receive(self, packet: Packet, now: float) -> None:
        """Keep a packet and when it came, in seconds; of too many the oldest go."""
        self._packets.append((packet, now))

    def receive_rtp(self, data: bytes, source: tuple[str, int], now: float) -> None:
        """Keep a datagram of the RTP port; nothing goes back."""
        self.receive(Packet(data, Hop("udp", *source), self._local), now)

    def hand_over(self, receiver: MediaReceiver) -> None:
        """Give all that was kept to the session, with the times at which it came."""
        while self._packets:
            packet, at = self._packets.popleft()
            receiver.receive(packet, at)
