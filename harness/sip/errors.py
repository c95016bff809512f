"""The exceptions of `harness.sip`, one tree.

    SipError
      ParseError     a peer sent (or a user wrote) something that is not SIP
      LocalError     our own side asked for something SIP forbids

A `Defect` is the same finding as a `ParseError`, recorded instead of raised.
"""

from dataclasses import dataclass

SEEN_LIMIT = 60  # bytes of the offending text that an error keeps; the rest is in the message itself


class SipError(Exception):
    """Anything that goes wrong in `harness.sip`."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One place in a message where its sender broke the grammar or a rule about whole messages."""

    rule: str
    """Which rule, as ``topic.slug``: ``uri.port``, ``cseq.method-mismatch``."""
    offset: int
    """Where: bytes from the start of the text that was parsed (the message, or a lone header value)."""
    seen: bytes
    """The offending bytes, at most `SEEN_LIMIT` of them."""
    expected: str
    """What the rule wants, in words that continue "expected"."""
    part: str = ""
    """The header field or other part at fault: ``Via``, ``start line``; empty for a lone value."""

    @property
    def status(self) -> int:
        """The status code that answers a request with this defect: 505 for a foreign version, else 400."""
        return 505 if self.rule == "start-line.version" else 400

    def __str__(self) -> str:
        where = f" in {self.part}" if self.part else ""
        return f"{self.rule}{where} at byte {self.offset}: expected {self.expected}, seen {self.seen!r}"


class ParseError(SipError, ValueError):
    """The text is not what the grammar allows; keeps the parts of a `Defect`."""

    def __init__(self, rule: str, offset: int, seen: bytes | str, expected: str, part: str = "") -> None:
        if isinstance(seen, str):
            seen = seen.encode("utf-8", "surrogateescape")
        super().__init__(rule, offset, seen, expected, part)
        self.rule = rule
        self.offset = offset
        self.seen = seen[:SEEN_LIMIT]
        self.expected = expected
        self.part = part

    @property
    def defect(self) -> Defect:
        """The same finding as a value."""
        return Defect(self.rule, self.offset, self.seen, self.expected, self.part)

    @property
    def status(self) -> int:
        """The status code that answers a request with this defect."""
        return self.defect.status

    def moved(self, by: int, part: str = "") -> "ParseError":
        """The same error seen from a surrounding text that starts `by` bytes earlier."""
        return ParseError(self.rule, self.offset + by, self.seen, self.expected, part or self.part)

    def __str__(self) -> str:
        return str(self.defect)


class LocalError(SipError):
    """Our own side asked for a message or an action that SIP does not allow."""
