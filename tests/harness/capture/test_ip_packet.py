"""IP, UDP and TCP headers."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.ip_packet import (
    ACK,
    PSH,
    TCP,
    UDP,
    build_ip,
    build_tcp,
    build_udp,
    checksum,
    parse_ip,
    parse_tcp,
    parse_udp,
)

ADDRESSES = [("127.0.0.1", "127.0.0.2"), ("::1", "2001:db8::5060")]


def test_the_checksum_is_that_of_rfc_1071() -> None:
    """RFC 1071 section 3: the example sums to ddf2."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF ^ 0xDDF2
    assert checksum(b"") == 0xFFFF
    assert checksum(b"\xff\xff") == 0


@given(st.binary(max_size=60))
def test_data_with_its_checksum_sums_to_nothing(data: bytes) -> None:
    data += b"\0" * (len(data) % 2)
    assert checksum(data + checksum(data).to_bytes(2, "big")) == 0


@pytest.mark.parametrize(("source", "destination"), ADDRESSES)
@given(data=st.binary(max_size=300), port=st.integers(1, 65535))
def test_a_datagram_is_read_as_it_was_built(source: str, destination: str, data: bytes, port: int) -> None:
    packet = parse_ip(build_ip(source, destination, UDP, build_udp(port, 5060, data), 7))
    assert packet is not None
    assert (packet.source, packet.destination, packet.protocol, packet.fragment) == (
        source,
        destination,
        UDP,
        None,
    )
    assert parse_udp(packet.payload) == (port, 5060, data)


@pytest.mark.parametrize(("source", "destination"), ADDRESSES)
def test_a_segment_is_read_as_it_was_built(source: str, destination: str) -> None:
    built = build_ip(source, destination, TCP, build_tcp(40000, 5060, 1001, 5001, PSH | ACK, b"BYE"), 7)
    packet = parse_ip(built)
    assert packet is not None
    assert parse_tcp(packet.payload) == (40000, 5060, 1001, PSH | ACK, b"BYE")


def test_padding_behind_an_ipv4_packet_is_no_data() -> None:
    built = build_ip("10.0.0.1", "10.0.0.2", UDP, build_udp(1, 2, b"x"), 1) + b"\0" * 17
    packet = parse_ip(built)
    assert packet is not None
    assert parse_udp(packet.payload) == (1, 2, b"x")


def test_an_ipv6_fragment_header_is_read() -> None:
    """RFC 8200 section 4.5."""
    head = struct.pack("!IHBB", 0x60000000, 12, 44, 64) + b"\0" * 15 + b"\1" + b"\0" * 15 + b"\2"
    packet = parse_ip(head + struct.pack("!BxHI", UDP, 8 | 1, 99) + b"data")
    assert packet is not None
    assert packet.fragment == (99, 8, True)
    assert packet.payload == b"data"


@given(st.binary(max_size=80))
def test_no_bytes_raise(data: bytes) -> None:
    for first in (b"", b"\x45", b"\x60"):
        packet = parse_ip(first + data)
        if packet is not None:
            parse_udp(packet.payload)
            parse_tcp(packet.payload)
