"""Requests that the other side sends inside a dialog, and our answers to them.

BYE, re-INVITE, UPDATE, PRACK, OPTIONS and INFO; everything else is refused. Requests of ours are
`in_dialog_requests`', what changes a session is agreed upon in `call_media` and `session_refresh`.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.media.errors import MediaError
from harness.sip.dialog import Dialog, OutOfOrder
from harness.sip.message import Request
from harness.sip.session_timer import IntervalTooSmall
from harness.sip.transaction import ServerTransaction
from harness.sip.transport_rules import miscellaneous_warning
from harness.ua.answer_retransmission import AnswerRetransmission
from harness.ua.call_media import sdp_of
from harness.ua.call_state import CallInput, CallState
from harness.ua.request_fields import Fields, list_field

if TYPE_CHECKING:
    from harness.ua.call import Call

Answerer = Callable[[ServerTransaction, Request, float], None]
ChangeTaker = Callable[[Request, float], bool]
"""Given a request that changes the session, and the time: whether it is answered later."""

KNOWN_METHODS = frozenset({"REGISTER", "REFER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "PUBLISH"})
"""Methods that have no place inside our dialogs: 405, where others get 501."""

LONGEST_WAIT = 10
"""Seconds in the Retry-After of a 500 to a request that came too early (RFC 3261 section 14.2)."""


class InDialogAnswers:
    """What one call says to requests inside its dialogs."""

    def __init__(self, call: "Call") -> None:
        self._call = call
        self.before_change: ChangeTaker | None = None
        """Asked before a re-INVITE, or an UPDATE with an offer, is answered. Who says True answers it later
        with `answer_put_off` or `refuse_put_off`: a B2BUA must ask its other side first."""
        self.on_answer: Callable[[float], None] | None = None
        """Called when an ACK has brought the answer to an offer of ours."""
        self._put_off: tuple[ServerTransaction, Request] | None = None
        self._reinvite: AnswerRetransmission | None = None
        self._answerers: dict[str, Answerer] = {
            "BYE": self._bye,
            "INVITE": self._reinvited,
            "UPDATE": self._updated,
            "PRACK": self._pracked,
            "OPTIONS": self._accepted,
            "INFO": self._accepted,
        }

    def receive(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        """Answer a request, unless the call's options forbid it. Raises ParseError."""
        call = self._call
        if not call.options.answer_requests and request.method != "BYE":
            return
        dialog = self._dialog_of(request)
        if dialog is None or call.state is CallState.ENDED:
            self.refuse(
                transaction, 481, now, f"{request.method} of a dialog that is over", "a dialog that stands"
            )
            return
        try:
            dialog.receive_request(request)
        except OutOfOrder:
            seen = f"CSeq {request.cseq.number}"
            expected = f"at least {dialog.remote_cseq}"
            self.refuse(transaction, 500, now, seen, expected, headers=[("Retry-After", "1")])
            return
        answerer = self._answerers.get(request.method)
        if answerer is not None and (request.method in call.endpoint.allow or request.method == "BYE"):
            answerer(transaction, request, now)
        elif answerer is not None or request.method in KNOWN_METHODS:
            self._refuse_method(transaction, 405, request, now)
        else:
            self._refuse_method(transaction, 501, request, now)

    def receive_ack(self, ack: Request, now: float) -> None:
        """Take the ACK to a 2xx of ours; its body answers an offer in that 2xx."""
        call = self._call
        first = call.incoming is not None and call.incoming.receive_ack(ack, now)
        if not first and self._reinvite is not None:
            first = self._reinvite.acknowledge(ack)
        body = sdp_of(ack)
        if first and body is not None and call.media_control.offering:
            call.media_control.take_answer(body, now)
            if self.on_answer is not None:
                self.on_answer(now)

    # A change that is answered later

    @property
    def owes_answer(self) -> bool:
        """Whether a change of the other side's was put off and has no answer yet."""
        return self._put_off is not None

    def answer_put_off(self, now: float) -> bool:
        """Answer the change that was put off; False when there is none, or it had to be refused."""
        if self._put_off is None:
            return False
        (transaction, request), self._put_off = self._put_off, None
        if request.method == "INVITE":
            return self._accept_reinvite(transaction, request, now)
        return self._accept_update(transaction, request, now)

    def refuse_put_off(
        self,
        status: int,
        now: float,
        seen: str,
        expected: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Refuse the change that was put off, with a Warning; the session stays as it is. Does nothing when
        there is none."""
        if self._put_off is not None:
            (transaction, _), self._put_off = self._put_off, None
            self.refuse(transaction, status, now, seen, expected, headers=headers)

    def receive_cancel(self, transaction: ServerTransaction, now: float) -> bool:
        """Take a CANCEL; False when it is not about a re-INVITE that was put off."""
        if self._put_off is None or self._put_off[0] is not transaction:
            return False
        self.let_go(now)
        return True

    def let_go(self, now: float) -> None:
        """Answer what was put off with 487: the call ends (RFC 3261 section 15.1.2), or it was cancelled."""
        if self._put_off is not None:
            (transaction, _), self._put_off = self._put_off, None
            self.respond(transaction, 487, now)

    # Every answer

    def respond(
        self,
        transaction: ServerTransaction,
        status: int,
        now: float,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> None:
        """Send a response inside the dialog."""
        call = self._call
        fields: Fields = [("Server", call.endpoint.user_agent)] if call.endpoint.user_agent else []
        fields.extend(headers)
        if body:
            fields.append(("Content-Type", "application/sdp"))
        response = transaction.request.response(status, to_tag=call.local_tag, headers=fields, body=body)
        call.endpoint.layer.send_response(transaction, response, now)
        call.note("sent", response, transaction.response_packet, now)

    def refuse(
        self,
        transaction: ServerTransaction,
        status: int,
        now: float,
        seen: str,
        expected: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Send a refusal inside the dialog with a Warning that says what was seen and what was expected."""
        warning = miscellaneous_warning(self._call.endpoint.local, seen, expected)
        self.respond(transaction, status, now, headers=[*headers, warning])

    def stop(self) -> None:
        """Repeat nothing any more."""
        if self._reinvite is not None:
            self._reinvite.stop()

    def _dialog_of(self, request: Request) -> Dialog | None:
        call = self._call
        if call.dialog is not None and call.dialog.remote_tag == (request.from_.tag or ""):
            return call.dialog
        return call.outgoing.dialog_of(request.from_.tag or "") if call.outgoing is not None else None

    # Method by method

    def _bye(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        call = self._call
        if call.options.answer_bye:
            self.respond(transaction, 200, now)
        if call.incoming is not None and call.answer_message is None:
            call.incoming.receive_cancel(now, reason="BYE")  # a BYE ends an early dialog too
            return
        call.move(CallInput.PEER_RELEASE, now, ended_by="remote", reason="BYE")
        transaction.owner = None  # it lives on for 32 s, the call need not

    def _reinvited(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        call = self._call
        if call.incoming is not None and call.answer_message is None:
            self._refuse_for_now(transaction, now)  # RFC 3261 section 14.2: the first INVITE comes first
            return
        if call.modification.unanswered or self._awaits_answer_in_ack() or call.answer_message is None:
            # RFC 3261 section 14.2, RFC 5407 section 3.1.5
            self.refuse(transaction, 491, now, "re-INVITE", "one offer at a time, and ours is open")
            return
        if self.owes_answer:
            self._refuse_for_now(transaction, now)  # RFC 3261 section 14.2: the re-INVITE before comes first
            return
        self.stop()  # the next re-INVITE shows that the last 2xx arrived, though no ACK did (section 3.1.4)
        if not self._puts_off(transaction, request, now):
            self._accept_reinvite(transaction, request, now)

    def _puts_off(self, transaction: ServerTransaction, request: Request, now: float) -> bool:
        if self.before_change is None:
            return False
        try:
            self._call.refresh.check_interval(request)
        except IntervalTooSmall:
            return False  # refused at once
        self._put_off = transaction, request
        if not self.before_change(request, now):
            self._put_off = None
            return False
        if self.owes_answer and request.method == "INVITE":
            self.respond(transaction, 100, now)
        return True

    def _accept_reinvite(self, transaction: ServerTransaction, request: Request, now: float) -> bool:
        call = self._call
        change = self._agree(transaction, request, now, offer_if_none=True)
        if change is None:
            return False
        fields, body = change
        endpoint = call.endpoint
        headers: Fields = [
            ("Contact", call.options.contact or endpoint.contact),
            *list_field("Allow", endpoint.allow),
            *fields,
        ]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        if endpoint.user_agent:
            headers.append(("Server", endpoint.user_agent))
        response = request.response(200, to_tag=call.local_tag, headers=headers, body=body)
        self._reinvite = AnswerRetransmission(endpoint, transaction, response, now, on_failure=self._no_ack)
        call.note("sent", response, transaction.response_packet, now)
        return True

    def _refuse_for_now(self, transaction: ServerTransaction, now: float) -> None:
        seconds = self._call.endpoint.rng.randint(0, LONGEST_WAIT)
        expected = "the answer to the first offer before another"
        self.refuse(transaction, 500, now, "an offer", expected, headers=[("Retry-After", str(seconds))])

    def _refuse_method(
        self, transaction: ServerTransaction, status: int, request: Request, now: float
    ) -> None:
        allow = self._call.endpoint.allow
        headers = list_field("Allow", allow)
        self.refuse(transaction, status, now, request.method, f"one of {', '.join(allow)}", headers=headers)

    def _awaits_answer_in_ack(self) -> bool:
        """Whether our last 2xx to a re-INVITE held an offer, and its ACK is not there yet."""
        waiting = self._reinvite is not None and self._reinvite.waiting
        return waiting and self._call.media_control.offering

    def _updated(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        call = self._call
        has_offer = sdp_of(request) is not None
        if has_offer and call.media_control.offering:
            # RFC 3311 section 5.2
            self.refuse(
                transaction, 491, now, "UPDATE with an offer", "one offer at a time, and ours is open"
            )
            return
        if has_offer and (self.owes_answer or (call.incoming is not None and call.incoming.owes_answer)):
            self._refuse_for_now(transaction, now)  # RFC 3311 section 5.2 too
            return
        if not has_offer or not self._puts_off(transaction, request, now):
            self._accept_update(transaction, request, now)

    def _accept_update(self, transaction: ServerTransaction, request: Request, now: float) -> bool:
        call = self._call
        change = self._agree(transaction, request, now, offer_if_none=False)
        if change is None:
            return False
        fields, body = change
        contact = ("Contact", call.options.contact or call.endpoint.contact)
        self.respond(transaction, 200, now, headers=[contact, *fields], body=body)
        return True

    def _agree(
        self, transaction: ServerTransaction, request: Request, now: float, *, offer_if_none: bool
    ) -> tuple[Fields, bytes] | None:
        """Header fields and SDP of the 2xx to a change of the session; None when it was refused."""
        call = self._call
        offer = sdp_of(request)
        try:
            fields = list(call.refresh.answer_fields(request, now))
            if offer is not None:
                return fields, call.media_control.answer_offer_strictly(offer, now)
        except IntervalTooSmall as error:
            seen, expected = f"Session-Expires {error.seconds}", f"at least {error.minimum}"
            self.refuse(transaction, 422, now, seen, expected, headers=error.headers)
            return None
        except MediaError as error:
            words = str(error).replace('"', "'")
            warning = f'304 {call.endpoint.local.host} "{words}"'
            self.respond(transaction, 488, now, headers=[("Warning", warning)])
            return None
        return fields, call.media_control.make_offer() if offer_if_none else b""

    def _pracked(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        if self._call.incoming is None:
            self.refuse(transaction, 481, now, "PRACK", "no PRACK from the called side")
        else:
            self._call.incoming.receive_prack(transaction, request, now)

    def _accepted(self, transaction: ServerTransaction, _request: Request, now: float) -> None:
        allow = list_field("Allow", self._call.endpoint.allow)
        accept = [("Accept", "application/sdp")]
        self.respond(transaction, 200, now, headers=[*allow, *accept])

    def _no_ack(self, now: float) -> None:
        self._call.hang_up_after("no ACK for our 2xx to a re-INVITE", now)
