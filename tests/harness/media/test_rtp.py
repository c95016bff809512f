"""RTP packets, RFC 3550 section 5."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.media.errors import RtpError
from harness.media.rtp import Extension, RtpPacket, RtpSender

U32 = st.integers(0, 0xFFFFFFFF)


def padding(length: int) -> bytes:
    return bytes(length - 1) + bytes((length,)) if length else b""


@given(
    st.builds(
        RtpPacket,
        payload_type=st.integers(0, 127),
        sequence=st.integers(0, 0xFFFF),
        timestamp=U32,
        ssrc=U32,
        payload=st.binary(max_size=40),
        marker=st.booleans(),
        csrcs=st.lists(U32, max_size=15).map(tuple),
        extension=st.none()
        | st.builds(Extension, st.integers(0, 0xFFFF), st.integers(0, 5).map(lambda words: bytes(4 * words))),
        padding=st.integers(0, 255).map(padding),
    )
)
def test_what_is_written_is_read_again(packet: RtpPacket) -> None:
    assert RtpPacket.parse(bytes(packet)) == packet


@given(st.binary() | st.binary().map(lambda data: bytes((0x80 | len(data) & 0x3F,)) + data))
def test_any_bytes_are_kept_or_refused(data: bytes) -> None:
    try:
        assert bytes(RtpPacket.parse(data)) == data
    except RtpError:
        pass


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x80" * 11, "too few"),
        (b"\x40" + bytes(11), "version is 1"),
        (b"\x81" + bytes(11), "contributing sources"),
        (b"\x90" + bytes(11), "no length"),
        (b"\x90" + bytes(11) + b"\0\0\0\2" + bytes(4), "2 words"),
        (b"\xa0" + bytes(11), "padding"),
        (b"\xa0" + bytes(12) + b"\x03", "padding"),
    ],
)
def test_an_error_names_the_rule(data: bytes, words: str) -> None:
    with pytest.raises(RtpError, match=words):
        RtpPacket.parse(data)


def test_a_stream_counts_its_packets() -> None:
    sender = RtpSender(1, 0xFFFF, 0xFFFFFFFF, payload_type=0)
    first = RtpPacket.parse(sender.next_packet(b"a" * 160, marker=True))
    sender.skip()
    second = RtpPacket.parse(sender.next_packet(b"b" * 160))
    assert first == RtpPacket(0, 0xFFFF, 0xFFFFFFFF, 1, b"a" * 160, marker=True)
    assert second == RtpPacket(0, 0, 319, 1, b"b" * 160)
    assert (sender.packets, sender.octets) == (2, 320)


def test_an_event_packet_leaves_the_clock_alone() -> None:
    """RFC 4733 section 2.2"""
    sender = RtpSender(1, 5, 1000)
    event = RtpPacket.parse(sender.event_packet(b"\1\2\3\4", 101, 840, marker=True))
    assert event == RtpPacket(101, 5, 840, 1, b"\1\2\3\4", marker=True)
    assert (sender.sequence, sender.timestamp) == (6, 1000)
