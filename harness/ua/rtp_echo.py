"""Sending a received RTP stream back as our own: new SSRC, shifted numbers, gaps and order as they came.

Whether and where to send is `media_session`'s business.
"""

import struct

from harness.media.rtp import RtpPacket, RtpSender

_pack = struct.Struct("!BBHII").pack  # RFC 3550 section 5.1, without extras


class RtpEcho:
    """Maps the numbers of each source that comes in onto those of one sender."""

    __slots__ = ("_sequence", "_ssrc", "_timestamp")

    def __init__(self) -> None:
        self._ssrc: int | None = None
        self._sequence = 0
        self._timestamp = 0

    def packet(self, rtp: RtpPacket, sender: RtpSender, payload_type: int) -> bytes:
        """The packet to send back; the sender's sequence and timestamp go on from it, its counts stay."""
        if rtp.ssrc != self._ssrc:
            self._ssrc = rtp.ssrc
            self._sequence = sender.sequence - rtp.sequence & 0xFFFF
            self._timestamp = sender.timestamp - rtp.timestamp & 0xFFFFFFFF
        sequence = rtp.sequence + self._sequence & 0xFFFF
        timestamp = rtp.timestamp + self._timestamp & 0xFFFFFFFF
        sender.sequence = sequence + 1 & 0xFFFF
        sender.timestamp = timestamp
        second = payload_type | (0x80 if rtp.marker else 0)
        return _pack(0x80, second, sequence, timestamp, sender.ssrc) + rtp.payload

    @property
    def keeps_numbers(self) -> bool:
        """Whether sequence and timestamp leave as they come."""
        return self._ssrc is not None and self._sequence == self._timestamp == 0
