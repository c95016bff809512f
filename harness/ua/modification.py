"""Our own changes of a session that stands: re-INVITE and UPDATE, and what to do when both sides want one.

The other side's changes are `in_dialog_answers`'; the SDP is `call_media`'s.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.sip.errors import LocalError, ParseError
from harness.sip.message import Response
from harness.sip.session_timer import after_422
from harness.ua.call_media import sdp_of
from harness.ua.call_state import CallState
from harness.ua.in_dialog_requests import DialogRequest, FinalAction

if TYPE_CHECKING:
    from harness.ua.call import Call

GLARE_OWNER = (2.1, 4.0)
"""Seconds between which the owner of the Call-ID tries again after a 491 (RFC 3261 section 14.1)."""
GLARE_OTHER = (0.0, 2.0)
"""The same for the other side."""
GLARE_STEP = 0.01
"""Seconds: the units of both."""

LOST_DIALOG = (408, 481)
"""Refusals that tell that the other side has no such call any more (RFC 3261 section 12.2.1.2)."""


@dataclass(slots=True)
class _Wish:
    method: str
    direction: str | None
    sdp: bytes | None
    on_final: FinalAction | None = None
    interval: int | None = None
    """Session interval in seconds that a 422 asked for."""


class Modification:
    """The one change of a session that may be on its way."""

    def __init__(self, call: "Call") -> None:
        self._call = call
        self._wish: _Wish | None = None
        self._sent: DialogRequest | None = None
        self.status: int | None = None
        """Status of the last final response."""

    @property
    def active(self) -> bool:
        """Whether a change waits for its end."""
        return self._wish is not None and self._call.state is not CallState.ENDED

    @property
    def unanswered(self) -> bool:
        """Whether a request of ours is on its way at this moment, which forbids the other side's."""
        return self._sent is not None

    def start(
        self,
        method: str,
        now: float,
        *,
        direction: str | None = None,
        sdp: bytes | None = None,
        on_final: FinalAction | None = None,
    ) -> None:
        """Send INVITE or UPDATE. Raises LocalError.

        ``on_final`` is told of the final response once it has had its effect, of None when none came; it
        decides what follows a 491, after which we would try again otherwise.
        """
        call = self._call
        early_update = method == "UPDATE" and call.dialog is not None and call.state is CallState.RINGING
        if call.state is not CallState.ANSWERED and not early_update:
            raise LocalError(
                f"a call that is {call.state.value} cannot be changed; wait until it is answered"
            )
        if self.active:
            raise LocalError("a re-INVITE or UPDATE is on its way already; wait for its answer")
        if call.answers.owes_answer:
            raise LocalError("the other side's offer has no answer yet; give it first")
        self._wish = _Wish(method, direction, sdp, on_final)
        self.status = None
        self._send(now)

    def _send(self, now: float) -> None:
        wish, call = self._wish, self._call
        if wish is None or call.state in (CallState.ENDING, CallState.ENDED):
            return
        body = b""
        if wish.sdp is not None:
            body = wish.sdp
            call.media_control.take_own_offer(body)
        elif wish.method == "INVITE" or wish.direction is not None:
            body = call.media_control.make_offer(wish.direction)
        headers = call.refresh.request_fields(wish.interval)
        self._sent = call.requests.send(wish.method, now, headers=headers, body=body, on_final=self._final)

    def _final(self, response: Response | None, now: float) -> None:
        sent, self._sent = self._sent, None
        wish, call = self._wish, self._call
        if sent is None or wish is None:
            return
        if response is None:
            self._wish = None
            call.media_control.withdraw()
            call.hang_up_after(f"no answer to {wish.method}", now)
            if wish.on_final is not None:
                wish.on_final(None, now)
            return
        self.status = response.status
        if response.status < 300:
            self._wish = None
            self._accepted(sent, response, now)
        elif self._tried_again(wish, response, now):
            return
        else:
            self._wish = None
            call.media_control.withdraw()
            if response.status in LOST_DIALOG:
                call.hang_up_after(f"{response.status} to {wish.method}", now)
        if wish.on_final is not None:
            wish.on_final(response, now)

    def _accepted(self, sent: DialogRequest, response: Response, now: float) -> None:
        call = self._call
        sent.dialog.refresh_target(response)
        body = sdp_of(response)
        if body is not None:
            call.media_control.take_answer(body, now)
        if sent.request.method == "INVITE":
            call.requests.acknowledge(sent.dialog, sent.request, now)
        call.refresh.take_response(response, now, requested=None)

    def _tried_again(self, wish: _Wish, response: Response, now: float) -> bool:
        """Wait after a 491, or ask for a longer interval after a 422; False: the refusal stands."""
        call = self._call
        if response.status == 491 and wish.on_final is None:
            call.media_control.withdraw()
            low, high = GLARE_OWNER if call.outgoing is not None else GLARE_OTHER
            steps = call.endpoint.rng.randint(round(low / GLARE_STEP), round(high / GLARE_STEP))
            call.set_timer("glare", now + steps * GLARE_STEP, self._send)
            return True
        if response.status == 422 and wish.interval is None and call.refresh.interval is not None:
            try:
                wish.interval, _ = after_422(response, call.refresh.interval)
            except ParseError:
                return False
            call.media_control.withdraw()
            self._send(now)
            return True
        return False
