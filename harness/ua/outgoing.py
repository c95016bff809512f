"""The caller's side of setting up a call: INVITE, challenges, forks, PRACK, ACK and CANCEL.

From the ACK on `in_dialog_requests` and `in_dialog_answers` go on. `call` owns it.
"""

from typing import TYPE_CHECKING

from harness.sip.credential_store import CredentialStore
from harness.sip.dialog import Dialog
from harness.sip.errors import ParseError
from harness.sip.hop import Hop
from harness.sip.message import Request, Response
from harness.sip.reliable_provisional import Arrival, ReliableReceiver
from harness.sip.session_timer import after_422
from harness.sip.transaction import ClientTransaction
from harness.sip.transaction_tables import State
from harness.ua.account import Account
from harness.ua.authentication import authenticated_copy, next_copy
from harness.ua.call_media import sdp_of
from harness.ua.call_state import CallInput, CallState, step_of_status
from harness.ua.request_fields import Fields, address_value, build_with_changes, list_field

if TYPE_CHECKING:
    from harness.ua.call import Call

MOST_422 = 3
"""How often an INVITE is repeated with a longer session interval."""


class OutgoingSide:
    """The INVITE that sets up an outgoing call, with all its legs."""

    def __init__(
        self, call: "Call", request_uri: str, from_uri: str, destination: Hop, account: Account | None
    ) -> None:
        self._call = call
        self._destination = destination
        self._from_uri = call.options.from_uri or from_uri
        self._request_uri = call.options.request_uri or request_uri
        self._session_expires = call.options.session_expires
        self._min_se = call.options.min_se
        self._tries = 0
        self._refused_intervals = 0
        self._reliable = ReliableReceiver()
        self._early: dict[str, Dialog] = {}
        self._acks: dict[str, Request] = {}
        self.transaction: ClientTransaction | None = None
        call.credentials = self._credential_store(account)
        display = call.options.from_display
        if display is None and account is not None:
            display = account.display_name
        self.request = self._build_invite(display)

    # What the call asks for

    @property
    def at_rest(self) -> bool:
        """Whether no CANCEL of ours waits for its answer, which may come after the 487."""
        cancel = None if self.transaction is None else self.transaction.cancel_transaction
        return cancel is None or cancel.state in (State.COMPLETED, State.TERMINATED)

    def start(self, now: float) -> None:
        """Send the first INVITE."""
        self._send(self.request, now)

    def cancel(self, now: float) -> None:
        """Send CANCEL as soon as RFC 3261 section 9.1 allows it; a 2xx that crosses it gets ACK and BYE."""
        if self.transaction is not None:
            self._call.endpoint.layer.cancel(self.transaction, now)
        self._call.move(CallInput.RELEASE, now, ended_by="local", reason="CANCEL")
        if self.transaction is not None and self.transaction.state not in (State.CALLING, State.PROCEEDING):
            self.lose(now, None)  # its final response came, but could not be read

    def lose(self, now: float, hop: Hop | None) -> None:
        """The INVITE got no final response: timer B, no answer to CANCEL, or (with a hop) no way there."""
        reason = "no answer to INVITE" if hop is None else f"{hop} cannot be reached"
        if self._call.state is not CallState.ANSWERED:
            self._call.move(CallInput.LOSS, now, ended_by="timeout", reason=reason)

    def dialog_of(self, remote_tag: str) -> Dialog | None:
        """The early or confirmed dialog with this tag; a forked INVITE has several."""
        return self._early.get(remote_tag)

    def receive_response(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        """Take a response to the INVITE; those of earlier legs have no more to say."""
        if transaction is not self.transaction:
            return
        if response.status < 200:
            self._receive_provisional(response, now)
        elif response.status < 300:
            self._receive_answer(response, now)
        else:
            self._receive_refusal(response, now)

    # Responses

    def _receive_provisional(self, response: Response, now: float) -> None:
        call = self._call
        if response.status > 100:
            arrival = self._reliable.receive(response)
            if arrival in (Arrival.REPEATED, Arrival.OUT_OF_ORDER):
                return
            dialog = self._dialog_for(response)
            call.dialog = dialog
            prack_body = self._take_early_sdp(response, now, keep_open=arrival is Arrival.UNRELIABLE)
            if arrival is Arrival.NEW and call.options.send_prack:
                headers = list(self._reliable.prack_headers(response))
                call.requests.send("PRACK", now, headers=headers, body=prack_body, dialog=dialog)
        call.move(step_of_status(response.status), now)
        if response.status > 100 and call.on_progress is not None:
            call.on_progress(call, response, now)

    def _take_early_sdp(self, response: Response, now: float, *, keep_open: bool) -> bytes:
        """Take SDP of a provisional response: the answer, or the offer that the PRACK answers."""
        call = self._call
        body = sdp_of(response)
        if body is None or call.state is CallState.ENDING:
            return b""
        if call.options.late_offer:
            return call.media_control.answer_offer(body, now) or b""
        call.media_control.take_answer(body, now, keep_open=keep_open)
        return b""

    def _receive_answer(self, response: Response, now: float) -> None:
        call = self._call
        tag = response.to.tag or ""
        if tag in self._acks:
            self._send_ack(self._early[tag], self._acks[tag], now)  # the very same, branch and all
            return
        first = call.answer_message is None
        if not first and not call.options.send_ack:
            return
        dialog = self._dialog_for(response)
        dialog.confirm(response)
        if not first:  # another branch of a fork answered too (RFC 3261 section 13.2.2.4)
            self._acknowledge(dialog, tag, b"", now)
            call.requests.send("BYE", now, dialog=dialog)
            return
        call.dialog, call.answer_message, call.status = dialog, response, response.status
        if call.state in (CallState.ENDING, CallState.ENDED):
            self._release_crossed(dialog, tag, now)
            return
        body = self._take_sdp(response, now)
        call.was_answered = True
        call.move(CallInput.ANSWER, now)
        self._acknowledge(dialog, tag, body, now)
        call.refresh.take_response(response, now, requested=self._session_expires)

    def _release_crossed(self, dialog: Dialog, tag: str, now: float) -> None:
        """The 200 crossed our CANCEL: ACK it, then BYE (RFC 3261 section 9.1)."""
        call = self._call

        def conclude(_response: Response | None, now: float) -> None:
            call.move(CallInput.CONCLUSION, now)

        self._acknowledge(dialog, tag, b"", now)
        call.requests.send("BYE", now, dialog=dialog, on_final=conclude)

    def _take_sdp(self, response: Response, now: float) -> bytes:
        """Take the SDP of the 2xx; returns the body of the ACK, which answers a late offer."""
        body = sdp_of(response)
        if body is None:
            self._call.media_control.settle()
            return b""
        if self._call.options.late_offer:
            return self._call.media_control.answer_offer(body, now) or b""
        self._call.media_control.take_answer(body, now)
        return b""

    def _acknowledge(self, dialog: Dialog, tag: str, body: bytes, now: float) -> None:
        if not self._call.options.send_ack:
            return
        headers = [("Content-Type", "application/sdp")] if body else []
        ack = dialog.build_ack(self.request, headers=headers, body=body)
        self._early[tag] = dialog
        self._acks[tag] = ack
        self._send_ack(dialog, ack, now)

    def _send_ack(self, dialog: Dialog, ack: Request, now: float) -> None:
        call = self._call
        call.endpoint.layer.send_ack(ack, call.endpoint.local, call.next_hop(dialog), now)
        call.note("sent", ack, None, now)

    def _receive_refusal(self, response: Response, now: float) -> None:
        call = self._call
        again = None if call.state is CallState.ENDING else self._next_try(response)
        if again is not None:
            self._send(again, now)
            return
        call.status = response.status
        reason = f"{response.status} {response.reason}"
        call.move(CallInput.REFUSAL, now, ended_by="remote", reason=reason)

    def _next_try(self, response: Response) -> Request | None:
        if response.status == 422:
            return self._with_longer_interval(response)
        if not self._call.options.authenticate:
            return None
        again = authenticated_copy(self.request, response, self._call.credentials, self._tries)
        self._tries += 1
        return again

    def _with_longer_interval(self, response: Response) -> Request | None:
        """RFC 4028 section 7.3."""
        if self._session_expires is None or self._refused_intervals >= MOST_422:
            return None
        self._refused_intervals += 1
        try:
            self._session_expires, self._min_se = after_422(response, self._session_expires)
        except ParseError:
            return None
        again = next_copy(self.request)
        for name, value in self._session_fields():
            again.headers.set(name, value)
        return again

    # The INVITE

    def _send(self, request: Request, now: float) -> None:
        call = self._call
        self.request = request
        local = call.endpoint.local
        self.transaction = call.endpoint.layer.send_request(request, local, self._destination, now)
        self.transaction.owner = call
        call.note("sent", request, self.transaction.request_packet, now)

    def _dialog_for(self, response: Response) -> Dialog:
        tag = response.to.tag or ""
        dialog = self._early.get(tag)
        if dialog is None:
            dialog = self._early[tag] = Dialog.from_uac(self.request, response)
        return dialog

    def _build_invite(self, display: str | None) -> Request:
        call, options = self._call, self._call.options
        endpoint = call.endpoint
        cseq = options.cseq or endpoint.rng.randrange(1, 1000)
        body = self._first_body()
        supported = [*options.supported]
        if options.session_expires is not None and "timer" not in supported:
            supported.append("timer")
        fields: Fields = [
            ("Max-Forwards", str(options.max_forwards)),
            ("From", address_value(self._from_uri, display, call.local_tag)),
            ("To", address_value(options.to_uri or self._request_uri)),
            ("Call-ID", call.call_id),
            ("CSeq", f"{cseq} INVITE"),
            ("Contact", options.contact or endpoint.contact),
            *list_field("Allow", endpoint.allow),
            *list_field("Supported", supported),
            *list_field("Require", options.require),
            *self._session_fields(),
            *([("User-Agent", endpoint.user_agent)] if endpoint.user_agent else []),
            *options.headers,
            *([("Content-Type", options.content_type or "application/sdp")] if body else []),
        ]
        return build_with_changes("INVITE", self._request_uri, fields, body, options.replaced_headers)

    def _first_body(self) -> bytes:
        options = self._call.options
        if options.late_offer:
            return b""
        if options.sdp is not None:
            self._call.media_control.take_own_offer(options.sdp)
            return options.sdp
        return self._call.media_control.make_offer(options.direction)

    def _session_fields(self) -> Fields:
        fields: Fields = []
        if self._session_expires is not None:
            refresher = self._call.options.refresher
            role = f";refresher={refresher}" if refresher else ""
            fields.append(("Session-Expires", f"{self._session_expires}{role}"))
        if self._min_se is not None:
            fields.append(("Min-SE", str(self._min_se)))
        return fields

    def _credential_store(self, account: Account | None) -> CredentialStore | None:
        options = self._call.options
        if account is None and options.password is None:
            return None
        username = options.username or (account.credentials_username if account else "")
        password = options.password if options.password is not None else account.password if account else ""
        return CredentialStore(username, password, rng=self._call.endpoint.rng)
