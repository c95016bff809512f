"""START HERE for phones without I/O: the core of one phone, six verbs over one transaction layer.

Owns the account, the calls, registrations and other requests; answers what phones answer by themselves.
`harness.drivers.phone` is its synchronous face; single calls are `call`.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.sip.credential_store import CredentialStore
from harness.sip.errors import ParseError, SipError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request
from harness.sip.timers import TimerSettings
from harness.sip.transaction_events import (
    AckReceived,
    MalformedReceived,
    RequestReceived,
    ResponseReceived,
    TransactionEvent,
    TransactionTimedOut,
    TransportFailed,
)
from harness.sip.transaction_layer import TransactionLayer
from harness.sip.transport_rules import client_via
from harness.sip.via import MAGIC_COOKIE
from harness.ua.account import Account
from harness.ua.call import Call, incoming_call, outgoing_call
from harness.ua.call_options import CallOptions
from harness.ua.call_table import CallTable
from harness.ua.endpoint import Endpoint, contact_uri
from harness.ua.exchange import Exchange
from harness.ua.outside_requests import OutsideRequests
from harness.ua.registration import Registration, RegistrationSequence
from harness.ua.request_fields import Fields, address_value, build_with_changes, list_field
from harness.ua.unasked_answers import answer_unasked, refusal_of_invite


class IncomingCall(NamedTuple):
    """A call came in; 100 was sent, the rest is the owner's."""

    call: Call


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What one request outside a dialog says; None keeps what a phone says by itself."""

    from_uri: str | None = None
    from_display: str | None = None
    to_uri: str | None = None
    contact: str | None = None
    """A whole Contact value; "" leaves the header field out."""
    call_id: str | None = None
    cseq: int | None = None
    max_forwards: int = 70
    username: str | None = None
    """For the credentials."""
    password: str | None = None
    replaced_headers: Mapping[str, str | None] | None = None
    destination: Hop | None = None
    """None: the account's registrar."""


