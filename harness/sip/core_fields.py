"""Reads the header fields that every message has: Via, From, To, CSeq (RFC 3261 section 8.1.1).

From texts to typed values; keeping what was read is `message`'s work.
"""

from harness.sip.cseq import CSeq
from harness.sip.errors import ParseError
from harness.sip.headers import Headers
from harness.sip.name_addr import NameAddr
from harness.sip.via import Via


def required(headers: Headers, name: str) -> str:
    """The value of a header field that every message has. Raises ParseError ``<name>.missing``."""
    value = headers.get(name)
    if value is None:
        raise ParseError(f"{name.lower()}.missing", 0, b"", f"a {name} header field", name)
    return value


def read_from(headers: Headers) -> NameAddr:
    """The From. Raises ParseError."""
    return NameAddr.parse(required(headers, "From"))


def read_to(headers: Headers) -> NameAddr:
    """The To. Raises ParseError."""
    return NameAddr.parse(required(headers, "To"))


def read_call_id(headers: Headers) -> str:
    """The Call-ID. Raises ParseError."""
    return required(headers, "Call-ID")


def read_cseq(headers: Headers) -> CSeq:
    """The CSeq. Raises ParseError."""
    return CSeq.parse(required(headers, "CSeq"))


def read_vias(headers: Headers) -> list[Via]:
    """Every Via. Raises ParseError."""
    return [Via.parse(text) for text in headers.get_all("Via")]


def read_top_via(headers: Headers) -> Via:
    """The first element of the first Via line. Raises ParseError."""
    value = required(headers, "Via")
    if "," in value:
        elements = headers.get_all("Via")
        value = elements[0] if elements else value
    return Via.parse(value)
