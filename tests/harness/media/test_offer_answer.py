"""Offer and answer, RFC 3264: who sends what, under which number, and where to."""

import pytest

from harness.media.codec import PCMA, PCMU
from harness.media.errors import NoCommonCodec
from harness.media.offer_answer import (
    MediaAddress,
    Negotiated,
    continue_session,
    make_answer,
    make_offer,
    meet_directions,
    negotiate,
    stream_codecs,
)
from harness.media.sdp import SessionDescription

HERE, THERE = MediaAddress("127.0.0.1", 4000), MediaAddress("127.0.0.2", 5000)


def offer(*lines: str, host: str = "127.0.0.2") -> SessionDescription:
    head = f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=3 4\r\n"
    return SessionDescription.parse((head + "".join(f"{line}\r\n" for line in lines)).encode())


def agree(one: SessionDescription, other: SessionDescription, *, answered: bool = False) -> Negotiated:
    found = negotiate(one, other, local_is_answer=answered)
    assert found is not None
    return found


def test_an_offer_has_its_codecs_in_order() -> None:
    made = make_offer(HERE, ("PCMU", "G729", "telephone-event"), session_id=7, version=9, name="call")
    assert str(made) == (
        "v=0\r\no=- 7 9 IN IP4 127.0.0.1\r\ns=call\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 0 18 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:18 G729/8000\r\n"
        "a=fmtp:18 annexb=no\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
        "a=ptime:20\r\na=sendrecv\r\n"
    )


def test_ptime_and_sendrecv_may_stay_unsaid() -> None:
    made = make_offer(MediaAddress("::1", 4000), ("PCMA",), ptime=None, state_sendrecv=False)
    assert str(made).endswith("c=IN IP6 ::1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n")


def test_an_unknown_codec_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError, match="write one of PCMU"):
        make_offer(HERE, ("SILK",))


def test_an_answer_keeps_the_order_and_the_numbers_of_the_offer() -> None:
    """RFC 3264 section 6.1"""
    asked = offer(
        "m=audio 5000 RTP/AVP 3 0 96 8",
        "a=rtpmap:96 TELEPHONE-EVENT/8000",
        "a=rtpmap:0 pcmu/8000/1",
    )
    answer = make_answer(asked, HERE, ("PCMA", "PCMU", "telephone-event"))
    assert answer.media[0].formats == ("0", "96", "8")
    assert answer.times == ["3 4"]
    found = agree(answer, asked, answered=True)
    assert (found.codec, found.payload_type, found.event_payload_type) == (PCMU, 0, 96)
    assert found.remote_address == MediaAddress("127.0.0.2", 5000)


def test_each_side_sends_under_the_number_of_the_other() -> None:
    """RFC 3264 section 5.1: an answerer may choose other dynamic numbers"""
    ours = make_offer(HERE)
    theirs = offer("m=audio 5000 RTP/AVP 8 97", "a=rtpmap:97 telephone-event/8000", "a=ptime:30")
    found = agree(ours, theirs)
    assert (found.event_payload_type, found.receive_event_payload_type) == (97, 101)
    assert (found.codec, found.ptime) == (PCMA, 30)


def test_the_answerers_first_codec_is_sent() -> None:
    ours, theirs = make_offer(HERE, ("PCMA", "PCMU")), offer("m=audio 5000 RTP/AVP 0 8")
    assert agree(ours, theirs).codec is PCMU


def test_no_common_codec_names_both_sides() -> None:
    asked = offer("m=audio 5000 RTP/AVP 3 101", "a=rtpmap:101 telephone-event/8000")
    with pytest.raises(NoCommonCodec) as caught:
        make_answer(asked, HERE)
    assert "audio RTP/AVP 3" in str(caught.value)
    assert caught.value.supported == ("PCMA", "PCMU", "telephone-event")


@pytest.mark.parametrize(
    "line",
    ["m=audio 5000 RTP/SAVP 8", "m=video 5000 RTP/AVP 8", "m=image 5000 udptl t38"],
)
def test_streams_we_cannot_do_have_no_codec_in_common(line: str) -> None:
    with pytest.raises(NoCommonCodec):
        make_answer(offer(line), HERE)


def test_a_static_number_under_another_name_is_another_codec() -> None:
    with pytest.raises(NoCommonCodec):
        make_answer(offer("m=audio 5000 RTP/AVP 8", "a=rtpmap:8 opus/48000/2"), HERE)