class UserAgent:
    """One phone without I/O."""

    def __init__(
        self,
        account: Account,
        *,
        local: Hop,
        rng: random.Random,
        media_address: Callable[[], Hop],
        release_media: Callable[[Hop], None] = lambda _hop: None,
        user_agent: str = "",
        timers: TimerSettings = TimerSettings(),  # noqa: B008 - a frozen value
    ) -> None:
        self.account = account
        self.layer = TransactionLayer(rng, timers)
        self.endpoint = Endpoint(
            layer=self.layer,
            rng=rng,
            local=local,
            contact=f"<{contact_uri(account.username, local)}>",
            media_address=media_address,
            release_media=release_media,
            user_agent=user_agent,
            outbound=account.registrar,
        )
        self.calls = CallTable()
        self.incoming_options = CallOptions()
        """How incoming calls are answered."""
        self.answer_options_with: int | None = 200
        """Status for OPTIONS outside dialogs; None: no answer."""
        self._requests = OutsideRequests(self.endpoint)
        self._events: list[IncomingCall] = []
        self._sequence = RegistrationSequence(self.endpoint.new_call_id(), 0)

    # What an owner does

    def invite(self, target: str, options: CallOptions, now: float) -> Call:
        """Call a number in the account's domain, or a URI."""
        call = outgoing_call(
            self.endpoint,
            self._target_uri(target),
            options,
            self.account.registrar,
            now,
            from_uri=self.account.address_of_record,
            account=self.account,
        )
        self.calls.add(call)
        return call

    def register(
        self,
        now: float,
        *,
        expires: int | None = 300,
        contacts: Sequence[str] | None = None,
        headers: Sequence[tuple[str, str]] = (),
        authenticate: bool = True,
        obey_min_expires: bool = False,
        automatic: bool = False,
        request_uri: str | None = None,
        **options: Any,
    ) -> Registration:
        """Send REGISTER. Contacts are whole values; None is our own, an empty list a query. Further options
        are the fields of `RequestOptions`; Call-ID and CSeq continue those of the REGISTER before."""
        values = [self.endpoint.contact] if contacts is None else list(contacts)
        wishes = RequestOptions(**{"call_id": self._sequence.call_id, "contact": "", **options})
        continues = wishes.call_id == self._sequence.call_id
        sequence = self._sequence if continues else RegistrationSequence(wishes.call_id or "", 0)
        fields: Fields = [("Contact", value) for value in values]
        if expires is not None:
            fields.append(("Expires", str(expires)))
        request = self._build(
            "REGISTER",
            request_uri or f"sip:{self.account.domain}",
            [*fields, *headers],
            b"",
            wishes,
            cseq=sequence.cseq + 1,
        )
        registration = Registration(
            self.endpoint,
            self._requests,
            sequence,
            contacts=values,
            expires=expires,
            obey_min_expires=obey_min_expires,
            automatic=automatic,
        )
        pending = self._requests.send(
            request,
            wishes.destination or self.account.registrar,
            now,
            credentials=self._credentials(wishes) if authenticate else None,
            on_final=registration.take_final,
        )
        registration.attach(pending)
        return registration

    def request(
        self,
        method: str,
        uri: str | None,
        now: float,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        authenticate: bool = True,
        **options: Any,
    ) -> Exchange:
        """Send any request outside a dialog; options are the fields of `RequestOptions`."""
        wishes = RequestOptions(**options)
        request = self._build(method, uri, headers, body, wishes)
        pending = self._requests.send(
            request,
            wishes.destination or self.account.registrar,
            now,
            credentials=self._credentials(wishes) if authenticate else None,
        )
        return pending.exchange

    def build_raw_request(
        self,
        method: str,
        uri: str | None = None,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        **options: Any,
    ) -> Request:
        """The same request with its Via, not sent."""
        request = self._build(method, uri, headers, body, RequestOptions(**options))
        branch = f"{MAGIC_COOKIE}{self.endpoint.rng.getrandbits(64):016x}"
        if "Via" not in request.headers:
            request.headers.add_first("Via", client_via(self.endpoint.local, branch))
        return request

    # The six verbs

    def receive(self, packet: Packet, now: float) -> None:
        if self.endpoint.receive_media(packet, now):
            return
        if packet.destination == self.endpoint.local:
            self.layer.receive(packet, now)
            self._take_events(now)

    def next_timer(self) -> float | None:
        ours, below = self.endpoint.next_timer(), self.layer.next_timer()
        if ours is None or below is None:
            return below if ours is None else ours
        return min(ours, below)

    def handle_timers(self, now: float) -> None:
        self.layer.handle_timers(now)
        self.endpoint.handle_timers(now)
        self._take_events(now)

    def packets_to_send(self) -> list[Packet]:
        return self.layer.packets_to_send() + self.endpoint.media_packets_to_send()

    def events_received(self) -> list[IncomingCall]:
        events, self._events = self._events, []
        return events

    def transport_failed(self, destination: Hop, now: float) -> None:
        self.layer.transport_failed(destination, now)
        self._take_events(now)

    # Events

    def _take_events(self, now: float) -> None:
        events = self.layer.events_received()
        while events:
            for event in events:
                try:
                    self._take_event(event, now)
                except ParseError as error:
                    self._refuse_malformed(event, error, now)
            events = self.layer.events_received()

    def _take_event(self, event: TransactionEvent, now: float) -> None:
        call = self.calls.find(event)
        if call is not None:
            call.receive_event(event, now)
            return
        match event:
            case RequestReceived(transaction=transaction, request=request):
                if request.method == "INVITE" and request.to.tag is None:
                    self._take_invite(event, now)
                else:
                    status = self.answer_options_with
                    answer_unasked(self.endpoint, transaction, request, now, options_status=status)
            case ResponseReceived():
                self._requests.receive_response(event, now)
            case TransactionTimedOut() | TransportFailed():
                self._requests.lose(event, now)
            case MalformedReceived(packet=packet, error=error, message=message):
                if isinstance(message, Request):
                    response = message.response(error.status, to_tag=self.endpoint.new_tag())
                    self.layer.send_stateless_response(message, response, packet)
            case _:
                pass  # a stray response or ACK

    def _take_invite(self, event: RequestReceived, now: float) -> None:
        refusal = refusal_of_invite(event, self.endpoint.new_tag())
        if refusal is not None:
            self.layer.send_response(event.transaction, refusal, now)
            return
        call = incoming_call(self.endpoint, event, self.incoming_options, now, account=self.account)
        self.calls.add(call)
        self._events.append(IncomingCall(call))

    def _refuse_malformed(self, event: TransactionEvent, error: ParseError, now: float) -> None:
        if isinstance(event, AckReceived) or not isinstance(event, RequestReceived):
            return
        try:
            response = event.request.response(error.status, to_tag=self.endpoint.new_tag())
            self.layer.send_response(event.transaction, response, now)
        except SipError:
            return  # it cannot even be refused

    # Requests

    def _build(
        self,
        method: str,
        uri: str | None,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        wishes: RequestOptions,
        cseq: int | None = None,
    ) -> Request:
        account, endpoint = self.account, self.endpoint
        request_uri = f"sip:{account.domain}" if uri is None else self._target_uri(uri)
        to = wishes.to_uri or (account.address_of_record if method == "REGISTER" else request_uri)
        display = account.display_name if wishes.from_display is None else wishes.from_display
        number = wishes.cseq or cseq or endpoint.rng.randrange(1, 1000)
        contact = endpoint.contact if wishes.contact is None else wishes.contact
        fields: Fields = [
            ("Max-Forwards", str(wishes.max_forwards)),
            (
                "From",
                address_value(wishes.from_uri or account.address_of_record, display, endpoint.new_tag()),
            ),
            ("To", address_value(to)),
            ("Call-ID", wishes.call_id or endpoint.new_call_id()),
            ("CSeq", f"{number} {method}"),
            *([("Contact", contact)] if contact else []),
            *list_field("Allow", endpoint.allow),
            *([("User-Agent", endpoint.user_agent)] if endpoint.user_agent else []),
            *headers,
        ]
        return build_with_changes(method, request_uri, fields, body, wishes.replaced_headers)

    def _target_uri(self, target: str) -> str:
        """A number is one in the account's domain; whatever has a scheme stays as it is."""
        scheme, colon, _ = target.partition(":")
        if colon and scheme.isalpha():
            return target
        return f"sip:{target}@{self.account.domain}"

    def _credentials(self, wishes: RequestOptions) -> CredentialStore:
        username = wishes.username or self.account.credentials_username
        password = self.account.password if wishes.password is None else wishes.password
        return CredentialStore(username, password, rng=self.endpoint.rng)
