"""What does not happen to most calls: lost packets, CANCEL and its races, repeated and forked answers.

Retransmission is RFC 3261 section 17's: Timers A and B for INVITE, E and F for the rest. The first one is
found by `fixed_delay`, the later ones wait in the engine's heap, because few calls need them.
"""

from typing import NamedTuple

from harness.load.engine.call_dialog import enter_dialog
from harness.load.engine.call_states import CANCEL_WANTED, CANCELLING, LEAVING, OVER, PROCEEDING, TALKING
from harness.load.engine.outgoing_call import (
    FIRST_INVITE,
    FastCall,
    acknowledge,
    acknowledge_refusal,
    conclude,
    finish_refused,
    leave,
)
from harness.sip.response_glance import Fields
from harness.sip.timers import TimerSettings

TIMERS = TimerSettings()
NO_ANSWER_AFTER = 180.0
"""Seconds that a far end may ring: as long as a proxy would let it (Timer C, RFC 3261 section 16.6)."""
BY_US = "CANCEL by us"
REQUEST_TERMINATED = b"487"
FORK_BYE = b"z"
"""The step of a BYE to a far end that answered beside another."""


class Resend(NamedTuple):
    """A request whose first retransmission did not help."""

    request: bytes
    interval: float
    """Seconds since the last time it was sent."""
    gives_up: float
    """When Timer B or F expires."""


# Retransmission


def first_wait_is_over(call: FastCall, request: bytes, now: float) -> None:
    """T1 has passed since ``request`` was sent."""
    if call.unanswered is request or call.cancel_request is request:
        resend(call, Resend(request, TIMERS.T1, now - TIMERS.T1 + TIMERS.timeout), now)
    elif call.state is PROCEEDING and call.method == b"INVITE":
        engine = call.line.engine
        engine.queue.schedule(now - TIMERS.T1 + NO_ANSWER_AFTER, (rang_too_long, call, call.step))


def resend(call: FastCall, again: Resend, now: float) -> None:
    """Send a request again, or give it up."""
    request = again.request
    if call.unanswered is not request and call.cancel_request is not request:
        return
    if now >= again.gives_up:
        _give_up(call, request, now)
        return
    call.attempt.retransmissions += 1
    _send(call, request)
    interval = 2 * again.interval
    if not request.startswith(b"INVITE"):
        interval = min(interval, TIMERS.T2)
    engine = call.line.engine
    engine.retransmissions += 1
    next_time = min(now + interval, again.gives_up)
    engine.queue.schedule(next_time, (resend, call, again._replace(interval=interval)))


def provisional_to_bye(call: FastCall, _status: bytes, _to: bytes, _data: bytes, now: float) -> None:
    """A 1xx to the BYE: Timer E is T2 from here on (RFC 3261 section 17.1.2.2)."""
    request, sent = call.unanswered, call.attempt.bye_sent
    if request is not None and sent is not None:
        call.unanswered = bytes(bytearray(request))  # the same bytes, and nobody else's timer knows them
        slow = Resend(call.unanswered, TIMERS.T2, sent + TIMERS.timeout)
        call.line.engine.queue.schedule(min(now + TIMERS.T2, slow.gives_up), (resend, call, slow))


def rang_too_long(call: FastCall, step: bytes, now: float) -> None:
    """Nobody answers."""
    if call.state is PROCEEDING and call.step == step:
        call.attempt.cause = f"no answer within {NO_ANSWER_AFTER:.0f} s"
        cancel_now(call, now)


def _give_up(call: FastCall, request: bytes, now: float) -> None:
    if request is call.cancel_request:
        call.cancel_request = None  # the INVITE's own end is being waited for
    elif call.method == b"BYE":
        conclude(call, call.attempt.cause or "no answer to BYE", now)
    else:
        conclude(call, "timer B", now)


def _send(call: FastCall, request: bytes) -> None:
    if call.hop is None or call.method == b"INVITE":
        call.send(request)
    else:
        call.line.engine.send_to(request, call.hop)


# CANCEL (RFC 3261 section 9.1)


def cancel_when_heard(call: FastCall, _now: float) -> None:
    """An INVITE is cancelled after its first provisional response, not before."""
    call.attempt.cause = call.attempt.cause or BY_US
    call.state = CANCEL_WANTED


def cancel_heard(call: FastCall, _status: bytes, _to: bytes, _data: bytes, now: float) -> None:
    """The provisional response that CANCEL waited for."""
    call.unanswered = None
    cancel_now(call, now)


