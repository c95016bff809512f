"""A client's answers to challenges, and when it stops answering."""

import random
from dataclasses import dataclass, field

import pytest

from harness.sip.challenge import Challenge
from harness.sip.credential_store import STALE_ROUNDS, Answer, CredentialStore
from harness.sip.credentials import Credentials
from harness.sip.digest_response import verify


@pytest.fixture
def store() -> CredentialStore:
    return CredentialStore("u", "p", rng=random.Random(1))


def ask(store: CredentialStore, *challenges: Challenge, sent: Answer | None = None) -> Answer:
    """One round with a server: its challenges for a REGISTER that carried the headers of ``sent``."""
    carried = sent.headers if sent else ()
    return store.answer(
        www=[str(each) for each in challenges if not each.proxy],
        proxy=[str(each) for each in challenges if each.proxy],
        sent=[value for name, value in carried if name == "Authorization"],
        sent_proxy=[value for name, value in carried if name == "Proxy-Authorization"],
        method="REGISTER",
        uri="sip:r",
    )


def read(answer: Answer, index: int = 0) -> Credentials:
    return Credentials.parse(answer.headers[index][1])


def test_a_challenge_is_answered_with_nc_one(store: CredentialStore) -> None:
    answer = ask(store, Challenge("r", "n1"))
    assert answer.headers[0][0] == "Authorization"
    assert (read(answer).nonce, read(answer).nc) == ("n1", 1)
    assert verify(read(answer), method="REGISTER", password="p")


def test_refused_credentials_are_not_sent_again(store: CredentialStore) -> None:
    first = ask(store, Challenge("r", "n1"))
    second = ask(store, Challenge("r", "n2"), sent=first)
    assert not second
    assert second.gave_up == "realm 'r': the credentials were refused"


def test_the_same_nonce_is_not_answered_twice(store: CredentialStore) -> None:
    first = ask(store, Challenge("r", "n1"))
    assert not ask(store, Challenge("r", "n1", stale=True), sent=first)


def test_a_stale_nonce_is_replaced(store: CredentialStore) -> None:
    """RFC 7616 section 3.3"""
    first = ask(store, Challenge("r", "n1"))
    second = ask(store, Challenge("r", "n2", stale=True), sent=first)
    assert (read(second).nonce, read(second).nc) == ("n2", 1)


def test_a_server_that_calls_all_nonces_stale_is_given_up(store: CredentialStore) -> None:
    answer = ask(store, Challenge("r", "n0"))
    for number in range(1, STALE_ROUNDS + 1):
        answer = ask(store, Challenge("r", f"n{number}", stale=True), sent=answer)
        assert answer
    assert not ask(store, Challenge("r", "last", stale=True), sent=answer)


def test_nonces_are_used_again_with_growing_nc(store: CredentialStore) -> None:
    ask(store, Challenge("r", "n1"))
    headers = store.preemptive(method="BYE", uri="sip:x")
    assert Credentials.parse(headers[0][1]).nc == 2
    assert Credentials.parse(store.preemptive(method="BYE", uri="sip:x")[0][1]).nc == 3
    assert not store.preemptive(method="BYE", uri="sip:x", proxy=True)
    assert not store.preemptive(method="BYE", uri="sip:x", realm="other")
    store.forget()
    assert not store.preemptive(method="BYE", uri="sip:x")


def test_a_nonce_used_again_may_be_refused_once_without_the_word_stale(store: CredentialStore) -> None:
    ask(store, Challenge("r", "n1"))
    reused = Answer(store.preemptive(method="REGISTER", uri="sip:r"))
    answer = ask(store, Challenge("r", "n2"), sent=reused)
    assert read(answer).nonce == "n2"
    assert not ask(store, Challenge("r", "n3"), sent=answer)


def test_a_challenge_without_qop_is_not_used_again(store: CredentialStore) -> None:
    assert ask(store, Challenge("r", "n1", qop=()))
    assert store.preemptive(method="BYE", uri="sip:x") == ()


def test_each_realm_has_its_account_and_its_header(store: CredentialStore) -> None:
    store.add("proxy", "v", "q")
    answer = ask(store, Challenge("r", "n1"), Challenge("proxy", "n2", proxy=True))
    assert [name for name, _ in answer.headers] == ["Authorization", "Proxy-Authorization"]
    assert verify(read(answer, 1), method="REGISTER", password="q")
    assert read(answer, 1).username == "v"


def test_credentials_for_a_realm_that_is_content_stay(store: CredentialStore) -> None:
    """RFC 3261 section 22.3: two proxies that challenge one after the other"""
    first = ask(store, Challenge("one", "n1", proxy=True))
    second = ask(store, Challenge("two", "n2", proxy=True), sent=first)
    assert [(read(second, i).realm, read(second, i).nc) for i in (0, 1)] == [("two", 1), ("one", 2)]


def test_the_strongest_of_one_realm_is_answered_alone(store: CredentialStore) -> None:
    """RFC 8760 section 2.4"""
    answer = ask(store, Challenge("r", "n1", "MD5"), Challenge("r", "n2", "SHA-256"))
    assert len(answer.headers) == 1
    assert read(answer).algorithm == "SHA-256"


def test_what_cannot_be_answered_says_why(store: CredentialStore) -> None:
    assert "AKAv1" in str(ask(store, Challenge("r", "n", "AKAv1-MD5")).gave_up)
    assert "no Digest challenge" in str(ask(store).gave_up)


def test_session_algorithms_keep_their_cnonce(store: CredentialStore) -> None:
    first = read(ask(store, Challenge("r", "n1", "MD5-sess")))
    again = Credentials.parse(store.preemptive(method="BYE", uri="sip:x")[0][1])
    assert again.cnonce == first.cnonce
    assert verify(again, method="BYE", password="p")


@dataclass
class Lines:
    """As much of a message's headers as the store reads."""

    lines: dict[str, list[str]]

    def get_lines(self, name: str) -> list[str]:
        return self.lines.get(name, [])


@dataclass
class Some:
    """As much of a message as the store reads."""

    headers: Lines
    method: str = "INVITE"
    uri: str = "sip:a@b"
    body: bytes = field(default=b"v=0")


def test_messages_are_read_by_their_headers(store: CredentialStore) -> None:
    challenge = Challenge("r", "n", qop=("auth-int",))
    answer = store.authorization_for(Some(Lines({})), Some(Lines({"WWW-Authenticate": [str(challenge)]})))
    assert verify(read(answer), method="INVITE", password="p", body=b"v=0")
