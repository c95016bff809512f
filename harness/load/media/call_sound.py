"""The audio of one call: its port, the tone it sends, and what it hears.

Implements `harness.load.engine.call_audio.CallAudio`. Pacing is `pacing_wheel`'s, judging `heard_stream`'s;
ports and sockets come from `media_plane`, which also reads the sockets.
"""

import re
import socket
import struct
from typing import TYPE_CHECKING

from harness.load.figures.attempt import HeardAudio
from harness.load.media.heard_stream import HeardStream
from harness.load.media.tone_payloads import frames_of

if TYPE_CHECKING:
    from harness.load.media.media_plane import MediaPlane

CONNECTION = re.compile(rb"(?:^|\n)c=IN IP[46] ([^\s/]+)")
AUDIO = re.compile(rb"(?:^|\n)m=audio ([0-9]{1,5})(?:/[0-9]+)? RTP/AVP ([0-9 ]+)([^\x00]*?)(?=\nm=|\Z)")
SILENT = re.compile(rb"\na=(?:sendonly|inactive)\b")
HEADER = struct.Struct("!BBHII").pack
PLAIN = 0x80
MARKER = 0x80
SAMPLES = 160  # in 20 ms
G711 = (b"8", b"0")
PROBE_EVERY, FIRST_PROBE = 50, 5
"""Packets: once a second one has a bit of its own, so that an echo of it tells how long it took."""


class CallSound:
    """One call's audio."""

    __slots__ = (
        "_frames",
        "_number",
        "_payload_type",
        "_plane",
        "_remote",
        "_sequence",
        "_ssrc",
        "_stamp",
        "heard",
        "offer",
        "port",
        "sending",
        "socket",
        "tone",
    )

    def __init__(
        self,
        plane: "MediaPlane",
        sock: socket.socket,
        port: int,
        offer: bytes,
        tone: int,
        heard: HeardStream,
        ssrc: int,
    ) -> None:
        self.socket = sock
        self.port = port
        self.offer = offer
        self.tone = tone
        self.heard = heard
        self.sending = False
        self._plane = plane
        self._remote = ("", 0)
        self._payload_type = 8
        self._frames: tuple[bytes, ...] = ()
        self._number = 0
        self._ssrc = ssrc
        self._sequence = ssrc & 0x7FFF
        self._stamp = ssrc >> 3 & 0x0FFFFFFF

    def begin(self, answer: bytes, now: float) -> None:
        """Send to where the far end's session description says."""
        self.move(answer, now)

    def move(self, description: bytes, now: float) -> None:
        """Take the far end's address, codec and direction; a hold stops our sound until it is over."""
        stream, connection = AUDIO.search(description), CONNECTION.findall(description)
        if stream is None or not connection:
            return
        own = CONNECTION.search(stream[3])
        host = (own[1] if own is not None else connection[0]).decode("ascii", "replace")
        law = next((word for word in stream[2].split() if word in G711), None)
        port = int(stream[1])
        heard_by_far_end = SILENT.search(stream[3]) is None
        if not 0 < port < 65536 or law is None or host == "0.0.0.0" or not heard_by_far_end:
            self.stop(now)
            return
        self._remote = (host, port)
        self._payload_type = int(law)
        self._frames = frames_of(self.tone, self._payload_type)
        if not self.sending:
            self.sending = True
            self._plane.wheel.add(self.send_next)

    def send_next(self, now: float) -> None:
        """Send the packet that is due."""
        number = self._number
        mark = MARKER if number == 0 else 0
        packet = HEADER(
            PLAIN, self._payload_type | mark, (self._sequence + number) & 0xFFFF, self._stamp, self._ssrc
        )
        payload = self._frames[number % len(self._frames)]
        if number % PROBE_EVERY == FIRST_PROBE:
            payload = self._probe(payload, number, now)
        self._number = number + 1
        self._stamp = (self._stamp + SAMPLES) & 0xFFFFFFFF
        try:
            self.socket.sendto(packet + payload, self._remote)
        except OSError:
            self._plane.not_sent += 1

    def _probe(self, payload: bytes, number: int, now: float) -> bytes:
        """The payload with the lowest bit of one sample turned over, which nobody hears."""
        changed = bytearray(payload)
        changed[number // PROBE_EVERY % SAMPLES] ^= 1
        probe = bytes(changed)
        self.heard.expect_probe(probe, now)
        return probe

    def stop(self, now: float) -> None:
        """Send nothing more."""
        if self.sending:
            self.sending = False
            self._plane.wheel.remove(self.send_next)

    def conclude(self, now: float) -> HeardAudio | None:
        """Close the port and say what was heard."""
        self.stop(now)
        self._plane.close(self)
        return self.heard.conclude(self._number)
