"""Where requests go (RFC 3263)."""

import random
from collections import Counter

import pytest

from harness.sip.hop import Hop
from harness.sip.location import DnsAnswers, NaptrRecord, NoRoute, SrvRecord, next_hops, order_srv
from harness.sip.uri import parse_uri

DNS = DnsAnswers(
    naptr={
        "example.com": [
            NaptrRecord(20, 50, "SIP+D2U", "_sip._udp.example.com"),
            NaptrRecord(10, 50, "SIP+D2T", "_sip._tcp.example.com"),
            NaptrRecord(5, 50, "SIPS+D2T", "_sips._tcp.example.com"),
        ]
    },
    srv={
        "_sip._udp.example.com": [SrvRecord(1, 0, 5060, "one.example.com")],
        "_sip._tcp.example.com": [
            SrvRecord(1, 0, 5070, "one.example.com."),
            SrvRecord(0, 0, 5071, "two.example.com"),
        ],
        "_sips._tcp.example.com": [SrvRecord(0, 0, 5061, "two.example.com")],
        "_sip._udp.plain.example": [SrvRecord(0, 0, 5080, "one.example.com")],
        "_sip._udp.none.example": [SrvRecord(0, 0, 0, ".")],
    },
    addresses={
        "one.example.com": ["192.0.2.1", "2001:db8::1"],
        "Two.Example.com": ["192.0.2.2"],
        "bare.example": ["192.0.2.3"],
        "none.example": ["192.0.2.4"],
    },
)


@pytest.mark.parametrize(
    ("uri", "hops"),
    [
        ("sip:192.0.2.9", ["udp:192.0.2.9:5060"]),
        ("sip:192.0.2.9:5070;transport=tcp", ["tcp:192.0.2.9:5070"]),
        ("sip:a@[2001:db8::9]", ["udp:[2001:db8::9]:5060"]),
        ("sip:192.0.2.9;transport=TLS", ["tls:192.0.2.9:5061"]),
        ("sips:192.0.2.9", ["tls:192.0.2.9:5061"]),
        ("sips:192.0.2.9;transport=tcp", ["tls:192.0.2.9:5061"]),
        ("sip:1@sip.skype.com:5060;maddr=192.0.2.7;transport=udp", ["udp:192.0.2.7:5060"]),
        ("sip:1@sip.skype.com;maddr=192.0.2.7", ["udp:192.0.2.7:5060"]),
        ("sip:one.example.com:5066", ["udp:192.0.2.1:5066", "udp:[2001:db8::1]:5066"]),
        (
            "sip:example.com;transport=tcp",
            ["tcp:192.0.2.2:5071", "tcp:192.0.2.1:5070", "tcp:[2001:db8::1]:5070"],
        ),
        (
            "sip:EXAMPLE.com",
            [
                "tls:192.0.2.2:5061",
                "tcp:192.0.2.2:5071",
                "tcp:192.0.2.1:5070",
                "tcp:[2001:db8::1]:5070",
                "udp:192.0.2.1:5060",
                "udp:[2001:db8::1]:5060",
            ],
        ),
        ("sips:example.com", ["tls:192.0.2.2:5061"]),
        ("sip:plain.example", ["udp:192.0.2.1:5080", "udp:[2001:db8::1]:5080"]),
        ("sip:bare.example", ["udp:192.0.2.3:5060"]),
        ("sip:bare.example;transport=tls", ["tls:192.0.2.3:5061"]),
        ("sips:bare.example", ["tls:192.0.2.3:5061"]),
    ],
)
def test_a_uri_leads_to_its_hops_in_order(uri: str, hops: list[str]) -> None:
    """RFC 3263 sections 4.1 and 4.2."""
    assert [str(hop) for hop in next_hops(parse_uri(uri), dns=DNS)] == hops


def test_transports_that_we_lack_are_left_out() -> None:
    assert next_hops(parse_uri("sip:example.com"), dns=DNS, transports=("udp",))[0] == Hop(
        "udp", "192.0.2.1", 5060
    )


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("tel:+15551234", "only sip: and sips:"),
        ("sip:nowhere.example", "DNS has no address for nowhere.example"),
        ("sips:192.0.2.9;transport=udp", "sips: needs TLS"),
        ("sip:192.0.2.9;transport=sctp", "transport sctp is not among ours"),
    ],
)
def test_a_uri_that_leads_nowhere_says_why(uri: str, reason: str) -> None:
    with pytest.raises(NoRoute, match=reason):
        next_hops(parse_uri(uri), dns=DNS)


def test_lower_priority_numbers_come_first_and_weights_share_the_load() -> None:
    """RFC 2782: of 1000 draws about three quarters begin with the heavier."""
    records = [SrvRecord(1, 10, 1, "backup"), SrvRecord(0, 1, 1, "light"), SrvRecord(0, 3, 1, "heavy")]
    rng = random.Random(7)
    first = Counter(order_srv(records, rng)[0].target for _ in range(1000))
    assert set(first) == {"light", "heavy"}
    assert 550 < first["heavy"] < 850
    assert [record.target for record in order_srv(records, rng)][-1] == "backup"


def test_without_chance_the_heaviest_comes_first() -> None:
    records = [SrvRecord(0, 1, 1, "light"), SrvRecord(0, 3, 1, "heavy")]
    assert [record.target for record in order_srv(records)] == ["heavy", "light"]
