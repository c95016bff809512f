"""Timers: what is sent again until it is acknowledged, what is absorbed, and session timers."""

import pytest

from harness.capture.trace import Trace
from harness.checks.breach import NotApplicable
from harness.checks.expect import expect, expect_header, expecting, given
from harness.checks.transaction_pairs import transaction_pairs
from harness.drivers.phone import Phone
from harness.scenarios.steps import answered, ringing
from harness.settings.target import Numbers
from harness.sip.message import Request, Response

pytestmark = pytest.mark.usefixtures("plain_call")

TWO_REPEATS = 1.75  # seconds: T1 and 2 T1 are 0.5 s and 1 s, and a quarter for the road


def over_udp(phone: Phone) -> None:
    """Timers E, G and J are for transports that lose (RFC 3261 sections 17.1.2.2, 17.2.1, 17.2.2)."""
    if phone.local.transport != "udp":
        raise NotApplicable(f"over {phone.local.transport.upper()} transactions repeat and absorb nothing")


def sent_invite(phone: Phone, call_id: str) -> bytes:
    """The last INVITE of the call as it went out."""
    pairs = transaction_pairs(phone.driver.trace.of_call(call_id))
    invites = [bytes(pair.request) for pair in pairs if pair.request.method == "INVITE"]
    return invites[-1]


def unauthenticated_invite(phone: Phone, numbers: Numbers) -> Request:
    """An INVITE that will be refused, to be sent by hand."""
    return phone.build_request("INVITE", f"sip:{numbers.answers}@{phone.account.domain}")


def acknowledge(phone: Phone, invite: Request, answer: Response) -> None:
    """ACK for a refusal: same branch, To of the answer (RFC 3261 section 17.1.1.3)."""
    ack = Request.build("ACK", invite.uri, [("Via", invite.headers.get("Via") or ""), ("Max-Forwards", "70")])
    for name in ("From", "Call-ID"):
        ack.headers.add(name, invite.headers.get(name) or "")
    ack.headers.add("To", answer.headers.get("To") or "")
    ack.headers.add("CSeq", f"{invite.cseq.number} ACK")
    phone.send(ack)


@pytest.mark.requirement("timers.invite-retransmission-absorbed")
def test_a_repeated_invite_is_no_second_call(phone: Phone, numbers: Numbers) -> None:
    """A repeated INVITE of a ringing call gets the last provisional response again, with its To-tag."""
    call = ringing(phone, numbers.rings)
    before = len(call.responses)
    alert = call.responses[-1]
    phone.send(sent_invite(phone, call.call_id))
    with expecting("timers.invite-retransmission-absorbed", alert):
        repeated = phone.wait_message(
            lambda each: isinstance(each, Response) and each.call_id == call.call_id,
            timeout=1,
            count=before + 1,
        ).message
    assert isinstance(repeated, Response)
    seen = f"the repeated INVITE was answered with {repeated.status} {repeated.reason} and another To-tag"
    same = repeated.status == alert.status and repeated.to.tag == alert.to.tag
    expect(same, "timers.invite-retransmission-absorbed", seen, repeated, "To")


@pytest.mark.requirement("timers.final-retransmitted")
def test_a_refusal_is_repeated_until_ack(phone: Phone, numbers: Numbers) -> None:
    """A refusal of INVITE is sent again until ACK comes, then no more."""
    over_udp(phone)
    invite = unauthenticated_invite(phone, numbers)
    phone.send(invite)
    phone.wait(TWO_REPEATS)
    finals = finals_of(phone, invite)
    with given("a refusal"):
        assert finals, "nothing came back"
    seen = f"{finals[0].status} came {len(finals)} times in {TWO_REPEATS} s without ACK"
    expect(len(finals) >= 2, "timers.final-retransmitted", seen, finals[-1], "start")
    acknowledge(phone, invite, finals[-1])


def finals_of(phone: Phone, invite: Request) -> list[Response]:
    """The final responses to a request that was sent by hand, repetitions too."""
    messages = (received.message for received in phone.received)
    return [
        each
        for each in messages
        if isinstance(each, Response) and each.call_id == invite.call_id and each.status >= 200
    ]


