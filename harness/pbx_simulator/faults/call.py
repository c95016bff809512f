"""Faults of calls to the trunk and of what both directions share: dialogs, release, refusals, timers."""

from collections.abc import Callable
from dataclasses import replace

from harness.faults.fault import part, sip_in, sip_out
from harness.faults.message_changes import SUCCESS, redirected, requests, without
from harness.faults.mutator import Mutator
from harness.faults.packet_loss import (
    drop,
    drop_acks,
    drop_repeated,
    drop_requests,
    is_any_request,
    is_request,
    is_response_to_invite,
)
from harness.pbx_simulator.blueprint import Blueprint
from harness.pbx_simulator.bridge import BEFORE_ANSWER, Bridge
from harness.pbx_simulator.faults.fault import Change, Fault
from harness.pbx_simulator.side import Side
from harness.pbx_simulator.switchboard import Switchboard
from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.location import is_numeric
from harness.sip.message import Request, Response, parse_message
from harness.sip.transaction_events import RequestReceived
from harness.sip.transport_rules import DEFAULT_PORTS
from harness.sip.uri import SipUri
from harness.ua.call import Call
from harness.ua.call_options import CallOptions
from harness.ua.call_state import CallState

ETHERNET = 1500
"""Bytes of an unfragmented datagram."""
RETRY_AFTER = 0.2
"""Seconds until a refused call is tried again."""
IN_DIALOG = ("ACK", "BYE", "INVITE", "UPDATE", "PRACK", "INFO")


class _Retries(Bridge):
    def callee_ended(self, callee: Call, now: float) -> None:
        if callee.status == 403 and self.dial is not None and self.caller.state in BEFORE_ANSWER:
            callee.endpoint.schedule(now + RETRY_AFTER, self.again)
            return
        super().callee_ended(callee, now)

    def again(self, now: float) -> None:
        if self.dial is not None and self.caller.state in BEFORE_ANSWER:
            self.connect(self.dial, outside=not self.trunk_calls, now=now)


class _BusyAsError(Bridge):
    def refusal_for(self, callee: Call) -> int:
        status = super().refusal_for(callee)
        return 500 if status == 486 else status


class _RefusalsAsError(Bridge):
    def refusal_for(self, callee: Call) -> int:
        return super().refusal_for(callee) if self.trunk_calls else 500


class _NoEarlyMedia(Bridge):
    def progress(self, response: Response, now: float) -> None:
        if response.status == 180:
            super().progress(response, now)


class _NoCancel(Bridge):
    def caller_moved(self, caller: Call, now: float) -> None:
        if self.callee is None or self.trunk_calls or self.callee.state not in BEFORE_ANSWER:
            super().caller_moved(caller, now)


class _NoBye(Bridge):
    def caller_moved(self, caller: Call, now: float) -> None:
        if self.trunk_calls or self.callee is None or self.callee.state is not CallState.ANSWERED:
            super().caller_moved(caller, now)
        elif caller.state is CallState.ENDED:
            self.callee.drop(now)


class _NoByeInward(Bridge):
    def callee_ended(self, callee: Call, now: float) -> None:
        if self.trunk_calls and self.caller.state is CallState.ANSWERED:
            self.caller.drop(now)
        else:
            super().callee_ended(callee, now)


class _NoPrack(Switchboard):
    def trunk_options(self, extension: str, codecs: tuple[str, ...], caller: Call) -> CallOptions:
        return replace(super().trunk_options(extension, codecs, caller), send_prack=False)


class _NeverRefreshes(Switchboard):
    def trunk_options(self, extension: str, codecs: tuple[str, ...], caller: Call) -> CallOptions:
        return replace(super().trunk_options(extension, codecs, caller), refresh=False, refresher="uac")

    def incoming_options(self, *, from_trunk: bool) -> CallOptions:
        options = super().incoming_options(from_trunk=from_trunk)
        return replace(options, refresh=False, refresher="uas")


class _NoReinvite(Switchboard):
    def call_from_trunk(self, event: RequestReceived, now: float) -> None:
        self.forbid()
        super().call_from_trunk(event, now)

    def call_outside(self, event: RequestReceived, number: str, extension: str, now: float) -> None:
        self.forbid()
        super().call_outside(event, number, extension, now)

    def forbid(self) -> None:
        endpoint = self.outside.endpoint
        endpoint.allow = tuple(method for method in endpoint.allow if method != "INVITE")


