"""Faults of the media between the PBX and the trunk, and of the SDP that announces it."""

import re
import struct
from dataclasses import replace
from typing import ClassVar

from harness.faults.fault import part, sip_out
from harness.faults.message_changes import SUCCESS, bodies, requests, responses, with_body
from harness.media.rtp import RtpPacket
from harness.media.tone import ToneSource
from harness.pbx_simulator.bridge import Bridge
from harness.pbx_simulator.faults.fault import Fault
from harness.pbx_simulator.relay import Relay, with_payload_type
from harness.pbx_simulator.switchboard import Switchboard
from harness.sip.hop import Packet
from harness.ua.call import Call
from harness.ua.call_options import CallOptions
from harness.ua.call_state import CallState
from harness.ua.media_session import MediaSession

CONNECTION = re.compile(rb"c=IN IP4 \S+")
ELSEWHERE = b"127.0.0.99"
"""An address where nobody is."""
GSM = 3
"""A payload type that nobody offered."""
LOST_SHARE = 8
"""Every so many packets one is lost."""
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
"""Hz: the tones of the keys, ITU-T Q.23."""
KEYS = "123A456B789C*0#D"
EVENTS = "0123456789*#ABCD"
"""Keys by event number, RFC 4733 section 3.2."""
FRAME = 160
"""Samples in 20 ms."""


class _SilentToTrunk(Relay):
    def sound(
        self, data: bytes, rtp: RtpPacket, incoming: MediaSession, outgoing: MediaSession, *, to_trunk: bool
    ) -> bytes | None:
        return None if to_trunk else super().sound(data, rtp, incoming, outgoing, to_trunk=to_trunk)


class _SilentToPhone(Relay):
    def sound(
        self, data: bytes, rtp: RtpPacket, incoming: MediaSession, outgoing: MediaSession, *, to_trunk: bool
    ) -> bytes | None:
        return super().sound(data, rtp, incoming, outgoing, to_trunk=to_trunk) if to_trunk else None


class _SilentBeforeAnswer(Relay):
    def forward(self, packet: Packet, leg: Call, other: Call) -> list[Packet]:
        is_early = CallState.ANSWERED not in (leg.state, other.state)
        return [] if is_early else super().forward(packet, leg, other)


class _Lossy(Relay):
    def sound(
        self, data: bytes, rtp: RtpPacket, incoming: MediaSession, outgoing: MediaSession, *, to_trunk: bool
    ) -> bytes | None:
        if to_trunk and rtp.sequence % LOST_SHARE == 0:
            return None
        return super().sound(data, rtp, incoming, outgoing, to_trunk=to_trunk)


class _OtherPayloadType(Relay):
    def sound(
        self, data: bytes, rtp: RtpPacket, incoming: MediaSession, outgoing: MediaSession, *, to_trunk: bool
    ) -> bytes | None:
        passed = super().sound(data, rtp, incoming, outgoing, to_trunk=to_trunk)
        return with_payload_type(passed, GSM) if passed is not None and to_trunk else passed


class _FromElsewhere(Relay):
    """Sends to the trunk from the port that the phone knows."""

    def forward(self, packet: Packet, leg: Call, other: Call) -> list[Packet]:
        passed = super().forward(packet, leg, other)
        if other is not self.trunk_leg:
            return passed
        return [one._replace(source=packet.destination) for one in passed]


class _Crossed(Relay):
    """Sends the sound of a phone into the call after its own."""

    _trunk_legs: ClassVar[list[Call]] = []

    def __init__(self, trunk_leg: Call | None) -> None:
        super().__init__(trunk_leg)
        if trunk_leg is not None:
            self._trunk_legs.append(trunk_leg)

    def forward(self, packet: Packet, leg: Call, other: Call) -> list[Packet]:
        same = [one for one in self._trunk_legs if one.endpoint is other.endpoint]
        legs = [one for one in same if one.state is CallState.ANSWERED]
        if other is not self.trunk_leg or other not in legs:
            return super().forward(packet, leg, other)
        following = legs[(legs.index(other) + 1) % len(legs)]
        return super().forward(packet, leg, following)


class _NoDigits(Relay):
    def event(self, data: bytes, rtp: RtpPacket, outgoing: MediaSession, *, to_trunk: bool) -> bytes | None:
        return None if to_trunk else super().event(data, rtp, outgoing, to_trunk=to_trunk)


class _DigitsAsTones(Relay):
    """Plays the keys as sound in the place of the events."""

    def __init__(self, trunk_leg: Call | None) -> None:
        super().__init__(trunk_leg)
        self._source: ToneSource | None = None
        self._begun = -1
        self._frames = 0

    def event(self, data: bytes, rtp: RtpPacket, outgoing: MediaSession, *, to_trunk: bool) -> bytes | None:
        if not to_trunk or outgoing.agreed is None or not rtp.payload or rtp.payload[0] >= len(EVENTS):
            return super().event(data, rtp, outgoing, to_trunk=to_trunk)
        if self._source is None or rtp.timestamp != self._begun:
            self._begun, self._frames = rtp.timestamp, 0
            self._source = ToneSource(_tones(rtp.payload[0]), outgoing.agreed.codec.name)
        timestamp = (rtp.timestamp + FRAME * self._frames) & 0xFFFFFFFF
        self._frames += 1
        head = with_payload_type(data[:4], outgoing.agreed.payload_type)
        return head + struct.pack("!II", timestamp, rtp.ssrc) + self._source.next_frame()


