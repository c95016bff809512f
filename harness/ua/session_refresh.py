"""The session timer of one call: refreshing it in time, and BYE when nobody did (RFC 4028).

The rules are `harness.sip.session_timer`'s; the refresh itself goes through `modification`.
"""

from typing import TYPE_CHECKING

from harness.sip.errors import ParseError
from harness.sip.message import Request, Response
from harness.sip.session_timer import (
    OPTION_TAG,
    SMALLEST_MIN_SE,
    Role,
    SessionTimer,
    answer_request,
    read_response,
    request_headers,
)
from harness.ua.call_state import CallState

if TYPE_CHECKING:
    from harness.ua.call import Call

POSTPONED = 1.0
"""Seconds after which a refresh is tried again that met another change of the session."""


class SessionRefresh:
    """Keeps a call alive, or finds out that it is dead."""

    def __init__(self, call: "Call") -> None:
        self._call = call
        self.timer: SessionTimer | None = None
        """What was agreed upon; None: the session has no timer."""
        self._peer_allows_update = False

    @property
    def interval(self) -> int | None:
        """The agreed session interval in seconds."""
        return None if self.timer is None else self.timer.interval

    def take_response(self, response: Response, now: float, *, requested: int | None) -> None:
        """Read a 2xx to an INVITE or UPDATE of ours. Session timers that cannot be read are none."""
        self._note_allow(response)
        if response.headers.get("Session-Expires") is None and requested is None and self.timer is not None:
            # A refresh that was answered without Session-Expires: the peer has given the timer up, we go on.
            self._start(SessionTimer(self.timer.interval, True, now))
            return
        try:
            self._start(read_response(response, now, requested=requested))
        except ParseError:
            self._start(None)

    def check_interval(self, request: Request) -> None:
        """Raises IntervalTooSmall for an INVITE or UPDATE of theirs that asks for too short a session."""
        if "session-expires" not in request.headers.keys:
            return
        try:
            answer_request(request, 0.0, min_se=self._call.options.min_se or SMALLEST_MIN_SE)
        except ParseError:
            return  # a timer that cannot be read is none

    def answer_fields(self, request: Request, now: float) -> tuple[tuple[str, str], ...]:
        """Decide about an INVITE or UPDATE of theirs; returns fields for its 2xx. Raises IntervalTooSmall."""
        self._note_allow(request)
        options = self._call.options
        role: Role | None = None
        if options.refresher is not None:
            role = "uac" if options.refresher == "uac" else "uas"
        try:
            timer, fields = answer_request(
                request,
                now,
                preferred=options.session_expires,
                min_se=options.min_se or SMALLEST_MIN_SE,
                refresher=role,
            )
        except ParseError:
            return ()
        self._start(timer)
        return fields

    def request_fields(self, interval: int | None = None) -> list[tuple[str, str]]:
        """Fields of a re-INVITE or UPDATE of ours: the timer goes on as agreed."""
        if self.timer is None:
            return []
        role: Role = "uac" if self.timer.we_refresh else "uas"
        seconds = interval or self.timer.interval
        return [("Supported", OPTION_TAG), *request_headers(seconds, min_se=interval, refresher=role)]

    def _note_allow(self, message: Request | Response) -> None:
        if "Allow" in message.headers:
            self._peer_allows_update = "UPDATE" in message.allow

    def _start(self, timer: SessionTimer | None) -> None:
        self.timer = timer
        call = self._call
        call.stop_timer("refresh")
        call.stop_timer("expiry")
        if timer is None:
            return
        call.set_timer("expiry", timer.expires_at, self._expire)
        if timer.refresh_at is not None and call.options.refresh:
            call.set_timer("refresh", timer.refresh_at, self._refresh)

    def _refresh(self, now: float) -> None:
        call = self._call
        if call.state is not CallState.ANSWERED:
            return
        if call.modification.active or call.answers.owes_answer:
            call.set_timer("refresh", now + POSTPONED, self._refresh)
            return
        call.modification.start("UPDATE" if self._peer_allows_update else "INVITE", now)

    def _expire(self, now: float) -> None:
        self._call.hang_up_after("session expired", now)
