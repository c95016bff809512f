"""Business accounts: they sign in with a phone and call; calls to attached ones ring the profile."""

from typing import Any

import pytest

from harness.checks.breach import NotApplicable
from harness.checks.expect import expect, expect_header, expect_status, expecting, given
from harness.checks.response import same_answer
from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.pytest_plugin.control import Control
from harness.pytest_plugin.fixtures import MakePhone
from harness.scenarios.steps import final_answer
from harness.settings.target import BusinessAccount, Profile, TargetSettings
from harness.sip.message import Request, Response
from harness.sip.uri import SipUri
from harness.ua.registration import Registration

RING = 3.0
"""Seconds within which the other side rings: two legs, each with a packet to repeat on a bad network."""
CALLERS_TONE, CALLEES_TONE = 440, 1004
"""Hz."""
DIFFERENT_ANYWAY = ("Via", "From", "To", "Call-ID", "CSeq", "Contact", "Date", "WWW-Authenticate")


@pytest.fixture
def ann(target: TargetSettings) -> BusinessAccount:
    """An account that is attached to no profile."""
    return _unattached(target, 0)


@pytest.fixture
def bob(target: TargetSettings) -> BusinessAccount:
    """Another one."""
    return _unattached(target, 1)


@pytest.fixture
def attached(target: TargetSettings, profile: Profile) -> BusinessAccount:
    """An account that is attached to the main profile."""
    found = next((each for each in target.attached if each.name in profile.extension_tags), None)
    if found is None:
        raise NotApplicable("target.toml has no [[account]] that is in the main profile's extension_tags")
    return found


def _unattached(target: TargetSettings, index: int) -> BusinessAccount:
    if len(target.unattached) <= index:
        raise NotApplicable("target.toml has not two [[account]] that are in no profile's extension_tags")
    return target.unattached[index]


def phone_of(make_phone: MakePhone, account: BusinessAccount) -> Phone:
    """A phone of an account, not signed in."""
    return make_phone(Profile(sip_username=account.name, password=account.password))


def signed_in(make_phone: MakePhone, account: BusinessAccount) -> Phone:
    """A phone of an account that is signed in; else the scenario is inconclusive."""
    phone = phone_of(make_phone, account)
    with given(f"{account.name} signed in"):
        status = phone.register().status
        assert status == 200, f"REGISTER was answered with {status}"
    return phone


def uri_of(phone: Phone, name: str) -> str:
    """How an account or a number is called."""
    return f"sip:{name}@{phone.account.domain}"


def rung(caller: Phone, callee: Phone, name: str, **options: Any) -> tuple[PhoneCall, PhoneCall]:
    """A call that rings, as both ends see it; else the scenario is inconclusive."""
    with given("a call that rings"):
        outgoing = caller.call(uri_of(caller, name), **options)
        incoming = callee.wait_call(timeout=RING).ring()
        return outgoing.wait_ringing(timeout=RING), incoming


def talking(caller: Phone, callee: Phone, name: str) -> tuple[PhoneCall, PhoneCall]:
    """An answered call, as both ends see it; else the scenario is inconclusive."""
    outgoing, incoming = rung(caller, callee, name)
    with given("an answered call"):
        incoming.answer(timeout=RING)
        return outgoing.wait_answered(timeout=RING), incoming


def last_answer(registration: Registration) -> Response:
    """The answer to the last REGISTER."""
    message = registration.responses[-1].message
    assert isinstance(message, Response)
    return message


def user_of(request: Request) -> str:
    """The user of the Request-URI."""
    uri = request.parsed_uri
    return uri.unescaped_user if isinstance(uri, SipUri) else ""


@pytest.mark.requirement("accounts.sign-in")
def test_an_account_signs_in(make_phone: MakePhone, ann: BusinessAccount) -> None:
    """An account that is attached to no profile registers, and its contact comes back."""
    answer = last_answer(phone_of(make_phone, ann).register())
    expect_status(answer, 200, "accounts.sign-in")
    expect_header(answer, "Contact", "accounts.sign-in")


@pytest.mark.requirement("accounts.wrong-password")
def test_a_wrong_password_does_not_sign_in(make_phone: MakePhone, ann: BusinessAccount) -> None:
    """REGISTER of an account with a wrong password is challenged again."""
    answer = last_answer(phone_of(make_phone, ann).register(password="not-the-password"))
    expect_status(answer, (401, 403), "accounts.wrong-password")


