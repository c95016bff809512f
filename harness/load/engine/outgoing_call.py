"""START HERE for the lean path: one outgoing call, from INVITE to the answer of its BYE.

The machine is data: `call_machine` says which of these actions a response causes in which state. The INVITE
client transaction and the call are one machine, because a call has one INVITE at a time. What is rare
(retransmissions, CANCEL and its races, repeated and forked answers) is in `call_repair`, requests from the
far end are `in_dialog`'s.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.load.engine.call_dialog import enter_dialog
from harness.load.engine.call_states import CALLING, LEAVING, OVER, PROCEEDING, TALKING, State
from harness.load.figures.attempt import Attempt
from harness.sip.hop import Hop
from harness.sip.reason_phrases import REASON_PHRASES
from harness.sip.response_glance import Fields

if TYPE_CHECKING:
    from harness.load.engine.call_audio import CallAudio
    from harness.load.engine.call_messages import CallMessages
    from harness.load.engine.in_dialog import InsideRequests
    from harness.load.engine.line import Line

FIRST_INVITE = b"g"
"""The step of a call is the last letter of the branch, no hexadecimal digit: INVITEs are g, h, i ..."""
ACK, BYE, SECOND_BYE = b"w", b"x", b"y"
MOST_INVITES = 6
"""INVITEs of one call: a server that calls nonce after nonce stale is left."""
FRESH = b"nc=00000001"


class FastCall:
    """One outgoing call. Made by `Line.call`."""

    __slots__ = (
        "attempt",
        "audio",
        "cancel_request",
        "credentials",
        "cseq",
        "done",
        "give_up_at",
        "hold",
        "hop",
        "inside",
        "line",
        "messages",
        "method",
        "remote_target",
        "routes",
        "send",
        "serial",
        "state",
        "step",
        "to",
        "unanswered",
    )

    def __init__(
        self,
        line: "Line",
        serial: bytes,
        messages: "CallMessages",
        *,
        intended: float,
        hold: float | None,
        audio: "CallAudio | None",
        done: Callable[[Attempt], None] | None,
    ) -> None:
        self.line = line
        self.serial = serial
        self.messages = messages
        self.hold = hold
        self.audio = audio
        self.done = done
        self.send = line.engine.send
        self.state: State = CALLING
        self.method = b"INVITE"
        self.cseq = 1
        self.step = FIRST_INVITE
        """Which of the call's requests responses are expected for."""
        self.unanswered: bytes | None = None
        """The request that is sent again as long as nobody answers."""
        self.cancel_request: bytes | None = None
        self.credentials = b""
        self.to = b""
        """The far end's name with its tag, once there is a dialog."""
        self.remote_target = b""
        self.routes = b""
        self.hop: Hop | None = None
        """Where requests of the dialog go; None: to the target, like all others."""
        self.inside: InsideRequests | None = None
        """What the far end asked within the dialog, if it did."""
        self.attempt = Attempt(
            "call", line.name, intended, intended, None, None, None, "", False, None, None, 0.0, False, 0,
            None, line.source,
        )  # fmt: skip

    # What its user does

    @property
    def call_id(self) -> str:
        """Its Call-ID."""
        return (self.serial + self.line.wording.call_id).decode("ascii")

    @property
    def answered(self) -> bool:
        """Whether the call stands."""
        return self.state is TALKING

    @property
    def over(self) -> bool:
        """Whether the attempt has been reported."""
        return self.state is OVER

    def hang_up(self) -> None:
        """End the call as its state demands: BYE or CANCEL. Does nothing when it is over."""
        engine = self.line.engine
        now = engine.clock()
        engine.turn(now)
        self.state.release(self, now)

    def cancel(self) -> None:
        """Give the call up before its answer; one that is answered meanwhile ends with BYE."""
        self.hang_up()

    def vanish(self) -> None:
        """Forget the call without a word, as a phone does whose power fails."""
        if self.state is not OVER:
            conclude(self, "vanished", self.line.engine.clock())
            self.line.engine.forget(self.serial)

    release = hang_up

    # What the far end's requests need

    @property
    def stands(self) -> bool:
        """Whether requests within the dialog are answered."""
        return self.state is TALKING or self.state is LEAVING

    @property
    def local_tag(self) -> str:
        """Our tag."""
        return self.serial.decode("ascii")

    @property
    def remote_tag(self) -> str:
        """The far end's tag; "" before there is a dialog."""
        return self.to.rpartition(b";tag=")[2].partition(b";")[0].decode("utf-8", "surrogateescape")

    def hung_up(self, now: float) -> None:
        """The far end sent BYE."""
        if self.state is TALKING:
            cause = "" if self.hold is None else "hung up by the far end"
            self.attempt.completed = not cause
            conclude(self, cause, now)

    # What the engine does

    def start(self, now: float) -> None:
        """Send the first INVITE."""
        self.attempt.started = now
        line = self.line
        if line.reuses_nonce:
            self.credentials = line.digest.preemptive(b"INVITE", self.messages.request_uri)
        invite(self, now)

    def receive(self, fields: Fields, data: bytes, now: float) -> None:
        """Take a response to one of the call's requests."""
        status, _, step, to, _, method = fields
        if step == self.step and method == self.method:
            self.state.responses[status](self, status, to, data, now)
        else:
            self.line.engine.receive_other(self, fields, data, now)

    def first_wait_is_over(self, request: bytes, now: float) -> None:
        """T1 has passed since a request of this call was sent."""
        if self.state is not OVER:
            self.line.engine.repair_silence(self, request, now)


