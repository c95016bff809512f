"""Messages that several tests start from, and hypothesis strategies for more of them."""

from collections.abc import Callable

from hypothesis import strategies as st

from harness.sip.errors import ParseError

INVITE = (
    b"INVITE sip:+17606604690@sip.skype.com SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-one;rport\r\n"
    b"v: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK-two, SIP/2.0/TCP 192.0.2.3;branch=z9hG4bK-three\r\n"
    b"Max-Forwards: 70\r\n"
    b'From: "Alice" <sip:99051000000231@sip.skype.com>;tag=from1\r\n'
    b"t: <sip:+17606604690@sip.skype.com>\r\n"
    b"Call-ID: abc@192.0.2.1\r\n"
    b"CSeq: 102 INVITE\r\n"
    b"Record-Route: <sip:192.0.2.3;lr>\r\n"
    b"Contact: <sip:99051000000231@192.0.2.1:5060>\r\n"
    b"Supported: timer, 100rel\r\n"
    b"Subject: a\r\n folded\r\n\tvalue\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: 5\r\n"
    b"\r\n"
    b"v=0\r\n"
)

KNOWN_NAMES = st.sampled_from(
    ["Via", "v", "VIA", "From", "f", "To", "t", "Contact", "m", "CSeq", "Subject", "Content-Type"]
)
OTHER_NAMES = st.text("aZ-.!%09", min_size=1)
SPACE = st.sampled_from(["", " ", "\t", "  "])
WORDS = st.lists(st.text(st.characters(exclude_characters="\r\n"), max_size=12), min_size=1, max_size=3)
FOLDS = st.sampled_from(["\r\n ", "\r\n\t", " \r\n  "])


def place_of_error(read: Callable[[], object]) -> int:
    """The offset of the ParseError that `read` raises; 0 when it raises none."""
    try:
        read()
    except ParseError as failure:
        return failure.offset
    return 0


@st.composite
def header_lines(draw: st.DrawFn) -> str:
    """A header line of any spelling, white space and folding."""
    name = draw(KNOWN_NAMES | OTHER_NAMES)
    value = draw(FOLDS).join(draw(WORDS))
    return f"{name}{draw(SPACE)}:{draw(SPACE)}{value}"


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A message that can be taken apart, whatever its fields mean."""
    start = draw(
        st.sampled_from(["OPTIONS sip:a SIP/2.0", "SIP/2.0 200 OK", "SIP/2.0 180 ", "FOO x:y SIP/3.0"])
    )
    head = "\r\n".join([start, *draw(st.lists(header_lines(), max_size=8))])
    leading = draw(st.sampled_from([b"", b"\r\n", b"\r\n\r\n"]))
    return leading + head.encode("utf-8", "surrogatepass") + b"\r\n\r\n" + draw(st.binary(max_size=20))
