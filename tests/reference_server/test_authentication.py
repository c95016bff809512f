"""Who is believed: digest, ip mode, lock-out, and what strangers can tell apart."""

import re
from dataclasses import replace
from typing import Any

import pytest

from harness.drivers.phone import Phone
from harness.sip.challenge import Challenge
from harness.sip.digest import respond
from harness.sip.hop import Hop
from harness.sip.message import Response
from tests.reference_server.raw_peer import SDP, RawPeer
from tests.reference_server.trunk_play import ECHO, IP_SOURCE, USERNAME, TrunkPlay, play

URI = f"sip:{ECHO}@sip.skype.com"
VARYING = re.compile(rb'nonce="[^"]+"|;tag=[^;\r]+|branch=[^;\r]+|Call-ID: .*|CSeq: \d+|990510000\d+')


def challenge_of(response: Response) -> Challenge:
    return Challenge.parse(response.headers.get("Proxy-Authenticate") or "", proxy=True)


def statuses(phone: Phone, number: str = ECHO) -> list[int]:
    call = phone.call(number)
    phone.driver.run_until(lambda: call.status is not None, 5)
    return [response.status for response in call.responses]


def invite_with(phone: Phone, challenge: Challenge, nc: int, **changes: str) -> Response:
    """INVITE with credentials made here; answered calls are hung up."""
    credentials = respond(
        challenge,
        username=changes.get("username", USERNAME),
        password=changes.get("password", "secret"),
        method="INVITE",
        uri=changes.get("uri", URI),
        cnonce="c",
        nc=nc,
    )
    call = phone.call(ECHO, headers=[("Proxy-Authorization", str(credentials))], authenticate=False)
    phone.driver.run_until(lambda: call.status is not None, 5)
    final = call.responses[-1]
    call.hang_up()
    return final


def first_challenge(phone: Phone) -> Challenge:
    call = phone.call(ECHO, authenticate=False)
    phone.driver.run_until(lambda: call.status is not None, 5)
    return challenge_of(call.responses[-1])


def test_each_invite_is_challenged_with_407_first() -> None:
    phone = play().phone()
    phone.register()
    assert statuses(phone) == [407, 100, 180, 200]
    challenge = first_challenge(phone)
    assert (challenge.realm, challenge.qop, challenge.algorithm) == ("sip.skype.com", ("auth",), "MD5")


def test_a_wrong_password_is_challenged_again() -> None:
    phone = play().phone(password="wrong")
    assert set(statuses(phone)) == {407}


def test_a_used_nonce_count_is_stale_and_a_higher_one_is_good() -> None:
    phone = play().phone()
    challenge = first_challenge(phone)
    assert invite_with(phone, challenge, 5).status == 200  # Yate counts across nonces
    replay = invite_with(phone, challenge, 5)
    assert (replay.status, challenge_of(replay).stale) == (407, True)
    assert invite_with(phone, challenge, 6).status == 200


def test_an_old_nonce_is_stale() -> None:
    trunk = play()
    phone = trunk.phone()
    challenge = first_challenge(phone)
    trunk.wait(301)
    assert challenge_of(invite_with(phone, challenge, 1)).stale


def test_a_foreign_nonce_is_stale_only_with_the_right_password() -> None:
    phone = play().phone()
    foreign = Challenge("sip.skype.com", "0123456789abcdef")
    assert challenge_of(invite_with(phone, foreign, 1)).stale
    assert not challenge_of(invite_with(phone, foreign, 1, password="wrong")).stale


def test_a_digest_uri_of_the_server_is_accepted_and_recorded() -> None:
    trunk = play()
    phone = trunk.phone()
    assert invite_with(phone, first_challenge(phone), 1, uri="sip:10.0.0.1").status == 200
    trunk.wait(1)
    assert "is not the Request-URI" in trunk.store.records()[-1].remarks


def test_a_profile_may_ask_for_sha256() -> None:
    phone = play().phone("99051000000236", "long")
    assert first_challenge(phone).algorithm == "SHA-256"
    assert statuses(phone)[-1] == 200


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_unknown_users_get_the_bytes_of_wrong_passwords(method: str) -> None:
    answers = []
    for username in (USERNAME, "99051000000999"):
        phone = play().phone(username, "wrong")
        if method == "REGISTER":
            phone.register()
        else:
            phone.call(ECHO)
            phone.wait(1)
        answers.append([VARYING.sub(b"", received.packet.data) for received in phone.received])
    assert answers[0] == answers[1]
    assert len(answers[0]) >= 2


def test_a_guesser_is_locked_out_and_the_real_user_is_not() -> None:
    trunk = play()
    real = trunk.phone()
    guesser = trunk.phone()
    challenge = first_challenge(guesser)
    for _ in range(10):
        assert invite_with(guesser, challenge, 1, password="guess").status == 407
    locked = invite_with(guesser, challenge, 1)
    assert locked.status == 403
    assert "try again in 60 s" in (locked.headers.get("Warning") or "")
    assert statuses(real)[-1] == 200
    trunk.wait(61)
    assert invite_with(guesser, first_challenge(guesser), 1).status == 200


