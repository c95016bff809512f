"""Two legs of one call: an account that calls, and the phone or PBX that is called (RFC 7092).

Each leg is a call of `harness.ua` with offers, answers, timers and retransmissions of its own. A bridge hands
on what one side does to the other: ringing, early media, the answer, refusals, and the end of either leg. Who
is called is `community`'s knowledge, packets of RTP are `relay`'s, changes of the session `renegotiation`'s.
"""

from collections.abc import Callable

from harness.sip.message import Response
from harness.ua.call import Call
from harness.ua.call_media import rtcp_hop
from harness.ua.call_state import CallState
from harness.ua.media_session import MediaSession
from reference_server.calls import Calls
from reference_server.community.relay import Relay
from reference_server.community.renegotiation import EVENTS, Renegotiation, speak
from reference_server.live_call import LiveCall

UNANSWERED = (CallState.CALLING, CallState.PROCEEDING, CallState.RINGING)
OVER = (CallState.ENDING, CallState.ENDED)
NOT_FOR_CALLERS = (401, 407)
"""A callee that challenges speaks to the trunk: the caller's password would not help."""
UNREACHABLE = 480
"""Towards the caller when nobody answered, or with what is not fit for callers."""
SILENT = "an answer without audio that can be used"
"""Why the trunk ends a call: a PBX owes an answer to the offer that it got (RFC 3264 section 5)."""


class Bridge:
    """Joins two legs until one of them ends, and then ends the other."""

    relay: type[Relay] = Relay
    """What carries packets; a fault has another."""
    renegotiation: type[Renegotiation] = Renegotiation
    """What hands on changes; a fault has another."""

    def __init__(
        self, caller: LiveCall, caller_calls: Calls, callee: LiveCall, callee_calls: Calls, now: float
    ) -> None:
        """Both legs have their sessions; neither has been answered."""
        assert caller.session is not None
        assert callee.session is not None
        self._caller_live, self._caller_calls = caller, caller_calls
        self._callee_live, self._callee_calls = callee, callee_calls
        self._caller: Call = caller.session
        self._callee: Call = callee.session
        self.renegotiation(self._caller, self._callee, self._caller.options.codecs)
        _follow(self._caller, self.caller_changed)
        _follow(self._callee, self.callee_changed)
        self._callee.on_progress = self.progress
        self._caller.on_media = self.join_media
        self._callee.on_media = self.join_media
        self.callee_changed(self._callee, now)  # what cannot be reached at all has ended by now

    # The called side

    def progress(self, callee: Call, response: Response, now: float) -> None:
        """A provisional response: the caller gets it too, with early media when there is some."""
        if self._caller.state not in UNANSWERED:
            return
        early_media = callee.media is not None
        if early_media:
            self.agree_with_callee()
        self._caller.ring(now, status=response.status, early_media=early_media)

    def callee_changed(self, callee: Call, now: float) -> None:
        """The answer goes to the caller, and so does the end."""
        if callee.state is CallState.ANSWERED:
            if callee.media_control.agreed is None:
                self.end_callee(SILENT, now)
            elif self._caller.state in UNANSWERED:
                self.agree_with_callee()
                self._caller.answer(now)
        elif callee.state in OVER:
            self.callee_ended(callee, now)

    def callee_ended(self, callee: Call, now: float) -> None:
        """A refusal before the answer, BYE after it."""
        if self._caller.state in UNANSWERED:
            self._caller.reject(self.told(callee), now)
        else:
            self._caller_calls.end(self._caller_live, "the other side hung up", now, released_by="callee")

    def told(self, callee: Call) -> int:
        """The status that the caller gets of a callee that did not answer."""
        return status_for_caller(callee.status, callee.ended_by)

    def agree_with_callee(self) -> None:
        """Answers the caller with what the callee took, so that packets need no translation."""
        agreed = self._callee.media_control.agreed
        if agreed is None:
            return
        with_events = agreed.event_payload_type is not None
        speak(self._caller, (agreed.codec.name, EVENTS) if with_events else (agreed.codec.name,))

    # The calling side

    def caller_changed(self, caller: Call, now: float) -> None:
        """The end goes to the callee: CANCEL before the answer, BYE after it."""
        if caller.state in OVER:
            cause = "caller gave up" if self._callee.state in UNANSWERED else "caller hung up"
            self.end_callee(cause, now, released_by="caller")

    def end_callee(self, cause: str, now: float, released_by: str = "trunk") -> None:
        """CANCEL or BYE, as soon as what goes on now is over: a 200 has its ACK then."""

        def end(at: float) -> None:
            self._callee_calls.end(self._callee_live, cause, at, released_by=released_by)

        self._callee.endpoint.schedule(now, end)

    # Media

    def join_media(self, leg: Call, session: MediaSession) -> None:
        """Puts a relay in front of a leg's session, which has just been opened."""
        relay = self.relay(session, self._callee if leg is self._caller else self._caller)
        for hop in (session.local, rtcp_hop(session.local)):
            leg.endpoint.media_receivers[hop] = relay


def status_for_caller(status: int | None, ended_by: str | None) -> int:
    """What a caller is told of a callee that did not answer: its own refusal where it is fit for callers."""
    if ended_by != "remote" or status is None or status < 400 or status in NOT_FOR_CALLERS:
        return UNREACHABLE
    return status


def _follow(session: Call, action: Callable[[Call, float], None]) -> None:
    """Tells `action` of each change of state, after whoever was told so far."""
    before = session.on_state

    def changed(call: Call, now: float) -> None:
        if before is not None:
            before(call, now)
        action(call, now)

    session.on_state = changed
