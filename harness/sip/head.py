"""Where a message's head ends and which lines it has, when it is not of the usual shape.

Knows leading empty lines, folded header fields, bare LF as line end, a missing empty line. The usual shape
is read by `message` itself, in fewer steps.
"""

import re
from typing import NamedTuple

from harness.sip.errors import ParseError

LEADING_LINES = re.compile(rb"[\r\n]*")
EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
LINE_END = re.compile(r"\r?\n")


class Head(NamedTuple):
    """The lines of a head, folds joined, and where it lies in the bytes."""

    lines: list[str]
    start: int
    """The index of the first byte of the start line."""
    end: int
    """The index after the last byte of the last line."""
    body_start: int


def split_head(data: bytes) -> Head:
    """Find the head. Raises ParseError ``message.empty`` when there is nothing but line ends."""
    start = leading_lines(data)
    if start == len(data):
        raise ParseError("message.empty", 0, data, "a start line", "message")
    empty = EMPTY_LINE.search(data, start)
    if empty is not None:
        end, body_start = empty.span()
    else:
        body_start = len(data)
        end = len(data.rstrip(b"\r\n"))
    pieces = LINE_END.split(data[start:end].decode("utf-8", "surrogateescape"))
    groups = [pieces[:1]]
    for piece in pieces[1:]:
        if piece[:1] in (" ", "\t") and len(groups) > 1:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return Head(["\r\n".join(group) for group in groups], start, end, body_start)


def leading_lines(data: bytes) -> int:
    """How many bytes of line ends precede the start line; a receiver ignores them (RFC 3261 section 7.5)."""
    match = LEADING_LINES.match(data)
    return match.end() if match else 0
