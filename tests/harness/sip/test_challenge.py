"""Challenges as servers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.challenge import Challenge, choose_challenge, parse_challenges
from harness.sip.errors import ParseError

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
TOKEN = st.text("abcXYZ019-", min_size=1, max_size=10)


@given(
    st.builds(
        Challenge,
        realm=TEXT,
        nonce=TEXT,
        algorithm=TOKEN,
        qop=st.sampled_from([(), ("auth",), ("auth-int",), ("auth", "auth-int")]),
        opaque=st.none() | TEXT,
        stale=st.booleans(),
        proxy=st.just(False),
        domain=st.none() | TEXT,
        userhash=st.booleans(),
        charset=st.none() | TOKEN,
    )
)
def test_what_is_written_is_read_again(challenge: Challenge) -> None:
    assert Challenge.parse(str(challenge)) == challenge
    assert parse_challenges([str(challenge)]) == [challenge]


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    parse_challenges([text, "Digest " + text, text])
    for value in (text, "Digest " + text):
        try:
            Challenge.parse(value)
        except ParseError:
            pass


@pytest.mark.parametrize(
    "value",
    [
        'Digest realm="r",nonce="n",algorithm="MD5",qop="auth",stale="TRUE"',
        "digest Realm=r , NONCE = n, algorithm=MD5,qop=auth,, stale=TRUE",
        'DIGEST\t realm="r", nonce="n", qop="AUTH" ,stale=True, unknown="a,b=c", algorithm=MD5',
    ],
)
def test_spellings_of_one_challenge_are_equal(value: str) -> None:
    assert Challenge.parse(value) == Challenge("r", "n", stale=True)


def test_several_qualities_stand_in_one_quoted_list() -> None:
    assert Challenge.parse('Digest realm="r", nonce="n", qop="auth, auth-int"').qop == ("auth", "auth-int")


def test_no_qop_is_the_oldest_form() -> None:
    """RFC 2069"""
    assert Challenge.parse('Digest realm="r", nonce="n"').qop == ()


def test_quoted_pairs_are_undone() -> None:
    assert Challenge.parse(r'Digest realm="a \"b\" \\c, d", nonce=n').realm == r'a "b" \c, d'


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ('Digest realm="r', "digest.quoted-string"),
        ('Digest realm="r"x", nonce="n"', "digest.quoted-string"),
        ('realm="r", nonce="n"', "digest.auth-scheme"),
        ('Digest nonce="n"', "digest.realm"),
        ('Digest realm="n"', "digest.nonce"),
        ('Digest realm="n" nonce="n"', "digest.auth-param"),
        ('Basic realm="r"', "digest.auth-scheme"),
        ("", "digest.challenge"),
    ],
)
def test_an_error_names_the_rule(value: str, rule: str) -> None:
    with pytest.raises(ParseError) as caught:
        Challenge.parse(value)
    assert caught.value.rule == rule


def test_several_schemes_in_one_line_and_several_lines() -> None:
    """RFC 7235 section 4.1"""
    found = parse_challenges(
        [
            'Basic realm="x", Digest realm="a", nonce="1", algorithm=SHA-256, Digest realm="b", nonce="2"',
            'NTLM TlRMTVNTUAAB==, Digest nonce="3", realm="c"',
            'Digest realm="unfinished',
            "Negotiate",
        ],
        proxy=True,
    )
    assert [(each.realm, each.nonce, each.proxy) for each in found] == [
        ("a", "1", True),
        ("b", "2", True),
        ("c", "3", True),
    ]


def test_values_split_at_their_commas_are_put_together() -> None:
    found = parse_challenges(
        ['Digest realm="a"', 'nonce="1"', 'qop="auth,auth-int"', "Digest realm=b", "nonce=2"]
    )
    assert [(each.realm, each.nonce, each.qop) for each in found] == [
        ("a", "1", ("auth", "auth-int")),
        ("b", "2", ()),
    ]


@pytest.mark.parametrize(
    ("algorithms", "chosen"),
    [
        (["SHA-256", "MD5"], "SHA-256"),
        (["MD5", "SHA-256"], "SHA-256"),
        (["SHA-256", "SHA-512-256"], "SHA-256"),
        (["SHA-512-256", "SHA-256"], "SHA-512-256"),
        (["AKAv1-MD5", "md5"], "md5"),
        (["AKAv1-MD5"], None),
        ([], None),
    ],
)
def test_the_topmost_supported_one_is_chosen_and_never_md5_beside_better(
    algorithms: list[str], chosen: str | None
) -> None:
    """RFC 8760 section 2.4"""
    found = choose_challenge([Challenge("r", "n", algorithm) for algorithm in algorithms])
    assert (found.algorithm if found else None) == chosen


def test_an_unknown_quality_cannot_be_answered() -> None:
    assert not Challenge("r", "n", qop=("token",)).is_supported


def test_the_headers_have_their_names() -> None:
    assert Challenge("r", "n", proxy=True).answer_header_name == "Proxy-Authorization"
    assert Challenge("r", "n").header_name == "WWW-Authenticate"
