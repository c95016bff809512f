"""A server's nonces: age, forgery, replay, and how little they remember."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.credentials import Credentials
from harness.sip.nonce import NonceIssuer, NonceVerdict

NOW = 1_700_000_000.0


def used(nonce: str, nc: int | None = 1, response: str = "aa") -> Credentials:
    return Credentials("u", "r", nonce, "sip:r", response, cnonce="c", qop="auth", nc=nc)


@pytest.fixture
def issuer() -> NonceIssuer:
    return NonceIssuer(b"secret", lifetime=60.0)


def test_no_two_nonces_are_equal(issuer: NonceIssuer) -> None:
    assert len({issuer.issue(NOW) for _ in range(100)}) == 100


def test_a_nonce_is_fresh_for_its_lifetime_and_then_stale(issuer: NonceIssuer) -> None:
    nonce = issuer.issue(NOW)
    assert issuer.check(used(nonce), NOW + 60) is NonceVerdict.FRESH
    assert issuer.check(used(nonce), NOW + 60.1) is NonceVerdict.STALE


def test_nothing_is_stored_for_an_unused_nonce(issuer: NonceIssuer) -> None:
    issuer.check(used(issuer.issue(NOW)), NOW)
    assert len(issuer) == 0


@given(st.text() | st.text("0123456789abcdefABCDEF \t", max_size=64))
def test_what_we_did_not_issue_is_unknown(nonce: str) -> None:
    assert NonceIssuer(b"secret").check(used(nonce), NOW) is NonceVerdict.UNKNOWN


def test_a_changed_nonce_is_unknown(issuer: NonceIssuer) -> None:
    nonce = issuer.issue(NOW)
    for position in range(len(nonce)):
        other = "0" if nonce[position] != "0" else "1"
        forged = nonce[:position] + other + nonce[position + 1 :]
        assert issuer.check(used(forged), NOW) is NonceVerdict.UNKNOWN


def test_another_secret_is_another_server(issuer: NonceIssuer) -> None:
    assert NonceIssuer(b"other").check(used(issuer.issue(NOW)), NOW) is NonceVerdict.UNKNOWN


def test_nc_must_grow_but_need_not_begin_with_one(issuer: NonceIssuer) -> None:
    """Yate's first nc on a new nonce may be 2."""
    nonce = issuer.issue(NOW)
    assert issuer.check(used(nonce, 5), NOW) is NonceVerdict.FRESH
    issuer.accept(used(nonce, 5), NOW)
    assert issuer.check(used(nonce, 5), NOW) is NonceVerdict.REPLAYED
    assert issuer.check(used(nonce, 4), NOW) is NonceVerdict.REPLAYED
    assert issuer.check(used(nonce, 6), NOW) is NonceVerdict.FRESH
    assert issuer.check(used(nonce, 9), NOW) is NonceVerdict.FRESH


def test_a_check_alone_uses_nothing_up(issuer: NonceIssuer) -> None:
    nonce = issuer.issue(NOW)
    issuer.check(used(nonce, 0xFFFFFFFF), NOW)
    assert issuer.check(used(nonce, 1), NOW) is NonceVerdict.FRESH


@pytest.mark.parametrize(
    ("call_id", "cseq", "response", "verdict"),
    [
        ("call", 2, "aa", NonceVerdict.FRESH),
        ("call", 1, "aa", NonceVerdict.REPLAYED),
        ("other", 2, "aa", NonceVerdict.REPLAYED),
        ("call", 2, "bb", NonceVerdict.REPLAYED),
        ("call", None, "aa", NonceVerdict.REPLAYED),
    ],
)
def test_the_same_credentials_serve_the_next_request_of_their_call(
    issuer: NonceIssuer, call_id: str, cseq: int | None, response: str, verdict: NonceVerdict
) -> None:
    """Asterisk repeats them after a 422."""
    first = used(issuer.issue(NOW))
    issuer.accept(first, NOW, call_id="call", cseq=1)
    again = replace(first, response=response)
    assert issuer.check(again, NOW, call_id=call_id, cseq=cseq) is verdict


def test_credentials_without_qop_are_judged_by_age_alone(issuer: NonceIssuer) -> None:
    """RFC 2069"""
    old = used(issuer.issue(NOW), nc=None)
    issuer.accept(old, NOW)
    assert issuer.check(old, NOW + 1) is NonceVerdict.FRESH
    assert len(issuer) == 0


def test_expired_nonces_are_forgotten(issuer: NonceIssuer) -> None:
    for second in range(100):
        issuer.accept(used(issuer.issue(NOW + second)), NOW + second)
    assert len(issuer) == 61


def test_a_full_table_never_lets_an_old_nonce_be_used_twice() -> None:
    issuer = NonceIssuer(b"secret", lifetime=60.0, remembered=10)
    nonces = [issuer.issue(NOW + index) for index in range(20)]
    for nonce in nonces:
        issuer.accept(used(nonce), NOW + 20)
    assert len(issuer) == 10
    assert issuer.check(used(nonces[0]), NOW + 20) is NonceVerdict.STALE
    assert issuer.check(used(nonces[19], 2), NOW + 20) is NonceVerdict.FRESH


def test_a_foreign_nonce_cannot_be_accepted(issuer: NonceIssuer) -> None:
    issuer.accept(used("foreign"), NOW)
    assert len(issuer) == 0


@pytest.mark.parametrize("mark", [0, 1, 15])
def test_a_mark_stands_in_the_nonce_and_changes_no_verdict(issuer: NonceIssuer, mark: int) -> None:
    issuer.mark = mark
    nonces = [issuer.issue(NOW) for _ in range(3)]
    assert {nonce[16] for nonce in nonces} == {f"{mark:x}"}
    assert len(set(nonces)) == 3
    assert issuer.check(used(nonces[0]), NOW) is NonceVerdict.FRESH
