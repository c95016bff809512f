"""START HERE for calls: two legs that the PBX joins, so that what happens on one happens on the other.

Each leg is a whole call of `harness.ua`; a bridge passes ringing, answers, refusals, hold and release on.
`switchboard` makes the legs, `relay` passes their media.
"""

from collections.abc import Callable
from dataclasses import replace

from harness.pbx_simulator.relay import Relay
from harness.sip.errors import LocalError
from harness.sip.hop import Hop
from harness.sip.message import Response
from harness.sip.transaction_events import (
    AckReceived,
    RequestReceived,
    ResponseReceived,
    TransactionEvent,
)
from harness.ua.call import Call
from harness.ua.call_media import rtcp_hop, sdp_of
from harness.ua.call_state import CallState

FLIPPED = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
"""What one leg may send is what the other receives."""
CHALLENGES = (401, 407)
ASK_AGAIN = 0.3
"""Seconds after which a change that met another one is passed on."""
BEFORE_ANSWER = (CallState.CALLING, CallState.PROCEEDING, CallState.RINGING)

Dial = Callable[[float], Call]
"""Starts the second leg, at a time in seconds."""


class Bridge:
    """One call through the PBX."""

    def __init__(self, caller: Call, *, trunk_calls: bool, relay: type[Relay], now: float) -> None:
        """``trunk_calls``: whether the caller is the trunk."""
        self.caller = caller
        self.callee: Call | None = None
        self.trunk_calls = trunk_calls
        self.relay_type = relay
        self.relay: Relay | None = None
        self.dial: Dial | None = None
        self._passed: dict[int, str] = {}
        caller.on_state = self.caller_moved
        if caller.state is CallState.ENDED:
            self.caller_moved(caller, now)

    @property
    def legs(self) -> tuple[Call, ...]:
        """Both, or the caller alone."""
        return (self.caller,) if self.callee is None else (self.caller, self.callee)

    @property
    def ended(self) -> bool:
        """Whether both legs are over."""
        return all(leg.ended for leg in self.legs)

    def connect(self, dial: Dial, *, outside: bool, now: float) -> None:
        """Start the second leg. ``outside``: it leads to the trunk."""
        self.dial = dial
        if self.caller.state is CallState.ENDED:
            return
        callee = self.callee = dial(now)
        trunk_leg = self.caller if self.trunk_calls else callee if outside else None
        self.relay = self.relay_type(trunk_leg)
        callee.on_state = self.callee_moved

    def other(self, leg: Call) -> Call | None:
        """The leg at the other end."""
        return self.callee if leg is self.caller else self.caller

    def media_hops(self, leg: Call) -> tuple[Hop, ...]:
        """RTP and RTCP address of a leg that has media."""
        return () if leg.media is None else (leg.media.local, rtcp_hop(leg.media.local))

    # What happens

    def observe(self, leg: Call, event: TransactionEvent, now: float) -> None:
        """Pass on what a leg has just been told."""
        match event:
            case ResponseReceived(response=response):
                if leg is self.callee and 100 < response.status < 200 and response.cseq.method == "INVITE":
                    self.progress(response, now)
            case RequestReceived(request=request) if request.method in ("INVITE", "UPDATE"):
                self.follow(leg, now)
            case AckReceived():
                self.follow(leg, now)

    def progress(self, response: Response, now: float) -> None:
        """It rings: tell the caller, with the sound if there is any."""
        callee, caller = self.callee, self.caller
        if callee is None or caller.state not in BEFORE_ANSWER or callee.state is not CallState.RINGING:
            return
        early = sdp_of(response) is not None and callee.media_control.agreed is not None
        if early:
            self.agree_codec(caller, callee)
        caller.ring(now, status=response.status, early_media=early)

    def callee_moved(self, callee: Call, now: float) -> None:
        """The called leg changed its state."""
        if callee is not self.callee:
            return
        if callee.state is CallState.ANSWERED:
            self.answer(callee, now)
        elif callee.state is CallState.ENDED:
            self.callee_ended(callee, now)

    def caller_moved(self, caller: Call, now: float) -> None:
        """The calling leg changed its state."""
        if caller.state is CallState.ENDED and self.callee is not None:
            self.callee.hang_up(now)

    def answer(self, callee: Call, now: float) -> None:
        """The called leg was answered: answer the calling one with the same codec."""
        if self.caller.state not in BEFORE_ANSWER:
            callee.hang_up(now)
            return
        self.agree_codec(self.caller, callee)
        self.caller.answer(now)

    def callee_ended(self, callee: Call, now: float) -> None:
        """The called leg is over: refuse the calling one, or end it."""
        if self.caller.state in BEFORE_ANSWER:
            self.caller.reject(self.refusal_for(callee), now)
        else:
            self.caller.hang_up(now)

    def refusal_for(self, callee: Call) -> int:
        """What the caller is told of a call that failed; never a challenge, which is the PBX's own affair."""
        status = callee.status
        if callee.ended_by == "timeout":
            return 480 if self.trunk_calls else 503
        if status is None or status < 400:
            return 480
        return 503 if status in CHALLENGES else status

    def agree_codec(self, leg: Call, other: Call) -> None:
        """Let one leg speak what the other one does, so that nothing has to be transcoded."""
        agreed = other.media_control.agreed
        if agreed is not None:
            events = ("telephone-event",) if "telephone-event" in leg.options.codecs else ()
            leg.options = replace(leg.options, codecs=(agreed.codec.name, *events))

    def follow(self, leg: Call, now: float) -> None:
        """Pass a hold, or its end, on to the other leg."""
        other = self.other(leg)
        if other is None or not leg.state is other.state is CallState.ANSWERED:
            return
        agreed, there = leg.media_control.agreed, other.media_control.agreed
        if agreed is None or there is None:
            return
        wanted = FLIPPED[agreed.direction]
        if wanted in (there.direction, self._passed.get(id(other))):
            self._passed[id(other)] = wanted
            return
        if other.modifying:
            other.set_timer("follow", now + ASK_AGAIN, lambda at: self.follow(leg, at))
            return
        self._passed[id(other)] = wanted
        self.change(other, wanted, now)

    def change(self, leg: Call, direction: str, now: float) -> None:
        """Ask one leg for another direction."""
        try:
            leg.reinvite(now, direction=direction)
        except LocalError:
            self._passed.pop(id(leg), None)  # it is over, or about to be

    def hang_up(self, now: float) -> None:
        """End both legs: the PBX goes down, or nobody answered in time."""
        if self.callee is not None:
            self.callee.hang_up(now)
        if self.caller.state in BEFORE_ANSWER:
            self.caller.reject(480, now)
        else:
            self.caller.hang_up(now)