def answers_on_the_wire(trace: Trace, call_id: str) -> list[Response]:
    """Every 200 to INVITE of the call, repetitions too."""
    found = []
    for pair in transaction_pairs(trace.of_call(call_id)):
        if pair.request.method == "INVITE":
            found += [each for each in pair.messages if each.status == 200]
    return found


@pytest.mark.requirement("timers.2xx-retransmitted")
def test_a_200_is_repeated_until_ack(phone: Phone, numbers: Numbers) -> None:
    """The 200 to INVITE is sent again while no ACK comes."""
    with given("a 200"):
        call = phone.call(numbers.answers, send_ack=False).wait_status(200, timeout=2)
    call.wait(TWO_REPEATS)
    count = len(answers_on_the_wire(phone.driver.trace, call.call_id))
    seen = f"the 200 came {count} times in {TWO_REPEATS} s without ACK"
    expect(count >= 2, "timers.2xx-retransmitted", seen, call.answer_message, "start")


@pytest.mark.requirement("timers.ack-ends-retransmission")
def test_ack_ends_the_repetition_of_the_200(phone: Phone, numbers: Numbers) -> None:
    """After ACK the 200 is not sent again."""
    call = answered(phone, numbers.answers)
    call.wait(0.1)
    before = len(answers_on_the_wire(phone.driver.trace, call.call_id))
    call.wait(1.2)
    after = len(answers_on_the_wire(phone.driver.trace, call.call_id))
    seen = f"the 200 came {after - before} more times after ACK"
    expect(after == before, "timers.ack-ends-retransmission", seen, call.answer_message, "start")


@pytest.mark.requirement("timers.session-timer")
def test_a_session_timer_is_granted(phone: Phone, numbers: Numbers) -> None:
    """Session-Expires is answered with Session-Expires and a refresher."""
    call = answered(phone, numbers.answers, supported=("timer",), session_expires=1800)
    value = expect_header(call.answer_message, "Session-Expires", "timers.session-timer", "refresher=")
    seconds = value.partition(";")[0].strip()
    granted = seconds.isdecimal() and 90 <= int(seconds) <= 1800
    seen = f"Session-Expires is {value!r}; 1800 s were asked for"
    expect(granted, "timers.session-timer", seen, call.answer_message, "Session-Expires")


@pytest.mark.requirement("timers.session-interval-422")
def test_a_session_interval_too_small_is_explained(phone: Phone, numbers: Numbers) -> None:
    """A session interval of 30 s is refused with 422 and Min-SE, or is not granted."""
    options = {"supported": ("timer",), "session_expires": 30, "headers": (("X-Scenario", "422"),)}
    call = phone.call(numbers.answers, **options).wait_status(200, 422, timeout=2)
    refusal = next((each for each in call.responses if each.status == 422), None)
    if refusal is not None:
        least = expect_header(refusal, "Min-SE", "timers.session-interval-422").partition(";")[0].strip()
        seen = f"Min-SE of the 422 is {least!r}, below the 90 s of RFC 4028"
        enough = least.isdecimal() and int(least) >= 90
        expect(enough, "timers.session-interval-422", seen, refusal, "Min-SE")
        return
    answer = call.answer_message
    value = (answer.headers.get("Session-Expires") or "90").partition(";")[0].strip()
    seen = f"a session interval of {value} s was granted"
    expect(
        value.isdecimal() and int(value) >= 90, "timers.session-interval-422", seen, answer, "Session-Expires"
    )


@pytest.mark.requirement("timers.non-invite-retransmission")
def test_a_repeated_options_gets_the_same_answer(phone: Phone) -> None:
    """The same OPTIONS again gets the same answer, To-tag included."""
    over_udp(phone)
    request = phone.build_request("OPTIONS")
    for _ in range(2):
        phone.send(request)
        phone.wait(0.15)
    answers = finals_of(phone, request)
    with given("an answer to OPTIONS"):
        assert answers, "nothing came back"
    requirement = "timers.non-invite-retransmission"
    seen = f"two transmissions of one OPTIONS got {len(answers)} answers"
    expect(len(answers) == 2, requirement, seen, answers[-1], "start")
    seen = "the repeated OPTIONS was answered with another To-tag"
    expect(answers[0].to.tag == answers[1].to.tag, requirement, seen, answers[1], "To")
