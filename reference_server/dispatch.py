"""Answers requests: each kind goes through its rules, and the first rule that objects gives the answer.

REGISTER, INVITE and OPTIONS outside a dialog, and everything inside one, which goes to its call. The rules
are the neighbours (`capability`, `authentication`, `from_rule`, `numbering`, `channels`); `trunk` brings
the events here.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING

from harness.sip.errors import ParseError
from harness.sip.message import Request, Response
from harness.sip.session_timer import SMALLEST_MIN_SE, IntervalTooSmall, answer_request
from harness.sip.transaction_events import CancelReceived, MalformedReceived, RequestReceived
from harness.sip.transaction_layer import TransactionLayer
from harness.sip.uri import SipUri, TelUri
from harness.ua.call import Call, incoming_call
from harness.ua.call_options import CallOptions
from reference_server.authentication import Authenticated, Authentication
from reference_server.calls import Calls
from reference_server.capability import WITHOUT_DIALOG, Capability
from reference_server.community.account import Account
from reference_server.dialect import Dialect
from reference_server.endpoints import Endpoints
from reference_server.far_end import FarEnds
from reference_server.from_rule import FromRule
from reference_server.numbering import Numbering
from reference_server.offer_rule import OfferRule
from reference_server.profile import Profile
from reference_server.refusal import HeaderField, Refusals, Refused
from reference_server.registrar import Registrar

if TYPE_CHECKING:
    from reference_server.community.community import Community

WITH_SESSION = frozenset({"INVITE", "UPDATE", "PRACK"})
"""Methods whose body is a session description."""


@dataclass(slots=True, kw_only=True)
class Dispatch:
    """The desk where requests are answered."""

    dialect: Dialect
    refusals: Refusals
    layer: TransactionLayer
    endpoints: Endpoints
    capability: Capability
    authentication: Authentication
    registrar: Registrar
    from_rule: FromRule
    numbering: Numbering
    offer_rule: OfferRule
    calls: Calls
    far_ends: FarEnds
    rng: random.Random
    refused: "Counter[str]" = field(default_factory=Counter)
    """Rule -> how many requests it refused."""
    community: "Community" = field(init=False)
    """Where requests of accounts go."""

    def answer(self, event: RequestReceived, now: float) -> None:
        """Answers a new request, or hands it to its call."""
        try:
            self.capability.check_form(event.request, event.transaction)
            if event.request.to.tag is not None:
                self.inside_dialog(event, now)
            else:
                self.outside_dialog(event, now)
        except Refused as refused:
            self.refuse(event, refused, now)
        except ParseError as error:
            reason = f"Bad {error.part} header" if error.part else None
            self.refuse(event, self.refusals.refuse("malformed", str(error), reason=reason), now)

    def outside_dialog(self, event: RequestReceived, now: float) -> None:
        """A request that starts something. Raises `Refused`."""
        request = event.request
        self.capability.check_reach(request)
        match request.method:
            case "INVITE":
                self.invite(event, now)
            case "REGISTER":
                self.register(event, now)
            case "OPTIONS":
                self.options(event, now)
            case method if method in WITHOUT_DIALOG:
                raise self.refusals.refuse("no_dialog", f"{method} outside any dialog")
            case _:
                self.authentication.check(request, event.packet, now)
                self.capability.check_wish(request)

    def inside_dialog(self, event: RequestReceived, now: float) -> None:
        """A request of a call that stands, or says so. Raises `Refused`."""
        session = self.session_of(event.request)
        if session is None:
            raise self.refusals.refuse("no_dialog", f"{event.request.method} of a dialog unknown here")
        if event.request.method in WITH_SESSION and event.request.body:
            self.capability.check_body(event.request)
        if self.dialect.authentication.in_dialog:
            self.authentication.check(event.request, event.packet, now)
        if "require" in event.request.headers.keys:
            self.capability.check_extensions(event.request)
        session.receive_event(event, now)

    def session_of(self, request: Request) -> Call | None:
        """The call, or the leg of an account, to which a request inside a dialog belongs."""
        live = self.calls.find(request)
        return self.community.session_of(request) if live is None else live.session

    def cancel(self, event: CancelReceived, now: float) -> None:
        """The caller gave up: its call answers the INVITE with 487."""
        session = event.transaction.owner
        if isinstance(session, Call):
            session.receive_event(event, now)

    def register(self, event: RequestReceived, now: float) -> None:
        """REGISTER: authentication, then the registrar. Raises `Refused`."""
        request = event.request
        profile = self.authentication.check(request, event.packet, now).profile
        self.capability.check_wish(request)
        if isinstance(profile, Account):
            self.community.check_unattached(profile, event, now)
        bindings = self.registrar.register(request, profile, event.packet, now)
        headers = [("Contact", text) for text in bindings]
        headers += [("Path", path) for path in request.headers.get_lines("Path")]  # RFC 3327 section 5.3
        headers.append(("Date", formatdate(now, usegmt=True)))  # RFC 3261 section 10.3 step 8
        self.respond(event, 200, now, headers=headers)

    def options(self, event: RequestReceived, now: float) -> None:
        """OPTIONS: what the trunk can do (RFC 3261 section 11.2). Raises `Refused`."""
        if self.dialect.options_challenged:
            self.authentication.check(event.request, event.packet, now)
        self.capability.check_wish(event.request)
        dialect = self.dialect
        headers = [
            ("Allow", ", ".join(dialect.allow)),
            ("Accept", ", ".join(dialect.accept)),
            ("Supported", ", ".join(dialect.supported)),
        ]
        self.respond(event, 200, now, headers=headers)

    def invite(self, event: RequestReceived, now: float) -> None:
        """INVITE: authentication, the rules of a call, then the far end. Raises `Refused`."""
        who = self.authentication.check(event.request, event.packet, now)
        self.capability.check_wish(event.request)
        dialled = self.dialled(event.request)
        if isinstance(who.profile, Account):
            self.community.invite(event, who.profile, dialled, now)
            return
        try:
            self.from_rule.check(event.request, who.profile)
            number = self.callable_number(dialled, who.profile)
            self.capability.check_answer_type(event.request)
            self.offer_rule.check(event.request)
            self.start_call(event, who, number, now)
        except Refused as refused:
            self.calls.refused(event.request, who.profile, dialled, refused, now)
            raise

    def dialled(self, request: Request) -> str:
        """The user part of the Request-URI. Raises `Refused` (404) when there is none."""
        uri = request.parsed_uri
        user = uri.unescaped_user if isinstance(uri, SipUri) else ""
        if isinstance(uri, TelUri):
            user = uri.number
        if not user:
            raise self.refusals.refuse("not_found", f"{request.uri}")
        return user

    def callable_number(self, dialled: str, profile: Profile) -> str:
        """The E.164 number, if the profile may call it. Raises `Refused` (403, 484)."""
        if not profile.active:
            raise self.refusals.refuse("inactive", f"profile {profile.username} without a subscription")
        return self.numbering.dialled(dialled)

    def start_call(self, event: RequestReceived, who: Authenticated, number: str, now: float) -> None:
        """Takes credit and a channel and lets the far end behind `number` act. Raises `Refused`
        (400, 402, 422, 503)."""
        request, local = event.request, event.packet.destination
        self.capability.check_dialog(request)
        far_end = self.far_ends.behind(number)
        options = self.far_ends.options(far_end, self.endpoints.contact(number, local))
        self.check_interval(request, options)
        talks = far_end.reject is None
        if talks and not self.endpoints.has_media_port(local):
            raise self.refusals.refuse("no_media_port", f"{self.calls.count} calls")
        caller = request.from_.display or who.profile.username
        live = self.calls.open(who.profile, "outbound", caller, number, now)
        if who.remark:
            live.remarks.append(who.remark)
        session = incoming_call(self.endpoints.at(local), event, options, now)
        if talks:
            session.media_control.reserve()
        self.calls.attach(live, session, now)
        self.far_ends.start(live, session, far_end, now)

    def check_interval(self, request: Request, options: CallOptions) -> None:
        """RFC 4028 section 9. Raises `Refused` (422 with Min-SE)."""
        if "session-expires" not in request.headers.keys:
            return
        try:
            answer_request(request, 0.0, min_se=options.min_se or SMALLEST_MIN_SE)
        except IntervalTooSmall as error:
            seen = f"Session-Expires {error.seconds}"
            headers, minimum = error.headers, error.minimum
            raise self.refusals.refuse("session_too_small", seen, headers, minimum=minimum) from None
        except ParseError:
            return  # a timer that cannot be read is none

    def refuse(self, event: RequestReceived, refused: Refused, now: float) -> None:
        """Sends a refusal."""
        self.refused[refused.rule] += 1
        self.respond(event, refused.status, now, reason=refused.reason, headers=refused.headers)

    def respond(
        self,
        event: RequestReceived,
        status: int,
        now: float,
        *,
        reason: str | None = None,
        headers: Sequence[HeaderField] = (),
    ) -> None:
        """Answers a request finally."""
        response = self.response(event.request, status, reason, headers)
        self.layer.send_response(event.transaction, response, now)

    def response(
        self, request: Request, status: int, reason: str | None, headers: Sequence[HeaderField]
    ) -> Response:
        """A response with a To-tag of its own and the Server header field."""
        tag = f"{self.rng.getrandbits(64):016x}"
        fields = (("Server", self.dialect.server), *headers)
        return request.response(status, reason, to_tag=tag, headers=fields)

    def answer_malformed(self, event: MalformedReceived) -> None:
        """400 to what can be answered; a packet whose Via cannot be read is dropped."""
        request, error = event.message, event.error
        if not isinstance(request, Request) or request.method == "ACK" or error.part == "Via":
            return
        kind = "Missing" if error.rule.endswith(".missing") else "Bad"
        refused = self.refusals.refuse(
            "malformed", str(error), reason=f"{kind} {error.part or 'message'} header"
        )
        self.refused[refused.rule] += 1
        response = self.response(request, refused.status, refused.reason, refused.headers)
        try:
            self.layer.send_stateless_response(request, response, event.packet)
        except ParseError:
            return  # nobody knows where to
