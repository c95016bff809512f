"""Inbound calls: how the trunk addresses a PBX, and that it trusts it without credentials."""

from typing import Any

import pytest

from harness.checks.breach import NotApplicable
from harness.checks.expect import expect, expecting, given
from harness.drivers.local_address import host_port
from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.pytest_plugin.control import Control
from harness.pytest_plugin.fixtures import MakePhone
from harness.scenarios.steps import last_answer
from harness.settings.target import Profile, TargetSettings
from harness.sip.message import Request
from harness.sip.uri import SipUri, parse_uri


def called(phone: Phone, control: Control, profile: Profile, **wanted: Any) -> tuple[PhoneCall, str]:
    """Lets the trunk call the profile; the call as the phone sees it, and its id in the control API."""
    placed = control.place_call(profile.sip_username, **wanted)
    with given("an inbound call"):
        return phone.wait_call(timeout=2), placed


def forwarded(phone: Phone, control: Control, profile: Profile, requirement: str, **wanted: Any) -> PhoneCall:
    """Lets the trunk call the profile; the requirement is broken when the phone does not ring."""
    control.place_call(profile.sip_username, **wanted)
    with expecting(requirement):
        return phone.wait_call(timeout=2)


def number_of(profile: Profile) -> str:
    """The profile's first Online Number."""
    if not profile.online_numbers:
        raise NotApplicable("the profile in target.toml has no online_numbers")
    return profile.online_numbers[0]


def account_of(profile: Profile) -> tuple[str, str]:
    """The profile's first business account and its extension tag."""
    for account, tag in profile.extension_tags.items():
        return account, tag
    raise NotApplicable("the profile in target.toml has no extension_tags")


def request_uri(invite: Request) -> SipUri:
    """The Request-URI; a scenario about its user has nothing to judge in other schemes."""
    uri = parse_uri(invite.uri)
    with given("a sip URI as Request-URI"):
        assert isinstance(uri, SipUri), f"it is {invite.uri}"
    return uri


@pytest.mark.requirement("inbound.to-username")
def test_to_holds_the_sip_username(registered_phone: Phone, control: Control, profile: Profile) -> None:
    """A call to an Online Number has the SIP username in To."""
    call, _ = called(registered_phone, control, profile, number=number_of(profile))
    uri = call.invite.to.uri
    seen = f"To of the inbound INVITE is {call.invite.headers.get('To')}"
    right = isinstance(uri, SipUri) and uri.user == profile.sip_username
    expect(right, "inbound.to-username", seen, call.invite, "To")


@pytest.mark.requirement("inbound.ruri-number", "inbound.numbers-forwarded")
def test_the_request_uri_holds_the_online_number(
    registered_phone: Phone, control: Control, profile: Profile
) -> None:
    """A call to an Online Number reaches the profile with the number in the Request-URI."""
    number = number_of(profile)
    call = forwarded(registered_phone, control, profile, "inbound.numbers-forwarded", number=number)
    user = request_uri(call.invite).user
    seen = f"the Request-URI of a call to {number} is {call.invite.uri}"
    expect(user == number, "inbound.ruri-number", seen, call.invite, "start")


@pytest.mark.requirement("inbound.ruri-tag", "inbound.accounts-forwarded")
def test_the_request_uri_holds_the_extension_tag(
    registered_phone: Phone, control: Control, profile: Profile
) -> None:
    """A call to a business account reaches the profile with the extension tag in the Request-URI."""
    account, tag = account_of(profile)
    call = forwarded(registered_phone, control, profile, "inbound.accounts-forwarded", account=account)
    seen = f"the Request-URI of a call to {account} (tag {tag}) is {call.invite.uri}"
    expect(request_uri(call.invite).user == tag, "inbound.ruri-tag", seen, call.invite, "start")


@pytest.mark.requirement("inbound.ruri-username")
def test_the_request_uri_falls_back_to_the_username(
    registered_phone: Phone, control: Control, profile: Profile
) -> None:
    """A call with neither number nor tag has the SIP username in the Request-URI."""
    call, _ = called(registered_phone, control, profile)
    seen = f"the Request-URI of a call without number and tag is {call.invite.uri}"
    right = request_uri(call.invite).user == profile.sip_username
    expect(right, "inbound.ruri-username", seen, call.invite, "start")


@pytest.mark.requirement("inbound.no-credentials")
def test_an_inbound_call_carries_no_credentials(
    registered_phone: Phone, control: Control, profile: Profile
) -> None:
    """An inbound INVITE carries no credentials."""
    call, _ = called(registered_phone, control, profile, number=number_of(profile))
    for name in ("Authorization", "Proxy-Authorization"):
        seen = f"the inbound INVITE carries {name}"
        expect(name not in call.invite.headers, "inbound.no-credentials", seen, call.invite, name)


@pytest.mark.requirement("inbound.contact-routing")
def test_the_call_goes_to_the_registered_contact(
    make_phone: MakePhone, control: Control, profile: Profile
) -> None:
    """A phone that registers another phone's address: the call rings there."""
    registrar, bound = make_phone(), make_phone()
    contact = f"<sip:{profile.sip_username}@{host_port(bound.local)}>"
    with given("a binding to another address"):
        assert registrar.register(contacts=(contact,)).status == 200
    try:
        control.place_call(profile.sip_username, number=number_of(profile))
        with expecting("inbound.contact-routing"):
            bound.wait_call(timeout=2)
    finally:
        registrar.register(expires=0, contacts=("*",))
    seen = "the call rang at the address that sent REGISTER instead"
    expect(not registrar.incoming_calls, "inbound.contact-routing", seen)


