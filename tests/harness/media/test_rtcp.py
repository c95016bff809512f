"""RTCP packets, RFC 3550 section 6."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.media.errors import RtcpError
from harness.media.rtcp import (
    CNAME,
    Goodbye,
    OtherPacket,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    build_compound,
    ntp_timestamp,
    parse_compound,
)

U32 = st.integers(0, 0xFFFFFFFF)
BLOCKS = st.lists(
    st.builds(
        ReportBlock,
        ssrc=U32,
        fraction_lost=st.integers(0, 255),
        cumulative_lost=st.integers(-0x800000, 0x7FFFFF),
        highest_sequence=U32,
        jitter=U32,
        last_sender_report=U32,
        delay_since=U32,
    ),
    max_size=3,
).map(tuple)
ITEMS = st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=20)), max_size=3).map(tuple)
PACKETS: st.SearchStrategy[RtcpPacket] = st.one_of(
    st.builds(SenderReport, U32, st.integers(0, 2**64 - 1), U32, U32, U32, BLOCKS),
    st.builds(ReceiverReport, U32, BLOCKS),
    st.builds(SourceDescription, st.lists(st.tuples(U32, ITEMS), max_size=3).map(tuple)),
    st.builds(Goodbye, st.lists(U32, max_size=3).map(tuple), st.binary(max_size=20)),
    st.builds(OtherPacket, st.just(204), st.integers(0, 31), st.integers(0, 3).map(lambda n: bytes(4 * n))),
)


@given(st.lists(PACKETS, min_size=1, max_size=4))
def test_what_is_written_is_read_again(packets: list[RtcpPacket]) -> None:
    data = build_compound(packets)
    assert len(data) % 4 == 0
    assert parse_compound(data) == tuple(packets)


@given(
    st.binary() | st.lists(PACKETS, max_size=2).flatmap(lambda p: st.binary().map(build_compound(p).__add__))
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse_compound(data)
    except RtcpError:
        pass


@given(st.lists(PACKETS, min_size=1, max_size=2), st.data())
def test_damaged_packets_are_read_or_refused(packets: list[RtcpPacket], data: st.DataObject) -> None:
    raw = bytearray(build_compound(packets))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse_compound(bytes(raw))
    except RtcpError:
        pass


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\x80\xc9", "too few"),
        (b"\x40\xc9\0\0", "version"),
        (b"\x80\xc9\0\1", "does not fit"),
        (b"\x80\xc9\0\0", "receiver report needs 4"),
        (b"\xa0\xc9\0\1\0\0\0\5", "padding"),
        (b"\x81\xca\0\2\0\0\0\1\1\xff\0\0", "SDES item needs"),
        (b"\x80\xcb\0\1\5abc", "reason"),
    ],
)
def test_an_error_names_the_rule(data: bytes, words: str) -> None:
    with pytest.raises(RtcpError, match=words):
        parse_compound(data)


def test_a_padded_last_packet_is_read() -> None:
    """RFC 3550 section 6.4.1"""
    assert parse_compound(b"\xa0\xc9\0\2\0\0\0\7\0\0\0\4") == (ReceiverReport(7),)


def test_the_bytes_of_a_description_are_those_of_the_rfc() -> None:
    """RFC 3550 section 6.5: items end with a null, chunks on a word boundary"""
    packet = SourceDescription(((1, ((CNAME, b"ab"),)),))
    assert bytes(packet) == b"\x81\xca\0\3\0\0\0\1\1\2ab\0\0\0\0"


def test_ntp_time_counts_from_1900() -> None:
    """RFC 5905 section 6"""
    assert ntp_timestamp(0.5) == 2_208_988_800 << 32 | 0x80000000
