"""Calls: set-up, release from either side, and what the guide says of credit and the echo test number."""

import pytest

from harness.checks.expect import expect, expect_header, expect_rule, expect_status, expecting, given
from harness.checks.media import audio_of
from harness.checks.response import contact_in_2xx, record_route_copied
from harness.drivers.local_address import host_port
from harness.drivers.phone import Phone
from harness.pytest_plugin.control import Control
from harness.pytest_plugin.fixtures import MakePhone
from harness.scenarios.steps import answered, final_answer, last_answer
from harness.settings.target import Numbers, Profile

pytestmark = pytest.mark.usefixtures("plain_call")


@pytest.mark.requirement("call.trying")
def test_invite_is_answered_with_100(phone: Phone, numbers: Numbers) -> None:
    """A far end that takes its time: INVITE is answered with 100 at once."""
    call = phone.call(numbers.only_trying)
    with expecting("call.trying"):
        call.wait_trying(timeout=1)


@pytest.mark.requirement("call.ringing")
def test_the_caller_hears_ringing(phone: Phone, numbers: Numbers) -> None:
    """A far end that rings: the caller gets 180 or 183."""
    call = phone.call(numbers.rings)
    with expecting("call.ringing"):
        call.wait_status(180, 183, timeout=2)


@pytest.mark.requirement("call.answered")
def test_a_call_is_answered_with_sdp(phone: Phone, numbers: Numbers) -> None:
    """A far end that answers: 200 with an SDP answer."""
    answer = expect_status(final_answer(phone.call(numbers.answers)), 200, "call.answered")
    audio = audio_of(answer)
    expect(audio is not None, "call.answered", "the 200 has no SDP answer with audio", answer, "Content-Type")


@pytest.mark.requirement("call.contact-in-2xx")
def test_the_200_tells_where_to_go_on(phone: Phone, numbers: Numbers) -> None:
    """The 200 to INVITE carries a Contact."""
    call = phone.call(numbers.answers)
    with given("a 200"):
        answer = final_answer(call)
        assert answer.status == 200
    expect_rule(contact_in_2xx(answer))


@pytest.mark.requirement("call.late-offer")
def test_an_invite_without_sdp_gets_the_offer(phone: Phone, numbers: Numbers) -> None:
    """INVITE without SDP: the offer comes in the 200."""
    answer = expect_status(final_answer(phone.call(numbers.answers, late_offer=True)), 200, "call.late-offer")
    expect(audio_of(answer) is not None, "call.late-offer", "the 200 offers no audio", answer, "Content-Type")


@pytest.mark.requirement("call.echo-free")
def test_the_echo_number_needs_no_credit(
    make_phone: MakePhone, poor_profile: Profile, numbers: Numbers
) -> None:
    """A profile without credit can call the echo test number."""
    expect_status(final_answer(make_phone(poor_profile).call(numbers.echo)), 200, "call.echo-free")


@pytest.mark.requirement("call.credit-used-up")
def test_a_paid_number_needs_credit(make_phone: MakePhone, poor_profile: Profile, numbers: Numbers) -> None:
    """A profile without credit cannot call a number that costs."""
    answer = final_answer(make_phone(poor_profile).call(numbers.answers))
    seen = f"a paid call without credit was answered with {answer.status} {answer.reason}"
    expect(answer.status >= 400, "call.credit-used-up", seen, answer, "start")


@pytest.mark.requirement("call.inactive-profile")
def test_an_inactive_profile_makes_no_call(
    make_phone: MakePhone, inactive_profile: Profile, numbers: Numbers
) -> None:
    """A profile whose channel subscription lapsed cannot call."""
    answer = final_answer(make_phone(inactive_profile).call(numbers.answers))
    seen = f"the call of an inactive profile was answered with {answer.status} {answer.reason}"
    expect(answer.status >= 400, "call.inactive-profile", seen, answer, "start")


@pytest.mark.requirement("call.caller-releases", "call.bye-200")
def test_the_caller_hangs_up(phone: Phone, numbers: Numbers) -> None:
    """The caller hangs up: BYE is answered with 200."""
    call = answered(phone, numbers.answers)
    with expecting("call.caller-releases"):
        call.hang_up(timeout=2)
    expect_status(last_answer(call, "BYE"), 200, "call.bye-200")


@pytest.mark.requirement("call.callee-releases")
def test_the_far_end_hangs_up(phone: Phone, numbers: Numbers) -> None:
    """The far end hangs up: the caller gets BYE."""
    call = answered(phone, numbers.hangs_up)
    with expecting("call.callee-releases"):
        call.wait_request("BYE", timeout=2.5)


@pytest.mark.requirement("call.busy")
def test_a_busy_far_end(phone: Phone, numbers: Numbers) -> None:
    """A busy far end is answered with 486."""
    expect_status(final_answer(phone.call(numbers.busy)), 486, "call.busy")


@pytest.mark.requirement("call.rejected")
def test_a_far_end_that_declines(phone: Phone, numbers: Numbers) -> None:
    """What the far end refuses with reaches the caller: 480 and 603."""
    for number, status in ((numbers.unavailable, 480), (numbers.declines, 603)):
        expect_status(final_answer(phone.call(number)), status, "call.rejected")


