"""Faults of transport: streams cut wrongly, responses on the wrong connection, datagrams lost by size."""

import pytest

from harness.faults.mutator import Mutator
from harness.sip.hop import Hop, Packet
from reference_server.faults.registry import install
from reference_server.parts import Blueprint
from tests.reference_server.trunk_play import make_dialect

PHONE, TRUNK = Hop("tcp", "10.0.0.2", 40000), Hop("tcp", "10.0.0.1", 5060)
OPTIONS = b"OPTIONS sip:10.0.0.1 SIP/2.0\r\nContent-Length: 0\r\n\r\n"
OK = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 10.0.0.2:5062;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n"


def faulty(name: str) -> Blueprint:
    """The blueprint with a fault in it."""
    return install(name, Blueprint(make_dialect()))


def incoming(name: str) -> Mutator:
    """The fault's mutator of what comes in."""
    maker = faulty(name).sip_in
    assert maker is not None
    return maker()


def test_of_two_messages_in_a_segment_the_first_alone_is_read() -> None:
    framer = faulty("one-message-a-segment").framer()
    assert framer.feed(OPTIONS + OPTIONS) == [OPTIONS]
    assert framer.feed(OPTIONS) == [OPTIONS]


def test_a_message_in_two_segments_is_forgotten_and_the_next_is_read() -> None:
    framer = faulty("segment-taken-for-message").framer()
    assert framer.feed(OPTIONS[:20]) == []
    assert OPTIONS not in framer.feed(OPTIONS[20:])
    assert framer.feed(OPTIONS) == [OPTIONS]


def test_a_response_over_tcp_goes_to_sent_by_and_requests_stay_on_their_connection() -> None:
    maker = faulty("response-over-new-connection").sip_out
    assert maker is not None
    mutate = maker()
    response = Packet(OK, TRUNK, PHONE)
    assert mutate(response, 0.0) == [response._replace(destination=Hop("tcp", "10.0.0.2", 5062))]
    for other in (Packet(OPTIONS, TRUNK, PHONE), Packet(OK, TRUNK, PHONE._replace(transport="udp"))):
        assert mutate(other, 0.0) == [other]


@pytest.mark.parametrize(("name", "transport"), [("tcp-invite-lost", "tcp"), ("tls-invite-lost", "tls")])
def test_an_invite_is_lost_over_one_transport_alone(name: str, transport: str) -> None:
    mutate = incoming(name)
    for hop in (TRUNK._replace(transport=each) for each in ("udp", "tcp", "tls")):
        packet = Packet(OPTIONS.replace(b"OPTIONS", b"INVITE"), PHONE, hop)
        assert mutate(packet, 0.0) == ([] if hop.transport == transport else [packet])


def test_only_a_datagram_beyond_one_frame_is_lost() -> None:
    mutate = incoming("large-datagram-lost")
    for hop, length, arrives in ((TRUNK, 3000, True), (TRUNK._replace(transport="udp"), 3000, False)):
        packet = Packet(b"x" * length, PHONE, hop)
        assert mutate(packet, 0.0) == ([packet] if arrives else [])
    small = Packet(b"x" * 1400, PHONE, TRUNK._replace(transport="udp"))
    assert mutate(small, 0.0) == [small]
