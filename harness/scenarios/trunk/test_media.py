"""Media: codecs, audio in both directions, digits and hold."""

import pytest

from harness.checks.expect import expect, expect_rule, expect_status, expecting, given
from harness.checks.media import answer_is_subset, audio_of, event_payload_kept
from harness.drivers.phone import Phone
from harness.drivers.phone_call import PhoneCall
from harness.scenarios.steps import answered, final_answer
from harness.settings.target import Numbers

pytestmark = pytest.mark.usefixtures("plain_call")

LATE = 4.0  # seconds after which audio does not come any more
TONE = 1004  # Hz, the test tone of telephony
NOT_HERE = b"""v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio 40000 RTP/AVP 120\r
a=rtpmap:120 opus/48000/2\r
"""


def with_audio(call: PhoneCall) -> PhoneCall:
    """A call that RTP has arrived in."""
    with given("RTP from the trunk"):
        return call.wait_media(packets=3, timeout=LATE)


@pytest.mark.requirement("media.answer-codec")
def test_the_answer_holds_only_what_was_offered(phone: Phone, numbers: Numbers) -> None:
    """An offer of one codec is answered with that codec."""
    for codec in ("PCMA", "PCMU"):
        call = answered(phone, numbers.answers, codecs=(codec,))
        expect_rule(answer_is_subset(call.invite, call.answer_message))
        call.hang_up()


@pytest.mark.requirement("media.pcma")
def test_audio_in_a_law(phone: Phone, numbers: Numbers) -> None:
    """A tone arrives in a call of A-law alone."""
    call = phone.call(numbers.plays_tone, codecs=("PCMA",))
    expect_status(final_answer(call), 200, "media.pcma")
    with_audio(call)
    with expecting("media.pcma", call.answer_message):
        call.wait_tone(TONE, timeout=1.5)


@pytest.mark.requirement("media.pcmu")
def test_audio_in_mu_law(phone: Phone, numbers: Numbers) -> None:
    """A tone arrives in a call of mu-law alone."""
    call = phone.call(numbers.plays_tone, codecs=("PCMU",))
    expect_status(final_answer(call), 200, "media.pcmu")
    with_audio(call)
    with expecting("media.pcmu", call.answer_message):
        call.wait_tone(TONE, timeout=1.5)


@pytest.mark.requirement("media.two-way")
def test_audio_comes_from_the_trunk(phone: Phone, numbers: Numbers) -> None:
    """Audio of the far end reaches the caller."""
    call = answered(phone, numbers.plays_tone)
    with given("an agreement on audio"):
        assert call.media.agreed is not None
    with expecting("media.two-way", call.answer_message):
        call.wait_media(packets=5, timeout=LATE)


@pytest.mark.requirement("media.echo")
def test_the_echo_number_echoes(phone: Phone, numbers: Numbers) -> None:
    """The echo test number sends a tone back."""
    call = with_audio(answered(phone, numbers.echo, media=f"tone:{TONE}"))
    with expecting("media.echo", call.answer_message):
        call.wait_tone(TONE, timeout=4)


@pytest.mark.requirement("media.delay")
def test_the_echo_is_not_late(phone: Phone, numbers: Numbers) -> None:
    """The echo of a tone comes back within half a second."""
    call = with_audio(answered(phone, numbers.echo, media=f"tone:{TONE}"))
    with given("an echo at all"):
        call.wait_tone(TONE, timeout=2 * LATE)
    call.play_tone(440)
    with expecting("media.delay", call.answer_message):
        call.wait_tone(440, timeout=0.6)


@pytest.mark.requirement("media.dtmf")
def test_digits_come_back_from_the_echo(phone: Phone, numbers: Numbers) -> None:
    """Digits sent to the echo number come back as telephone-events."""
    call = with_audio(answered(phone, numbers.echo))
    call.send_dtmf("59#")
    with expecting("media.dtmf", call.answer_message):
        call.wait_dtmf(3, timeout=2)
    expect(call.dtmf == "59#", "media.dtmf", f"sent 59#, got back {call.dtmf}", call.answer_message)


@pytest.mark.requirement("media.dtmf")
def test_digits_of_the_far_end_arrive(phone: Phone, numbers: Numbers) -> None:
    """Digits of the far end arrive as telephone-events, each once."""
    call = with_audio(answered(phone, numbers.plays_digits))
    with expecting("media.dtmf", call.answer_message):
        call.wait_dtmf(5, timeout=3)
    expect(call.dtmf == "1234#", "media.dtmf", f"1234# was sent, {call.dtmf} came", call.answer_message)


@pytest.mark.requirement("media.hold")
def test_hold_is_answered_in_kind(phone: Phone, numbers: Numbers) -> None:
    """A call put on hold: the answer is recvonly or inactive, and audio comes again after it."""
    call = with_audio(answered(phone, numbers.echo))
    with given("a re-INVITE that is answered"):
        call.hold(timeout=1.5)
        assert call.modification_status == 200, f"it was answered with {call.modification_status}"
    answer = [each for each in call.responses if each.cseq.method == "INVITE" and each.status == 200][-1]
    audio = audio_of(answer)
    text = answer.body.decode("utf-8", "replace")
    held = audio is not None and ("a=recvonly" in text or "a=inactive" in text)
    expect(held, "media.hold", "the answer to sendonly is neither recvonly nor inactive", answer, "a=")
    with expecting("media.hold", answer):
        call.resume(timeout=1.5)
        call.wait_media(packets=3, timeout=1)


@pytest.mark.requirement("media.hold")
def test_a_hold_of_the_far_end_comes_through(phone: Phone, numbers: Numbers) -> None:
    """The far end holds and resumes: both re-INVITEs say so."""
    call = answered(phone, numbers.holds)
    with expecting("media.hold", call.answer_message):
        request = call.wait_request("INVITE", timeout=2)
        text = request.body.decode("utf-8", "replace")
        on_hold = "a=sendonly" in text or "a=inactive" in text
        expect(on_hold, "media.hold", "the re-INVITE of the hold is not sendonly", request, "a=")
        request = call.wait_request("INVITE", timeout=2, count=2)
    text = request.body.decode("utf-8", "replace")
    resumed = "a=sendonly" not in text and "a=inactive" not in text
    expect(resumed, "media.hold", "the second re-INVITE does not resume", request, "a=")


@pytest.mark.requirement("media.codec-mismatch-488")
def test_an_offer_without_a_usable_codec_is_refused(phone: Phone, numbers: Numbers) -> None:
    """An offer of a codec that no telephone network has is refused with 488."""
    answer = final_answer(phone.call(numbers.answers, sdp=NOT_HERE))
    expect_status(answer, 488, "media.codec-mismatch-488")


@pytest.mark.requirement("media.telephone-event-payload")
def test_telephone_event_keeps_its_number(phone: Phone, numbers: Numbers) -> None:
    """telephone-event has the offer's payload number in the answer."""
    offer = NOT_HERE.replace(b" 120\r", b" 8 97\r").replace(b"120 opus/48000/2", b"97 telephone-event/8000")
    call = answered(phone, numbers.answers, sdp=offer)
    expect_rule(event_payload_kept(call.invite, call.answer_message))
