"""Holds a whole message against SIP's grammar and its rules about whole messages; finds, never raises.

Which header field has which syntax is `header_syntax`'s table. What a requirement of a trunk or PBX demands
beyond that is not judged here: a message without defects may still deserve a 420, a 483 or a 501.
"""

from collections.abc import Iterator
from typing import NamedTuple

from harness.sip.cseq import CSeq
from harness.sip.errors import Defect, ParseError
from harness.sip.grammar import encoded, is_digits, is_token
from harness.sip.header_names import CANONICAL, SINGLETONS
from harness.sip.header_syntax import SYNTAX
from harness.sip.headers import Headers
from harness.sip.start_line import PART, RequestLine, check_start_line, parse_start_line

MANDATORY = ("via", "from", "to", "call-id", "cseq")  # RFC 3261 section 8.1.1; RFC 2543 knows no Max-Forwards


class Layout(NamedTuple):
    """Where the pieces of a message lie in its bytes."""

    start: int
    head_end: int
    body_start: int
    body_end: int


class Line(NamedTuple):
    """A header line and where it lies."""

    key: str
    text: str
    offset: int

    @property
    def part(self) -> str:
        """The name of the header field, for people."""
        return CANONICAL.get(self.key, self.text.partition(":")[0].strip())

    def defect(self, rule: str, expected: str) -> Defect:
        """A defect of the whole line."""
        return ParseError(rule, self.offset, self.text, expected, self.part).defect


def find_defects(data: bytes, layout: Layout, start_line: str, headers: Headers) -> tuple[Defect, ...]:
    """Every defect of the message in `data`, in the order of the bytes."""
    lines = list(locate(data, layout.start + len(encoded(start_line)), headers))
    found = [
        *framing_defects(data, layout),
        *start_line_defects(start_line, layout.start),
        *(defect for line in lines for defect in line_defects(line)),
        *repetition_defects(lines),
        *missing_defects(lines, layout.head_end),
        *method_defects(start_line, lines),
        *length_defects(data, layout, lines),
    ]
    return tuple(sorted(found, key=lambda defect: defect.offset))


def locate(data: bytes, position: int, headers: Headers) -> Iterator[Line]:
    """Find each header line in the bytes."""
    for key, text in zip(headers.keys, headers.lines, strict=True):
        raw = encoded(text)
        place = data.find(raw, position)
        position = (
            place if place >= 0 else position
        )  # a fold with a bare LF: stay where the line before ended
        yield Line(key, text, position)
        position += len(raw)


def framing_defects(data: bytes, layout: Layout) -> Iterator[Defect]:
    """Every line of the head ends with CRLF, and an empty one closes it (RFC 3261 section 7)."""
    head = data[layout.start : layout.head_end]
    lone = head.replace(b"\r\n", b"  ")
    for character in (b"\n", b"\r"):
        place = lone.find(character)
        if place >= 0:
            yield Defect(
                "message.line-end", layout.start + place, character, "CRLF at the end of each line", "message"
            )
            break
    if data[layout.head_end : layout.body_start] != b"\r\n\r\n":
        seen = data[layout.head_end : layout.body_start]
        yield Defect(
            "message.empty-line", layout.head_end, seen, "an empty line after the header fields", "message"
        )


def start_line_defects(start_line: str, offset: int) -> Iterator[Defect]:
    """What is wrong with the start line."""
    try:
        check_start_line(start_line)
    except ParseError as failure:
        yield failure.moved(offset).defect


def line_defects(line: Line) -> Iterator[Defect]:
    """What is wrong with one header line by itself."""
    name, colon, value = line.text.partition(":")
    if not colon:
        yield line.defect("header.colon", "a header name, a colon and a value")
        return
    if not is_token(name.rstrip(" \t")):
        yield line.defect("header.name", "a token as header name")
        return
    check = SYNTAX.get(line.key)
    if check is None:
        return
    # line ends become spaces one for one, so that places in the value stay places in the message
    flat = value.replace("\r", " ").replace("\n", " ")
    lead = len(flat) - len(flat.lstrip(" \t"))
    try:
        check(flat.strip(" \t"))
    except ParseError as failure:
        yield failure.moved(line.offset + len(encoded(name)) + 1 + lead, line.part).defect


def repetition_defects(lines: list[Line]) -> Iterator[Defect]:
    """A header field that is no list stands once (RFC 3261 section 7.3.1)."""
    seen = set()
    for line in lines:
        if line.key in seen:
            yield line.defect(f"{line.key}.repeated", f"one {line.part} header field")
        if line.key in SINGLETONS:
            seen.add(line.key)


def missing_defects(lines: list[Line], head_end: int) -> Iterator[Defect]:
    """Every message names its hop, its dialog and its transaction (RFC 3261 section 8.1.1)."""
    present = {line.key for line in lines}
    for key in MANDATORY:
        if key not in present:
            name = CANONICAL[key]
            yield Defect(f"{key}.missing", head_end, b"", f"a {name} header field", name)


def method_defects(start_line: str, lines: list[Line]) -> Iterator[Defect]:
    """The CSeq method is the method of the request (RFC 3261 section 8.1.1.5)."""
    line = next((line for line in lines if line.key == "cseq"), None)
    try:
        parsed = parse_start_line(start_line)
        cseq = CSeq.parse(line.text.partition(":")[2]) if line else None
    except ParseError:
        return  # reported as what it is
    if line and cseq and isinstance(parsed, RequestLine) and cseq.method != parsed.method:
        yield line.defect("cseq.method", f"the method of the request, {parsed.method}")


def length_defects(data: bytes, layout: Layout, lines: list[Line]) -> Iterator[Defect]:
    """A datagram holds all of the body that Content-Length promises (RFC 3261 section 18.3)."""
    line = next((line for line in lines if line.key == "content-length"), None)
    if line is None:
        return
    value = line.text.partition(":")[2].strip()
    available = len(data) - layout.body_start
    if is_digits(value) and len(value) < 20 and int(value) > available:
        yield line.defect(
            "content-length.too-large", f"at most the {available} bytes that follow the empty line"
        )


__all__ = ["PART", "Layout", "find_defects"]
