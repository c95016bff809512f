"""All calls of the trunk: found by dialog, ended in one place whatever way they end.

Ending gives the channel back (with the BYE, whichever side sends it), settles the meter (`metering`) and
queues the call record; before a call is answered the store is told that it is in progress. What starts calls
is `dispatch` (from the PBX) and `inbound` (towards it); the session itself is `harness.ua.call`.
"""

import random
from collections import Counter, OrderedDict

from harness.sip.message import Request
from harness.ua.call import Call
from harness.ua.call_state import CallState
from reference_server.call_ids import CallIds
from reference_server.channels import Channels
from reference_server.live_call import LiveCall
from reference_server.metering import CAUSE, REASON, Metering
from reference_server.profile import Profile
from reference_server.refusal import Refused
from reference_server.store.rows import storable
from reference_server.store.store import Store

REMEMBERED = 2_000
"""Ended calls that the control API can still show."""
CHALLENGES = (401, 407)
"""A PBX must not answer so: inbound calls "will not request authentication" (Quick Start Guide)."""


class Calls:
    """The calls that live, and those that ended lately."""

    def __init__(self, channels: Channels, store: Store, rng: random.Random, metering: Metering) -> None:
        self._channels = channels
        self._metering = metering
        metering.end = self.end
        self._store = store
        self._rng = rng
        self.ids = CallIds(rng)
        self._live: dict[str, LiveCall] = {}
        self._dialogs: dict[tuple[str, str], LiveCall] = {}
        self._ended: OrderedDict[str, LiveCall] = OrderedDict()
        self.outcomes: Counter[tuple[str, str]] = Counter()
        """Direction and outcome (`answered`, or the status as text) -> how many calls ended so."""

    def open(self, profile: Profile, direction: str, caller: str, number: str, now: float) -> LiveCall:
        """A new call that holds a channel and, where it costs, credit. Raises `Refused` (402, 503)."""
        live = LiveCall(self.ids.new(now), profile, direction, caller, number, now)
        if direction == "outbound":
            live.meter = self._metering.begin(profile, number)
        try:
            self._channels.take(profile, live.id)
        except Refused:
            self._metering.finish(live, now)
            raise
        self._live[live.id] = live
        return live

    def attach(self, live: LiveCall, session: Call, now: float) -> None:
        """Gives a call its session, and from then on follows it to its end."""
        live.session = session
        live.call_id = session.call_id
        self._dialogs[session.call_id, session.local_tag] = live
        session.on_state = lambda call, at: self.state_changed(live, call, at)
        if session.state is CallState.ENDED:
            self.close(live, session, now)

    def find(self, request: Request) -> LiveCall | None:
        """The call to which a request inside a dialog belongs (RFC 3261 section 12.2.2)."""
        tag = request.to.tag
        return None if tag is None else self._dialogs.get((request.call_id, tag))

    def named(self, call_id: str) -> LiveCall | None:
        """The call with this id, ended lately or not."""
        return self._live.get(call_id) or self._ended.get(call_id)

    @property
    def count(self) -> int:
        """How many calls hold a channel."""
        return len(self._live)

    def live(self) -> list[LiveCall]:
        """All calls that hold a channel, oldest first."""
        return list(self._live.values())

    def shown(self) -> list[LiveCall]:
        """All calls the trunk remembers, those that ended first."""
        return [*self._ended.values(), *self._live.values()]

    def state_changed(self, live: LiveCall, session: Call, now: float) -> None:
        """Called by the session after each change of its state."""
        if session.state is CallState.ENDED:
            self.close(live, session, now)
        elif session.state is CallState.ENDING and session.answered_at is not None:
            self.release(live, now)  # a session is over once its BYE is sent (RFC 3261 section 15.1.1)
        elif session.state is CallState.ANSWERED:
            self.answered(live, now)
            if live.on_answer is not None:
                action, live.on_answer = live.on_answer, None
                action(now)

    def answered(self, live: LiveCall, now: float) -> None:
        """Queues the call as one in progress, before its answer leaves, and lets its meter run; once."""
        if not live.is_open:
            live.is_open = True
            self.write_open(live, now)
            self._metering.start(live, now)

    def close(self, live: LiveCall, session: Call, now: float) -> None:
        """Takes down how a session ended."""
        live.status = session.status
        live.cause = live.cause or storable(session.end_reason) or str(session.status or "")
        live.released_by = live.released_by or _released_by(live, session.ended_by)
        if live.direction == "inbound" and session.status in CHALLENGES:
            live.fault_of_pbx = f"challenged an inbound call with {session.status}"
            live.cause = live.fault_of_pbx
        self._dialogs.pop((session.call_id, session.local_tag), None)
        session.on_state = session.on_dtmf = None
        self.settle(live, now)

    def close_answered(self, live: LiveCall, now: float) -> None:
        """Takes down that an answered call without a session ended with the BYE of the PBX."""
        live.status, live.cause, live.released_by = 200, "BYE", _released_by(live, "remote")
        self.settle(live, now)

    def fail(self, live: LiveCall, status: int, cause: str, now: float) -> None:
        """Ends a call that never got a session."""
        live.status, live.cause, live.released_by = status, cause, "trunk"
        self.settle(live, now)

    def refused(self, request: Request, profile: Profile, dialled: str, refused: Refused, now: float) -> None:
        """Takes down a call that the rules did not let begin."""
        caller = request.from_.display or profile.username
        live = LiveCall("", profile, "outbound", caller, dialled, now, call_id=request.call_id)
        live.ended, live.status, live.cause, live.released_by = now, refused.status, refused.rule, "trunk"
        self.outcomes[live.direction, str(refused.status)] += 1
        self.write(live, now)

    def failed(
        self, profile: Profile, caller: str, number: str, status: int, cause: str, now: float
    ) -> LiveCall:
        """A call towards the PBX that never began."""
        live = LiveCall(self.ids.new(now), profile, "inbound", caller, number, now)
        self.fail(live, status, cause, now)
        return live

    def settle(self, live: LiveCall, now: float) -> None:
        """Gives the channel back and writes the record, once."""
        if live.ended is not None:
            return
        live.settle(now if live.released_at is None else live.released_at)
        self.release(live, now)
        self._live.pop(live.id, None)
        self._ended[live.id] = live
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
        outcome = "answered" if live.answered is not None else str(live.status or 0)
        self.outcomes[live.direction, outcome] += 1
        self.write(live, now)

    def release(self, live: LiveCall, now: float) -> None:
        """Gives back what a call holds; its time ends with the first time."""
        if live.released_at is None:
            live.released_at = now
            self._metering.finish(live, now)
        self.give_back(live)

    def give_back(self, live: LiveCall) -> None:
        """Gives the channel of a call back."""
        self._channels.release(live.profile, live.id)

    def write_open(self, live: LiveCall, now: float) -> None:
        """Queues a call in progress, in case the trunk is killed."""
        self._store.open_call(live.open_row(now))

    def write(self, live: LiveCall, now: float) -> None:
        """Queues the record of a call."""
        self._store.add_record(live.record(now))

    def end(self, live: LiveCall, cause: str, now: float, released_by: str = "trunk") -> None:
        """Ends a call from the trunk's side, with the request that its state demands."""
        session = live.session
        if session is None or session.state in (CallState.ENDING, CallState.ENDED):
            return
        live.cause, live.released_by = cause, released_by
        if cause == CAUSE:
            session.bye_headers = REASON
        session.hang_up(now)

    def end_all(self, now: float) -> None:
        """Ends every call, for the trunk goes down."""
        for live in self.live():
            self.end(live, "trunk shut down", now)


def _released_by(live: LiveCall, ended_by: str | None) -> str:
    """`local` and `remote` in the words of a call record."""
    if ended_by == "timeout":
        return "trunk"
    peer_is_caller = live.direction != "inbound"
    return "caller" if (ended_by == "remote") == peer_is_caller else "callee"
