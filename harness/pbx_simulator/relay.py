"""RTP of one call, passed from one leg to the other: payload types translated, all else as it came.

Which packets belong to which call is `switchboard`'s knowledge, what was agreed upon on each leg the legs'.
"""

from harness.media.errors import RtpError
from harness.media.rtp import RtpPacket
from harness.sip.hop import Hop, Packet
from harness.ua.call import Call
from harness.ua.media_session import MediaSession

MARKER = 0x80
"""The bit beside the payload type, RFC 3550 section 5.1."""


class Relay:
    """Passes the media of a call between its two legs."""

    def __init__(self, trunk_leg: Call | None) -> None:
        """Without a trunk leg the call is one between extensions."""
        self.trunk_leg = trunk_leg

    def forward(self, packet: Packet, leg: Call, other: Call) -> list[Packet]:
        """What a packet that came in on ``leg`` becomes on the other one."""
        incoming, outgoing = leg.media, other.media
        if incoming is None or outgoing is None or outgoing.remote is None:
            return []
        if packet.destination.port != incoming.local.port:
            return [_above(packet, outgoing, outgoing.remote)]
        if outgoing.agreed is None or not outgoing.agreed.sends or incoming.agreed is None:
            return []
        try:
            rtp = RtpPacket.parse(packet.data)
        except RtpError:
            return []
        if rtp.payload_type == incoming.agreed.receive_event_payload_type:
            data = self.event(packet.data, rtp, outgoing, to_trunk=other is self.trunk_leg)
        else:
            data = self.sound(packet.data, rtp, incoming, outgoing, to_trunk=other is self.trunk_leg)
        return [] if data is None else [Packet(data, outgoing.local, outgoing.remote)]

    def event(self, data: bytes, rtp: RtpPacket, outgoing: MediaSession, *, to_trunk: bool) -> bytes | None:
        """A telephone-event on the other leg; None where none was negotiated."""
        agreed = outgoing.agreed
        if agreed is None or agreed.event_payload_type is None:
            return None
        return with_payload_type(data, agreed.event_payload_type)

    def sound(
        self, data: bytes, rtp: RtpPacket, incoming: MediaSession, outgoing: MediaSession, *, to_trunk: bool
    ) -> bytes | None:
        """A packet of sound on the other leg; None for a payload that nobody agreed on."""
        ours, theirs = incoming.agreed, outgoing.agreed
        if ours is None or theirs is None or rtp.payload_type != ours.receive_payload_type:
            return None
        return with_payload_type(data, theirs.payload_type) if ours.codec == theirs.codec else None


def with_payload_type(data: bytes, payload_type: int) -> bytes:
    """The same RTP packet under another payload type."""
    return data[:1] + bytes([data[1] & MARKER | payload_type]) + data[2:]


def _above(packet: Packet, outgoing: MediaSession, remote: Hop) -> Packet:
    """RTCP goes to the next higher port (RFC 3550 section 11)."""
    source = outgoing.local._replace(port=outgoing.local.port + 1)
    return Packet(packet.data, source, remote._replace(port=remote.port + 1))
