import pytest

from harness.load.engine.digest_answers import DigestAnswers
from harness.sip.challenge import Challenge
from harness.sip.credentials import Credentials
from harness.sip.digest_response import verify

URI = b"sip:+1@example.com"


def challenged(challenge: Challenge, *more: str) -> bytes:
    lines = [f"{challenge.header_name}: {challenge}", *more]
    head = "SIP/2.0 407 Proxy Authentication Required\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nTo: <sip:a@b>"
    return (head + "\r\n" + "\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n").encode()


def credentials_of(line: bytes | None) -> Credentials:
    assert line is not None
    assert line.endswith(b"\r\n")
    return Credentials.parse(line.decode().split(": ", 1)[1].strip())


@pytest.mark.parametrize(
    "challenge",
    [
        Challenge("example.com", "n1", proxy=True),
        Challenge("example.com", "n1", "SHA-256", proxy=True),
        Challenge("example.com", "n1", qop=(), proxy=True),
        Challenge("example.com", "n1", qop=("auth-int", "auth"), opaque="o", proxy=True),
        Challenge("example.com", "n1", "MD5-sess", proxy=True),
        Challenge("example.com", "n1", "SHA-512-256", proxy=True),
        Challenge('a "quoted" 100% realm', "n%b", proxy=True),
        Challenge("example.com", "n1"),
    ],
)
def test_every_kind_of_challenge_is_answered(challenge: Challenge) -> None:
    digest = DigestAnswers("user%", "secret", "c0ffee")
    for nonce in ("first", "second"):
        this = Challenge(
            **{**{name: getattr(challenge, name) for name in challenge.__slots__}, "nonce": nonce}
        )
        line = digest.answer(challenged(this), b"INVITE", URI, b"")
        credentials = credentials_of(line)
        assert verify(credentials, method="INVITE", password="secret")
        assert (credentials.nonce, credentials.username) == (nonce, "user%")
        assert (line or b"").startswith(this.answer_header_name.encode())


def test_the_stronger_of_two_challenges_is_answered() -> None:
    other = str(Challenge("example.com", "n2", "SHA-256", proxy=True))
    data = challenged(Challenge("example.com", "n1", proxy=True), f"Proxy-Authenticate: {other}")
    line = DigestAnswers("u", "p", "c").answer(data, b"INVITE", URI, b"")
    assert credentials_of(line).algorithm == "SHA-256"


def test_no_challenge_means_no_answer() -> None:
    assert DigestAnswers("u", "p", "c").answer(b"SIP/2.0 407 x\r\n\r\n", b"INVITE", URI, b"") is None


def test_refused_credentials_are_not_made_again() -> None:
    digest = DigestAnswers("u", "p", "c")
    line = digest.answer(challenged(Challenge("r", "n1", proxy=True)), b"INVITE", URI, b"")
    assert line is not None
    assert digest.answer(challenged(Challenge("r", "n2", proxy=True)), b"INVITE", URI, line) is None
    stale = challenged(Challenge("r", "n2", proxy=True, stale=True))
    assert digest.answer(stale, b"INVITE", URI, line) is not None


USUAL = Challenge("r", "n1", proxy=True)
OTHERS = [
    challenged(Challenge("r", "n2", proxy=True)),
    challenged(Challenge("r", "n2", proxy=True, opaque="o")),
    challenged(Challenge("r", "n2")),
    challenged(USUAL, f"Proxy-Authenticate: {Challenge('r', 'n2', 'SHA-256', proxy=True)}"),
    challenged(USUAL).replace(b'"n1"', b'"n\\"1"'),
    challenged(USUAL).replace(b'"n1"', b'"n\r\n 1"'),
    challenged(USUAL).replace(b'"n1"', b'"n1'),
    challenged(USUAL).replace(b'nonce="n1"', b"nonce=n1"),
]


@pytest.mark.parametrize("response", OTHERS)
def test_what_was_challenged_before_does_not_change_an_answer(response: bytes) -> None:
    """The bytes around the last nonce are kept at hand; what differs from them is read anew."""
    seasoned, fresh = DigestAnswers("u", "p", "c"), DigestAnswers("u", "p", "c")
    assert seasoned.answer(challenged(USUAL), b"INVITE", URI, b"") is not None
    expected = fresh.answer(response, b"INVITE", URI, b"")
    assert seasoned.answer(response, b"INVITE", URI, b"") == expected


def test_a_reused_nonce_counts_up_and_may_be_dropped_unspoken() -> None:
    digest = DigestAnswers("u", "p", "c", reuse=True)
    assert digest.preemptive(b"INVITE", URI) == b""
    digest.answer(challenged(Challenge("r", "n1", proxy=True)), b"INVITE", URI, b"")
    second = digest.preemptive(b"INVITE", URI)
    assert credentials_of(second).nc == 2
    again = digest.answer(challenged(Challenge("r", "n2", proxy=True)), b"INVITE", URI, second)
    assert credentials_of(again).nonce == "n2"


@pytest.mark.parametrize("username", ["00000001", "nc=00000001", "x00000001y"])
def test_a_username_that_looks_like_a_nonce_count_stays_as_it_is(username: str) -> None:
    """The nonce count is 00000001 in every first answer: templates must not confuse the two."""
    digest = DigestAnswers(username, "secret", "c0ffee", reuse=True)
    for nonce in ("first", "second"):
        line = digest.answer(challenged(Challenge("example.com", nonce, proxy=True)), b"INVITE", URI, b"")
        credentials = credentials_of(line)
        assert (credentials.username, credentials.nonce) == (username, nonce)
        assert verify(credentials, method="INVITE", password="secret")
