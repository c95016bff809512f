"""Tests of `harness.sip.stream`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.errors import ParseError
from harness.sip.stream import StreamFramer
from tests.harness.sip.sample_messages import INVITE

SHORT = b"SIP/2.0 200 OK\r\nL:\r\n 3\r\n\r\nabc"
BARE = b"SIP/2.0 180 Ringing\r\n\r\n"


def test_a_message_is_handed_over_when_its_body_is_complete() -> None:
    framer = StreamFramer()
    assert framer.feed(INVITE[:-1]) == []
    assert framer.pending == len(INVITE) - 1
    assert framer.feed(INVITE[-1:]) == [INVITE]
    assert framer.pending == 0


def test_several_messages_may_share_a_segment() -> None:
    assert StreamFramer().feed(INVITE + SHORT + BARE + INVITE[:10]) == [INVITE, SHORT, BARE]


def test_empty_lines_between_messages_are_dropped_and_pairs_counted_as_keepalives() -> None:
    """RFC 3261 section 7.5, RFC 5626 section 3.5.1."""
    framer = StreamFramer()
    assert framer.feed(b"\r\n\r\n\r\n\r\n" + SHORT + b"\r\n" + SHORT) == [SHORT, SHORT]
    assert framer.take_pings() == 2
    assert framer.take_pings() == 0


@given(st.lists(st.sampled_from([INVITE, SHORT, BARE, b"\r\n\r\n", b"\r\n"]), max_size=6), st.data())
def test_messages_are_the_same_wherever_the_stream_is_split(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    whole, split = StreamFramer(), StreamFramer()
    found = [
        message
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for message in split.feed(stream[start:end])
    ]
    assert found == whole.feed(stream) == [piece for piece in pieces if len(piece) > 4]
    assert split.take_pings() == whole.take_pings()


def test_one_byte_at_a_time_is_enough() -> None:
    framer = StreamFramer()
    stream = INVITE + b"\r\n\r\n" + SHORT
    assert [message for byte in stream for message in framer.feed(bytes([byte]))] == [INVITE, SHORT]


@pytest.mark.parametrize("value", [b"-1", b"x", b"", b"1 2", b"99999999999"])
def test_a_length_that_is_none_ends_the_stream(value: bytes) -> None:
    framer = StreamFramer()
    with pytest.raises(ParseError) as raised:
        framer.feed(b"SIP/2.0 200 OK\r\nContent-Length: " + value + b"\r\n\r\n")
    assert raised.value.rule == "content-length.number"
    with pytest.raises(ParseError):
        framer.feed(INVITE)


def test_two_different_lengths_end_the_stream() -> None:
    """RFC 4475 section 3.3.9."""
    with pytest.raises(ParseError) as raised:
        StreamFramer().feed(b"SIP/2.0 200 OK\r\nContent-Length: 1\r\nl: 2\r\n\r\n")
    assert raised.value.rule == "content-length.repeated"


def test_messages_before_the_error_are_handed_over_first() -> None:
    framer = StreamFramer()
    assert framer.feed(SHORT + b"SIP/2.0 200 OK\r\nl: x\r\n\r\n") == [SHORT]
    assert framer.error is not None
    with pytest.raises(ParseError):
        framer.feed(b"")


def test_a_message_larger_than_the_limit_ends_the_stream() -> None:
    for stream in (b"x" * 1001, b"SIP/2.0 200 OK\r\nl: 2000\r\n\r\n"):
        with pytest.raises(ParseError) as raised:
            StreamFramer(largest_message=1000).feed(stream)
        assert raised.value.rule == "stream.size"


@given(st.lists(st.binary(max_size=50)))
def test_any_bytes_are_framed_or_refused(segments: list[bytes]) -> None:
    framer = StreamFramer(largest_message=200)
    for segment in segments:
        try:
            framer.feed(segment)
        except ParseError:
            return
