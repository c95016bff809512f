"""The parts of a multipart body (RFC 2046 section 5.1, RFC 5621).

A read-only view: the body itself stays in its message as it came.
"""

from dataclasses import dataclass

from harness.sip.errors import ParseError
from harness.sip.headers import Headers
from harness.sip.params import Params


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One part: its own header fields and its bytes."""

    headers: Headers
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type with its parameters; without one ``text/plain`` (RFC 2046 section 5.1)."""
        return self.headers.get("Content-Type") or "text/plain"


def split_parts(content_type: str | None, body: bytes) -> tuple[BodyPart, ...]:
    """The parts of a body; a body that is not multipart is one part.

    Raises ParseError ``multipart.boundary`` when the boundary is missing or never appears.
    """
    media_type, semicolon, params = (content_type or "").partition(";")
    if not media_type.strip().lower().startswith("multipart/"):
        lines = [f"Content-Type: {content_type}"] if content_type else []
        return (BodyPart(Headers.from_lines(lines), body),) if body else ()
    boundary = Params.parse(semicolon + params).get("boundary")
    if not boundary:
        raise ParseError("multipart.boundary", 0, content_type or "", "a boundary parameter", "Content-Type")
    delimiter = b"\r\n--" + boundary.encode("utf-8", "surrogateescape")
    pieces = (b"\r\n" + body).split(delimiter)
    if len(pieces) < 2:
        raise ParseError("multipart.boundary", 0, body, f"--{boundary} in the body", "body")
    found = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break  # the close delimiter; what follows is an epilogue
        found.append(read_part(piece))
    return tuple(found)


def read_part(piece: bytes) -> BodyPart:
    """One part, from behind its delimiter to in front of the next."""
    content = piece.lstrip(b" \t").removeprefix(b"\r\n")
    if content.startswith(b"\r\n"):
        return BodyPart(Headers(), content[2:])
    head, _, body = content.partition(b"\r\n\r\n")
    text = head.decode("utf-8", "surrogateescape").replace("\r\n ", " ").replace("\r\n\t", " ")
    return BodyPart(Headers.from_lines(text.split("\r\n")), body)