# What is done, in the order of a call


def invite(call: FastCall, now: float) -> None:
    """Send an INVITE, the next one after a challenge."""
    serial = call.serial
    content = call.line.wording.silent if call.audio is None else call.audio.offer
    request = call.messages.invite % (
        serial, call.step, serial, serial, b"%d" % call.cseq, call.credentials, content,
    )  # fmt: skip
    call.unanswered = request
    call.send(request)
    call.line.engine.first_retransmission.newest.append((call, request))


def challenged(call: FastCall, status: bytes, to: bytes, data: bytes, now: float) -> None:
    """A 401 or 407: acknowledge it and try again with credentials, once (RFC 3261 section 22.2)."""
    acknowledge_refusal(call, to)
    call.unanswered = None
    credentials = call.line.digest.answer(
        data, b"INVITE", call.messages.request_uri, refused=call.credentials
    )
    if credentials is None or call.cseq >= MOST_INVITES:
        finish_refused(call, status, now)
        return
    call.credentials = credentials
    call.attempt.challenged = True
    call.attempt.waited += call.line.engine.now - now
    call.cseq += 1
    call.step = b"%c" % (call.step[0] + 1)
    call.state = CALLING
    invite(call, now)


def trying(call: FastCall, _status: bytes, _to: bytes, _data: bytes, _now: float) -> None:
    """A 100: the INVITE has arrived."""
    call.unanswered = None
    call.state = PROCEEDING


def ringing(call: FastCall, _status: bytes, _to: bytes, _data: bytes, now: float) -> None:
    """The first provisional response that the far end itself made."""
    call.unanswered = None
    call.state = PROCEEDING
    if call.attempt.first_response is None:
        call.attempt.first_response = now


def accepted(call: FastCall, status: bytes, to: bytes, data: bytes, now: float) -> None:
    """A 2xx: acknowledge it; the call stands for as long as its user wants."""
    call.unanswered = None
    attempt = call.attempt
    attempt.answered = now
    attempt.status = int(status)
    if attempt.first_response is None:
        attempt.first_response = now
    enter_dialog(call, to, data)
    call.state = TALKING
    acknowledge(call)
    engine = call.line.engine
    engine.concurrent += 1
    if call.audio is not None:
        call.audio.begin(data, engine.now)
    hold = call.hold
    if hold == 0.0:
        leave(call, engine.now)
    elif hold is not None:
        engine.queue.schedule(now + hold, (hold_is_over, call, None))


