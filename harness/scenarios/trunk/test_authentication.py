"""Authentication: which requests are challenged, in both modes, and which credentials count."""

import pytest

from harness.checks.expect import expect, expect_header, expect_status, given
from harness.checks.response import same_answer
from harness.drivers.phone import Phone
from harness.pytest_plugin.fixtures import MakePhone
from harness.scenarios.steps import final_answer
from harness.settings.target import Numbers, Profile
from harness.sip.digest import Challenge, respond
from harness.sip.message import Response

DIFFERENT_ANYWAY = ("Via", "From", "To", "Call-ID", "CSeq", "Contact", "Date", "Proxy-Authenticate")


def challenge_of(phone: Phone, number: str) -> tuple[Challenge, Response]:
    """The challenge to an INVITE without credentials, and the response it stood in."""
    with given("a challenge"):
        answer = final_answer(phone.call(number, authenticate=False))
        value = answer.headers.get("Proxy-Authenticate")
        assert value is not None, f"the INVITE was answered with {answer.status}"
    return Challenge.parse(value, proxy=True), answer


@pytest.mark.requirement("authentication.invite-challenged")
def test_invite_without_credentials_is_challenged(phone: Phone, numbers: Numbers) -> None:
    """An INVITE without credentials is challenged with 407."""
    answer = final_answer(phone.call(numbers.answers, authenticate=False))
    expect_status(answer, 407, "authentication.invite-challenged")
    expect_header(answer, "Proxy-Authenticate", "authentication.invite-challenged", "Digest")


@pytest.mark.requirement("authentication.every-invite-challenged")
def test_a_second_call_is_challenged_again(registered_phone: Phone, numbers: Numbers) -> None:
    """A registered phone that has called before is challenged again when its INVITE has no credentials."""
    with given("a first call"):
        first = final_answer(registered_phone.call(numbers.answers, authenticate=False))
        assert first.status == 407, f"the first INVITE was answered with {first.status}"
        registered_phone.call(numbers.answers).wait_answered(timeout=2).hang_up()
    answer = final_answer(registered_phone.call(numbers.answers, authenticate=False))
    expect_status(answer, 407, "authentication.every-invite-challenged")


@pytest.mark.requirement("authentication.credentials-accepted")
def test_the_right_credentials_make_a_call(phone: Phone, numbers: Numbers) -> None:
    """An INVITE with the profile's credentials is accepted."""
    call = phone.call(numbers.answers).wait_final(timeout=2)
    expect_status(final_answer(call), 200, "authentication.credentials-accepted")


@pytest.mark.requirement("authentication.wrong-password-refused")
def test_a_wrong_password_makes_no_call(phone: Phone, numbers: Numbers) -> None:
    """An INVITE with a wrong password is refused."""
    call = phone.call(numbers.answers, password="not-the-password")
    answer = final_answer(call)
    with given("a challenge"):
        assert {401, 407} & set(call.statuses), f"INVITE was answered with {answer.status}"
    expect_status(answer, (401, 403, 407), "authentication.wrong-password-refused")


def replayed(phone: Phone, numbers: Numbers) -> Response:
    """What an INVITE of a new call gets for the credentials of an old one."""
    with given("a call with credentials"):
        first = phone.call(numbers.answers).wait_answered(timeout=2)
        used = first.invite.headers.get("Proxy-Authorization")
        assert used is not None, "the call was never challenged"
        first.hang_up()
    again = phone.call(numbers.answers, authenticate=False, headers=(("Proxy-Authorization", used),))
    return final_answer(again)


@pytest.mark.requirement("authentication.nonce-replay")
def test_credentials_count_once(phone: Phone, numbers: Numbers) -> None:
    """Credentials that were overheard in one call do not make another."""
    answer = replayed(phone, numbers)
    seen = f"an INVITE with the credentials of another call was answered with {answer.status} {answer.reason}"
    expect(answer.status >= 400, "authentication.nonce-replay", seen, answer, "start")


@pytest.mark.requirement("authentication.stale")
def test_a_used_nonce_is_called_stale(phone: Phone, numbers: Numbers) -> None:
    """Right credentials for a used nonce are challenged again, marked stale."""
    answer = replayed(phone, numbers)
    with given("a new challenge"):
        assert answer.status in (401, 407), f"the INVITE was answered with {answer.status}"
    name = "Proxy-Authenticate" if answer.status == 407 else "WWW-Authenticate"
    value = expect_header(answer, name, "authentication.stale")
    seen = f"the new challenge does not say stale=true: {value}"
    expect("stale=true" in value.lower().replace('"', ""), "authentication.stale", seen, answer, name)


@pytest.mark.usefixtures("plain_call")
@pytest.mark.requirement("authentication.uri-mismatch-accepted")
def test_a_digest_uri_of_the_server_is_borne(phone: Phone, numbers: Numbers) -> None:
    """Credentials computed with the server's URI instead of the Request-URI still make the call."""
    challenge, _ = challenge_of(phone, numbers.answers)
    credentials = respond(
        challenge,
        username=phone.account.username,
        password=phone.account.password,
        method="INVITE",
        uri=f"sip:{phone.account.domain}",
        cnonce="6c1f8a3d52e97b04",
        nc=1,
    )
    header = ("Proxy-Authorization", str(credentials))
    answer = final_answer(phone.call(numbers.answers, authenticate=False, headers=(header,)))
    expect_status(answer, 200, "authentication.uri-mismatch-accepted")


