"""The top Via: stamping, and the way of responses."""

import pytest

from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, parse_message
from harness.sip.transport_rules import client_via, is_own_via, read_sent_by, receive_via, via_prefix
from tests.harness.sip.transaction_play import OURS, request

SOURCE = Hop("udp", "192.0.2.2", 40000)


def receive(via: str, source: Hop = SOURCE) -> tuple[str | None, Hop]:
    """Receive a request with this Via; return the Via as stamped and where the response goes."""
    message = request("OPTIONS", via=via)
    hop = receive_via(message, Packet(b"", source, OURS))
    again = receive_via(message, Packet(b"", source, OURS))
    assert again == hop
    return message.headers.get("Via"), hop


@pytest.mark.parametrize(
    ("via", "stamped", "hop"),
    [
        # RFC 3261 section 18.2.1: nothing to add when sent-by is the source; 18.2.2: sent-by port
        ("SIP/2.0/UDP 192.0.2.2:5070;branch=z9hG4bK1", None, Hop("udp", "192.0.2.2", 5070)),
        ("SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1", None, Hop("udp", "192.0.2.2", 5060)),
        (
            "SIP/2.0/UDP pc.example.com;branch=z9hG4bK1",
            "SIP/2.0/UDP pc.example.com;branch=z9hG4bK1;received=192.0.2.2",
            Hop("udp", "192.0.2.2", 5060),
        ),
        # RFC 3581 section 4: rport always brings received
        (
            "SIP/2.0/UDP 192.0.2.2:5070;RPORT;branch=z9hG4bK1",
            "SIP/2.0/UDP 192.0.2.2:5070;rport=40000;branch=z9hG4bK1;received=192.0.2.2",
            SOURCE,
        ),
        # a received that the sender made up is replaced
        (
            "SIP/2.0/UDP 10.0.0.1;received=1.2.3.4;branch=z9hG4bK1",
            "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=192.0.2.2",
            Hop("udp", "192.0.2.2", 5060),
        ),
        # maddr has precedence
        ("SIP/2.0/UDP 192.0.2.2:5070;maddr=192.0.2.9;branch=z9hG4bK1", None, Hop("udp", "192.0.2.9", 5070)),
    ],
)
def test_over_udp_the_via_is_stamped_and_shows_the_way(via: str, stamped: str | None, hop: Hop) -> None:
    assert receive(via) == (stamped or via, hop)


def test_over_tcp_the_response_takes_the_same_connection() -> None:
    source = Hop("tcp", "192.0.2.2", 40000)
    assert receive("SIP/2.0/TCP 192.0.2.2:5070;branch=z9hG4bK1", source)[1] == source


def test_ipv6_is_compared_without_brackets() -> None:
    source = Hop("udp", "2001:db8::2", 40000)
    via = "SIP/2.0/UDP [2001:db8::2]:5070;branch=z9hG4bK1"
    assert receive(via, source) == (via, Hop("udp", "2001:db8::2", 5070))


def test_only_the_first_of_several_vias_changes() -> None:
    data = (
        b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a.example.com;branch=z9hG4bK2 , SIP/2.0/UDP "
        b"b.example.com;branch=z9hG4bK1\r\nMax-Forwards: 9\r\nv: SIP/2.0/UDP c.example.com\r\n\r\n"
    )
    message = parse_message(data)
    assert isinstance(message, Request)
    receive_via(message, Packet(data, SOURCE, OURS))
    assert [via.host for via in message.vias] == ["a.example.com", "b.example.com", "c.example.com"]
    assert [via.received for via in message.vias] == ["192.0.2.2", None, None]


@pytest.mark.parametrize("via", ["SIP/2.0/UDP 192.0.2.2:99999", "SIP/2.0/UDP", ","])
def test_a_via_that_cannot_be_read_is_refused(via: str) -> None:
    with pytest.raises(ParseError):
        receive(via)


def test_sent_by_is_read_through_white_space() -> None:
    expected = ("host.example.com:5062", "host.example.com", 5062)
    assert read_sent_by("SIP / 2.0 / UDP  Host.Example.com : 5062 ") == expected


def test_our_own_via_asks_for_rport() -> None:
    """RFC 3581 section 3."""
    assert client_via(OURS, "z9hG4bK1") == "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport"
    assert client_via(Hop("tls", "::1", 5061), "b") == "SIP/2.0/TLS [::1]:5061;branch=b;rport"


def test_our_own_via_is_known_again() -> None:
    via = client_via(OURS, "z9hG4bK1")
    response = request("OPTIONS", via=via).response(200)
    assert is_own_via(response, via_prefix(via))
    assert not is_own_via(response, "SIP/2.0/UDP 192.0.2.1:506;")
