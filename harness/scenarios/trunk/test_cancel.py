"""CANCEL, and calls that nobody answers."""

import pytest

from harness.checks.expect import expect, expect_status, expecting, given
from harness.drivers.phone import Phone
from harness.pytest_plugin.fixtures import MakePhone
from harness.scenarios.steps import ringing
from harness.settings.target import Numbers, Profile

pytestmark = pytest.mark.usefixtures("plain_call")


@pytest.mark.requirement("cancel.answered")
def test_cancel_is_answered_with_200(phone: Phone, numbers: Numbers) -> None:
    """CANCEL of a ringing call is answered with 200."""
    call = ringing(phone, numbers.rings).cancel()
    with expecting("cancel.answered"):
        answer = call.wait_response("CANCEL", timeout=1)
    with given("a CANCEL that is not challenged"):
        assert answer.status not in (401, 407), f"it was answered with {answer.status}"
    expect_status(answer, 200, "cancel.answered")


@pytest.mark.requirement("cancel.487")
def test_a_cancelled_invite_ends_with_487(phone: Phone, numbers: Numbers) -> None:
    """A cancelled INVITE ends with 487."""
    call = ringing(phone, numbers.rings).cancel()
    with expecting("cancel.487", call.responses[-1]):
        call.wait_status(487, timeout=1)


@pytest.mark.requirement("cancel.unmatched-481")
def test_a_cancel_without_invite_is_answered_with_481(phone: Phone, numbers: Numbers) -> None:
    """CANCEL that matches no INVITE is answered with 481."""
    request = phone.build_request("CANCEL", f"sip:{numbers.answers}@{phone.account.domain}")
    phone.send(request)
    with expecting("cancel.unmatched-481"):
        answer = phone.wait_response_to(request, timeout=1)
    expect_status(answer, 481, "cancel.unmatched-481")


@pytest.mark.requirement("cancel.frees-channel")
def test_a_cancelled_call_gives_its_channel_back(
    make_phone: MakePhone, small_profile: Profile, numbers: Numbers
) -> None:
    """After as many cancelled calls as the profile has channels, a call still finds one."""
    phone = make_phone(small_profile)
    for _ in range(small_profile.channels):
        call = ringing(phone, numbers.rings).cancel()
        with given("a cancelled call"):
            call.wait_ended(timeout=1)
    last = phone.call(numbers.rings)
    with given("a sign of life"):
        last.wait_status(180, 183, 200, 402, 403, 486, 500, 503, timeout=2)
    seen = f"after {small_profile.channels} cancelled calls the next one was answered with {last.status}"
    expect(last.status in (None, 200), "cancel.frees-channel", seen, last.responses[-1], "start")


@pytest.mark.requirement("cancel.no-answer")
def test_a_call_rings_until_the_caller_gives_up(phone: Phone, numbers: Numbers) -> None:
    """A far end that does not answer: the call keeps ringing until the caller gives up."""
    call = ringing(phone, numbers.rings)
    call.wait(1.2)
    seen = f"the call ended with {call.status} after a second"
    expect(call.status is None, "cancel.no-answer", seen, call.responses[-1], "start")
    call.cancel()
    with given("the end of the call"):
        call.wait_ended(timeout=1)
    seen = f"the call ended with {call.status} although it was never answered"
    expect(call.status != 200, "cancel.no-answer", seen, call.responses[-1], "start")