def cancel_now(call: FastCall, now: float) -> None:
    """Send CANCEL."""
    call.attempt.cause = call.attempt.cause or BY_US
    call.state = CANCELLING
    serial, engine = call.serial, call.line.engine
    request = call.messages.cancel % (serial, call.step, serial, serial, b"%d" % call.cseq)
    call.cancel_request = request
    call.send(request)
    engine.first_retransmission.newest.append((call, request))
    engine.queue.schedule(now + TIMERS.timeout, (cancel_was_in_vain, call, None))


def cancel_was_in_vain(call: FastCall, _: object, now: float) -> None:
    """64*T1 after CANCEL the INVITE still has no final response: it is given up (section 9.1)."""
    if call.state is CANCELLING:
        conclude(call, "no final response after CANCEL", now)


def ended_by_cancel(call: FastCall, status: bytes, to: bytes, _data: bytes, now: float) -> None:
    """The final response to a cancelled INVITE; a refusal that crossed the CANCEL counts as what it is."""
    acknowledge_refusal(call, to)
    call.unanswered = None
    as_wanted = status in (REQUEST_TERMINATED, b"401", b"407")
    finish_refused(call, status, now, call.attempt.cause if as_wanted else "")


def accepted_too_late(call: FastCall, status: bytes, to: bytes, data: bytes, now: float) -> None:
    """A 2xx crossed our CANCEL: the call stands, so it is acknowledged and ended with BYE (section 9.1)."""
    call.unanswered = call.cancel_request = None
    call.attempt.answered, call.attempt.status = now, int(status)
    call.attempt.first_response = call.attempt.first_response or now
    enter_dialog(call, to, data)
    call.state = TALKING
    call.line.engine.concurrent += 1
    acknowledge(call)
    leave(call, call.line.engine.now)


# What comes more than once


def accepted_again(call: FastCall, _status: bytes, to: bytes, data: bytes, now: float) -> None:
    """A repeated 2xx gets our ACK again; one with another tag is another far end (section 13.2.2.4)."""
    if to == call.to:
        call.attempt.retransmissions += 1
        call.line.engine.repeated += 1
        acknowledge(call)
    else:
        release_other(call, to, data)


def accepted_after_all(call: FastCall, status: bytes, to: bytes, data: bytes, now: float) -> None:
    """A 2xx to an INVITE that was given up."""
    if call.method == b"INVITE":
        if call.to:
            accepted_again(call, status, to, data, now)
        else:
            release_other(call, to, data)


def refused_again(call: FastCall, _status: bytes, to: bytes, _data: bytes, _now: float) -> None:
    """The refusal was repeated, because our ACK was lost (Completed, section 17.1.1.2)."""
    if call.method == b"INVITE":
        call.line.engine.repeated += 1
        acknowledge_refusal(call, to)


def release_other(call: FastCall, to: bytes, data: bytes) -> None:
    """Acknowledge a far end that answered although the call is another's or nobody's, and end it."""
    kept = (call.to, call.remote_target, call.routes, call.hop)
    enter_dialog(call, to, data)
    acknowledge(call)
    serial, hop = call.serial, call.hop
    number = b"%d" % (call.cseq + 1)
    bye = call.messages.bye % (
        call.remote_target, serial, FORK_BYE, call.routes, serial, to, serial, number, b"",
    )  # fmt: skip
    if hop is None:
        call.send(bye)
    else:
        call.line.engine.send_to(bye, hop)
    call.to, call.remote_target, call.routes, call.hop = kept


def receive_other(call: FastCall, fields: Fields, data: bytes, now: float) -> None:
    """A response to another request than the one that is under way."""
    status, _, step, to, _, method = fields
    engine = call.line.engine
    if method == b"CANCEL" and b"g" <= step < b"w":
        if status >= b"200":
            call.cancel_request = None
    elif method == b"INVITE" and step == _invite_step(call) and status >= b"200":
        if status < b"300":
            accepted_again(call, status, to, data, now)
    elif method == b"INVITE" and FIRST_INVITE <= step < _invite_step(call) and status >= b"300":
        engine.repeated += 1
        serial, number = call.serial, b"%d" % (step[0] - FIRST_INVITE[0] + 1)
        call.send(call.messages.ack_refusal % (serial, step, serial, to, serial, number))
    elif method == b"BYE" and call.state in (LEAVING, OVER):
        return  # to the first BYE, before its challenge, or to that of a fork
    else:
        engine.stray += 1


def _invite_step(call: FastCall) -> bytes:
    return b"%c" % (FIRST_INVITE[0] + call.cseq - 1)
