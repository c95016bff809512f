"""The exceptions of `harness.media`, one tree.

MediaError
  SdpError        a session description that cannot be read
  NoCommonCodec   an offer that shares no codec with us
  RtpError        a datagram that is no RTP packet, or a telephone-event payload that is none
  RtcpError       a datagram that is no RTCP compound packet
"""

from collections.abc import Sequence


class MediaError(Exception):
    """Anything that goes wrong in `harness.media`."""


class SdpError(MediaError, ValueError):
    """A line of a session description that breaks RFC 4566; keeps its parts."""

    def __init__(self, line: int, seen: str, expected: str) -> None:
        """``line`` counts from 1."""
        super().__init__(line, seen, expected)
        self.line = line
        self.seen = seen
        self.expected = expected

    def __str__(self) -> str:
        return f"SDP line {self.line}: seen {self.seen[:80]!r}, expected {self.expected}"


class NoCommonCodec(MediaError):
    """No stream of the offer can be accepted (a SIP user agent answers 488)."""

    def __init__(self, offered: Sequence[str], supported: Sequence[str]) -> None:
        super().__init__(tuple(offered), tuple(supported))
        self.offered = tuple(offered)
        self.supported = tuple(supported)

    def __str__(self) -> str:
        return f"no codec in common: offered {', '.join(self.offered)}; we have {', '.join(self.supported)}"


class RtpError(MediaError, ValueError):
    """Bytes that are no RTP packet or payload (RFC 3550 section 5.1, RFC 4733 section 2.3)."""


class RtcpError(MediaError, ValueError):
    """Bytes that are no RTCP compound packet (RFC 3550 section 6)."""
