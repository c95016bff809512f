"""SIP out of captured TCP streams."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.capture.sip_stream import CapturedSipStream
from tests.harness.capture.packet_factory import BYE, INVITE, OK


@given(st.lists(st.integers(1, len(INVITE + OK) - 1), max_size=6))
def test_messages_are_cut_off_wherever_segments_end(cuts: list[int]) -> None:
    """RFC 3261 section 18.3."""
    data, stream = INVITE + OK, CapturedSipStream()
    places = sorted({0, *cuts, len(data)})
    found = [message for start, end in pairwise(places) for message in stream.feed(data[start:end])]
    assert found == [(INVITE, "sip"), (OK, "sip")]


def test_the_rest_of_a_message_that_began_before_the_capture_is_set_apart() -> None:
    found = CapturedSipStream().feed(b"Content-Length: 0\r\n\r\n" + BYE)
    assert found == [(b"Content-Length: 0\r\n\r\n", "other"), (BYE, "sip")]


def test_reading_goes_on_behind_a_message_that_lost_its_framing() -> None:
    stream = CapturedSipStream()
    stream.feed(b"OPTIONS sip:x SIP/2.0\r\nContent-Length: many\r\n\r\n")
    assert stream.feed(BYE)[-1] == (BYE, "sip")


def test_reading_goes_on_behind_a_hole() -> None:
    stream = CapturedSipStream()
    stream.feed(INVITE[:100])
    assert stream.feed(b"lost\r\n" + BYE, hole=True)[-1] == (BYE, "sip")


def test_another_protocol_is_no_sip() -> None:
    assert {kind for _, kind in CapturedSipStream().feed(b"GET / HTTP/1.1\r\n\r\n")} == {"other"}


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_no_bytes_raise(parts: list[bytes]) -> None:
    stream = CapturedSipStream()
    for part in parts:
        stream.feed(part)


def test_binary_is_not_held_back_as_the_beginning_of_a_line() -> None:
    stream = CapturedSipStream()
    assert stream.feed(b"\x16\x03\x01\x02\x00") == [(b"\x16\x03\x01\x02\x00", "other")]
