"""RTP between the two legs of a bridge: what comes in at one leg's port goes out of the other's.

Each leg has its own description and its own session, which counts what came and hears digits; a packet keeps
its sequence number, timestamp and SSRC, so that the listener sees the loss and jitter of the whole way. The
payload type is the other leg's, and so is the law of G.711 where the legs agreed on different ones.
"""

from harness.media import g711
from harness.media.errors import RtpError
from harness.media.offer_answer import Negotiated
from harness.media.rtp import RtpPacket
from harness.sip.hop import Hop, Packet
from harness.ua.call import Call
from harness.ua.call_state import CallState
from harness.ua.endpoint import MediaReply
from harness.ua.media_session import MediaSession

HEADER_SIZE = 12
"""Bytes of an RTP header without CSRCs (RFC 3550 section 5.1)."""
MARKER = 0x80
STATIC_TYPES = {0: "PCMU", 8: "PCMA"}
"""RFC 3551 table 4: a peer that took both may change between them without a word (RFC 3264 section 6.1)."""


class Relay:
    """Takes the packets of one leg's media port."""

    stream = None
    """Each packet is looked at."""

    def __init__(self, session: MediaSession, other: Call) -> None:
        self._session = session
        self._other = other

    def receive(self, packet: Packet, now: float) -> None:
        """Takes a packet of the RTP port or the one above it."""
        if packet.destination.port == self._session.local.port:
            self.receive_rtp(packet.data, (packet.source.host, packet.source.port), now)
            return
        self._session.receive(packet, now)
        other = self._other_session
        if other is not None and other.remote is not None:
            source, target = _next_port(other.local), _next_port(other.remote)
            self._other.endpoint.media_outbox.append(Packet(packet.data, source, target))

    def receive_rtp(self, data: bytes, source: tuple[str, int], now: float) -> MediaReply | None:
        """Takes a datagram of the RTP port; nothing goes back the way it came."""
        self._session.receive_rtp(data, source, now)
        other = self._other_session
        if other is None or other.remote is None or other.agreed is None:
            return None
        mine = self._session.agreed
        if mine is None or not mine.receives or not other.agreed.sends or len(data) < HEADER_SIZE:
            return None
        translated = translate(data, mine, other.agreed)
        if translated is not None:
            self._other.endpoint.media_outbox.append(Packet(translated, other.local, other.remote))
        return None

    @property
    def _other_session(self) -> MediaSession | None:
        """None when there is nobody to listen: the other leg's port may be another call's by now."""
        is_over = self._other.state in (CallState.ENDING, CallState.ENDED)
        return None if is_over else self._other.media


def translate(data: bytes, mine: Negotiated, theirs: Negotiated) -> bytes | None:
    """An RTP packet as the other leg takes it; None: it takes no such thing."""
    marker, payload_type = data[1] & MARKER, data[1] & ~MARKER
    if payload_type == mine.receive_event_payload_type:
        wanted = theirs.event_payload_type
        return None if wanted is None else _with_type(data, marker | wanted)
    is_agreed = payload_type == mine.receive_payload_type
    codec = mine.codec.name if is_agreed else STATIC_TYPES.get(payload_type)
    if codec == theirs.codec.name:
        return _with_type(data, marker | theirs.payload_type)
    convert = {("PCMA", "PCMU"): g711.alaw_to_ulaw, ("PCMU", "PCMA"): g711.ulaw_to_alaw}.get(
        (codec or "", theirs.codec.name)
    )
    if convert is None:
        return None
    try:
        payload = RtpPacket.parse(data).payload
    except RtpError:
        return None
    bare = bytes((data[0] & 0xC0, marker | theirs.payload_type))  # no padding, extension or CSRC
    return bare + data[2:HEADER_SIZE] + convert(payload)


def _with_type(data: bytes, second: int) -> bytes:
    return data[:1] + bytes((second,)) + data[2:]


def _next_port(rtp: Hop) -> Hop:
    return Hop(rtp.transport, rtp.host, rtp.port + 1)