def acknowledge(call: FastCall) -> None:
    """Send the ACK to a 2xx (RFC 3261 section 13.2.2.4); again for each time that the 2xx comes."""
    serial = call.serial
    ack = call.messages.ack % (
        call.remote_target, serial, ACK, call.routes, serial, call.to, serial, b"%d" % call.cseq,
        call.credentials,
    )  # fmt: skip
    if call.hop is None:
        call.send(ack)
    else:
        call.line.engine.send_to(ack, call.hop)


def hold_is_over(call: FastCall, _: object, now: float) -> None:
    """The call was held as long as wanted."""
    if call.state is TALKING:
        leave(call, now)


def leave(call: FastCall, now: float, credentials: bytes = b"") -> None:
    """Send BYE."""
    serial = call.serial
    if call.state is TALKING:
        call.line.engine.concurrent -= 1
        call.attempt.bye_sent = now
        call.state = LEAVING
        if call.audio is not None:
            call.audio.stop(now)
    call.method = b"BYE"
    call.step = SECOND_BYE if credentials else BYE
    number = b"%d" % (call.cseq + (2 if credentials else 1))
    request = call.messages.bye % (
        call.remote_target, serial, call.step, call.routes, serial, call.to, serial, number, credentials,
    )  # fmt: skip
    call.unanswered = request
    if call.hop is None:
        call.send(request)
    else:
        call.line.engine.send_to(request, call.hop)
    call.line.engine.first_retransmission.newest.append((call, request))


def left(call: FastCall, _status: bytes, _to: bytes, _data: bytes, now: float) -> None:
    """A 2xx to the BYE."""
    attempt = call.attempt
    attempt.bye_answered = now
    if not attempt.cause:
        attempt.completed = True
    conclude(call, attempt.cause, now)


def bye_challenged(call: FastCall, status: bytes, to: bytes, data: bytes, now: float) -> None:
    """A 401 or 407 to the BYE: some trunks want credentials for that too."""
    sent = FRESH if call.step == SECOND_BYE else b""
    credentials = call.line.digest.answer(data, b"BYE", call.remote_target, refused=sent)
    if credentials is None or call.step == SECOND_BYE:
        bye_refused(call, status, to, data, now)
    else:
        leave(call, now, credentials)


def bye_refused(call: FastCall, status: bytes, _to: bytes, _data: bytes, now: float) -> None:
    """Any other final response: the call is over all the same (RFC 3261 section 15.1.1)."""
    conclude(call, call.attempt.cause or f"{reason_of(status)} to BYE", now)


def refused(call: FastCall, status: bytes, to: bytes, data: bytes, now: float) -> None:
    """A final response from 300 to 699."""
    acknowledge_refusal(call, to)
    call.attempt.retry_after = b"\nRetry-After:" in data
    finish_refused(call, status, now)


def acknowledge_refusal(call: FastCall, to: bytes) -> None:
    """Send the ACK of the INVITE transaction (RFC 3261 section 17.1.1.3)."""
    serial = call.serial
    call.send(call.messages.ack_refusal % (serial, call.step, serial, to, serial, b"%d" % call.cseq))


def finish_refused(call: FastCall, status: bytes, now: float, cause: str = "") -> None:
    """The attempt has failed with a status; ``cause`` when that does not say it all."""
    attempt = call.attempt
    attempt.status = int(status)
    if attempt.first_response is None:
        attempt.first_response = now
    conclude(call, cause or reason_of(status), now)


def conclude(call: FastCall, cause: str, now: float) -> None:
    """The attempt is over: report it. The call is remembered for the messages that still come."""
    line = call.line
    engine = line.engine
    if call.state is TALKING:
        engine.concurrent -= 1
    call.state = OVER
    call.unanswered = call.cancel_request = None
    attempt = call.attempt
    attempt.cause = cause
    attempt.ended = now
    if call.audio is not None:
        attempt.media = call.audio.conclude(now)
        call.audio = None
    engine.in_progress -= 1
    engine.memory.newest.append(call.serial)
    for report in engine.on_attempt:
        report(attempt)
    if call.done is not None:
        call.done(attempt)
        call.done = None


def reason_of(status: bytes) -> str:
    """``486 Busy Here`` of a status; the registered phrase, so that causes can be counted."""
    number = int(status)
    return f"{number} {REASON_PHRASES.get(number, '')}".rstrip()
