"""What is seen at a glance."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.sip_glance import (
    call_id_of,
    looks_like_rtp,
    looks_like_sip,
    media_addresses,
    payload_names,
    start_line_of,
)
from tests.harness.capture.packet_factory import INVITE, PHONE_MEDIA, rtp_packet, session, sip_message

TORTURE = [
    path
    for path in sorted((Path(__file__).parents[2] / "data" / "torture").rglob("*.dat"))
    if b"SIP/" in path.read_bytes().split(b"\n")[0]
]


def test_requests_and_responses_look_like_sip() -> None:
    assert looks_like_sip(INVITE)
    assert looks_like_sip(b"\r\n\r\nSIP/2.0 200 OK\r\n\r\n")
    assert looks_like_sip(b"NEWMETHOD sip:x SIP/2.0\r\n")


@pytest.mark.parametrize(
    "data", [b"", b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", rtp_packet(1), b"\x16\x03\x01"]
)
def test_other_things_do_not(data: bytes) -> None:
    assert not looks_like_sip(data)


@pytest.mark.parametrize("path", TORTURE, ids=lambda path: path.stem)
def test_torture_messages_look_like_sip(path: Path) -> None:
    assert looks_like_sip(path.read_bytes())


def test_rtp_is_told_from_rtcp_on_the_same_port() -> None:
    """RFC 5761 section 4."""
    assert looks_like_rtp(rtp_packet(1))
    assert not looks_like_rtp(b"\x80\xc8" + b"\0" * 26)
    assert not looks_like_rtp(b"\x80\x08")
    assert not looks_like_rtp(INVITE)


def test_the_call_id_is_found_by_both_names() -> None:
    """RFC 3261 section 7.3.3."""
    assert call_id_of(sip_message("OPTIONS sip:x SIP/2.0", call_id="a@b")) == "a@b"
    assert call_id_of(b"OPTIONS sip:x SIP/2.0\r\ni:  a@b \r\n\r\n") == "a@b"
    assert call_id_of(b"OPTIONS sip:x SIP/2.0\r\n\r\nCall-ID: body\r\n") is None


def test_media_addresses_come_from_the_stream_or_the_session() -> None:
    """RFC 4566 section 5.7."""
    own = session(PHONE_MEDIA) + b"m=video 40000 RTP/AVP 96\r\nc=IN IP4 192.0.2.9\r\nm=image 0 udptl t38\r\n"
    message = sip_message("INVITE sip:x SIP/2.0", body=own)
    assert media_addresses(message) == [("127.0.0.1", 30000), ("192.0.2.9", 40000)]
    assert media_addresses(sip_message("BYE sip:x SIP/2.0")) == []


def test_payload_types_have_their_names() -> None:
    assert payload_names(INVITE) == {8: "PCMA", 101: "telephone-event"}


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    looks_like_sip(data)
    looks_like_rtp(data)
    call_id_of(data)
    media_addresses(data)
    payload_names(data)
    start_line_of(data)
