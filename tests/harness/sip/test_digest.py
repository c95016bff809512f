"""The door of authentication: one import has every name, and the names work together."""

import random

from harness.sip.digest import (
    Challenge,
    Credentials,
    CredentialStore,
    NonceIssuer,
    NonceVerdict,
    choose_challenge,
    expected_response,
    parse_challenges,
    respond,
    verify,
)


def test_a_client_and_a_server_agree() -> None:
    issuer = NonceIssuer(b"secret of the server")
    challenge = Challenge("sip.skype.com", issuer.issue(1000.0))
    store = CredentialStore("99051000000231", "secret", rng=random.Random(1))
    answer = store.answer(proxy=[str(challenge)], method="INVITE", uri="sip:+17606604690@sip.skype.com")
    assert answer
    name, value = answer.headers[0]
    assert name == "Proxy-Authorization"
    credentials = Credentials.parse(value)
    assert issuer.check(credentials, 1001.0) is NonceVerdict.FRESH
    assert verify(credentials, method="INVITE", password="secret")
    assert not verify(credentials, method="INVITE", password="Secret")
    assert not verify(credentials, method="BYE", password="secret")


def test_the_pieces_agree_one_by_one() -> None:
    found = choose_challenge(parse_challenges(['Digest realm="a", nonce="b", qop="auth"']))
    assert found is not None
    made = respond(found, username="u", password="p", method="REGISTER", uri="sip:a", cnonce="c", nc=1)
    assert made.response == expected_response(made, method="REGISTER", password="p")