@pytest.mark.requirement("accounts.unknown-same-answer")
def test_an_unknown_account_is_answered_like_a_wrong_password(
    make_phone: MakePhone, ann: BusinessAccount
) -> None:
    """REGISTER of an account that does not exist is answered exactly as one with a wrong password."""
    requirement = "accounts.unknown-same-answer"
    stranger = ann.model_copy(update={"name": f"not-{ann.name}"})
    answers = [
        last_answer(phone_of(make_phone, each).register(password="not-the-password"))
        for each in (ann, stranger)
    ]
    with given("a wrong password that is refused"):
        assert answers[0].status >= 400, f"REGISTER was answered with {answers[0].status}"
    differences = same_answer(answers[0], answers[1], DIFFERENT_ANYWAY)
    seen = f"the answers to a known and to an unknown account differ: {'; '.join(differences)}"
    expect(not differences, requirement, seen, answers[1], "start")


@pytest.mark.requirement("accounts.attached-refused")
def test_an_attached_account_cannot_sign_in(make_phone: MakePhone, attached: BusinessAccount) -> None:
    """REGISTER of an account that is attached to a profile is answered with 403."""
    answer = last_answer(phone_of(make_phone, attached).register())
    expect_status(answer, 403, "accounts.attached-refused")


@pytest.mark.requirement("accounts.attached-reason")
def test_an_attached_account_is_told_why(make_phone: MakePhone, attached: BusinessAccount) -> None:
    """The refusal of an attached account has a Warning that names the account and the reason."""
    answer = last_answer(phone_of(make_phone, attached).register())
    with given("a refusal"):
        assert answer.status == 403, f"REGISTER was answered with {answer.status}"
    expect_header(answer, "Warning", "accounts.attached-reason", attached.name)
    expect_header(answer, "Warning", "accounts.attached-reason", "attached")


@pytest.mark.requirement("accounts.attached-cannot-call")
def test_an_attached_account_cannot_call(
    make_phone: MakePhone, attached: BusinessAccount, bob: BusinessAccount
) -> None:
    """INVITE of an account that is attached to a profile is answered with 403, and nobody rings."""
    callee = signed_in(make_phone, bob)
    caller = phone_of(make_phone, attached)
    answer = final_answer(caller.call(uri_of(caller, bob.name)))
    expect_status(answer, 403, "accounts.attached-cannot-call")
    expect(not callee.incoming_calls, "accounts.attached-cannot-call", "the called account rang", answer)


@pytest.mark.requirement("accounts.from-rule")
def test_from_names_the_calling_account(
    make_phone: MakePhone, ann: BusinessAccount, bob: BusinessAccount
) -> None:
    """A call of an account with another account's name in From is refused."""
    signed_in(make_phone, bob)
    caller = signed_in(make_phone, ann)
    call = caller.call(uri_of(caller, bob.name), from_uri=uri_of(caller, f"other-{ann.name}"))
    with expecting("accounts.from-rule"):
        call.wait_final(timeout=RING)
    answer = final_answer(call)
    seen = f"a call with another account in From was answered with {answer.status} {answer.reason}"
    expect(answer.status >= 400, "accounts.from-rule", seen, answer, "From")


@pytest.mark.requirement("accounts.calls-account")
def test_an_account_calls_another(make_phone: MakePhone, ann: BusinessAccount, bob: BusinessAccount) -> None:
    """A call to an account rings at its contact, is answered, and the caller gets the answer."""
    requirement = "accounts.calls-account"
    caller, callee = signed_in(make_phone, ann), signed_in(make_phone, bob)
    outgoing = caller.call(uri_of(caller, bob.name))
    with expecting(requirement):
        incoming = callee.wait_call(timeout=RING)
    uri = incoming.invite.to.uri
    seen = f"To of the call is {incoming.invite.headers.get('To')}"
    expect(isinstance(uri, SipUri) and uri.user == bob.name, requirement, seen, incoming.invite, "To")
    with expecting(requirement, incoming.invite):
        incoming.ring()
        outgoing.wait_ringing(timeout=RING)
        incoming.answer(timeout=RING)
        outgoing.wait_answered(timeout=RING)


@pytest.mark.requirement("accounts.audio")
def test_both_sides_are_heard(make_phone: MakePhone, ann: BusinessAccount, bob: BusinessAccount) -> None:
    """Each side of a call of two accounts plays a tone, and hears the other's."""
    caller, callee = signed_in(make_phone, ann), signed_in(make_phone, bob)
    outgoing, incoming = talking(caller, callee, bob.name)
    outgoing.play_tone(CALLERS_TONE)
    incoming.play_tone(CALLEES_TONE)
    with expecting("accounts.audio", outgoing.answer_message):
        incoming.wait_tone(CALLERS_TONE, timeout=RING)
        outgoing.wait_tone(CALLEES_TONE, timeout=RING)


