"""Tests of `harness.sip.headers`."""

import pytest

from harness.sip.errors import LocalError
from harness.sip.headers import Headers

LINES = [
    "Via: SIP/2.0/UDP a;branch=1,SIP/2.0/UDP b;branch=2",
    "v :  SIP/2.0/UDP c;branch=3",
    "FROM:<sip:a@b>",
    "Subject: one\r\n  two",
    "X-Own: 1",
    "x-own:2",
]


def sample() -> Headers:
    return Headers.from_lines(LINES.copy())


def test_compact_and_full_names_in_any_case_are_one_name() -> None:
    headers = sample()
    assert headers.get("from") == headers.get("F") == headers.get("From") == "<sip:a@b>"
    assert headers.get_lines("V") == [
        "SIP/2.0/UDP a;branch=1,SIP/2.0/UDP b;branch=2",
        "SIP/2.0/UDP c;branch=3",
    ]
    assert "f" in headers
    assert "To" not in headers
    assert headers.get("t") is None


def test_lists_are_split_and_other_values_are_not() -> None:
    headers = Headers([("Allow", "INVITE, ACK"), ("Allow", "BYE"), ("User-Agent", "a, b")])
    assert headers.get_all("allow") == ["INVITE", "ACK", "BYE"]
    assert headers.get_all("user-agent") == ["a, b"]


def test_lists_are_split_outside_quotes_and_brackets_only() -> None:
    headers = Headers([("Contact", '"a, b" <sip:c,d@e>;x="1,2" , <sip:f@g>')])
    assert headers.get_all("m") == ['"a, b" <sip:c,d@e>;x="1,2"', "<sip:f@g>"]


def test_a_folded_value_is_read_on_one_line() -> None:
    assert sample().get("s") == "one two"


def test_iteration_gives_known_names_in_their_usual_spelling() -> None:
    assert [name for name, _ in sample()] == ["Via", "Via", "From", "Subject", "X-Own", "x-own"]
    assert sample().names() == ["Via", "From", "Subject", "X-Own", "x-own"]


def test_a_change_touches_its_own_line_only() -> None:
    headers = sample()
    headers.set("x-own", "3")
    assert headers.lines == [*LINES[:4], "x-own: 3"]
    assert headers.modified


def test_setting_a_name_that_is_absent_adds_it() -> None:
    headers = sample()
    headers.set("Expires", "60")
    assert headers.lines == [*LINES, "Expires: 60"]


def test_adding_goes_to_the_end_and_adding_first_before_its_like() -> None:
    headers = sample()
    headers.add("Route", "<sip:z>")
    headers.add_first("Via", "SIP/2.0/UDP z;branch=0")
    headers.add_first("From", "x")
    headers.add_first("Date", "now")
    assert headers.lines[:2] == ["Date: now", "Via: SIP/2.0/UDP z;branch=0"]
    assert headers.lines[4:6] == ["From: x", "FROM:<sip:a@b>"]
    assert headers.lines[-1] == "Route: <sip:z>"


def test_the_first_element_of_a_list_is_replaced_alone() -> None:
    headers = sample()
    headers.set_first("Via", "SIP/2.0/UDP a;branch=1;received=x")
    assert headers.lines[0] == "Via: SIP/2.0/UDP a;branch=1;received=x,SIP/2.0/UDP b;branch=2"
    assert headers.lines[1:] == LINES[1:]


def test_removing_takes_every_line_of_a_name() -> None:
    headers = sample()
    headers.remove("via")
    headers.remove("Route")
    assert headers.lines == LINES[2:]


def test_a_copy_lives_its_own_life() -> None:
    headers = sample()
    twin = headers.copy()
    twin.remove("Via")
    assert headers.lines == LINES
    assert not headers.modified


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "a\rb", "a\r\n"])
def test_a_value_that_breaks_its_line_is_refused(value: str) -> None:
    headers = sample()
    for change in (headers.add, headers.add_first, headers.set, headers.set_first):
        with pytest.raises(LocalError):
            change("Via", value)
    assert headers.lines == LINES
    assert not headers.modified


def test_a_value_may_be_folded() -> None:
    assert Headers([("Subject", "a\r\n b")]).get("Subject") == "a b"


def test_a_name_that_is_no_token_is_refused() -> None:
    for name in ("", "a b", "a:b", "ü"):
        with pytest.raises(LocalError):
            Headers([(name, "x")])


def test_replacing_the_first_of_none_is_refused() -> None:
    with pytest.raises(LocalError, match="add"):
        sample().set_first("Route", "<sip:a>")
