"""Faults of session descriptions, of RTP, and of timers."""

from dataclasses import replace

from harness.faults.fault import media_out, part, sip_in, sip_out
from harness.faults.message_changes import SUCCESS, responses, with_body
from harness.faults.packet_loss import (
    delayed,
    drop_payload_types,
    drop_repeated,
    drop_requests,
    is_any_request,
    is_request,
    is_response_to_invite,
)
from harness.sip.message import Response
from harness.ua.call_options import CallOptions
from reference_server.far_end import FarEnd, FarEnds
from reference_server.faults.fault import Fault, value

FIRST_DYNAMIC = 96
"""Payload types from here on are telephone-events, as the trunk speaks static codecs only."""


class _SilentEcho(FarEnds):
    def find(self, number: str) -> FarEnd:
        far_end = super().find(number)
        if far_end.row.media != "echo":
            return far_end
        return far_end._replace(row=far_end.row.model_copy(update={"media": "silence"}))


class _AnyInterval(FarEnds):
    def options(self, far_end: FarEnd, contact: str) -> CallOptions:
        return replace(super().options(far_end, contact), min_se=1)


def _with_foreign_codec(body: bytes) -> bytes:
    lines = body.split(b"\r\n")
    changed = [line + b" 3" if line.startswith(b"m=audio ") else line for line in lines]
    return b"\r\n".join([*changed[:-1], b"a=rtpmap:3 GSM/8000", b""])


def _with_other_event_payload(body: bytes) -> bytes:
    lines = []
    for line in body.split(b"\r\n"):
        if line.startswith(b"m=audio "):
            line = line.replace(b" 101", b" 117").replace(b" 96", b" 117").replace(b" 97", b" 117")
        elif b"telephone-event" in line or (line.startswith(b"a=fmtp:") and b"0-1" in line):
            name, _, rest = line.partition(b":")
            line = name + b":117 " + rest.partition(b" ")[2]
        lines.append(line)
    return b"\r\n".join(lines)


def _never_held(body: bytes) -> bytes:
    return body.replace(b"a=recvonly", b"a=sendrecv").replace(b"a=inactive", b"a=sendrecv")


def _without_refresher(response: Response) -> Response:
    interval = response.headers.get("Session-Expires")
    if interval is not None:
        response.headers.set("Session-Expires", interval.partition(";")[0])
    return response


def _is_answered_but_no_invite(data: bytes) -> bool:
    return is_any_request(data) and not is_request(data, "INVITE", "ACK")


FAULTS = (
    Fault(
        "foreign-codec-answered",
        "media.answer-codec",
        "the answer holds a codec that was not offered",
        sip_out(responses(with_body(_with_foreign_codec), method="INVITE", statuses=SUCCESS)),
    ),
    Fault(
        "pcma-refused",
        "media.pcma",
        "G.711 A-law is not spoken",
        value({"media": {"codecs": ["PCMU", "telephone-event"]}}),
    ),
    Fault(
        "pcmu-refused",
        "media.pcmu",
        "G.711 mu-law is not spoken",
        value({"media": {"codecs": ["PCMA", "telephone-event"]}}),
    ),
    Fault("echo-silent", "media.echo", "the echo number sends silence", part(far_ends=_SilentEcho)),
    Fault(
        "one-way-audio",
        "media.two-way",
        "no RTP leaves the trunk",
        media_out(drop_payload_types(lambda _number: True)),
    ),
    Fault("echo-delayed", "media.delay", "RTP leaves three seconds late", media_out(delayed(3.0))),
    Fault(
        "dtmf-lost",
        "media.dtmf",
        "telephone-events do not leave the trunk",
        media_out(drop_payload_types(lambda number: number >= FIRST_DYNAMIC)),
    ),
    Fault(
        "hold-ignored",
        "media.hold",
        "an offer of hold is answered with sendrecv",
        sip_out(responses(with_body(_never_held), method="INVITE", statuses=SUCCESS)),
    ),
    Fault(
        "event-payload-changed",
        "media.telephone-event-payload",
        "telephone-event has another payload number in the answer",
        sip_out(responses(with_body(_with_other_event_payload), method="INVITE", statuses=SUCCESS)),
    ),
    Fault(
        "codec-mismatch-500",
        "media.codec-mismatch-488",
        "an offer without a common codec is answered with 500",
        value({"refusal": {"not_acceptable": {"status": 500}}}),
    ),
    Fault(
        "invite-retransmission-unanswered",
        "timers.invite-retransmission-absorbed",
        "a repeated INVITE is not answered again",
        sip_in(drop_repeated(lambda data: is_request(data, "INVITE"))),
    ),
    Fault(
        "request-retransmission-unanswered",
        "timers.non-invite-retransmission",
        "a repeated request is not answered again",
        sip_in(drop_repeated(_is_answered_but_no_invite)),
    ),
    Fault(
        "answer-not-retransmitted",
        "timers.2xx-retransmitted",
        "the 200 to INVITE is sent once",
        sip_out(drop_repeated(lambda data: is_response_to_invite(data, SUCCESS))),
    ),
    Fault(
        "refusal-not-retransmitted",
        "timers.final-retransmitted",
        "a refusal of INVITE is sent once",
        sip_out(drop_repeated(lambda data: is_response_to_invite(data, range(300, 700)))),
    ),
    Fault(
        "ack-ignored",
        "timers.ack-ends-retransmission",
        "the 200 to INVITE is repeated in spite of ACK",
        sip_in(drop_requests("ACK")),
    ),
    Fault(
        "refresher-missing",
        "timers.session-timer",
        "Session-Expires of the 200 names no refresher",
        sip_out(responses(_without_refresher, method="INVITE", statuses=SUCCESS)),
    ),
    Fault(
        "any-session-interval",
        "timers.session-interval-422",
        "a session interval under 90 s is accepted",
        part(far_ends=_AnyInterval),
    ),
)
