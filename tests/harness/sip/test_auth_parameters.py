"""The grammar that challenges and credentials share."""

from hypothesis import given
from hypothesis import strategies as st

from harness.sip.auth_parameters import parse_auth_parameters, quote, unescape
from harness.sip.errors import ParseError

WORDS = st.sampled_from(["a=1", 'b="2"', 'c="3, 4"', r'd="\""', ",", " ", "\t", "=", '"', "e = 5", "\n"])


@given(st.text())
def test_quoting_is_undone_by_reading(text: str) -> None:
    assert unescape(quote(text)[1:-1]) == text


@given(st.lists(WORDS))
def test_the_short_way_reads_what_the_long_way_reads(words: list[str]) -> None:
    """A double space keeps the short way out."""
    rest = "".join(words).lstrip()
    try:
        short: object = [each.parameters for each in parse_auth_parameters("Digest " + rest)]
    except ParseError as error:
        short = type(error)
    try:
        long: object = [each.parameters for each in parse_auth_parameters("Digest  x=y," + rest)]
    except ParseError as error:
        long = type(error)
    if isinstance(long, list):
        del long[0]["x"]
    assert short == long


def test_the_first_of_two_values_stays() -> None:
    assert parse_auth_parameters("Digest a=1, A=2")[0].parameters == {"a": "1"}


def test_commas_alone_are_nothing() -> None:
    assert parse_auth_parameters(" , ,") == []
