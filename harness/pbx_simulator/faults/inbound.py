"""Faults of calls that the trunk places: where they ring and what the trunk gets for an answer."""

from dataclasses import replace

from harness.faults.fault import part, sip_out
from harness.faults.message_changes import PROVISIONAL, SUCCESS, responses, with_other_to_tag, without
from harness.pbx_simulator.bridge import Bridge
from harness.pbx_simulator.faults.fault import Fault
from harness.pbx_simulator.switchboard import Switchboard, user_of
from harness.sip.challenge import Challenge
from harness.sip.hop import Packet
from harness.sip.message import Request, Response
from harness.sip.transaction_events import RequestReceived
from harness.ua.call_media import sdp_of
from harness.ua.call_options import CallOptions


class _Challenges(Switchboard):
    def call_from_trunk(self, event: RequestReceived, now: float) -> None:
        challenge = Challenge("asterisk", f"{self.rng.getrandbits(64):016x}")
        headers = [(challenge.header_name, str(challenge))]
        tag = self.outside.endpoint.new_tag()
        response = event.request.response(401, to_tag=tag, headers=headers)
        self.outside.layer.send_response(event.transaction, response, now)


class _RoutesByTo(Switchboard):
    def called(self, request: Request) -> str | None:
        return self.extension_for(user_of(request.to.uri))


class _AnswersAnything(Switchboard):
    def extension_for(self, user: str) -> str | None:
        return super().extension_for(user) or next(iter(self.extensions.numbers), None)


class _KnowsNoTags(Switchboard):
    def extension_for(self, user: str) -> str | None:
        return super().extension_for(user) if user.startswith("+") or len(user) > 6 else None


class _RefusesUsernameInTo(Switchboard):
    def call_from_trunk(self, event: RequestReceived, now: float) -> None:
        if user_of(event.request.to.uri) == self.settings.pbx.username:
            self.refuse(self.outside, event, 404, now)
        else:
            super().call_from_trunk(event, now)


class _TakesStrangers(Switchboard):
    def is_trunk(self, packet: Packet) -> bool:
        return True


class _NoLateOffer(Switchboard):
    def call_from_trunk(self, event: RequestReceived, now: float) -> None:
        if sdp_of(event.request) is None:
            self.refuse(self.outside, event, 488, now)
        else:
            super().call_from_trunk(event, now)


class _DoesNotRing(Bridge):
    def progress(self, response: Response, now: float) -> None:
        if not self.trunk_calls:
            super().progress(response, now)


class _NeverAnswers(Switchboard):
    def call_from_trunk(self, event: RequestReceived, now: float) -> None:
        self.outside.layer.send_response(event.transaction, event.request.response(100), now)


class _NoTrying(Switchboard):
    def incoming_options(self, *, from_trunk: bool) -> CallOptions:
        return replace(super().incoming_options(from_trunk=from_trunk), automatic_trying=not from_trunk)


FAULTS = (
    Fault(
        "inbound-challenged",
        "inbound.pbx-trusts",
        "INVITE from the trunk is challenged with 401",
        part(switchboard=_Challenges),
    ),
    Fault(
        "inbound-unanswered",
        "inbound.pbx-answers",
        "INVITE from the trunk gets 100 and nothing else",
        part(switchboard=_NeverAnswers),
    ),
    Fault(
        "routed-by-to",
        "inbound.pbx-routes-by-ruri",
        "calls ring where To says, not the Request-URI",
        part(switchboard=_RoutesByTo),
    ),
    Fault(
        "unknown-number-answered",
        "inbound.pbx-unknown-number",
        "a number that leads nowhere rings the first extension",
        part(switchboard=_AnswersAnything),
    ),
    Fault(
        "tag-not-routed",
        "inbound.pbx-routes-tag",
        "a call to an extension tag gets 404",
        part(switchboard=_KnowsNoTags),
    ),
    Fault(
        "to-username-refused",
        "inbound.pbx-to-username",
        "a call with the SIP username in To gets 404",
        part(switchboard=_RefusesUsernameInTo),
    ),
    Fault(
        "strangers-accepted",
        "security.pbx-strangers",
        "calls from any address ring",
        part(switchboard=_TakesStrangers),
    ),
    Fault(
        "late-offer-refused",
        "inbound.pbx-late-offer",
        "INVITE without SDP gets 488",
        part(switchboard=_NoLateOffer),
    ),
    Fault(
        "ringing-missing",
        "inbound.pbx-ringing",
        "a ringing phone is not told to the trunk",
        part(bridge=_DoesNotRing),
    ),
    Fault(
        "trying-missing",
        "inbound.pbx-trying",
        "no 100 to INVITE of the trunk",
        part(switchboard=_NoTrying),
    ),
    Fault(
        "to-tag-changed",
        "call.pbx-to-tag",
        "180 and 200 to one INVITE differ in the To-tag",
        sip_out(responses(with_other_to_tag, method="INVITE", statuses=PROVISIONAL)),
    ),
    Fault(
        "answer-contact-missing",
        "call.pbx-contact",
        "the 200 to INVITE has no Contact",
        sip_out(responses(without("Contact"), method="INVITE", statuses=SUCCESS)),
    ),
)
