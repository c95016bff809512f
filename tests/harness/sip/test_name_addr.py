"""Tests of `harness.sip.name_addr`."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.errors import ParseError
from harness.sip.name_addr import NameAddr, parse_name_addr_list
from harness.sip.params import Params
from harness.sip.uri import OtherUri, SipUri
from tests.harness.sip.sample_messages import place_of_error


@pytest.mark.parametrize(
    ("text", "display", "uri", "tag"),
    [
        ('"Alice" <sip:a@b>;tag=1', "Alice", "sip:a@b", "1"),
        ("Alice Smith <sip:a@b>;tag=1", "Alice Smith", "sip:a@b", "1"),
        ("<sip:a@b>", None, "sip:a@b", None),
        ("sip:a@b;tag=1", None, "sip:a@b", "1"),
        ("<sip:a@b;tag=9>;x;tag=1", None, "sip:a@b;tag=9", "1"),
        (r'"say \"hi\", \\ <ok>"<sip:a@b> ; tag = 1', 'say "hi", \\ <ok>', "sip:a@b", "1"),
        ('"" <sip:a@b>', "", "sip:a@b", None),
        ('"Ж" <sip:a,b@c>;TAG=1', "Ж", "sip:a,b@c", "1"),
        ('<sip:a@b>;+sip.instance="<urn:uuid:0>";tag=1', None, "sip:a@b", "1"),
    ],
)
def test_all_shapes_are_read(text: str, display: str | None, uri: str, tag: str | None) -> None:
    for strict in (False, True):
        address = NameAddr.parse(text, strict=strict)
        assert (address.display, str(address.uri), address.tag) == (display, uri, tag)


def test_without_brackets_the_parameters_belong_to_the_header_field() -> None:
    """RFC 3261 section 20.10."""
    address = NameAddr.parse("sip:a@b;expires=60")
    assert address.params.get("expires") == "60"
    assert address.sip_uri.params == Params()


def test_a_list_is_split_at_its_own_commas_only() -> None:
    text = '"Smith, A" <sip:a,1@b>;x="1,2", <sip:c@d>,sip:e@f'
    for strict in (False, True):
        listed = parse_name_addr_list(text, strict=strict)
        assert [str(address.uri) for address in listed] == ["sip:a,1@b", "sip:c@d", "sip:e@f"]


def test_what_is_written_is_in_quotes_and_brackets() -> None:
    address = NameAddr('A "B"', SipUri("sip", "a", host="b")).with_tag("1")
    assert str(address) == r'"A \"B\"" <sip:a@b>;tag=1'


def test_the_uri_may_be_none_of_sips_own() -> None:
    address = NameAddr.parse("<http://example.com>")
    assert address.uri == OtherUri("http", "//example.com")
    with pytest.raises(ParseError):
        _ = address.sip_uri


def test_the_tag_can_be_read_next_to_what_is_no_uri() -> None:
    """Yate sends such a From in the BYE of a call whose caller it knows by name only."""
    address = NameAddr.parse("<Sales>;tag=1")
    assert (address.tag, str(address)) == ("1", "<Sales>;tag=1")


@pytest.mark.parametrize(
    ("text", "rule", "offset"),
    [
        ('"Alice <sip:a@b>', "name-addr.quote", 0),
        ("Alice <sip:a@b", "name-addr.angle", 6),
        ('"Alice" sip:a@b', "name-addr.angle", 7),
        ('"Alice" x <sip:a@b>', "name-addr.display", 7),
        ("<sip:a@b> tag=1", "name-addr.parameter", 9),
        ('"Alice" <sip:a@b:x>', "uri.port", 17),
        ("", "uri.scheme", 0),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, rule: str, offset: int) -> None:
    with pytest.raises(ParseError) as raised:
        NameAddr.parse(text)
    assert (raised.value.rule, raised.value.offset) == (rule, offset)


@pytest.mark.parametrize(
    ("text", "rule", "offset"),
    [
        ("<Sales>;tag=1", "uri.scheme", 1),
        ("Bell, A <sip:a@b>", "name-addr.display", 4),
        ("< sip:a@b>", "name-addr.space", 1),
        ("sip:a@b?x=y", "name-addr.angle", 7),
        ("sip:a;b@c", "name-addr.angle", 5),
        ("<sip:a@b>;;x", "name-addr.parameter", 10),
        ('"Ж" <sip:a@b>;x=@', "name-addr.parameter", 15),
    ],
)
def test_strict_reading_refuses_what_lenient_reading_forgives(text: str, rule: str, offset: int) -> None:
    NameAddr.parse(text)
    with pytest.raises(ParseError) as raised:
        NameAddr.parse(text, strict=True)
    assert (raised.value.rule, raised.value.offset) == (rule, offset)


@given(st.text(alphabet=st.sampled_from('"<>sip:a@b;=,\\ \té\udc80')) | st.text())
def test_any_text_is_an_address_or_a_parse_error(text: str) -> None:
    for strict in (False, True):
        for read in (NameAddr.parse, parse_name_addr_list):
            place = place_of_error(partial(read, text, strict=strict))
            assert 0 <= place <= len(text.encode("utf-8", "surrogateescape"))


@given(
    st.none() | st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n")),
    st.text("ab1", min_size=1),
)
def test_what_was_written_is_read_back(display: str | None, tag: str) -> None:
    address = NameAddr(display, SipUri("sip", "a", host="b"), Params([("tag", tag)]))
    assert NameAddr.parse(str(address)) == address
    assert NameAddr.parse(str(address), strict=True) == address