@pytest.mark.requirement("inbound.contact-params")
def test_the_contacts_parameters_come_back(phone: Phone, control: Control, profile: Profile) -> None:
    """URI parameters of the registered contact stand in the Request-URI."""
    contact = f"<sip:{profile.sip_username}@{host_port(phone.local)};line=kx7q2>"
    with given("a binding with a line parameter"):
        assert phone.register(contacts=(contact,)).status == 200
    call, _ = called(phone, control, profile, number=number_of(profile))
    seen = f"the Request-URI is {call.invite.uri}; the contact was registered with ;line=kx7q2"
    kept = request_uri(call.invite).params.get("line") == "kx7q2"
    expect(kept, "inbound.contact-params", seen, call.invite, "start")


@pytest.mark.requirement("inbound.challenge-is-pbx-fault")
def test_a_challenge_ends_the_call_and_is_recorded(
    registered_phone: Phone, control: Control, profile: Profile
) -> None:
    """A PBX that challenges an inbound call: no credentials come, and the fault is recorded as the PBX's."""
    requirement = "inbound.challenge-is-pbx-fault"
    call, placed = called(registered_phone, control, profile, number=number_of(profile))
    challenge = 'Digest realm="pbx.example", nonce="5f2c81d90ab3", qop="auth"'
    call.reject(401, headers=(("WWW-Authenticate", challenge),))
    recorded = control.wait_until(lambda asked: bool(asked.call(placed).get("fault_of_pbx")), call.wait)
    expect(recorded, requirement, "the trunk did not record the challenge as the PBX's fault", call.invite)
    again = [other for other in registered_phone.incoming_calls if "Authorization" in other.invite.headers]
    seen = "the trunk answered the challenge with credentials"
    expect(not again, requirement, seen, again[0].invite if again else None, "Authorization")


@pytest.mark.requirement("inbound.from-host")
def test_from_is_of_the_trunks_domain(
    registered_phone: Phone, control: Control, profile: Profile, target: TargetSettings
) -> None:
    """The From of an inbound call is of the trunk's domain."""
    call, _ = called(registered_phone, control, profile, number=number_of(profile))
    uri = call.invite.from_.uri
    seen = f"From of the inbound INVITE is {call.invite.headers.get('From')}"
    right = isinstance(uri, SipUri) and uri.host == target.target.domain
    expect(right, "inbound.from-host", seen, call.invite, "From")


@pytest.mark.requirement("inbound.ack")
def test_the_answer_is_acknowledged(registered_phone: Phone, control: Control, profile: Profile) -> None:
    """The 200 of the PBX is acknowledged."""
    call, _ = called(registered_phone, control, profile, number=number_of(profile))
    with expecting("inbound.ack", call.invite):
        call.ring().answer(timeout=1.5)


@pytest.mark.requirement("inbound.bye")
def test_the_caller_hangs_up_an_inbound_call(
    registered_phone: Phone, control: Control, profile: Profile
) -> None:
    """The caller hangs up: the PBX gets BYE."""
    call, placed = called(registered_phone, control, profile, number=number_of(profile))
    with given("an answered inbound call"):
        call.answer(timeout=1.5)
    control.hang_up(placed)
    with expecting("inbound.bye", call.invite):
        call.wait_request("BYE", timeout=1)


@pytest.mark.requirement("inbound.bye")
def test_the_pbx_hangs_up_an_inbound_call(
    registered_phone: Phone, control: Control, profile: Profile
) -> None:
    """The PBX hangs up: its BYE is answered with 200, and the call is over at the trunk too."""
    call, placed = called(registered_phone, control, profile, number=number_of(profile))
    with given("an answered inbound call"):
        call.answer(timeout=1.5)
    with expecting("inbound.bye", call.invite):
        call.hang_up(timeout=1)
    answer = last_answer(call, "BYE")
    seen = f"BYE was answered with {answer.status} {answer.reason}"
    expect(answer.status == 200, "inbound.bye", seen, answer, "start")
    over = control.wait_until(lambda asked: asked.call(placed)["state"] == "ended", call.wait)
    expect(over, "inbound.bye", "the trunk goes on with the call after BYE", answer)


@pytest.mark.requirement("inbound.bye")
def test_the_caller_gives_up_while_it_rings(
    registered_phone: Phone, control: Control, profile: Profile
) -> None:
    """The caller gives up before the PBX answers: the PBX gets CANCEL."""
    call, placed = called(registered_phone, control, profile, number=number_of(profile))
    call.ring()
    control.hang_up(placed)
    with expecting("inbound.bye", call.invite):
        call.wait_ended(timeout=1.5)


@pytest.mark.requirement("inbound.inactive-profile")
def test_an_inactive_profile_gets_no_call(
    make_phone: MakePhone, inactive_profile: Profile, control: Control
) -> None:
    """A call to a profile whose channel subscription lapsed does not ring."""
    phone = make_phone(inactive_profile)
    with given("a registered phone"):
        assert phone.register().status == 200
    placed = control.place_call(inactive_profile.sip_username)
    phone.wait(0.5)
    rung = phone.incoming_calls
    seen = f"a call to a profile that is inactive rang; it is {control.call(placed)['state']}"
    expect(not rung, "inbound.inactive-profile", seen, rung[0].invite if rung else None, "start")
