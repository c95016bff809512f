"""Tests of `harness.sip.validation` and its tables, `header_syntax` and `start_line`."""

import pytest

from harness.sip.errors import ParseError
from harness.sip.header_names import CANONICAL, COMPACT, KEYS, LISTS, SINGLETONS
from harness.sip.header_syntax import SYNTAX
from harness.sip.message import parse_message
from tests.harness.sip.sample_messages import INVITE


def rules(data: bytes) -> list[str]:
    return [defect.rule for defect in parse_message(data).defects]


def with_field(line: str) -> bytes:
    return INVITE.replace(b"Max-Forwards: 70\r\n", b"Max-Forwards: 70\r\n" + line.encode() + b"\r\n")


SOUND = [
    "Accept: application/sdp;level=1, text/*, */*;q=0.5",
    "Accept:",
    "Allow: INVITE, ACK",
    "Authorization: Digest username=\"a\", realm=\"b\"",
    "Contact: \"a\" <sip:a@b>;q=0.7;expires=3600",
    "Content-Disposition: session;handling=optional",
    "Date: Sat, 13 Nov 2010 23:29:00 GMT",
    "Expires: 4294967295",
    "Min-SE: 90",
    "Session-Expires: 1800;refresher=uac",
    "Retry-After: 18000 (in a meeting);duration=3600",
    "Route: <sip:a;lr>, <sip:b;lr>",
    "Supported:",
    "Warning: 399 trunk.example \"a, b\", 301 x \"c\"",
    "X-Whatever: ;;,,<\"",
    "Require: 100rel, timer",
]  # fmt: skip


@pytest.mark.parametrize("line", SOUND)
def test_a_sound_header_field_has_no_defect(line: str) -> None:
    assert rules(with_field(line)) == []


BROKEN = {
    "Accept: application": "accept.media-range",
    "Allow: INVITE,, ACK": "allow.method",
    "Authorization: Digest": "credentials.scheme",
    "Contact: <sip:a@b>, *": "uri.scheme",
    "Contact: <sip:a@b>;q=2": "contact.q",
    "Contact: <sip:a@b>;expires=soon": "contact.expires",
    "Date: 13 Nov 2010": "date.format",
    "Expires: 4294967296": "expires.number",
    "Session-Expires: soon": "session-expires.seconds",
    "Retry-After: later": "retry-after.seconds",
    "Route: sip:a": "name-addr.angle",
    "Require:": "option-tag.token",
    "Warning: 399 trunk.example text": "warning.value",
    "No colon here": "header.colon",
    "Na me: x": "header.name",
    "CSeq: 102 INVITE": "cseq.repeated",
    "Supported: a b": "option-tag.token",
    "Reply-To: <sip:a": "name-addr.angle",
}


@pytest.mark.parametrize("line", sorted(BROKEN))
def test_a_broken_header_field_has_one_defect_in_its_own_line(line: str) -> None:
    data = with_field(line)
    (defect,) = parse_message(data).defects
    assert defect.rule == BROKEN[line]
    start = data.rindex(line.encode())
    assert start <= defect.offset <= start + len(line)
    assert data[defect.offset :].startswith(defect.seen)


def test_defects_come_in_the_order_of_the_bytes() -> None:
    data = INVITE.replace(b"CSeq: 102", b"CSeq: x").replace(b";rport", b";;rport").replace(b"70", b"700")
    offsets = [defect.offset for defect in parse_message(data).defects]
    assert rules(data) == ["via.parameter", "max-forwards.number", "cseq.number"]
    assert offsets == sorted(offsets)


def test_places_behind_folds_and_wide_characters_count_bytes() -> None:
    data = INVITE.replace(b'From: "Alice" ', 'From: "Ж"\r\n '.encode()).replace(b"tag=from1", b"tag=from1;@")
    (defect,) = parse_message(data).defects
    assert data[defect.offset :].startswith(b"@\r\n")


def test_strict_reading_raises_the_first_defect() -> None:
    with pytest.raises(ParseError) as raised:
        parse_message(INVITE.replace(b"102", b"x"), strict=True)
    assert (raised.value.rule, raised.value.part) == ("cseq.number", "CSeq")


@pytest.mark.parametrize(
    ("start", "rule"),
    [
        (b"INVITE  sip:a SIP/2.0", "start-line.space"),
        (b"INVITE sip:a SIP/2.0 ", "start-line.space"),
        (b"INVITE sip:a b SIP/2.0", "request-uri.space"),
        (b"INVITE sip:a SIP/3.0", "start-line.version"),
        (b"INVITE <sip:a> SIP/2.0", "request-uri.angle"),
        (b"INVITE sip:a?b=c SIP/2.0", "request-uri.headers"),
        (b"INVITE sip:a;method=BYE SIP/2.0", "request-uri.headers"),
        (b"INVITE sip:a:x SIP/2.0", "uri.port"),
        (b"SIP/2.0 200", "start-line.space"),
        (b"SIP/2.0 99 Low", "start-line.status"),
        (b"SIP/2.1 200 OK", "start-line.version"),
    ],
)
def test_a_start_line_is_held_against_the_grammar(start: bytes, rule: str) -> None:
    assert rules(start + INVITE[INVITE.index(b"\r\n") :]) == [rule]


def test_the_tables_agree_on_their_keys() -> None:
    known = set(CANONICAL)
    assert set(COMPACT.values()) <= known
    assert known >= LISTS
    assert set(SINGLETONS) <= known
    assert set(SYNTAX) <= known
    assert not LISTS & set(SINGLETONS)
    assert all(KEYS[compact] == KEYS[compact.upper()] == key for compact, key in COMPACT.items())