@pytest.mark.requirement("call.early-media")
def test_early_media_is_heard_before_the_answer(phone: Phone, numbers: Numbers) -> None:
    """Early media: 183 with SDP, audio before the 200, then the answer."""
    call = phone.call(numbers.early_media)
    with expecting("call.early-media"):
        call.wait_status(183, timeout=2)
        progress = next(each for each in call.responses if each.status == 183)
        expect(audio_of(progress) is not None, "call.early-media", "183 has no SDP", progress, "Content-Type")
        call.wait_media(packets=5, timeout=1)
    seen = "no audio came before the answer"
    expect(200 not in call.statuses, "call.early-media", seen, progress, "start")


@pytest.mark.requirement("call.reliable-provisional")
def test_a_reliable_provisional_response(phone: Phone, numbers: Numbers) -> None:
    """A reliable 183 carries RSeq, PRACK is answered with 200, and the call goes on."""
    call = phone.call(numbers.reliable, supported=("100rel",))
    with given("a 183 before the answer"):
        call.wait_status(183, timeout=2)
    progress = next(each for each in call.responses if each.status == 183)
    expect_header(progress, "Require", "call.reliable-provisional", "100rel")
    expect_header(progress, "RSeq", "call.reliable-provisional")
    with given("an answered call"):
        call.wait_answered(timeout=2)
    with expecting("call.reliable-provisional"):
        expect_status(call.wait_response("PRACK", timeout=2), 200, "call.reliable-provisional")


@pytest.mark.requirement("call.record-route")
def test_record_route_is_repeated(phone: Phone, numbers: Numbers) -> None:
    """The 200 repeats the Record-Route of the INVITE."""
    trunk = phone.account.registrar
    route = f"<sip:{host_port(trunk)};lr;ftag=7>"
    call = phone.call(numbers.answers, headers=(("Record-Route", route),))
    with given("a 200"):
        answer = final_answer(call)
        assert answer.status == 200
    expect_rule(record_route_copied(call.invite, answer))


@pytest.mark.requirement("call.unknown-dialog-481")
def test_bye_without_a_call_is_answered_with_481(phone: Phone) -> None:
    """BYE that belongs to no call is answered with 481."""
    request = phone.build_request("BYE", f"sip:+442079460000@{phone.account.domain}")
    request.headers.set("To", f"<sip:+442079460000@{phone.account.domain}>;tag=nobody-has-this")
    phone.send(request)
    with expecting("call.unknown-dialog-481"):
        answer = phone.wait_response_to(request, timeout=1)
    expect_status(answer, 481, "call.unknown-dialog-481")


@pytest.mark.requirement("call.reinvite")
def test_the_caller_changes_the_call(phone: Phone, numbers: Numbers) -> None:
    """A re-INVITE of the caller is answered with 200."""
    call = answered(phone, numbers.answers)
    with expecting("call.reinvite"):
        call.reinvite(timeout=2)
    seen = f"re-INVITE was answered with {call.modification_status}"
    expect(call.modification_status == 200, "call.reinvite", seen, call.responses[-1], "start")


@pytest.mark.requirement("call.reinvite")
def test_the_far_end_changes_the_call(phone: Phone, numbers: Numbers) -> None:
    """A re-INVITE of the far end comes through, and the call goes on."""
    call = answered(phone, numbers.reinvites)
    with expecting("call.reinvite"):
        request = call.wait_request("INVITE", timeout=2.5)
    expect(
        audio_of(request) is not None, "call.reinvite", "the re-INVITE has no SDP", request, "Content-Type"
    )


@pytest.mark.requirement("call.update")
def test_a_call_takes_update(phone: Phone, numbers: Numbers) -> None:
    """UPDATE is answered with 200 when the trunk allows it."""
    call = answered(phone, numbers.answers)
    with given("a trunk that allows UPDATE"):
        assert "UPDATE" in call.answer_message.allow, "Allow of the 200 does not list UPDATE"
    with expecting("call.update"):
        call.update(timeout=2)
    seen = f"UPDATE was answered with {call.modification_status}"
    expect(call.modification_status == 200, "call.update", seen, call.responses[-1], "start")


@pytest.mark.requirement("call.update")
def test_the_far_end_changes_the_call_by_update(phone: Phone, numbers: Numbers) -> None:
    """An UPDATE of the far end comes through to a phone that allows it, and the call goes on."""
    call = answered(phone, numbers.updates)
    with expecting("call.update"):
        request = call.wait_request("UPDATE", timeout=2)
    expect(call.ended_by is None, "call.update", f"the call ended by {call.ended_by}", request, "start")


@pytest.mark.requirement("call.record")
def test_each_call_is_recorded(phone: Phone, numbers: Numbers, control: Control) -> None:
    """A call that was made and released by the caller stands in the records."""
    call = answered(phone, numbers.answers)
    call.hang_up(timeout=2)

    def recorded(asked: Control) -> bool:
        return any(call.call_id in str(record) for record in asked.records())

    found = control.wait_until(recorded, phone.wait)
    expect(found, "call.record", f"no record of the call {call.call_id}", call.answer_message)
