"""Faults of TCP and TLS, of the connections a trunk keeps, and of large datagrams."""

from harness.faults.fault import part, sip_in, sip_out
from harness.faults.message_changes import arriving_over
from harness.faults.mutator import Mutator
from harness.faults.packet_loss import drop, drop_requests
from harness.sip.hop import Hop, Packet
from harness.sip.message import parse_message
from harness.sip.name_addr import NameAddr
from harness.sip.stream import StreamFramer
from harness.sip.uri import SipUri
from reference_server.faults.fault import Fault
from reference_server.inbound import InboundCalls
from reference_server.store.rows import BindingRow

ETHERNET = 1472
"""Bytes of a datagram that fit into one frame."""


class _OneMessageASegment(StreamFramer):
    def feed(self, data: bytes) -> list[bytes]:
        return super().feed(data)[:1]


class _SegmentIsMessage(StreamFramer):
    def feed(self, data: bytes) -> list[bytes]:
        messages = super().feed(data)
        if self.pending:
            self._buffer.clear()
            self._searched = self._wanted = 0
        return messages


class _DialsTheContact(InboundCalls):
    def destination(self, binding: BindingRow) -> Hop:
        destination = super().destination(binding)
        uri = NameAddr.parse(binding.contact).uri
        if destination.transport == "udp" or not isinstance(uri, SipUri) or uri.port is None:
            return destination
        return Hop(destination.transport, uri.host, uri.port)


def _to_sent_by() -> Mutator:
    """Answers requests that came over TCP at their sent-by, over a connection of the trunk's own."""

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        if packet.destination.transport != "tcp" or not packet.data.startswith(b"SIP/2.0 "):
            return [packet]
        via = parse_message(packet.data).via
        return [packet._replace(destination=Hop("tcp", via.host, via.port or 5060))]

    return mutate


def _needs_fragments(data: bytes) -> bool:
    return len(data) > ETHERNET


FAULTS = (
    Fault(
        "tcp-invite-lost",
        "transport.tcp-call",
        "INVITE over TCP is not answered",
        sip_in(arriving_over("tcp", drop_requests("INVITE"))),
    ),
    Fault(
        "tls-invite-lost",
        "transport.tls-call",
        "INVITE over TLS is not answered",
        sip_in(arriving_over("tls", drop_requests("INVITE"))),
    ),
    Fault(
        "response-over-new-connection",
        "transport.response-connection",
        "responses over TCP take a connection of their own to sent-by",
        sip_out(_to_sent_by),
    ),
    Fault(
        "one-message-a-segment",
        "transport.messages-in-one-segment",
        "of the messages in one TCP segment only the first is read",
        part(framer=_OneMessageASegment),
    ),
    Fault(
        "segment-taken-for-message",
        "transport.message-in-segments",
        "what one TCP segment leaves incomplete is forgotten",
        part(framer=_SegmentIsMessage),
    ),
    Fault(
        "inbound-over-new-connection",
        "transport.inbound-connection",
        "a call to a phone that registered over TCP dials its contact",
        part(inbound=_DialsTheContact),
    ),
    Fault(
        "large-datagram-lost",
        "transport.large-datagram",
        "requests that do not fit into one frame are lost",
        sip_in(arriving_over("udp", drop(_needs_fragments))),
    ),
)
