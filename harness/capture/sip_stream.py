"""SIP messages out of one direction of a captured TCP connection.

`harness.sip.stream` cuts messages off a stream that begins with one. A capture may begin anywhere, miss
segments or hold another protocol altogether, so this looks for the first start line and, after nonsense,
for the next one.
"""

import re

from harness.capture.sip_glance import looks_like_sip
from harness.capture.trace import Kind
from harness.sip.errors import ParseError
from harness.sip.stream import StreamFramer

_START_LINE = re.compile(
    rb"^(?:SIP/\d\.\d \d{3}|[A-Z][A-Z0-9._-]{1,31} \S+ SIP/\d\.\d)[^\n]*\n", re.MULTILINE
)
_LONGEST_LINE = 8192  # bytes; a longer one is no start line of a message that anybody accepts


class CapturedSipStream:
    """One direction; bytes in, messages and leftovers out."""

    def __init__(self) -> None:
        self._framer: StreamFramer | None = None
        self._line = b""
        """The beginning of a line that may become a start line; held while there is no framer."""

    def feed(self, data: bytes, *, hole: bool = False) -> list[tuple[bytes, Kind]]:
        """What `data` completes: messages as ``sip``, bytes that belong to none as ``other``.

        `hole` tells that bytes before `data` are missing.
        """
        if hole:
            self._framer, self._line = None, b""
        data, self._line = self._line + data, b""
        found: list[tuple[bytes, Kind]] = []
        search_from, fresh = 0, False
        while data:
            if self._framer is None:
                skipped, data, self._line = _to_start_line(data, search_from)
                if skipped:
                    found.append((skipped, "other"))
                if not data:
                    break
                self._framer, fresh = StreamFramer(), True
            try:
                messages = self._framer.feed(data)
            except ParseError:
                self._framer = None
                search_from = 1 if fresh else 0  # an older framer lost its way before these bytes
                continue
            found.extend((message, "sip" if looks_like_sip(message) else "other") for message in messages)
            break
        return found


def _to_start_line(data: bytes, search_from: int) -> tuple[bytes, bytes, bytes]:
    """`data` in three: what stands before the first start line from `search_from` on, what stands from it on,
    and, when there is none, the last line that has not ended yet.
    """
    start = _START_LINE.search(data, search_from)
    if start is not None:
        return data[: start.start()], data[start.start() :], b""
    end = data.rfind(b"\n") + 1
    may_begin = data[end : end + 1].isupper()  # as methods and SIP/ do; TLS and other binary does not
    if len(data) - end > _LONGEST_LINE or not may_begin:
        end = len(data)
    return data[:end], b"", data[end:]