class _OneCall(Switchboard):
    def call_from_trunk(self, event: RequestReceived, now: float) -> None:
        if self.is_busy():
            self.refuse(self.outside, event, 486, now)
        else:
            super().call_from_trunk(event, now)

    def call_outside(self, event: RequestReceived, number: str, extension: str, now: float) -> None:
        if self.is_busy():
            self.refuse(self.inside, event, 486, now)
        else:
            super().call_outside(event, number, extension, now)

    def is_busy(self) -> bool:
        return any(not bridge.ended for bridge in self.bridges)


class _NoOptions(Switchboard):
    def answer_unasked(self, side: Side, event: RequestReceived, now: float) -> None:
        if side is self.inside or event.request.method != "OPTIONS":
            super().answer_unasked(side, event, now)


def _to_the_peer(request: Request) -> Request:
    """The address of record that was called, in the place of the remote target."""
    request.uri = str(request.to.uri)
    return request


def _past_maddr(request: Request, destination: Hop) -> Hop | None:
    """The host of the Request-URI, whatever maddr says; a name that nobody resolves is nowhere."""
    uri = request.parsed_uri
    if request.to.tag is None or not isinstance(uri, SipUri) or uri.maddr is None:
        return destination
    if not is_numeric(uri.host):
        return None
    return Hop(destination.transport, uri.host, uri.port or DEFAULT_PORTS[destination.transport])


def _without_route(request: Request) -> Request:
    if request.to.tag is not None:
        request.headers.remove("Route")
    return request


def _dies_after(is_fatal: Callable[[bytes], bool]) -> Change:
    """Neither hears nor says anything any more; one memory for what comes in and what goes out."""

    def change(blueprint: Blueprint) -> Blueprint:
        dead: list[bool] = []

        def hear(packet: Packet, _now: float) -> list[Packet]:
            if is_fatal(packet.data):
                dead.append(True)
            return [] if dead else [packet]

        def say(packet: Packet, _now: float) -> list[Packet]:
            return [] if dead else [packet]

        return replace(blueprint, sip_in=lambda: hear, sip_out=lambda: say)

    return change


def _dies_on_repetition(blueprint: Blueprint) -> Blueprint:
    seen: set[bytes] = set()

    def is_fatal(data: bytes) -> bool:
        is_again = data in seen and is_request(data, "INVITE")
        seen.add(data)
        return is_again

    return _dies_after(is_fatal)(blueprint)


def _has_unknown_header(data: bytes) -> bool:
    return b"\nx-" in data.lower()


def _is_malformed(data: bytes) -> bool:
    if not data.strip():
        return False  # a keepalive
    try:
        message = parse_message(data)
        return message.cseq.number < 0 or not message.branch
    except ParseError:
        return True


def _is_large(data: bytes) -> bool:
    return len(data) > ETHERNET


def _glare_as_refusal() -> Mutator:
    """The PBX takes 491 for 488 and does not try again."""

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        return [packet._replace(data=packet.data.replace(b"SIP/2.0 491 ", b"SIP/2.0 488 ", 1))]

    return mutate


