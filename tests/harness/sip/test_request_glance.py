"""Glances take ordinary requests only, and read them as the full reading does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.credentials import Credentials
from harness.sip.errors import ParseError
from harness.sip.message import Request, parse_message
from harness.sip.request_glance import glance_at_credentials, glance_at_invite, glance_in_dialog

FIELDS = {
    "Via": "SIP/2.0/UDP 10.0.0.2:5071;branch=z9hG4bKabc;rport",
    "From": '"Head office" <sip:9905@sip.skype.com>;tag=f',
    "To": "<sip:+442079460000@sip.skype.com>",
    "Call-ID": "a1@10.0.0.2",
    "CSeq": "7 INVITE",
    "Contact": "<sip:9905@10.0.0.2:5071>",
    "Max-Forwards": "70",
    "Content-Type": "application/sdp",
    "User-Agent": "PBX",
    "Content-Length": "4",
}
DIGEST = (
    'Digest username="9905", realm="sip.skype.com", nonce="0a1b", uri="sip:+44@sip.skype.com", '
    'response="00ff", algorithm=MD5, cnonce="c", qop=auth, nc=00000001'
)


def _invite(lines: list[tuple[str, str]]) -> bytes:
    head = ["INVITE sip:+442079460000@sip.skype.com SIP/2.0", *(f"{name}: {value}" for name, value in lines)]
    return "\r\n".join(head).encode() + b"\r\n\r\nv=0\n"


@given(st.permutations(list(FIELDS.items())))
def test_the_order_of_fields_is_free(lines: list[tuple[str, str]]) -> None:
    data = _invite(lines)
    found, message = glance_at_invite(data), parse_message(data)
    assert found is not None
    assert isinstance(message, Request)
    assert found["branch"].decode() == message.branch
    assert found["call_id"].decode() == message.call_id
    assert found["cseq"].decode() == str(message.cseq)
    assert found["from_tag"].decode() == message.from_.tag
    assert found["display"].decode() == message.from_.display
    assert data[found.end() :] == message.body


@pytest.mark.parametrize("name", sorted(set(FIELDS) - {"User-Agent"}))
def test_a_field_that_stands_twice_is_nothing_ordinary(name: str) -> None:
    """RFC 3261 section 7.3.1; two Vias are a proxy's."""
    assert glance_at_invite(_invite([*FIELDS.items(), (name, FIELDS[name])])) is None


@pytest.mark.parametrize(
    "line",
    [
        ("Require", "100rel"),
        ("Route", "<sip:10.0.0.1;lr>"),
        ("Session-Expires", "90"),
        ("Expires", "30"),
        ("Timestamp", "5"),
        ("i", "another"),
        ("call-id", "another"),
        ("Content-Encoding", "gzip"),
        ("Proxy-Authorization", 'Digest realm="\N{SNOWMAN}"'),
    ],
)
def test_what_asks_for_more_is_nothing_ordinary(line: tuple[str, str]) -> None:
    assert glance_at_invite(_invite([*FIELDS.items(), line])) is None


@given(place=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_changed_byte_is_never_read_otherwise_than_in_full(place: int, byte: int) -> None:
    """Whatever one byte makes of an INVITE: either no glance takes it, or both readings agree."""
    data = bytearray(_invite(list(FIELDS.items())))
    data[place % len(data)] = byte
    found = glance_at_invite(bytes(data))
    if found is None or found["call_id"] is None or found["from_user"] is None or found["to"] is None:
        return
    message = parse_message(bytes(data))
    assert isinstance(message, Request)
    assert message.call_id == found["call_id"].decode()
    assert str(message.from_).encode().endswith(b";tag=" + found["from_tag"])
    assert message.uri == found["uri"].decode()
    assert message.to.tag is None


def test_ack_and_bye_are_taken_inside_a_dialog_alone() -> None:
    bye = b"BYE sip:+44@10.0.0.1:5060 SIP/2.0\r\nTo: <sip:+44@sip.skype.com>;tag=t\r\nCSeq: 8 BYE\r\n\r\n"
    assert glance_in_dialog(bye) is not None
    assert glance_in_dialog(bye.replace(b";tag=t", b"")) is None
    assert glance_in_dialog(bye.replace(b"8 BYE", b"8 ACK")) is None


@given(st.permutations(DIGEST.removeprefix("Digest ").split(", ")))
def test_credentials_are_read_in_any_order(parameters: list[str]) -> None:
    text = "Digest " + ", ".join(parameters)
    found = glance_at_credentials(text.encode())
    assert found is not None
    credentials = Credentials.parse(text)
    assert found["username"].decode() == credentials.username
    assert int(found["nc"], 16) == credentials.nc
    assert found["uri"].decode() == credentials.uri


@given(place=st.integers(0, len(DIGEST) - 1), byte=st.characters(max_codepoint=126))
def test_changed_credentials_are_never_read_otherwise_than_in_full(place: int, byte: str) -> None:
    text = DIGEST[:place] + byte + DIGEST[place + 1 :]
    found = glance_at_credentials(text.encode())
    if found is None:
        return
    try:
        credentials = Credentials.parse(text)
    except ParseError:
        assert None in found.groups()  # whoever needs the parameter that is missing goes on in full
        return
    assert found["response"] is None or found["response"].decode() == credentials.response
    assert found["nonce"] is None or found["nonce"].decode() == credentials.nonce
