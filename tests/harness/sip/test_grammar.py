"""Tests of `harness.sip.grammar`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.grammar import is_digits, is_host, quote, split_list, unescape, unfold, unquote


@given(st.text())
def test_a_quoted_text_is_unquoted_again(text: str) -> None:
    assert unquote(quote(text)) == text


@given(st.lists(st.text(st.characters(exclude_characters="\r\n"), min_size=1)))
def test_quoted_elements_are_never_split(texts: list[str]) -> None:
    quoted = [quote(text) for text in texts]
    assert split_list(" , ".join(quoted)) == quoted


def test_empty_elements_are_left_out() -> None:
    assert split_list(" , a,, b ,") == ["a", "b"]
    assert split_list("") == []


def test_what_never_closes_is_an_ordinary_character() -> None:
    assert split_list('a"b,c') == ['a"b', "c"]
    assert split_list("a<b,c") == ["a<b", "c"]
    assert split_list('"a" <b, "c,d"') == ['"a" <b', '"c,d"']


def test_long_rows_of_openers_are_split_in_linear_time() -> None:
    for opener in ('\\"', '"\\"', "<", '"<'):
        assert len(split_list(opener * 60_000 + ",x")) <= 2


def test_folds_become_one_space() -> None:
    assert unfold("a \r\n \t b\r\n c") == "a b c"


def test_escapes_are_resolved_and_percent_signs_without_one_stay() -> None:
    assert unescape("%41%zz%4") == "A%zz%4"
    assert unescape("%C3%A9%FF") == "é\udcff"


def test_digits_are_those_of_ascii() -> None:
    assert is_digits("0123456789")
    assert not any(is_digits(text) for text in ("", "-1", "+1", "1.0", "²", "١"))


@pytest.mark.parametrize(
    "host", ["example.com", "a-b.c.", "localhost", "192.0.2.255", "::1", "::ffff:192.0.2.1", "1a.com"]
)
def test_hosts_are_names_and_addresses(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "host", ["", "a_b", "-a", "a-", "a..b", "192.0.2.256", "1.2.3", "2001:db8:::1", "fe80::1%eth0"]
)
def test_nothing_else_is_a_host(host: str) -> None:
    assert not is_host(host)
