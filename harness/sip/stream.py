"""Cuts a byte stream into messages (RFC 3261 section 18.3, RFC 5626 section 3.5.1).

Looks at Content-Length and nothing else; what it hands over is for `message.parse_message`. The sockets
belong to the drivers.
"""

import re

from harness.sip.errors import ParseError

LARGEST_MESSAGE = 65_536  # bytes; our own limit, what a UDP datagram could hold
CONTENT_LENGTH = re.compile(
    rb"\r?\n(?:content-length|l)[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)(?=\r?\n|\Z)", re.IGNORECASE
)
END_OF_HEAD = b"\r\n\r\n"


class StreamFramer:
    """One direction of one connection. Keeps what has come of the next message."""

    def __init__(self, largest_message: int = LARGEST_MESSAGE) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._wanted = 0
        self._line_ends = 0
        self._largest = largest_message
        self._pings = 0
        self.error: ParseError | None = None
        """Why the stream cannot be read on; the connection is of no more use."""

    @property
    def pending(self) -> int:
        """How many bytes wait for the rest of their message."""
        return len(self._buffer)

    def take_pings(self) -> int:
        """How many double-CRLF keepalives came since the last call; each wants a CRLF back (RFC 5626)."""
        pings, self._pings = self._pings, 0
        return pings

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete with `data`.

        Raises ParseError (``stream.size``, ``content-length.number``) when the stream has lost its framing.
        Messages complete before that are handed over first: then the error waits in `error` and comes with
        the next call.
        """
        if self.error is not None:
            raise self.error
        self._buffer += data
        messages: list[bytes] = []
        try:
            while (message := self._next_message()) is not None:
                messages.append(message)
        except ParseError as failure:
            self.error = failure
            if not messages:
                raise
        return messages

    def _next_message(self) -> bytes | None:
        if not self._wanted:
            self._skip_line_ends()
            self._wanted = self._find_length()
        if not self._wanted or len(self._buffer) < self._wanted:
            return None
        message = bytes(self._buffer[: self._wanted])
        del self._buffer[: self._wanted]
        self._wanted = self._searched = self._line_ends = 0
        return message

    def _skip_line_ends(self) -> None:
        """Drop empty lines between messages; two in a row are a keepalive."""
        while self._buffer[:2] == b"\r\n":
            del self._buffer[:2]
            self._line_ends += 1
            if self._line_ends % 2 == 0:
                self._pings += 1

    def _find_length(self) -> int:
        """The length of the message in front; 0 as long as its head is incomplete. Raises ParseError."""
        end = self._buffer.find(END_OF_HEAD, max(self._searched - 3, 0))
        if end < 0:
            self._searched = len(self._buffer)
            self._check_size(len(self._buffer))
            return 0
        head_length = end + len(END_OF_HEAD)
        length = head_length + content_length(bytes(self._buffer[:end]))
        self._check_size(length)
        return length

    def _check_size(self, length: int) -> None:
        if length > self._largest:
            raise ParseError(
                "stream.size",
                0,
                bytes(self._buffer[:60]),
                f"a message of at most {self._largest} bytes",
                "stream",
            )


def content_length(head: bytes) -> int:
    """The Content-Length of a head; 0 when there is none. Raises ParseError ``content-length.number``."""
    found = None
    for match in CONTENT_LENGTH.finditer(head):
        digits = match[1].strip()
        if not digits.isdigit() or len(digits) > 10:
            expected = "the number of bytes in the body"
            raise ParseError("content-length.number", match.start(1), digits, expected, "Content-Length")
        if found is not None and found != int(digits):
            # RFC 4475 section 3.3.9: no way to know how many octets the body has
            raise ParseError(
                "content-length.repeated", match.start(1), digits, "one Content-Length", "Content-Length"
            )
        found = int(digits)
    return found or 0
