"""Credentials as clients write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.credentials import Credentials
from harness.sip.errors import ParseError

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
TOKEN = st.text("abcXYZ019-", min_size=1, max_size=10)


@given(
    st.builds(
        Credentials,
        username=TEXT,
        realm=TEXT,
        nonce=TEXT,
        uri=TEXT,
        response=st.text("0123456789abcdef", max_size=64),
        algorithm=TOKEN,
        cnonce=st.none() | TEXT,
        qop=st.sampled_from([None, "auth", "auth-int"]),
        nc=st.none() | st.integers(0, 0xFFFFFFFF),
        opaque=st.none() | TEXT,
        userhash=st.booleans(),
    )
)
def test_what_is_written_is_read_again(credentials: Credentials) -> None:
    assert Credentials.parse(str(credentials)) == credentials


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for value in (
        text,
        f"Digest {text}",
        f'Digest username="u",realm="r",nonce="n",uri="x",response="", {text}',
    ):
        try:
            Credentials.parse(value)
        except ParseError:
            pass


def test_a_double_space_after_the_scheme_is_read() -> None:
    """linphone writes it so"""
    value = (
        'Digest  realm="r", nonce="n", algorithm=MD5, username="u",  uri="sip:r", response="0", nc=00000001'
    )
    assert Credentials.parse(value).nc == 1


def test_quoted_and_plain_values_are_the_same() -> None:
    plain = "Digest username=u,realm=r,nonce=n,uri=sip:a,response=00,qop=auth,nc=0000000A,cnonce=c"
    quoted = (
        'Digest username="u",realm="r",nonce="n",uri="sip:a",response="00",'
        'qop="auth",nc="0000000a",cnonce="c"'
    )
    assert Credentials.parse(plain) == Credentials.parse(quoted)
    assert Credentials.parse(plain).nc == 10


def test_an_extended_username_is_decoded() -> None:
    """RFC 7616 section 3.4, RFC 5987"""
    value = "Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, realm=r, nonce=n, uri=u, response=0"
    assert Credentials.parse(value).username == "J\u00e4s\u00f8n Doe"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("Digest username=u, realm=r, nonce=n, uri=u", "digest.response"),
        ("Digest realm=r, nonce=n, uri=u, response=0", "digest.username"),
        ("Digest username=u, realm=r, nonce=n, uri=u, response=0, nc=x", "digest.nc"),
        ("Digest username=u, realm=r, nonce=n, uri=u, response=0, nc=123456789", "digest.nc"),
        ("Digest username*=latin, realm=r, nonce=n, uri=u, response=0", "digest.username*"),
        ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "digest.credentials"),
        ("Digest username=u, Digest realm=r", "digest.credentials"),
    ],
)
def test_an_error_names_the_parameter(value: str, rule: str) -> None:
    with pytest.raises(ParseError) as caught:
        Credentials.parse(value)
    assert caught.value.rule == rule
