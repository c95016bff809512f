"""Digest arithmetic against the figures printed in the RFCs."""

from dataclasses import replace
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.challenge import Challenge
from harness.sip.credentials import Credentials
from harness.sip.digest_response import expected_response, hash_a1, hash_username, respond, verify
from harness.sip.errors import LocalError, ParseError

ALGORITHMS = ("MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess")
MUFASA_NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
MUFASA_CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def mufasa(algorithm: str) -> Credentials:
    challenge = Challenge("http-auth@example.org", MUFASA_NONCE, algorithm, ("auth", "auth-int"))
    return respond(
        challenge,
        username="Mufasa",
        password="Circle of Life",
        method="GET",
        uri="/dir/index.html",
        cnonce=MUFASA_CNONCE,
        nc=1,
    )


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_both_algorithms_is_met(algorithm: str, response: str) -> None:
    """RFC 7616 section 3.9.1"""
    assert mufasa(algorithm).response == response


def test_the_example_with_hashed_username_is_met() -> None:
    """RFC 7616 section 3.9.2, with the figures of erratum 4897"""
    challenge = Challenge(
        "api@example.org",
        "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
        "SHA-512-256",
        opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS",
        userhash=True,
        charset="UTF-8",
    )
    made = respond(
        challenge,
        username="J\u00e4s\u00f8n Doe",
        password="Secret, or not?",
        method="GET",
        uri="/doe.json",
        cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        nc=1,
    )
    assert made.username == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    assert made.response == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    assert verify(made, method="GET", password="Secret, or not?", username="J\u00e4s\u00f8n Doe")
    assert hash_username("J\u00e4s\u00f8n Doe", "api@example.org", "SHA-512-256") == made.username


def test_the_example_of_the_older_rfc_is_met() -> None:
    """RFC 2617 section 3.5"""
    made = respond(
        Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", qop=("auth", "auth-int")),
        username="Mufasa",
        password="Circle Of Life",
        method="GET",
        uri="/dir/index.html",
        cnonce="0a4f113b",
        nc=1,
    )
    assert made.response == "6629fae49393a05397450978507c4ef1"


def test_without_qop_the_oldest_formula_is_used() -> None:
    """RFC 2069 section 2.4, with the figures of erratum 749"""
    made = respond(
        Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", qop=()),
        username="Mufasa",
        password="CircleOfLife",
        method="GET",
        uri="/dir/index.html",
        cnonce="unused",
        nc=1,
    )
    assert made.response == "1949323746fe6a43ef61f9606e7febea"
    assert (made.cnonce, made.nc, made.qop) == (None, None, None)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("qop", [(), ("auth",), ("auth-int",)])
def test_every_algorithm_and_qop_is_verified(algorithm: str, qop: tuple[str, ...]) -> None:
    made = respond(
        Challenge("r", "n", algorithm, qop),
        username="u",
        password="p",
        method="INVITE",
        uri="sip:a@b",
        body=b"v=0",
        cnonce="c",
        nc=7,
    )
    assert verify(made, method="INVITE", password="p", body=b"v=0")
    assert verify(made, method="INVITE", ha1=hash_a1("u", "r", "p", algorithm), body=b"v=0")
    assert not verify(made, method="INVITE", password="q", body=b"v=0")
    assert verify(made, method="INVITE", password="p", body=b"other") == (qop != ("auth-int",))


def test_session_algorithms_depend_on_the_cnonce_even_without_qop() -> None:
    """RFC 7616 section 3.4.2"""
    made = respond(
        Challenge("r", "n", "MD5-sess", ()),
        username="u",
        password="p",
        method="A",
        uri="b",
        cnonce="c",
        nc=1,
    )
    assert made.cnonce == "c"
    assert not verify(replace(made, cnonce="d"), method="A", password="p")


@pytest.mark.parametrize(
    "broken",
    [
        replace(mufasa("MD5"), algorithm="MD6"),
        replace(mufasa("MD5"), qop="foo"),
        replace(mufasa("MD5"), nc=None),
        replace(mufasa("MD5"), cnonce=None),
    ],
)
def test_what_cannot_be_computed_proves_nothing(broken: Credentials) -> None:
    assert not verify(broken, method="GET", password="Circle of Life")
    with pytest.raises(ParseError):
        expected_response(broken, method="GET", password="Circle of Life")


def test_upper_case_digits_are_the_same_response() -> None:
    made = mufasa("MD5")
    upper = replace(made, response=made.response.upper())
    assert verify(upper, method="GET", password="Circle of Life")


def test_an_unsupported_challenge_is_not_answered() -> None:
    with pytest.raises(LocalError):
        respond(Challenge("r", "n", "MD6"), username="u", password="p", method="A", uri="b", cnonce="", nc=1)


def test_a_password_or_its_hash_is_needed() -> None:
    with pytest.raises(LocalError):
        expected_response(mufasa("MD5"), method="GET")


@given(st.text(), st.text(max_size=20))
def test_any_response_and_password_can_be_compared(response: str, password: str) -> None:
    assert not verify(replace(mufasa("MD5"), response=response), method="GET", password=password)


@pytest.mark.parametrize("nc", ["1", "0000000A", "0000000a", "a"])
def test_the_nc_goes_into_the_response_as_it_was_sent(nc: str) -> None:
    """RFC 7616 section 3.4.1 hashes nc-value, not a number: some write capitals, some no zeros."""
    a1, a2 = md5(b"u:r:p").hexdigest(), md5(b"INVITE:sip:x").hexdigest()
    response = md5(f"{a1}:n:{nc}:c:auth:{a2}".encode()).hexdigest()
    text = (
        f'Digest username="u", realm="r", nonce="n", uri="sip:x", response="{response}", cnonce="c", '
        f"qop=auth, nc={nc}"
    )
    credentials = Credentials.parse(text)
    assert credentials.nc == int(nc, 16)
    assert verify(credentials, method="INVITE", password="p")
    assert f"nc={nc}" in str(credentials)