@pytest.mark.requirement("accounts.digits")
def test_digits_pass_both_ways(make_phone: MakePhone, ann: BusinessAccount, bob: BusinessAccount) -> None:
    """Digits of each side arrive at the other."""
    caller, callee = signed_in(make_phone, ann), signed_in(make_phone, bob)
    outgoing, incoming = talking(caller, callee, bob.name)
    with given("RTP in both directions"):
        incoming.wait_media(packets=5, timeout=RING)
        outgoing.wait_media(packets=5, timeout=RING)
    for sender, receiver, digits in ((outgoing, incoming, "5#"), (incoming, outgoing, "*1")):
        sender.send_dtmf(digits)
        with expecting("accounts.digits", outgoing.answer_message):
            receiver.wait_dtmf(len(digits), timeout=RING)
        expect(receiver.dtmf == digits, "accounts.digits", f"{digits} was sent, {receiver.dtmf} came")


@pytest.mark.requirement("accounts.refusal-relayed")
@pytest.mark.parametrize("status", [486, 603])
def test_a_refusal_reaches_the_caller(
    make_phone: MakePhone, ann: BusinessAccount, bob: BusinessAccount, status: int
) -> None:
    """The called account is busy, or declines: the caller gets that status."""
    caller, callee = signed_in(make_phone, ann), signed_in(make_phone, bob)
    outgoing, incoming = rung(caller, callee, bob.name)
    incoming.reject(status)
    expect_status(final_answer(outgoing), status, "accounts.refusal-relayed")


@pytest.mark.requirement("accounts.cancel-relayed")
def test_a_caller_who_gives_up_stops_the_ringing(
    make_phone: MakePhone, ann: BusinessAccount, bob: BusinessAccount
) -> None:
    """The caller cancels: the called phone gets CANCEL."""
    caller, callee = signed_in(make_phone, ann), signed_in(make_phone, bob)
    outgoing, incoming = rung(caller, callee, bob.name)
    outgoing.cancel()
    with expecting("accounts.cancel-relayed", incoming.invite):
        incoming.wait_request("CANCEL", timeout=RING)


@pytest.mark.requirement("accounts.bye-relayed")
@pytest.mark.parametrize("side", ["caller", "callee"])
def test_either_side_hangs_up(
    make_phone: MakePhone, ann: BusinessAccount, bob: BusinessAccount, side: str
) -> None:
    """One side hangs up: the other one gets BYE."""
    caller, callee = signed_in(make_phone, ann), signed_in(make_phone, bob)
    outgoing, incoming = talking(caller, callee, bob.name)
    first, second = (outgoing, incoming) if side == "caller" else (incoming, outgoing)
    first.hang_up(timeout=RING)
    with expecting("accounts.bye-relayed", outgoing.answer_message):
        second.wait_request("BYE", timeout=RING)


@pytest.mark.requirement("accounts.hold-relayed")
@pytest.mark.parametrize("side", ["caller", "callee"])
def test_either_side_holds_the_other(
    make_phone: MakePhone, ann: BusinessAccount, bob: BusinessAccount, side: str
) -> None:
    """One side holds and resumes: the other gets an offer that says so, each time."""
    requirement = "accounts.hold-relayed"
    caller, callee = signed_in(make_phone, ann), signed_in(make_phone, bob)
    outgoing, incoming = talking(caller, callee, bob.name)
    first, second = (outgoing, incoming) if side == "caller" else (incoming, outgoing)
    with given("a hold and its end that are answered"):
        first.wait(0.1).hold(timeout=RING)
        assert first.modification_status == 200, f"the hold was answered with {first.modification_status}"
        first.resume(timeout=RING)
        assert first.modification_status == 200, f"its end was answered with {first.modification_status}"
    offers = [one for one in second.requests if one.method in ("INVITE", "UPDATE") and one.body]
    told = [text for text in (one.body.decode("utf-8", "replace") for one in offers) if is_held(text)]
    seen = f"of {len(offers)} offers to the other side {len(told)} hold it"
    expect(bool(told), requirement, seen, outgoing.answer_message, "start")
    resumed = not is_held(offers[-1].body.decode("utf-8", "replace"))
    expect(resumed, requirement, "the last offer to the other side holds it still", offers[-1], "a=")


def is_held(sdp: str) -> bool:
    """Whether a description holds who reads it."""
    return "a=sendonly" in sdp or "a=inactive" in sdp or "c=IN IP4 0.0.0.0" in sdp


