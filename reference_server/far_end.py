"""Built-in far ends: what answers a number that a PBX dials, after the table of the dialect.

Each is a handful of timed steps on a call of `harness.ua`. Whether the number may be dialled at all was
decided before, by `numbering`.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

from harness.sip.reliable_provisional import OPTION_TAG, has_option
from harness.ua.call import Call
from harness.ua.call_options import CallOptions
from harness.ua.call_state import CallState
from reference_server.calls import Calls
from reference_server.dialect import Dialect, FarEndRow, Step
from reference_server.live_call import LiveCall

REMEMBERED_NUMBERS = 16384
NEVER = "never"
WILDCARD = "NN"


class FarEnd(NamedTuple):
    """The behaviour of one number, with the digits that its row takes from the number filled in."""

    row: FarEndRow
    ring_after: float | None
    """Seconds; None: it never rings."""
    answer_after: float | None
    reject: int | None
    then: tuple[tuple[float, Step], ...]


class FarEnds:
    """The far ends of a dialect."""

    def __init__(self, dialect: Dialect, calls: Calls) -> None:
        self._rows = dialect.far_end
        self._calls = calls
        self._dialect = dialect
        self.behind = lru_cache(maxsize=REMEMBERED_NUMBERS)(self.find)

    def find(self, number: str) -> FarEnd:
        """The far end behind an E.164 number."""
        row = next(row for row in self._rows if fits(row.number, number))
        digits = int(number[-2:]) if WILDCARD in row.number else 0
        reject = None if row.reject is None else row.reject + digits
        then = tuple((_seconds(step.after, digits) or 0.0, step) for step in row.then)
        return FarEnd(row, _seconds(row.ring_after, digits), _seconds(row.answer_after, digits), reject, then)

    def options(self, far_end: FarEnd, contact: str) -> CallOptions:
        """How the far end answers the INVITE."""
        timer = self._dialect.session_timer
        expires = far_end.row.session_expires or timer.expires
        return CallOptions(
            codecs=self._dialect.media.codecs,
            supported=self._dialect.supported,
            session_expires=expires,
            min_se=timer.min_se,
            refresher=far_end.row.refresher,
            contact=contact,
            media=far_end.row.media,
            keep_history=False,
            keep_sound=False,
        )

    def start(self, live: LiveCall, session: Call, far_end: FarEnd, now: float) -> None:
        """Lets the far end act on an INVITE that was taken."""
        if far_end.reject is not None:
            session.reject(far_end.reject, now)
            return
        live.on_answer = partial(self.answered, live, session, far_end)
        if far_end.ring_after is not None:
            self.ring(session, far_end, now)
        if far_end.answer_after is not None:
            self.at(session, now, far_end.answer_after, session.answer)

    def go_on(
        self, live: LiveCall, session: Call, far_end: FarEnd, started: float, answered: float | None
    ) -> None:
        """Goes on with a call that rang at once when it `started`, and may have been `answered` since."""
        live.on_answer = partial(self.answered, live, session, far_end)
        session.ring(started, status=far_end.row.ring_status)
        if answered is not None:
            session.answer(answered)
        elif far_end.answer_after is not None:
            self.at(session, started, far_end.answer_after, session.answer)

    def ring(self, session: Call, far_end: FarEnd, now: float) -> None:
        """Rings, as often as the row says, a tenth of a second apart."""
        row = far_end.row
        ring = partial(
            session.ring,
            status=row.ring_status,
            reliable=row.reliable and is_reliable(session),
            early_media=row.early_media,
        )
        for time in range(row.ring_times):
            self.at(session, now, (far_end.ring_after or 0.0) + time * 0.1, ring)

    def answered(self, live: LiveCall, session: Call, far_end: FarEnd, now: float) -> None:
        """Plans what follows the answer."""
        for seconds, step in far_end.then:
            session.endpoint.schedule(now + seconds, partial(self.take, live, session, step))

    def take(self, live: LiveCall, session: Call, step: Step, now: float) -> None:
        """Takes one step of an answered call; one that has ended meanwhile takes none."""
        if session.state is not CallState.ANSWERED:
            return
        match step.do:
            case "hang_up":
                self._calls.end(live, "far end hung up", now, released_by="callee")
            case "dtmf":
                live.send_dtmf(step.digits, now)
            case _ if session.modifying:
                session.endpoint.schedule(now + 0.2, partial(self.take, live, session, step))
            case "hold":
                session.hold(now)
            case "resume":
                session.resume(now)
            case "reinvite":
                session.reinvite(now)
            case "update":
                session.update(now)

    def at(self, session: Call, now: float, seconds: float, action: Callable[[float], None]) -> None:
        """Does something to a call that is not answered yet, now or later."""

        def act(at: float) -> None:
            if session.state in (CallState.CALLING, CallState.PROCEEDING, CallState.RINGING):
                action(at)

        if seconds == 0.0:
            act(now)
        else:
            session.endpoint.schedule(now + seconds, act)


def fits(pattern: str, number: str) -> bool:
    """Whether a number fits a row's pattern, in which N is one digit and `*` alone is everything."""
    if pattern == "*":
        return True
    return len(pattern) == len(number) and all(
        digit == sign or sign == "N" for sign, digit in zip(pattern, number, strict=True)
    )


def is_reliable(session: Call) -> bool:
    """Whether the caller understands reliable provisional responses (RFC 3262)."""
    invite = session.invite
    return has_option((*invite.supported, *invite.require), OPTION_TAG)


def _seconds(value: float | str, digits: int) -> float | None:
    if value == NEVER:
        return None
    return float(digits) if value == WILDCARD else float(value)
