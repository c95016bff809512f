"""Offer and answer, read from messages (RFC 3264 section 6.1)."""

from harness.checks.media import answer_is_subset, audio_of, event_payload_kept
from harness.sip.message import Response, parse_message
from tests.harness.checks.messages import response

HEAD = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"


def message(*media: str) -> Response:
    """A response with a session description."""
    answer = response()
    answer.headers.set("Content-Type", "application/sdp")
    answer.body = (HEAD + "".join(f"{line}\r\n" for line in media)).encode()
    parsed = parse_message(bytes(answer))
    assert isinstance(parsed, Response)
    return parsed


OFFER = message("m=audio 4000 RTP/AVP 8 97", "a=rtpmap:97 telephone-event/8000")


def test_an_answer_with_a_part_of_the_offer_passes() -> None:
    assert answer_is_subset(OFFER, message("m=audio 5000 RTP/AVP 8")) is None


def test_a_codec_that_was_not_offered_is_named() -> None:
    breach = answer_is_subset(OFFER, message("m=audio 5000 RTP/AVP 8 0"))
    assert breach is not None
    assert "PCMU" in breach.seen


def test_another_number_for_the_same_codec_is_no_other_codec() -> None:
    answer = message("m=audio 5000 RTP/AVP 8 101", "a=rtpmap:101 Telephone-Event/8000")
    assert answer_is_subset(OFFER, answer) is None
    breach = event_payload_kept(OFFER, answer)
    assert breach is not None
    assert "101" in breach.seen


def test_a_message_without_body_has_no_audio() -> None:
    assert audio_of(response()) is None