FAULTS = (
    Fault(
        "ack-to-2xx-missing",
        "call.pbx-ack-2xx",
        "a 200 to INVITE is not acknowledged",
        sip_out(drop_acks(of_success=True)),
        also=("call.pbx-releases",),
    ),
    Fault(
        "ack-to-refusal-missing",
        "call.pbx-ack-refusal",
        "a refusal of INVITE is not acknowledged",
        sip_out(drop_acks(of_success=False)),
        also=("call.pbx-releases",),
    ),
    Fault(
        "bye-wrong-target",
        "call.pbx-remote-target",
        "the Request-URI of BYE is the address that was called, not the Contact of the trunk",
        sip_out(requests(_to_the_peer, "BYE")),
    ),
    Fault(
        "bye-missing",
        "call.pbx-bye",
        "no BYE when a phone hangs up",
        part(bridge=_NoBye),
        also=("call.pbx-releases",),
    ),
    Fault(
        "inbound-bye-missing",
        "call.pbx-bye",
        "no BYE when a phone hangs up that the trunk had called",
        part(bridge=_NoByeInward),
        also=("call.pbx-releases",),
    ),
    Fault(
        "maddr-ignored",
        "call.pbx-maddr",
        "requests inside a dialog go to the host of the Contact though it carries maddr",
        sip_out(redirected(_past_maddr, *IN_DIALOG)),
    ),
    Fault(
        "record-route-ignored",
        "call.pbx-record-route",
        "requests inside a dialog carry no Route",
        sip_out(requests(_without_route, *IN_DIALOG)),
    ),
    Fault(
        "invite-contact-missing",
        "call.pbx-contact",
        "INVITE has no Contact",
        sip_out(requests(without("Contact"), "INVITE")),
    ),
    Fault(
        "cancel-missing",
        "cancel.pbx-cancels",
        "no CANCEL when a phone gives up before the answer",
        part(bridge=_NoCancel),
    ),
    Fault(
        "cancel-ignored",
        "cancel.pbx-obeys",
        "CANCEL from the trunk gets no answer and the phone rings on",
        sip_in(drop_requests("CANCEL")),
        also=("call.pbx-releases",),
    ),
    Fault(
        "retries-403",
        "call.pbx-no-redial-storm",
        "a call refused with 403 is tried again for ever, five times a second",
        part(bridge=_Retries),
    ),
    Fault("busy-as-500", "call.pbx-busy", "a busy phone or number becomes 500", part(bridge=_BusyAsError)),
    Fault(
        "refusals-as-500",
        "call.pbx-refusal-passed",
        "phones get 500 whatever the trunk refused with",
        part(bridge=_RefusalsAsError),
    ),
    Fault(
        "early-media-blocked",
        "call.pbx-early-media",
        "183 with sound is not passed on",
        part(bridge=_NoEarlyMedia),
    ),
    Fault(
        "prack-missing",
        "call.pbx-prack",
        "a reliable 183 is never acknowledged, though 100rel is supported",
        part(switchboard=_NoPrack),
    ),
    Fault(
        "session-timer-ignored",
        "timers.pbx-session-timer",
        "the session timer is agreed upon and never refreshed",
        part(switchboard=_NeverRefreshes),
    ),
    Fault(
        "reinvite-rejected",
        "call.pbx-reinvite",
        "re-INVITE from the trunk is answered with 405",
        part(switchboard=_NoReinvite),
    ),
    Fault(
        "answer-not-retransmitted",
        "timers.pbx-2xx-retransmitted",
        "a 200 to INVITE whose ACK is missing is not repeated",
        sip_out(drop_repeated(lambda data: is_response_to_invite(data, SUCCESS))),
    ),
    Fault(
        "second-call-refused",
        "channels.pbx-several-calls",
        "a second call gets 486 while the first one lasts",
        part(switchboard=_OneCall),
    ),
    Fault(
        "options-unanswered",
        "liveness.pbx-answers-options",
        "OPTIONS of the trunk gets no answer",
        part(switchboard=_NoOptions),
    ),
    Fault(
        "dies-on-unknown-header",
        "capability.pbx-unknown-header",
        "a message with a header field X-... silences the PBX for good",
        _dies_after(_has_unknown_header),
    ),
    Fault(
        "dies-on-notify",
        "capability.pbx-unexpected-request",
        "an unexpected NOTIFY silences the PBX for good",
        _dies_after(lambda data: is_request(data, "NOTIFY")),
    ),
    Fault(
        "dies-on-malformed",
        "capability.pbx-malformed",
        "a message that cannot be read silences the PBX for good",
        _dies_after(_is_malformed),
    ),
    Fault(
        "dies-on-repetition",
        "transport.pbx-network-faults",
        "an INVITE that comes twice silences the PBX for good",
        _dies_on_repetition,
    ),
    Fault(
        "large-invite-dropped",
        "transport.pbx-large-datagram",
        "datagrams of more than 1500 bytes are not heard",
        sip_in(drop(_is_large)),
    ),
    Fault(
        "requests-not-retransmitted",
        "timers.pbx-retransmits",
        "a request that was lost is not sent again",
        sip_out(drop_repeated(is_any_request)),
    ),
    Fault(
        "repeated-answer-not-acknowledged",
        "timers.pbx-ack-repeated",
        "a 200 to INVITE that comes again gets no second ACK",
        sip_out(drop_repeated(lambda data: is_request(data, "ACK"))),
    ),
    Fault(
        "bye-ignored",
        "call.pbx-releases",
        "BYE from the trunk gets no answer and the phone stays in the call",
        sip_in(drop_requests("BYE")),
    ),
    Fault(
        "glare-given-up",
        "call.pbx-glare",
        "a re-INVITE that met another one (491) is not tried again",
        sip_in(_glare_as_refusal),
    ),
)
