"""From: the SIP username stands there, or the call is rejected."""

import pytest

from harness.checks.breach import NotApplicable
from harness.checks.expect import expect, expect_header, given
from harness.drivers.phone import Phone
from harness.pytest_plugin.control import Control
from harness.pytest_plugin.fixtures import MakePhone
from harness.scenarios.steps import answered, final_answer
from harness.settings.target import Numbers, Profile
from harness.sip.message import Response


def expect_rejected(answer: Response, user: str, requirement: str) -> None:
    """The call was not taken."""
    seen = f"a call with {user} in From was answered with {answer.status} {answer.reason}"
    expect(answer.status >= 400, requirement, seen, answer, "From")


@pytest.mark.requirement("from_header.sip-username")
def test_the_sip_username_is_taken(phone: Phone, numbers: Numbers) -> None:
    """A call with the SIP username in From is taken."""
    answer = final_answer(phone.call(numbers.answers))
    seen = f"the call was answered with {answer.status} {answer.reason}"
    expect(answer.status == 200, "from_header.sip-username", seen, answer, "start")


@pytest.mark.requirement("from_header.extension-refused")
def test_an_extension_is_rejected(phone: Phone, numbers: Numbers) -> None:
    """A call with a PBX extension in From is rejected."""
    answer = final_answer(phone.call(numbers.answers, from_uri=f"sip:101@{phone.account.domain}"))
    expect_rejected(answer, "the extension 101", "from_header.extension-refused")


@pytest.mark.requirement("from_header.other-user-refused")
def test_another_profiles_username_is_rejected(
    phone: Phone, second_profile: Profile, numbers: Numbers
) -> None:
    """A call with another profile's SIP username in From is rejected."""
    other = f"sip:{second_profile.sip_username}@{phone.account.domain}"
    call = phone.call(numbers.answers, from_uri=other)
    answer = final_answer(call)
    with given("a challenge, for the caller is known by its credentials"):
        assert {401, 407} & set(call.statuses), f"INVITE was answered with {answer.status}"
    expect_rejected(answer, "another profile's username", "from_header.other-user-refused")


@pytest.mark.usefixtures("plain_call")
@pytest.mark.requirement("from_header.display-name-free")
@pytest.mark.parametrize("name", ["Anonymous", 'Zoë "Desk 12" Ångström'], ids=["anonymous", "quotes"])
def test_the_display_name_is_free(phone: Phone, numbers: Numbers, name: str) -> None:
    """Any display name may stand before the SIP username."""
    answer = final_answer(phone.call(numbers.answers, from_display=name))
    seen = f"a call with the display name {name!r} was answered with {answer.status} {answer.reason}"
    expect(answer.status == 200, "from_header.display-name-free", seen, answer, "From")


@pytest.mark.requirement("from_header.anonymous-refused")
def test_anonymous_is_rejected(phone: Phone, numbers: Numbers) -> None:
    """A call from anonymous@anonymous.invalid is rejected."""
    answer = final_answer(phone.call(numbers.answers, from_uri="sip:anonymous@anonymous.invalid"))
    expect_rejected(answer, "anonymous@anonymous.invalid", "from_header.anonymous-refused")


@pytest.mark.requirement("from_header.tel-refused")
def test_a_tel_uri_is_rejected(phone: Phone, numbers: Numbers) -> None:
    """A call with a tel URI in From is rejected."""
    answer = final_answer(phone.call(numbers.answers, from_uri="tel:+442079460123"))
    expect_rejected(answer, "a tel URI", "from_header.tel-refused")


@pytest.mark.usefixtures("plain_call")
@pytest.mark.requirement("from_header.caller-id")
def test_the_caller_id_of_the_profile_is_shown(
    phone: Phone, profile: Profile, numbers: Numbers, control: Control
) -> None:
    """Whatever name and number the PBX gives, the far end is shown the caller ID of the profile."""
    if profile.caller_id is None:
        raise NotApplicable("the profile in target.toml has no caller_id")
    call = answered(phone, numbers.answers, from_display="+442079460999")
    found = control.find_call(call.call_id)
    with given("a call that the control API knows"):
        assert found is not None, f"it knows no call {call.call_id}"
    shown = control.call(found)["presented"]
    seen = f"the far end is shown {shown} and not {profile.caller_id}"
    expect(shown == profile.caller_id, "from_header.caller-id", seen, call.invite, "From")


@pytest.mark.requirement("from_header.ip-mode")
def test_the_rule_holds_in_ip_mode(make_phone: MakePhone, ip_profile: Profile, numbers: Numbers) -> None:
    """An extension in From is rejected in ip mode too."""
    phone = make_phone(ip_profile)
    with given("a call with the right From"):
        right = final_answer(phone.call(numbers.answers))
        assert right.status == 200, f"it was answered with {right.status}"
    answer = final_answer(phone.call(numbers.answers, from_uri=f"sip:101@{phone.account.domain}"))
    expect_rejected(answer, "the extension 101", "from_header.ip-mode")


@pytest.mark.usefixtures("plain_call")
@pytest.mark.requirement("from_header.warning")
def test_the_rejection_says_what_was_seen_and_expected(phone: Phone, numbers: Numbers) -> None:
    """A rejected From is explained in a Warning that names what was seen."""
    answer = final_answer(phone.call(numbers.answers, from_uri=f"sip:ext-4711@{phone.account.domain}"))
    with given("a rejected call"):
        assert answer.status >= 400, f"the call was answered with {answer.status}"
    expect_header(answer, "Warning", "from_header.warning", "399")
    expect_header(answer, "Warning", "from_header.warning", "4711")
