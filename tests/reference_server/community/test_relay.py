"""A packet of one leg as the other leg takes it: its payload type, its law, and nothing else changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.media import g711
from harness.media.codec import CODECS
from harness.media.offer_answer import MediaAddress, Negotiated
from harness.media.rtp import RtpPacket
from reference_server.community.relay import translate


def agreed(codec: str, payload_type: int, events: int | None, *, receives: int | None = None) -> Negotiated:
    own = payload_type if receives is None else receives
    address = MediaAddress("10.0.0.2", 4000)
    return Negotiated(
        CODECS[codec.lower()], payload_type, own, events, events, address, direction="sendrecv", ptime=20
    )


def packet(payload_type: int, payload: bytes, *, marker: bool = False) -> bytes:
    return bytes((0x80, payload_type | (0x80 if marker else 0))) + b"\0\7\0\0\0\xa0\1\2\3\4" + payload


ALAW, ULAW = agreed("PCMA", 8, 101), agreed("PCMU", 0, 96)


@given(st.binary(min_size=0, max_size=400), st.booleans())
def test_sound_of_the_same_law_stays_byte_for_byte(payload: bytes, marker: bool) -> None:
    data = packet(8, payload, marker=marker)
    assert translate(data, ALAW, agreed("PCMA", 8, None)) == data


@given(st.binary(min_size=1, max_size=400))
def test_sound_of_another_law_is_converted(payload: bytes) -> None:
    assert translate(packet(8, payload), ALAW, ULAW) == packet(0, g711.alaw_to_ulaw(payload))
    assert translate(packet(0, payload), ULAW, ALAW) == packet(8, g711.ulaw_to_alaw(payload))


def test_events_get_the_number_of_the_other_leg_and_keep_their_marker() -> None:
    assert translate(packet(101, b"\1\2\0\0", marker=True), ALAW, ULAW) == packet(
        96, b"\1\2\0\0", marker=True
    )


def test_events_for_a_leg_that_takes_none_are_dropped() -> None:
    assert translate(packet(101, b"\1\2\0\0"), ALAW, agreed("PCMU", 0, None)) is None


def test_a_dynamic_number_is_read_as_the_leg_agreed_it() -> None:
    odd = agreed("PCMA", 8, None, receives=110)
    assert translate(packet(110, b"\x55"), odd, ALAW) == packet(8, b"\x55")


def test_a_peer_may_change_to_the_other_law_without_a_word() -> None:
    assert translate(packet(0, b"\x55"), ALAW, ALAW) == packet(8, g711.ulaw_to_alaw(b"\x55"))


def test_what_neither_leg_agreed_on_is_dropped() -> None:
    assert translate(packet(18, b"\x55"), ALAW, ULAW) is None


@pytest.mark.parametrize("first", [0x90, 0x8F], ids=["an extension", "CSRCs"])
def test_a_packet_whose_header_is_cut_off_is_not_converted(first: int) -> None:
    assert translate(bytes((first,)) + packet(8, b"\0")[1:], ALAW, ULAW) is None


def test_a_converted_packet_has_no_extension_left() -> None:
    plain = packet(8, b"\x55\x55")
    extended = b"\x90" + plain[1:12] + b"\0\0\0\1\0\0\0\0" + plain[12:]
    converted = translate(extended, ALAW, ULAW)
    assert converted is not None
    assert RtpPacket.parse(converted).payload == g711.alaw_to_ulaw(b"\x55\x55")
