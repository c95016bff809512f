"""Tests of `harness.sip.uri`."""

from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.sip.errors import ParseError
from harness.sip.uri import OtherUri, SipUri, TelUri, parse_uri
from tests.harness.sip.sample_messages import place_of_error


def sip(text: str) -> SipUri:
    uri = parse_uri(text)
    assert isinstance(uri, SipUri)
    return uri


@pytest.mark.parametrize(
    "text",
    [
        "sip:+17606604690@sip.skype.com",
        "sips:alice:secretword@example.com:5061;transport=tcp;lr",
        "SIP:EXAMPLE.com",
        "sip:alice@[2001:db8::1]:5060;maddr=[2001:db8::2]?Subject=x&Route=%3Csip:a%3E",
        "sip:+1-212-555-1212:1234@gateway.com;user=phone",
        "sip:a;b=c?d@example.com",
        "tel:+1-201-555-0123;phone-context=example.com",
        "urn:service:sos",
    ],
)
def test_a_uri_comes_back_as_it_was(text: str) -> None:
    assert str(parse_uri(text)) == text
    assert parse_uri(text, strict=True) == parse_uri(text)


def test_the_parts_of_a_sip_uri_are_read() -> None:
    uri = sip("sips:alice:pw@example.com:5061;transport=TCP;lr?Subject=hi")
    assert (uri.scheme, uri.user, uri.password, uri.host, uri.port) == (
        "sips",
        "alice",
        "pw",
        "example.com",
        5061,
    )
    assert (uri.transport, uri.headers, uri.is_secure) == ("tcp", "Subject=hi", True)
    assert "lr" in uri.params


def test_ipv6_loses_its_brackets_and_gets_them_back() -> None:
    uri = sip("sip:[2001:db8::10]:5070;maddr=[::1]")
    assert (uri.host, uri.port, uri.maddr) == ("2001:db8::10", 5070, "::1")
    assert str(uri.replace(port=None)) == "sip:[2001:db8::10];maddr=[::1]"


def test_escapes_are_kept_and_resolved_on_request() -> None:
    uri = sip("sip:%61lice%20b%00@example.com")
    assert uri.user == "%61lice%20b%00"
    assert uri.unescaped_user == "alice b\0"


def test_other_schemes_are_kept_whole() -> None:
    assert parse_uri("http://www.example.com") == OtherUri("http", "//www.example.com")
    assert parse_uri("tel:+14155550123") == TelUri("+14155550123")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
        ("sip:a@b.com?subject=a%20b&priority=urgent", "sip:a@b.com?priority=urgent&subject=a%20b"),
        ("tel:+1-201-555-0123", "tel:+12015550123"),
        ("URN:service:sos", "urn:service:sos"),
    ],
)  # fmt: skip
def test_equivalent_uris_of_section_19_1_4_are_equivalent(first: str, second: str) -> None:
    assert parse_uri(first).equivalent(parse_uri(second))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:alice@example.com", "sips:alice@example.com"),
        ("sip:alice@example.com", "tel:+12015550123"),
    ],
)
def test_other_uris_of_section_19_1_4_are_not(first: str, second: str) -> None:
    assert not parse_uri(first).equivalent(parse_uri(second))
    assert not parse_uri(second).equivalent(parse_uri(first))


@pytest.mark.parametrize(
    ("text", "rule", "offset"),
    [
        ("alice", "uri.scheme", 0),
        ("sip:", "uri.host", 4),
        ("sip:alice@", "uri.host", 10),
        ("sip:alice@host:abc", "uri.port", 15),
        ("sip:alice@host:70000", "uri.port", 15),
        ("sip:alice@[::1", "uri.host", 10),
        ("sip:2001:db8::10", "uri.port", 9),
        ("<sip:alice@host>", "uri.scheme", 0),
        ("tel:alice", "uri.number", 4),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, rule: str, offset: int) -> None:
    with pytest.raises(ParseError) as raised:
        parse_uri(text)
    assert (raised.value.rule, raised.value.offset) == (rule, offset)


@pytest.mark.parametrize(
    ("text", "rule", "offset"),
    [
        ("sip:al ice@host", "uri.user", 6),
        ("sip:alice@host_name", "uri.host", 10),
        ("sip:alice@host:", "uri.port", 15),
        ("sip:alice@host;a b", "uri.parameter", 16),
        ("sip:alice@host?a=1&b", "uri.header", 19),
        ("sip:a%4@host", "uri.user", 5),
        ("sip:é@host", "uri.user", 4),
        ("http://a b", "uri.characters", 8),
    ],
)
def test_strict_reading_refuses_each_slip_with_its_place(text: str, rule: str, offset: int) -> None:
    parse_uri(text)
    with pytest.raises(ParseError) as raised:
        parse_uri(text, strict=True)
    assert (raised.value.rule, raised.value.offset) == (rule, offset)


@given(st.text(alphabet=st.sampled_from('sip:@;?=&[]<>".% \t1aé\udc80')) | st.text())
@example("sip:[]")
@example("sip:a@b:" + "9" * 5000)
def test_any_text_is_a_uri_or_a_parse_error(text: str) -> None:
    for strict in (False, True):
        for start in ("", "sip:", "tel:"):
            whole = start + text
            place = place_of_error(partial(parse_uri, whole, strict=strict))
            assert 0 <= place <= len(whole.encode("utf-8", "surrogateescape"))


USERS = st.none() | st.text(alphabet="abc019-_.!~*'()&=+$,;?/", min_size=1)


@given(USERS, st.sampled_from(["example.com", "192.0.2.1", "2001:db8::1"]), st.none() | st.integers(0, 65535))
def test_what_was_written_is_read_back(user: str | None, host: str, port: int | None) -> None:
    uri = SipUri("sip", user, None, host, port)
    assert parse_uri(str(uri)) == parse_uri(str(uri), strict=True) == uri
