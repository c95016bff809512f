"""The callee's side of setting up a call: 100, 18x (reliable ones too), 2xx until its ACK, refusals, CANCEL.

From the ACK on `in_dialog_requests` and `in_dialog_answers` go on. `call` owns it.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from harness.media.errors import MediaError
from harness.sip.dialog import Dialog
from harness.sip.errors import LocalError, ParseError
from harness.sip.message import Request, Response
from harness.sip.reliable_provisional import FIRST_RSEQ_LIMIT, OPTION_TAG, ReliableSender, has_option
from harness.sip.session_timer import IntervalTooSmall
from harness.sip.transaction import ServerTransaction
from harness.sip.transaction_tables import State
from harness.ua.answer_retransmission import AnswerRetransmission
from harness.ua.call_media import sdp_of
from harness.ua.call_options import CallOptions
from harness.ua.call_state import CallInput, CallState, ImpossibleStep
from harness.ua.endpoint import Endpoint
from harness.ua.request_fields import Fields, list_field

if TYPE_CHECKING:
    from harness.ua.call import Call

REMIND = 60.0
"""Seconds after which a caller that still waits is told again that it rings (RFC 3261 section 13.3.1.1)."""
REMIND_RELIABLY = 150.0
"""The same for reliable responses (RFC 3262 section 3)."""
LONGEST_EXPIRES = 2**32 - 1
"""Seconds (RFC 3261 section 20.19)."""

BEFORE_ANSWER = (CallState.CALLING, CallState.PROCEEDING, CallState.RINGING)


class IncomingSide:
    """The INVITE that sets up an incoming call."""

    def __init__(self, call: "Call", transaction: ServerTransaction, request: Request) -> None:
        self._call = call
        self._transaction = transaction
        self.request = request
        self.bye_wanted = False
        """Set by `Call.hang_up` between the 2xx and its ACK (RFC 3261 section 15)."""
        self._answer: AnswerRetransmission | None = None
        self._answer_wanted = False
        self._reliable: ReliableSender | None = None
        self._sdp_answer: bytes | None = None
        self._sdp_delivered = False
        self._next_ring: tuple[int, bool] | None = None
        """Status and early media of a response that waits for the PRACK of the one before."""

    @property
    def at_rest(self) -> bool:
        """Whether no ACK is waited for any more."""
        return self._transaction.state is not State.COMPLETED

    @property
    def waits_for_ack(self) -> bool:
        """Whether our 2xx has no ACK yet."""
        return self._answer is not None and self._answer.waiting

    @property
    def owes_answer(self) -> bool:
        """Whether the offer in the INVITE has no answer yet that surely arrives."""
        unanswered = self._call.answer_message is None and not self._sdp_delivered
        return unanswered and sdp_of(self.request) is not None

    # What the call asks for

    def expire(self, now: float) -> None:
        """Let the invitation lapse when the INVITE says so (RFC 3261 section 13.3.1)."""
        try:
            seconds = self.request.expires
        except ParseError:
            return
        if seconds is not None and seconds <= LONGEST_EXPIRES:
            lapse = partial(self.receive_cancel, reason="the invitation expired")
            self._call.set_timer("invitation", now + seconds, lapse)

    def trying(self, now: float) -> None:
        """Send 100."""
        self._call.move(CallInput.TRYING, now)
        self._respond(self.request.response(100), now)

    def ring(self, now: float, *, status: int, reliable: bool, early_media: bool) -> None:
        """Send a provisional response from 101 to 199, a reliable one where the caller requires it.

        Raises LocalError when it cannot be reliable.
        """
        self._require_unanswered(CallInput.PROGRESS)
        required = has_option(self.request.require, OPTION_TAG)
        if reliable and not required and not has_option(self.request.supported, OPTION_TAG):
            raise LocalError("the INVITE does not support 100rel; send the response without reliable")
        if required and self._reliable is not None and self._reliable.response is not None:
            self._next_ring = (status, early_media)  # one at a time, RFC 3262 section 3
            return
        reliable = reliable or required
        fields = self._reliable_fields() if reliable else []
        try:
            body = self._early_body(now, early_media=early_media, reliable=reliable)
        except MediaError as error:
            self._reject_offer(error, now)
            return
        response = self._build(status, None, fields, body)
        if reliable and self._reliable is not None:
            self._reliable.sent(response, now)
            self._sdp_delivered = self._sdp_delivered or bool(body)
            self._schedule_repetition()
        self._call.move(CallInput.PROGRESS, now)
        self._respond(response, now)
        again = partial(self._ring_again, status, reliable, early_media and not reliable)
        self._call.set_timer("progress", now + (REMIND_RELIABLY if reliable else REMIND), again)

    def answer(self, now: float) -> None:
        """Send 200 with SDP; after the PRACK of a reliable response when one is out (RFC 3262 section 3)."""
        self._require_unanswered(CallInput.ANSWER)
        if self._reliable is not None and self._reliable.response is not None:
            self._answer_wanted = True
            return
        try:
            fields = list(self._call.refresh.answer_fields(self.request, now))
            body = self._answer_body(now)
        except IntervalTooSmall as error:
            self.reject(422, now, headers=error.headers)
            return
        except MediaError as error:
            self._reject_offer(error, now)
            return
        response = self._build(200, None, fields, body)
        call = self._call
        if call.dialog is not None:
            call.dialog.confirm()
        call.answer_message, call.status = response, 200
        call.move(CallInput.ANSWER, now)
        self._answer = AnswerRetransmission(
            call.endpoint, self._transaction, response, now, on_failure=self._no_ack
        )
        call.note("sent", response, self._transaction.response_packet, now)

    def reject(
        self, status: int, now: float, *, reason: str | None = None, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Send a final response from 300 to 699."""
        self._require_unanswered(CallInput.REFUSAL)
        response = self._build(status, reason, list(headers), b"")
        self._call.status = status
        self._respond(response, now)
        why = f"{status} {response.reason}"
        self._call.move(CallInput.REFUSAL, now, ended_by="local", reason=why)

    def stop(self) -> None:
        """Repeat nothing any more; the transaction, which lives on for 32 s, lets go of the call."""
        self._transaction.owner = None
        if self._answer is not None:
            self._answer.stop()
        if self._reliable is not None:
            self._reliable.stop()

    # What comes in

    def receive_cancel(self, now: float, reason: str = "CANCEL") -> None:
        """The caller gave up: 487 (RFC 3261 section 9.2). After our final response it is too late."""
        if self._call.state not in BEFORE_ANSWER:
            return
        self._call.status = 487
        self._respond(self._build(487, None, [], b""), now)
        self._call.move(CallInput.PEER_RELEASE, now, ended_by="remote", reason=reason)

    def receive_ack(self, ack: Request, now: float) -> bool:
        """Take an ACK; True when it is the first one for our 2xx."""
        if self._answer is None or not self._answer.acknowledge(ack):
            return False
        self._call.was_answered = True
        if self.bye_wanted:
            self._call.hang_up(now)
        return True

    def receive_prack(self, transaction: ServerTransaction, prack: Request, now: float) -> None:
        """Answer a PRACK 200 or 481, and send the 2xx that waited for it."""
        call = self._call
        if self._reliable is None or not self._reliable.acknowledge(prack):
            expected = "RAck of a reliable response that waits for it"
            call.answers.refuse(transaction, 481, now, "PRACK", expected)
            return
        call.stop_timer("reliable")
        body = sdp_of(prack)
        answer = b""
        if body is not None:
            if call.media_control.offering:
                call.media_control.take_answer(body, now)
            else:
                answer = call.media_control.answer_offer(body, now) or b""
        call.answers.respond(transaction, 200, now, body=answer)
        following, self._next_ring = self._next_ring, None
        if self._answer_wanted:
            self._answer_wanted = False
            self.answer(now)
        elif following is not None:
            status, early_media = following
            self.ring(now, status=status, reliable=True, early_media=early_media)

    # Below

    def _require_unanswered(self, step: CallInput) -> None:
        if self._call.state not in BEFORE_ANSWER:
            raise ImpossibleStep(self._call.state, step)

    def _respond(self, response: Response, now: float) -> None:
        self._call.endpoint.layer.send_response(self._transaction, response, now)
        self._call.note("sent", response, self._transaction.response_packet, now)

    def _build(self, status: int, reason: str | None, fields: Fields, body: bytes) -> Response:
        """A response with our tag; from 101 to 299 it makes the dialog."""
        call = self._call
        if status < 300 and call.dialog is None:
            call.dialog = Dialog.from_uas(self.request, call.local_tag)
        complete = response_fields(call.endpoint, call.options, status, fields, with_sdp=bool(body))
        return self.request.response(status, reason, to_tag=call.local_tag, headers=complete, body=body)

    def _ring_again(self, status: int, reliable: bool, early_media: bool, now: float) -> None:
        if self._call.state in BEFORE_ANSWER:
            self.ring(now, status=status, reliable=reliable, early_media=early_media)

    def _reliable_fields(self) -> Fields:
        if self._reliable is None:
            first = self._call.endpoint.rng.randrange(1, FIRST_RSEQ_LIMIT)
            self._reliable = ReliableSender(first, self._call.endpoint.layer.timers)
        return list(self._reliable.headers)

    def _early_body(self, now: float, *, early_media: bool, reliable: bool) -> bytes:
        """SDP of a provisional response: the answer; without an offer in the INVITE, ours in the first
        reliable one (RFC 3261 section 13.2.1). Raises MediaError."""
        if sdp_of(self.request) is not None:
            return self._take_offer(now) if early_media else b""
        if not reliable or self._sdp_delivered or self._call.options.sdp is not None:
            return b""
        return self._call.media_control.make_offer(self._call.options.direction)

    def _reject_offer(self, error: MediaError, now: float) -> None:
        warning = f'304 {self._call.endpoint.local.host} "{str(error).replace(chr(34), chr(39))}"'
        self.reject(488, now, headers=[("Warning", warning)])

    def _answer_body(self, now: float) -> bytes:
        """SDP of the 2xx: the answer, once; or the offer when the INVITE had none. Raises MediaError."""
        if self._call.options.sdp is not None:
            self._call.media_control.take_remote(sdp_of(self.request), now)
            return self._call.options.sdp
        if self._sdp_delivered:
            return b""
        if sdp_of(self.request) is None:
            return self._call.media_control.make_offer(self._call.options.direction)
        return self._take_offer(now)

    def _take_offer(self, now: float) -> bytes:
        if self._sdp_answer is None:
            body = sdp_of(self.request) or b""
            self._sdp_answer = self._call.media_control.answer_offer_strictly(body, now)
        return self._sdp_answer

    def _schedule_repetition(self) -> None:
        at = self._reliable.next_timer() if self._reliable is not None else None
        if at is not None:
            self._call.set_timer("reliable", at, self._repeat_reliable)

    def _repeat_reliable(self, now: float) -> None:
        """Send the reliable response again, or refuse the call when no PRACK came for 64*T1."""
        if self._reliable is None:
            return
        response = self._reliable.due(now)
        if response is not None:
            self._call.endpoint.layer.send_response(self._transaction, response, now)
        elif self._reliable.has_failed and self._call.state in BEFORE_ANSWER:
            self.reject(504, now, reason="No PRACK Received")
            return
        self._schedule_repetition()

    def _no_ack(self, now: float) -> None:
        """RFC 3261 section 13.3.1.4: no ACK for 64*T1, so the session ends with BYE."""
        self._call.hang_up_after("no ACK for our 2xx", now)


def response_fields(
    endpoint: Endpoint, options: CallOptions, status: int, fields: Fields, *, with_sdp: bool
) -> Fields:
    """The header fields of a response to an INVITE, besides those that it copies; `fields` are its own."""
    complete: Fields = []
    if status < 300:
        complete.append(("Contact", options.contact or endpoint.contact))
        complete.extend(list_field("Allow", endpoint.allow))
    if 200 <= status < 300:
        complete.extend(list_field("Supported", options.supported))
    if endpoint.user_agent:
        complete.append(("Server", endpoint.user_agent))
    complete.extend(fields)
    if status == 200:
        complete.extend(options.headers)
    if with_sdp:
        complete.append(("Content-Type", "application/sdp"))
    return complete