def ip_phone(trunk: TrunkPlay, local: tuple[str, int]) -> Phone:
    return trunk.phone("99051000000233", "", local=local)


def test_the_address_of_an_ip_profile_is_not_challenged() -> None:
    """Quick Start Guide: "IP authentication does not require INVITE authentication"."""
    assert statuses(ip_phone(play(), IP_SOURCE)) == [100, 180, 200]


@pytest.mark.parametrize("local", [("10.0.0.78", 5070), ("10.0.0.77", 5071)])
def test_an_ip_profile_is_refused_from_elsewhere(local: tuple[str, int]) -> None:
    assert statuses(ip_phone(play(), local)) == [403]


def test_the_from_rule_holds_in_ip_mode_too() -> None:
    phone = play().phone(local=IP_SOURCE)
    assert statuses(phone) == [403]


def test_options_is_not_challenged() -> None:
    assert play().phone().request("OPTIONS").statuses == [200]


def test_requests_inside_a_dialog_are_challenged_only_when_the_dialect_says_so() -> None:
    for in_dialog in (False, True):
        trunk = play(dialect={"authentication": {"in_dialog": in_dialog}})
        phone = trunk.phone()
        call = phone.call(ECHO)
        call.wait_answered()
        call.hang_up()
        trunk.wait(1)
        challenged = [r for r in call.responses if r.status == 407 and r.cseq.method == "BYE"]
        assert bool(challenged) == in_dialog


class TestHandWrittenCredentials:
    """What real PBXs write, byte by byte (RFC 3261 section 22, RFC 7616)."""

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("algorithm=MD5", "algorithm=md5"),
            ("algorithm=MD5", 'algorithm="MD5"'),
            (", algorithm=MD5", ""),
            ("Digest ", "digest  "),  # linphone has two spaces
            ("qop=auth", 'qop="auth"'),
            (", ", ","),
        ],
    )
    def test_spellings_that_mean_the_same_are_accepted(self, old: str, new: str) -> None:
        peer, credentials = challenged()
        assert old in credentials
        assert invite_again(peer, credentials.replace(old, new)).status == 200

    def test_a_repetition_under_the_same_cseq_and_a_new_branch_is_no_merged_request(self) -> None:
        """Kamailio's uac sends its credentials so."""
        peer, credentials = challenged()
        assert invite_again(peer, credentials, cseq=1).status == 200
        assert invite_again(peer, credentials, cseq=1).status == 482

    @pytest.mark.parametrize("realm", ["elsewhere.example", "sip.skype.com"])
    @pytest.mark.parametrize("first", [True, False])
    def test_credentials_of_others_beside_the_right_ones_do_no_harm(self, realm: str, first: bool) -> None:
        """RFC 3261 section 22.3; Kamailio leaves the phone's own in place."""
        peer, credentials = challenged()
        other = f'Digest username="101", realm="{realm}", nonce="n", uri="u", response="0", qop=auth, nc=1'
        both = (other, credentials) if first else (credentials, other)
        assert invite_again(peer, *both).status == 200

    def test_credentials_for_another_realm_alone_are_none(self) -> None:
        peer, credentials = challenged()
        assert invite_again(peer, credentials.replace("sip.skype.com", "other.example", 1)).status == 407

    def test_credentials_that_cannot_be_read_are_400(self) -> None:
        peer, credentials = challenged()
        answer = invite_again(peer, credentials.replace('response="', "response=", 1))
        assert (answer.status, answer.reason) == (400, "Bad Proxy-Authorization header")

    def test_the_body_may_be_protected_too(self) -> None:
        """qop=auth-int, RFC 7616 section 3.4.3."""
        peer, credentials = challenged(qop=("auth-int",))
        assert "qop=auth-int" in credentials
        assert invite_again(peer, credentials).status == 200
        peer, credentials = challenged(qop=("auth-int",))
        assert invite_again(peer, credentials, body=SDP.replace("4000", "4002")).status == 407


def challenged(**changes: Any) -> tuple[RawPeer, str]:
    """A peer whose INVITE was challenged, and its answer."""
    peer = RawPeer(Hop("udp", "10.0.0.50", 5060), USERNAME)
    answer = peer.ask("INVITE", URI, body=SDP)
    credentials = respond(
        replace(challenge_of(answer), **changes),
        username=USERNAME,
        password="secret",
        method="INVITE",
        uri=URI,
        body=SDP.encode(),
        cnonce="c",
        nc=1,
    )
    return peer, str(credentials)


def invite_again(peer: RawPeer, *credentials: str, cseq: int = 2, body: str = SDP) -> Response:
    headers = tuple(f"Proxy-Authorization: {one}" for one in credentials)
    return peer.ask("INVITE", URI, body=body, cseq=cseq, headers=headers)