@pytest.mark.usefixtures("plain_call")
@pytest.mark.requirement("authentication.sha256")
def test_sha256_is_offered_and_accepted(
    make_phone: MakePhone, sha256_profile: Profile, numbers: Numbers
) -> None:
    """A profile that asks for SHA-256 is challenged with it and calls with it."""
    phone = make_phone(sha256_profile)
    challenge, answer = challenge_of(phone, numbers.answers)
    seen = f"the challenge is {challenge.algorithm}"
    expect(
        challenge.algorithm.upper() == "SHA-256", "authentication.sha256", seen, answer, "Proxy-Authenticate"
    )
    expect_status(final_answer(phone.call(numbers.answers)), 200, "authentication.sha256")


@pytest.mark.requirement("authentication.ack-cancel-unchallenged")
def test_cancel_is_not_challenged(phone: Phone, numbers: Numbers) -> None:
    """CANCEL and ACK are not challenged."""
    with given("a call that rings"):
        call = phone.call(numbers.rings).wait_ringing(timeout=2)
    call.cancel()
    with given("an answer to CANCEL"):
        answer = call.wait_response("CANCEL", timeout=1)
    call.wait(0.1)
    challenged = [
        each for each in call.responses if each.status in (401, 407) and each.cseq.method != "INVITE"
    ]
    seen = f"{answer.cseq.method} was answered with {answer.status} {answer.reason}"
    requirement = "authentication.ack-cancel-unchallenged"
    expect(not challenged, requirement, seen, challenged[0] if challenged else answer, "start")


@pytest.mark.requirement("authentication.options-unchallenged")
def test_options_is_not_challenged(phone: Phone) -> None:
    """OPTIONS is answered as it stands."""
    answer = phone.request("OPTIONS", authenticate=False).final
    seen = f"OPTIONS was answered with {answer.status} {answer.reason}"
    expect(answer.status not in (401, 407), "authentication.options-unchallenged", seen, answer, "start")


@pytest.mark.requirement("authentication.ip-mode-unchallenged")
def test_the_known_address_is_not_challenged(
    make_phone: MakePhone, ip_profile: Profile, numbers: Numbers
) -> None:
    """A call from the address of an ip-mode profile needs no credentials."""
    answer = final_answer(make_phone(ip_profile).call(numbers.answers, authenticate=False))
    seen = f"INVITE was answered with {answer.status} {answer.reason}"
    expect(answer.status not in (401, 407), "authentication.ip-mode-unchallenged", seen, answer, "start")
    with given("a call that is not refused for another reason"):
        assert answer.status == 200, seen


@pytest.mark.requirement("authentication.ip-mode-other-source-refused")
def test_another_address_is_final_answer(
    make_phone: MakePhone, ip_profile: Profile, profile: Profile, numbers: Numbers
) -> None:
    """A call that claims an ip-mode profile from another address is refused."""
    elsewhere = (make_phone(profile).local.host, 0)
    phone = make_phone(ip_profile, local=elsewhere)
    answer = final_answer(phone.call(numbers.answers, authenticate=False))
    seen = f"the INVITE from {phone.local} was answered with {answer.status} {answer.reason}"
    expect(answer.status >= 400, "authentication.ip-mode-other-source-refused", seen, answer, "start")


@pytest.mark.requirement("authentication.in-dialog-unchallenged")
def test_bye_is_not_challenged(phone: Phone, numbers: Numbers) -> None:
    """BYE inside a call is not challenged."""
    with given("an answered call"):
        call = phone.call(numbers.answers).wait_answered(timeout=2)
    call.hang_up()
    answer = next(each for each in call.responses if each.cseq.method == "BYE")
    seen = f"BYE was answered with {answer.status} {answer.reason}"
    expect(answer.status not in (401, 407), "authentication.in-dialog-unchallenged", seen, answer, "start")


@pytest.mark.requirement("authentication.qop-nc")
def test_the_challenge_is_complete(phone: Phone, numbers: Numbers) -> None:
    """The challenge has the realm, a nonce and qop=auth."""
    challenge, answer = challenge_of(phone, numbers.answers)
    line = "Proxy-Authenticate"
    requirement = "authentication.qop-nc"
    expect(
        challenge.realm == phone.account.domain, requirement, f"realm is {challenge.realm!r}", answer, line
    )
    expect(len(challenge.nonce) >= 8, requirement, f"nonce is {challenge.nonce!r}", answer, line)
    expect("auth" in challenge.qop, requirement, f"qop is {','.join(challenge.qop)!r}", answer, line)


@pytest.mark.requirement("authentication.fresh-nonce")
def test_each_challenge_has_its_own_nonce(phone: Phone, numbers: Numbers) -> None:
    """Two challenges carry two nonces."""
    one, _ = challenge_of(phone, numbers.answers)
    other, answer = challenge_of(phone, numbers.answers)
    seen = f"two challenges carry the nonce {one.nonce!r}"
    expect(one.nonce != other.nonce, "authentication.fresh-nonce", seen, answer, "Proxy-Authenticate")


@pytest.mark.requirement("authentication.unknown-user-same-answer")
def test_invite_of_an_unknown_user_is_answered_like_a_wrong_password(
    make_phone: MakePhone, profile: Profile, numbers: Numbers
) -> None:
    """INVITE of a user that does not exist is answered exactly as one with a wrong password."""
    stranger = profile.model_copy(update={"sip_username": profile.sip_username[:-4] + "9876"})
    answers = []
    for owner in (profile, stranger):
        call = make_phone(owner).call(numbers.answers, password="not-the-password")
        answers.append(final_answer(call))
    with given("a wrong password that is refused"):
        assert answers[0].status >= 400, f"INVITE was answered with {answers[0].status}"
    differences = same_answer(answers[0], answers[1], DIFFERENT_ANYWAY)
    seen = f"the answers to a known and to an unknown user differ: {'; '.join(differences)}"
    expect(not differences, "authentication.unknown-user-same-answer", seen, answers[1], "start")
