"""Tests of `harness.sip.via`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.errors import ParseError
from harness.sip.params import Params
from harness.sip.via import Via, parse_via_list


def test_the_parts_are_read() -> None:
    via = Via.parse(
        "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa;rport=5060;received=192.0.2.9;maddr=192.0.2.7"
    )
    assert (via.protocol, via.transport, via.host, via.port) == ("SIP/2.0", "UDP", "192.0.2.1", 5070)
    assert (via.branch, via.rport, via.received, via.maddr) == ("z9hG4bKa", 5060, "192.0.2.9", "192.0.2.7")


def test_white_space_may_surround_slashes_and_colons() -> None:
    """RFC 3261 section 20.42."""
    via = Via.parse("SIP / 2.0 / UDP first.example.com : 4000 ;ttl=16 ; branch = z9hG4bKa7c6a8dlze.1")
    assert (via.transport, via.host, via.port, via.branch) == (
        "UDP",
        "first.example.com",
        4000,
        "z9hG4bKa7c6a8dlze.1",
    )


def test_a_transport_is_written_in_upper_case_and_a_sent_by_kept() -> None:
    assert (
        str(Via.parse("SIP/2.0/tcp Host.example.COM;branch=z9hG4bKa"))
        == "SIP/2.0/TCP Host.example.COM;branch=z9hG4bKa"
    )


def test_an_empty_rport_asks_and_a_number_answers() -> None:
    """RFC 3581 section 3."""
    via = Via.parse("SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKa")
    assert via.rport is None
    assert "rport" in via.params
    stamped = via.replace(params=via.params.with_value("rport", "5060"))
    assert str(stamped) == "SIP/2.0/UDP 192.0.2.1;rport=5060;branch=z9hG4bKa"


def test_ipv6_loses_its_brackets_and_gets_them_back() -> None:
    text = "SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKa"
    via = Via.parse(text)
    assert (via.host, via.port, str(via)) == ("2001:db8::9:1", 6050, text)


def test_a_branch_that_is_absent_is_empty() -> None:
    assert Via.parse("SIP/2.0/UDP 192.0.2.1").branch == ""


def test_several_may_share_a_line() -> None:
    vias = parse_via_list("SIP/2.0/UDP a;branch=1, SIP/2.0/TCP b;branch=2", strict=True)
    assert [(via.transport, via.host, via.branch) for via in vias] == [("UDP", "a", "1"), ("TCP", "b", "2")]


@pytest.mark.parametrize(
    ("text", "rule", "offset"),
    [
        ("", "via.sent-protocol", 0),
        ("UDP 192.0.2.1", "via.sent-protocol", 0),
        ("SIP/2.0/UDP :5060", "via.host", 12),
        ("SIP/2.0/UDP host:x", "via.port", 17),
        ("SIP/2.0/UDP host:70000", "via.port", 17),
        ("SIP/2.0/UDP a b", "via.host", 12),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, rule: str, offset: int) -> None:
    for strict in (False, True):
        with pytest.raises(ParseError) as raised:
            Via.parse(text, strict=strict)
        assert (raised.value.rule, raised.value.offset) == (rule, offset)


@pytest.mark.parametrize(
    ("text", "rule", "offset"),
    [
        ("SIP/2.0/UDP host;;branch=a", "via.parameter", 17),
        ("SIP/2.0/UDP host;branch=z9hG4bK", "via.branch", 17),
        ("SIP/2.0/UDP host_1;branch=a", "via.host", 12),
    ],
)
def test_strict_reading_refuses_what_lenient_reading_forgives(text: str, rule: str, offset: int) -> None:
    Via.parse(text)
    with pytest.raises(ParseError) as raised:
        Via.parse(text, strict=True)
    assert (raised.value.rule, raised.value.offset) == (rule, offset)


@given(st.text(alphabet=st.sampled_from('SIP/2.0/UDP a:1;=,"[]\té')) | st.text())
def test_any_text_is_a_via_or_a_parse_error(text: str) -> None:
    for strict in (False, True):
        for start in ("", "SIP/2.0/UDP "):
            try:
                via = parse_via_list(start + text, strict=strict)
            except ParseError:
                continue
            assert all((str(one), one.branch, one.rport) for one in via)


@given(
    st.sampled_from(["host.example", "192.0.2.1", "::1"]),
    st.none() | st.integers(0, 65535),
    st.text("aZ9.", min_size=1),
)
def test_what_was_written_is_read_back(host: str, port: int | None, branch: str) -> None:
    via = Via("SIP/2.0", "UDP", host, port, Params([("branch", "z9hG4bK" + branch), ("rport", None)]))
    assert Via.parse(str(via)) == Via.parse(str(via), strict=True) == via
