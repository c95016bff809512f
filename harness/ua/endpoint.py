"""What all calls of one side share: the transaction layer, the local address, names and media ports.

A phone has one for its account, a trunk one for its listener. It does nothing by itself;
`call` and `registration` work with it, `user_agent` and the trunk own it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from harness.sip.errors import LocalError
from harness.sip.hop import Hop, Packet
from harness.sip.timers import TimerHandle, TimerQueue
from harness.sip.transaction_layer import TransactionLayer
from harness.sip.transport_rules import bracketed
from harness.ua.pacing import Pacer
from harness.ua.received_stream import ReceivedStream

ALLOWED_METHODS = ("INVITE", "ACK", "CANCEL", "OPTIONS", "BYE", "UPDATE", "PRACK", "INFO")

TimedAction = Callable[[float], None]
"""What a timer does; it is given the time, in seconds."""


MediaReply = tuple[bytes, tuple[str, int]]
"""A datagram that goes back from the same port, and the host and port that it goes to."""


class NoMediaPort(LocalError):
    """There is no port for the RTP of one more call: the range is used up, or the open files are."""


class MediaReceiver(Protocol):
    """Whoever takes the packets of one media port; `media_session.MediaSession` does."""

    @property
    def stream(self) -> ReceivedStream | None:
        """What takes packets like the last one, for drivers in a hurry; None: nothing takes them yet."""

    def receive(self, packet: Packet, now: float) -> None:
        """Take a packet of the RTP port or the one above it; replies go into the outbox."""

    def receive_rtp(self, data: bytes, source: tuple[str, int], now: float) -> MediaReply | None:
        """Take a datagram of the RTP port, for drivers in a hurry; the reply is theirs to send."""


@dataclass(slots=True)
class Endpoint:
    """One side's surroundings."""

    layer: TransactionLayer
    rng: random.Random
    local: Hop
    """Where our packets come from; the transport of all we send."""
    contact: str
    """Our Contact value, such as ``<sip:user@127.0.0.1:5070>``."""
    media_address: Callable[[], Hop]
    """Hands out a bound local UDP hop for one call's RTP; RTCP uses the next port. Raises `NoMediaPort`."""
    release_media: Callable[[Hop], None] = lambda _hop: None
    """Takes it back."""
    user_agent: str = ""
    """User-Agent or Server value; empty: no such header field."""
    outbound: Hop | None = None
    """Where packets go whose next hop is a name; None: to the call's first destination."""
    symmetric: bool = False
    """Send requests inside a dialog to where its last packet came from, not to the remote target (NAT)."""
    allow: tuple[str, ...] = ALLOWED_METHODS
    timers: TimerQueue[TimedAction] = field(default_factory=TimerQueue)
    """The timers of all calls, registrations and media sessions; those of transactions are the layer's."""
    media_outbox: list[Packet] = field(default_factory=list)
    """RTP and RTCP packets of all calls that want to go out."""
    media_receivers: dict[Hop, MediaReceiver] = field(default_factory=dict)
    """Who takes what comes in at which local media hop."""
    pacer: Pacer = field(init=False)
    """Sends the RTP of all calls in step."""

    def __post_init__(self) -> None:
        self.pacer = Pacer(self.timers)

    # Timers and media of all calls

    def schedule(self, at: float, action: TimedAction) -> TimerHandle:
        """Have something done at a time, in seconds."""
        return self.timers.schedule(at, action)

    def next_timer(self) -> float | None:
        """When the earliest timer of calls, registrations and media is due; the layer has its own."""
        return self.timers.next_timer()

    def handle_timers(self, now: float) -> None:
        """Do what is due."""
        for action in self.timers.due(now):
            action(now)

    def receive_media(self, packet: Packet, now: float) -> bool:
        """Hand a packet to the call whose media port it came in at; False: it is none's."""
        receiver = self.media_receivers.get(packet.destination)
        if receiver is None:
            return False
        receiver.receive(packet, now)
        return True

    def media_packets_to_send(self) -> list[Packet]:
        """Hand over and clear the RTP and RTCP packets of all calls."""
        packets = self.media_outbox[:]
        self.media_outbox.clear()
        return packets

    # Names

    def new_tag(self) -> str:
        """A From- or To-tag: 64 bits, where RFC 3261 section 19.3 asks for 32."""
        return f"{self.rng.getrandbits(64):016x}"

    def new_call_id(self) -> str:
        return f"{self.rng.getrandbits(96):024x}@{bracketed(self.local.host)}"


def contact_uri(username: str, local: Hop) -> str:
    """``sip:username@host:port``, with ``transport=`` unless it is UDP."""
    transport = "" if local.transport == "udp" else f";transport={local.transport}"
    user = f"{username}@" if username else ""
    return f"sip:{user}{bracketed(local.host)}:{local.port}{transport}"