class _OffersNoEvents(Switchboard):
    def trunk_options(self, extension: str, codecs: tuple[str, ...], caller: Call) -> CallOptions:
        return _without_events(super().trunk_options(extension, codecs, caller))

    def incoming_options(self, *, from_trunk: bool) -> CallOptions:
        options = super().incoming_options(from_trunk=from_trunk)
        return _without_events(options) if from_trunk else options


class _OffersG729(Switchboard):
    def trunk_options(self, extension: str, codecs: tuple[str, ...], caller: Call) -> CallOptions:
        return replace(super().trunk_options(extension, codecs, caller), codecs=("G729",))


class _HoldsByWords(Bridge):
    def change(self, leg: Call, direction: str, now: float) -> None:
        to_trunk = (leg is self.caller) == self.trunk_calls
        super().change(leg, "sendrecv" if to_trunk else direction, now)


class _NoHold(Bridge):
    def change(self, leg: Call, direction: str, now: float) -> None:
        if (leg is self.caller) != self.trunk_calls:
            super().change(leg, direction, now)


def _announced_elsewhere(body: bytes) -> bytes:
    return CONNECTION.sub(rb"c=IN IP4 " + ELSEWHERE, body)


def _tones(event: int) -> tuple[int, ...]:
    place = KEYS.index(EVENTS[event])
    return (ROWS[place // 4], COLUMNS[place % 4])


def _without_events(options: CallOptions) -> CallOptions:
    return replace(options, codecs=tuple(each for each in options.codecs if each != "telephone-event"))


def _gsm_alone(body: bytes) -> bytes:
    return _with_format(body, b"3")


def _g729_alone(body: bytes) -> bytes:
    return _with_format(body, b"18")


def _with_format(body: bytes, number: bytes) -> bytes:
    """A description with one format alone."""
    lines = [line for line in body.split(b"\r\n") if not line.startswith((b"a=rtpmap", b"a=fmtp"))]
    return b"\r\n".join(
        b" ".join([*line.split(b" ")[:3], number]) if line.startswith(b"m=audio") else line for line in lines
    )


FAULTS = (
    Fault(
        "one-way-audio",
        "media.pbx-two-way",
        "no sound of the phone reaches the trunk",
        part(relay=_SilentToTrunk),
    ),
    Fault(
        "audio-not-passed-in",
        "media.pbx-two-way",
        "no sound of the trunk reaches the phone",
        part(relay=_SilentToPhone),
    ),
    Fault(
        "early-audio-dropped",
        "call.pbx-early-media",
        "183 is passed on, and no sound before the answer",
        part(relay=_SilentBeforeAnswer),
    ),
    Fault("lossy-audio", "media.pbx-quality", "every eighth packet to the trunk is lost", part(relay=_Lossy)),
    Fault(
        "payload-type-unagreed",
        "media.pbx-payload-type",
        "RTP to the trunk has a payload type that was not negotiated",
        part(relay=_OtherPayloadType),
    ),
    Fault(
        "wrong-codec-answered",
        "media.pbx-answer-codec",
        "the 200 to INVITE answers with G.729 whatever was offered",
        sip_out(responses(with_body(_g729_alone), method="INVITE", statuses=SUCCESS)),
    ),
    Fault(
        "g729-alone-offered",
        "media.pbx-g711",
        "G.729 is offered and no G.711",
        part(switchboard=_OffersG729),
    ),
    Fault(
        "g711-not-offered",
        "media.pbx-codec",
        "GSM alone is offered",
        sip_out(requests(with_body(_gsm_alone), "INVITE")),
        also=("media.pbx-g711",),
    ),
    Fault(
        "media-from-elsewhere",
        "media.pbx-source-address",
        "RTP leaves from another port than the one in SDP",
        part(relay=_FromElsewhere),
    ),
    Fault(
        "sdp-wrong-address",
        "media.pbx-source-address",
        "SDP announces an address that is not the PBX's, as behind a NAT that nobody told it of",
        sip_out(bodies(_announced_elsewhere)),
        also=("media.pbx-two-way",),
    ),
    Fault(
        "crossed-audio",
        "media.pbx-own-audio",
        "of several calls each hears the phone of another",
        part(relay=_Crossed),
    ),
    Fault(
        "dtmf-inband",
        "media.pbx-dtmf",
        "telephone-event is not offered; digits go to the trunk as tones",
        part(relay=_DigitsAsTones, switchboard=_OffersNoEvents),
    ),
    Fault(
        "dtmf-dropped",
        "media.pbx-dtmf",
        "telephone-events are negotiated and never sent to the trunk",
        part(relay=_NoDigits),
    ),
    Fault(
        "hold-without-sendonly",
        "media.pbx-hold",
        "the re-INVITE of a hold says sendrecv",
        part(bridge=_HoldsByWords),
    ),
    Fault("hold-not-passed", "media.pbx-hold", "a hold is not told to the trunk", part(bridge=_NoHold)),
)
