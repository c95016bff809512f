"""The CSeq value: a number and a method (RFC 3261 section 20.16)."""

from typing import NamedTuple

from harness.sip.errors import ParseError
from harness.sip.grammar import encoded, is_digits, is_token

MAXIMUM = 2**31 - 1  # RFC 3261 section 8.1.1.5: MUST be less than 2**31
DIGITS = 64  # longer numbers than this are refused unread


class CSeq(NamedTuple):
    """Orders requests in a dialog and names the request a response belongs to."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str, *, strict: bool = False) -> "CSeq":
        """Read ``number method``. Raises ParseError ``cseq.number`` or ``cseq.method``."""
        parts = text.split()
        if len(parts) != 2 or not is_digits(parts[0]) or len(parts[0]) > DIGITS:
            raise ParseError("cseq.number", 0, encoded(text), "a number below 2**31 and a method", "CSeq")
        number = int(parts[0])
        if strict and number > MAXIMUM:
            raise ParseError("cseq.number", 0, encoded(text), "a number below 2**31", "CSeq")
        if strict and not is_token(parts[1]):
            raise ParseError("cseq.method", text.find(parts[1]), encoded(parts[1]), "a method token", "CSeq")
        return cls(number, parts[1])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"
