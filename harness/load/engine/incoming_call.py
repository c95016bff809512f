"""One incoming call: rung, answered or refused as the line's `Answering` says, and ended.

The server transaction is `harness.sip.transaction_layer`'s, the 2xx repeats itself in `answer_repeat`, what
the far end asks later is answered by `in_dialog`. The times of its attempt are those of the called side:
started when the INVITE came.
"""

from typing import TYPE_CHECKING

from harness.load.engine.answer_repeat import AnswerRepeat
from harness.load.engine.answering import Answering
from harness.load.engine.exchange import Exchange
from harness.load.engine.in_dialog import ALLOW, InsideRequests, describe, sdp_headers
from harness.load.engine.outgoing_call import reason_of
from harness.load.figures.attempt import Attempt
from harness.media.errors import MediaError
from harness.sip.dialog import Dialog
from harness.sip.message import Request
from harness.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from harness.load.engine.call_audio import CallAudio
    from harness.load.engine.front_desk import FrontDesk
    from harness.load.engine.line import Line


class IncomingCall:
    """A call that the target placed."""

    def __init__(
        self, desk: "FrontDesk", line: "Line", transaction: ServerTransaction, request: Request, now: float
    ) -> None:
        """Raises ParseError when no dialog can be made of the INVITE."""
        self.line = line
        self.answering: Answering = line.answer
        self.request = request
        self.call_id = request.call_id
        self.local_tag = line.engine.new_token()
        self.audio: CallAudio | None = None
        self.inside: InsideRequests | None = InsideRequests()
        self.over = False
        """Whether the attempt has been reported."""
        self._desk = desk
        self._transaction = transaction
        self._dialog = Dialog.from_uas(request, self.local_tag)
        self._answer: AnswerRepeat | None = None
        self._acknowledged = False
        self._leaving = False
        self.attempt = Attempt(
            "answer", line.name, now, now, None, None, None, "", False, None, None, 0.0, False, 0,
            None, line.source,
        )  # fmt: skip

    # What is known

    @property
    def answered(self) -> bool:
        """Whether the call stands."""
        return self.stands and not self._leaving

    @property
    def stands(self) -> bool:
        """Whether requests within the dialog are answered."""
        return self._answer is not None and not self.over

    @property
    def remote_tag(self) -> str:
        """The caller's tag."""
        return self._dialog.remote_tag

    # What happens

    def arrive(self, now: float) -> None:
        """Ring, or refuse because the line is full."""
        how = self.answering
        if how.channels is not None and self._desk.calls_of(self.line) > how.channels:
            self.refuse(how.full, now)
            return
        if how.ring is not None:
            self.attempt.first_response = now
            self._desk.respond(self._transaction, 180, now, to_tag=self.local_tag, headers=[self._contact])
        if how.ring:
            self.line.engine.queue.schedule(now + how.ring, (_rung, self, None))
        else:
            self.decide(now)

    def decide(self, now: float) -> None:
        """It rang long enough."""
        if self.over or self._answer is not None:
            return
        if self.answering.status >= 300:
            self.refuse(self.answering.status, now)
        else:
            self._accept(now)

    def refuse(self, status: int, now: float) -> None:
        """Answer with a status from 300 to 699."""
        self.attempt.status = status
        self.attempt.first_response = self.attempt.first_response or now
        self._desk.respond(self._transaction, status, now, to_tag=self.local_tag)
        self._conclude(reason_of(b"%d" % status), now)

    def acknowledged(self, now: float) -> None:
        """The ACK to our 2xx has come: from here on the call is held."""
        if self._acknowledged or self.over:
            return
        self._acknowledged = True
        if self.answering.hold is not None:
            self.line.engine.queue.schedule(now + self.answering.hold, (_hold_is_over, self, None))
        if self._leaving:
            self._send_bye(now)

    def cancelled(self, now: float) -> None:
        """The caller gave up before our answer (RFC 3261 section 9.2)."""
        if not self.over and self._answer is None:
            self.attempt.status = 487
            self._desk.respond(self._transaction, 487, now, to_tag=self.local_tag)
            self._conclude("CANCEL by the caller", now)

    def hung_up(self, now: float) -> None:
        """The caller sent BYE."""
        if not self.over:
            as_wanted = self._leaving or self.answering.hold is None
            self.attempt.completed = as_wanted
            self._conclude("" if as_wanted else "hung up by the far end", now)

    def hang_up(self) -> None:
        """End the call as its state demands: BYE, or 480 before the answer."""
        now = self.line.engine.clock()
        if self.over or self._leaving:
            return
        if self._answer is None:
            self.refuse(480, now)
        else:
            self.leave(now)

    def vanish(self) -> None:
        """Forget the call without a word."""
        if not self.over:
            if self._answer is not None:
                self._answer.waits = False
            self._conclude("vanished", self.line.engine.clock())

    def leave(self, now: float) -> None:
        """Send BYE; the called side waits for the ACK of its 2xx first (RFC 3261 section 15)."""
        if self.over or self._leaving:
            return
        self._leaving = True
        self.line.engine.concurrent -= 1
        if self.audio is not None:
            self.audio.stop(now)
        if self._acknowledged:
            self._send_bye(now)

    # Below

    @property
    def _contact(self) -> tuple[str, str]:
        return ("Contact", self.line.wording.contact.decode())

    def _accept(self, now: float) -> None:
        how, engine = self.answering, self.line.engine
        audio = how.audio() if callable(how.audio) else how.audio
        if audio is not None:
            self.audio = engine.open_audio(audio, self.line.wording)
        try:
            body = describe(self, self.request.body)
        except MediaError:
            self.refuse(488, now)
            return
        headers = [self._contact, ALLOW, *sdp_headers(body)]
        response = self.request.response(how.status, to_tag=self.local_tag, headers=headers, body=body)
        self.attempt.answered, self.attempt.status = now, how.status
        self.attempt.first_response = self.attempt.first_response or now
        engine.concurrent += 1
        self._answer = AnswerRepeat(self._desk, self._transaction, response, now, on_lost=self._no_ack)
        self._desk.await_ack(self._answer, self)
        if self.audio is not None and self.request.body:
            self.audio.begin(self.request.body, now)

    def _no_ack(self, now: float) -> None:
        """RFC 3261 section 13.3.1.4: a call whose 2xx nobody acknowledges is ended with BYE."""
        self.attempt.cause = "no ACK"
        self._acknowledged = True
        if self._leaving:
            self._send_bye(now)
        else:
            self.leave(now)

    def _send_bye(self, now: float) -> None:
        line, dialog = self.line, self._dialog
        self.attempt.bye_sent = now

        def build(serial: bytes, step: bytes, _: int, credentials: bytes) -> bytes:
            via = line.wording.via.decode("ascii")
            bye = dialog.build_request("BYE", headers=[("User-Agent", "sip-harness load")])
            bye.headers.add_first("Via", f"{via}{serial.decode()}{step.decode()};rport")
            head, blank, body = bytes(bye).partition(b"\r\n\r\n")
            return head + b"\r\n" + credentials + blank[2:] + body

        uri = dialog.remote_target.encode("utf-8", "surrogateescape")
        hop = self._desk.hop_of(dialog)
        Exchange(line.engine, line.digest, b"BYE", uri, build, self._bye_is_over, hop=hop).start(now)

    def _bye_is_over(self, exchange: Exchange, status: bytes, _data: bytes, now: float) -> None:
        if self.over:
            return
        self.attempt.retransmissions += exchange.retransmissions
        cause = self.attempt.cause
        if not status:
            cause = cause or "no answer to BYE"
        elif status >= b"300":
            cause = cause or f"{reason_of(status)} to BYE"
        else:
            self.attempt.bye_answered = now
        self.attempt.completed = not cause
        self._conclude(cause, now)

    def _conclude(self, cause: str, now: float) -> None:
        if self.answered:
            self.line.engine.concurrent -= 1
        self.over = True
        attempt = self.attempt
        attempt.cause, attempt.ended = cause, now
        if self._answer is not None:
            self._answer.waits = False
            attempt.retransmissions += self._answer.sent - 1
        if self.audio is not None:
            attempt.media = self.audio.conclude(now)
            self.audio = None
        self._desk.remove(self)
        self.line.engine.report(attempt, None)


def _rung(call: IncomingCall, _: object, now: float) -> None:
    call.decide(now)


def _hold_is_over(call: IncomingCall, _: object, now: float) -> None:
    call.leave(now)
