import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.errors import ParseError
from harness.sip.message import Response, parse_message
from harness.sip.response_glance import Glance, response_glance

VIA = b"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKrun."
GLANCE = response_glance(VIA)
USUAL = [
    b"Via: " + VIA + b"00a1g;rport=5060;received=192.0.2.1",
    b"From: <sip:u@example.com>;tag=1",
    b"To: <sip:v@example.com>;tag=far",
    b"Call-ID: 00a1@192.0.2.1",
    b"CSeq: 2 INVITE",
    b"Content-Length: 0",
]
FIELDS = (b"180", b"00a1", b"g", b"<sip:v@example.com>;tag=far", b"2", b"INVITE")


def message(lines: list[bytes], start: bytes = b"SIP/2.0 180 Ringing") -> bytes:
    return b"\r\n".join([start, *lines, b"", b""])


def test_the_usual_response_is_read_at_a_glance() -> None:
    match = GLANCE.usual(message(USUAL))
    assert match is not None
    assert match.groups() == FIELDS


@pytest.mark.parametrize(
    "change",
    [
        (b"To:", b"t:"),
        (b"Via:", b"v:"),
        (b"Via: ", b"VIA:"),
        (b"CSeq: ", b"cseq:\t"),
        (b"To: ", b"To:\r\n "),
        (b";branch", b";x=y;branch"),
    ],
)
def test_other_spellings_are_read_too(change: tuple[bytes, bytes]) -> None:
    assert GLANCE.read(message(USUAL).replace(*change, 1)) == FIELDS


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SIP/2.0 180",
        b"INVITE sip:x SIP/2.0\r\n\r\n",
        message(USUAL).replace(b"192.0.2.1:5060;branch", b"192.0.2.3:5060;branch"),
        message(USUAL).replace(b"z9hG4bKrun.", b"z9hG4bKother."),
        message([b"Via: SIP/2.0/UDP 192.0.2.8;branch=z9hG4bKx", *USUAL]),
        message(USUAL[:2]),
    ],
)
def test_what_is_no_response_to_us_is_none(data: bytes) -> None:
    assert GLANCE.read(data) is None


def test_a_via_without_a_branch_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="branch"):
        response_glance(b"SIP/2.0/UDP 192.0.2.1:5060")


EXTRA = st.sampled_from(
    [
        b"Timestamp: 54",
        b"Record-Route: <sip:192.0.2.9;lr>",
        b"Contact: <sip:v@192.0.2.9>",
        b"Subject: To: CSeq: 1 INVITE",
        b"X: a\r\n To: <sip:w@example.com>",
        b"To: <sip:second@example.com>",
        b"CSeq: 9 BYE",
        b"Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKy",
        b"t: <sip:compact@example.com>",
        b": nothing",
        b"no colon",
        b"Server: \xff",
        b"X: a\nTo: <sip:line-feed@example.com>",
        b"X: a\nCSeq: 7 BYE",
    ]
)


@given(st.permutations(USUAL), st.lists(EXTRA, max_size=3), st.data())
def test_a_glance_says_what_the_parser_says(
    lines: list[bytes], extra: list[bytes], data: st.DataObject
) -> None:
    for line in extra:
        lines.insert(data.draw(st.integers(0, len(lines))), line)
    agrees(GLANCE, message(lines))


@given(st.binary(max_size=8), st.integers(0, 220), st.integers(0, 4))
def test_a_broken_response_never_raises_and_never_disagrees(junk: bytes, place: int, cut: int) -> None:
    whole = message(USUAL)
    agrees(GLANCE, whole[:place] + junk + whole[place + cut :])


def agrees(glance: Glance, data: bytes) -> None:
    match = glance.usual(data)
    if match is None:
        glance.thorough(data)
        return
    try:
        parsed = parse_message(data)
        cseq = parsed.cseq
    except ParseError:
        return  # more broken than a glance sees; what it read is there all the same
    assert isinstance(parsed, Response)
    status, serial, step, to, number, method = match.groups()
    assert int(status) == parsed.status
    assert (
        (parsed.headers.get("Via") or "").encode("utf-8", "surrogateescape").startswith(VIA + serial + step)
    )
    assert to.strip(b" \t") == (parsed.headers.get("To") or "").encode("utf-8", "surrogateescape")
    assert (int(number), method.decode()) == (cseq.number, cseq.method)
