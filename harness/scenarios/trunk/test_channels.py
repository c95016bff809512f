"""Channels: a profile carries as many calls as it has channels, in either direction."""

import pytest

from harness.checks.expect import expect, expect_status, given
from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.pytest_plugin.control import Control
from harness.pytest_plugin.fixtures import MakePhone
from harness.pytest_plugin.scenario_run import ScenarioRun
from harness.scenarios.steps import final_answer
from harness.settings.target import Numbers, Profile

pytestmark = pytest.mark.usefixtures("plain_call")


@pytest.fixture
def idle_phone(make_phone: MakePhone, small_profile: Profile, sip_run: ScenarioRun) -> Phone:
    """A phone of the profile with few channels, none of which is in use."""
    phone = make_phone(small_profile)
    control = sip_run.control
    if control is not None:
        with given("a profile whose channels are all free"):
            idle = control.wait_until(
                lambda asked: asked.profile(small_profile.sip_username)["channels_used"] == 0, phone.wait, 1
            )
            assert idle, "calls of earlier scenarios still hold channels"
    return phone


def fill(phone: Phone, number: str, calls: int) -> list[PhoneCall]:
    """That many answered calls."""
    with given(f"{calls} answered calls"):
        return [phone.call(number).wait_answered(timeout=2) for _ in range(calls)]


@pytest.mark.requirement("channels.limit")
def test_a_call_beyond_the_channels_is_refused(
    idle_phone: Phone, small_profile: Profile, numbers: Numbers
) -> None:
    """With all channels in use, one more call is refused."""
    fill(idle_phone, numbers.answers, small_profile.channels)
    answer = final_answer(idle_phone.call(numbers.answers))
    seen = f"call {small_profile.channels + 1} on {small_profile.channels} channels was answered"
    expect(answer.status >= 400, "channels.limit", seen, answer, "start")


@pytest.mark.requirement("channels.refusal-status")
def test_the_refusal_says_service_unavailable(
    idle_phone: Phone, small_profile: Profile, numbers: Numbers
) -> None:
    """The call beyond the channels is refused with 503, without Retry-After."""
    with given("a refused call"):
        calls = [idle_phone.call(numbers.answers).wait_final() for _ in range(small_profile.channels + 1)]
        answer = final_answer(calls[-1])
        assert answer.status >= 400, "no call was refused"
    expect_status(answer, 503, "channels.refusal-status")
    seen = "Retry-After would make a PBX give up the trunk for a while"
    expect("Retry-After" not in answer.headers, "channels.refusal-status", seen, answer, "Retry-After")


@pytest.mark.requirement("channels.not-below-limit")
def test_every_channel_carries_a_call(idle_phone: Phone, small_profile: Profile, numbers: Numbers) -> None:
    """As many calls as channels are answered."""
    for number in range(1, small_profile.channels + 1):
        answer = final_answer(idle_phone.call(numbers.answers))
        seen = f"call {number} on {small_profile.channels} channels was answered with {answer.status}"
        expect(answer.status == 200, "channels.not-below-limit", seen, answer, "start")


@pytest.mark.requirement("channels.released")
def test_a_released_channel_is_used_again(
    idle_phone: Phone, small_profile: Profile, numbers: Numbers
) -> None:
    """After a call ended, by whichever side, its channel carries the next."""
    calls = fill(idle_phone, numbers.answers, small_profile.channels - 1)
    for number in (numbers.answers, numbers.busy, numbers.hangs_up):
        call = idle_phone.call(number).wait_final(timeout=2)
        seen = f"a call after {len(calls)} that ended was answered with {call.status} {call.reason}"
        expect(call.status != 503, "channels.released", seen, call.responses[-1], "start")
        calls.append(call)
        if number == numbers.answers:
            call.hang_up(timeout=1)
        with given("the end of the call"):
            call.wait_ended(timeout=2)
    answer = final_answer(idle_phone.call(numbers.answers))
    seen = f"the call after those that ended was answered with {answer.status} {answer.reason}"
    expect(answer.status == 200, "channels.released", seen, answer, "start")


@pytest.mark.requirement("channels.released")
def test_the_trunk_counts_a_released_channel_as_free(
    phone: Phone, profile: Profile, numbers: Numbers, control: Control
) -> None:
    """When a call has ended, the trunk counts as many channels in use as before it."""
    before = control.profile(profile.sip_username)["channels_used"]
    with given("an answered call"):
        call = phone.call(numbers.answers).wait_answered(timeout=2)
    call.hang_up(timeout=1)
    freed = control.wait_until(
        lambda asked: asked.profile(profile.sip_username)["channels_used"] <= before, phone.wait, 1
    )
    used = control.profile(profile.sip_username)["channels_used"]
    seen = f"{used} channels are in use after the call, {before} were before it"
    expect(freed, "channels.released", seen, call.responses[-1], "start")


@pytest.mark.requirement("channels.both-directions")
def test_inbound_calls_use_channels_too(
    idle_phone: Phone, small_profile: Profile, numbers: Numbers, control: Control
) -> None:
    """An inbound call takes a channel from outgoing calls."""
    with given("an answered inbound call"):
        assert idle_phone.register().status == 200
        control.place_call(small_profile.sip_username)
        idle_phone.wait_call(timeout=2).answer(timeout=1.5)
    fill(idle_phone, numbers.answers, small_profile.channels - 1)
    answer = final_answer(idle_phone.call(numbers.answers))
    seen = (
        f"with one inbound and {small_profile.channels - 1} outgoing calls on {small_profile.channels} "
        f"channels another was answered with {answer.status}"
    )
    expect(answer.status >= 400, "channels.both-directions", seen, answer, "start")