@pytest.mark.requirement("accounts.forwarded", "accounts.audio")
def test_a_call_to_an_attached_account_rings_the_profile(
    make_phone: MakePhone,
    registered_phone: Phone,
    ann: BusinessAccount,
    attached: BusinessAccount,
    profile: Profile,
) -> None:
    """An account calls an attached one: the PBX rings, with the extension tag, and both are heard."""
    requirement, tag = "accounts.forwarded", profile.extension_tags[attached.name] or profile.sip_username
    caller = signed_in(make_phone, ann)
    outgoing = caller.call(uri_of(caller, attached.name))
    with expecting(requirement):
        incoming = registered_phone.wait_call(timeout=RING)
    invite = incoming.invite
    seen = f"the Request-URI of a call to {attached.name} (tag {tag}) is {invite.uri}"
    expect(user_of(invite) == tag, requirement, seen, invite, "start")
    to = invite.to.uri
    right = isinstance(to, SipUri) and to.user == profile.sip_username
    expect(right, requirement, f"To of the call is {invite.headers.get('To')}", invite, "To")
    with expecting(requirement, invite):
        incoming.answer(timeout=RING)
        outgoing.wait_answered(timeout=RING)
    incoming.play_tone(CALLEES_TONE)
    with expecting("accounts.audio", outgoing.answer_message):
        outgoing.wait_tone(CALLEES_TONE, timeout=RING)


@pytest.mark.requirement("accounts.number-forwarded")
def test_a_call_to_an_online_number_rings_the_profile(
    make_phone: MakePhone, registered_phone: Phone, ann: BusinessAccount, profile: Profile
) -> None:
    """An account calls an Online Number: the PBX rings, with the number in the Request-URI."""
    if not profile.online_numbers:
        raise NotApplicable("the profile in target.toml has no online_numbers")
    number, caller = profile.online_numbers[0], signed_in(make_phone, ann)
    caller.call(uri_of(caller, number))
    with expecting("accounts.number-forwarded"):
        incoming = registered_phone.wait_call(timeout=RING)
    seen = f"the Request-URI of a call to {number} is {incoming.invite.uri}"
    expect(user_of(incoming.invite) == number, "accounts.number-forwarded", seen, incoming.invite, "start")


@pytest.mark.requirement("accounts.caller-shown")
def test_the_calling_account_is_shown_to_the_pbx(
    make_phone: MakePhone, registered_phone: Phone, ann: BusinessAccount, attached: BusinessAccount
) -> None:
    """The display name of From is the calling account's."""
    caller = signed_in(make_phone, ann)
    caller.call(uri_of(caller, attached.name))
    with given("a call that is forwarded"):
        incoming = registered_phone.wait_call(timeout=RING)
    shown = incoming.invite.from_.display
    seen = f"From of a call of {ann.name} is {incoming.invite.headers.get('From')}"
    expect(shown in (ann.name, ann.display), "accounts.caller-shown", seen, incoming.invite, "From")


@pytest.mark.requirement("channels.both-directions")
def test_a_forwarded_call_takes_a_channel(
    make_phone: MakePhone,
    registered_phone: Phone,
    control: Control,
    ann: BusinessAccount,
    attached: BusinessAccount,
    profile: Profile,
) -> None:
    """A call that an account makes to the profile counts as one of its channels."""
    caller = signed_in(make_phone, ann)
    before = control.profile(profile.sip_username)["channels_used"]
    rung(caller, registered_phone, attached.name)
    after = control.profile(profile.sip_username)["channels_used"]
    expect(after == before + 1, "channels.both-directions", f"{after - before} channels were taken")


@pytest.mark.requirement("accounts.unknown-callee")
def test_a_name_that_nobody_has_is_not_found(make_phone: MakePhone, ann: BusinessAccount) -> None:
    """A call to a name that no account has is answered with 404."""
    caller = signed_in(make_phone, ann)
    answer = final_answer(caller.call(uri_of(caller, f"not-{ann.name}")))
    expect_status(answer, 404, "accounts.unknown-callee")


@pytest.mark.requirement("accounts.not-signed-in")
def test_an_account_that_is_not_signed_in_is_unavailable(
    make_phone: MakePhone, ann: BusinessAccount, bob: BusinessAccount
) -> None:
    """A call to an account that is not signed in is answered with 480."""
    caller = signed_in(make_phone, ann)
    answer = final_answer(caller.call(uri_of(caller, bob.name)))
    expect_status(answer, 480, "accounts.not-signed-in")