def test_further_streams_are_rejected_in_their_places() -> None:
    """RFC 3264 section 6"""
    asked = offer("m=video 6000 RTP/AVP 31", "m=audio 5000 RTP/AVP 8", "m=audio 5002 RTP/AVP 8")
    answer = make_answer(asked, HERE)
    assert [(media.kind, media.port) for media in answer.media] == [
        ("video", 0),
        ("audio", 4000),
        ("audio", 0),
    ]
    assert agree(answer, asked, answered=True).remote_address.port == 5000


def test_an_offer_that_ends_its_stream_is_answered_so() -> None:
    """RFC 3264 section 8.2"""
    asked = offer("m=audio 0 RTP/AVP 8")
    answer = make_answer(asked, HERE)
    assert answer.media[0].port == 0
    assert negotiate(answer, asked, local_is_answer=True) is None


@pytest.mark.parametrize(
    ("offered", "wanted", "answered"),
    [
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendonly", "sendrecv", "recvonly"),
        ("recvonly", "sendrecv", "sendonly"),
        ("inactive", "sendrecv", "inactive"),
        ("sendrecv", "sendonly", "sendonly"),
        ("sendonly", "sendonly", "inactive"),
        ("recvonly", "inactive", "inactive"),
    ],
)
def test_directions_are_mirrored(offered: str, wanted: str, answered: str) -> None:
    """RFC 3264 section 6.1"""
    asked = make_offer(THERE, direction=offered)
    answer = make_answer(asked, HERE, direction=wanted)
    assert answer.direction_of(answer.media[0]) == answered
    found = agree(answer, asked, answered=True)
    assert found.direction == answered
    assert found.sends == (answered in ("sendrecv", "sendonly"))
    assert found.receives == (answered in ("sendrecv", "recvonly"))
    assert found.is_held == (answered != "sendrecv")


def test_the_null_address_holds_like_sendonly() -> None:
    """RFC 3264 section 8.4, the hold of RFC 2543"""
    held = make_offer(MediaAddress("0.0.0.0", 5000))
    answer = make_answer(held, HERE)
    assert answer.direction_of(answer.media[0]) == "recvonly"
    assert not agree(answer, held, answered=True).sends
    assert agree(held, answer).direction == "sendonly"


def test_both_sides_agree_on_who_sends() -> None:
    for one in ("sendrecv", "sendonly", "recvonly", "inactive"):
        for other in ("sendrecv", "sendonly", "recvonly", "inactive"):
            asked = make_offer(THERE, direction=one)
            answer = make_answer(asked, HERE, direction=other)
            mine, yours = agree(answer, asked, answered=True), agree(asked, answer)
            assert (mine.sends, mine.receives) == (yours.receives, yours.sends)


def test_a_meeting_of_directions_is_what_both_allow() -> None:
    assert meet_directions("sendonly", "recvonly") == "inactive"
    assert meet_directions("recvonly", "sendrecv") == "recvonly"


def test_the_version_grows_only_with_a_change() -> None:
    """RFC 3264 section 8"""
    first = make_offer(HERE, session_id=5, version=1)
    same = continue_session(first, make_offer(HERE, session_id=99, version=99))
    assert bytes(same) == bytes(first)
    held = continue_session(first, make_offer(HERE, direction="sendonly", session_id=99))
    assert held.origin is not None
    assert (held.origin.session_id, held.origin.version) == ("5", "2")


def test_streams_once_offered_keep_their_places() -> None:
    """RFC 3264 section 8"""
    previous = make_answer(offer("m=video 6000 RTP/AVP 31", "m=audio 5000 RTP/AVP 8"), HERE)
    following = continue_session(previous, make_offer(HERE))
    assert [(media.kind, media.port) for media in following.media] == [("video", 0), ("audio", 4000)]


def test_an_answer_without_address_agrees_on_nothing() -> None:
    theirs = SessionDescription.parse(b"v=0\r\nm=audio 5000 RTP/AVP 8\r\n")
    assert negotiate(make_offer(HERE), theirs, local_is_answer=False) is None


def test_unknown_static_numbers_are_shown_as_numbers() -> None:
    assert stream_codecs(offer("m=audio 1 RTP/AVP 8 3 x").media[0]) == {8: "PCMA", 3: "3"}
