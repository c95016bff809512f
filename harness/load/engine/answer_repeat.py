"""A 2xx of ours to an INVITE, repeated until its ACK comes (RFC 3261 section 13.3.1.4)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.load.engine.call_repair import TIMERS
from harness.sip.message import Response
from harness.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from harness.load.engine.front_desk import FrontDesk


class AnswerRepeat:
    """A 2xx that waits for its ACK."""

    __slots__ = ("_desk", "_gives_up", "_on_lost", "_transaction", "key", "response", "sent", "waits")

    def __init__(
        self,
        desk: "FrontDesk",
        transaction: ServerTransaction,
        response: Response,
        now: float,
        on_lost: Callable[[float], None] | None = None,
    ) -> None:
        """Send it now; ``on_lost`` is called when 64*T1 have passed without an ACK."""
        self._desk = desk
        self._transaction = transaction
        self._on_lost = on_lost
        self._gives_up = now + TIMERS.timeout
        self.response = response
        self.key = (response.call_id, response.cseq.number)
        self.waits = True
        self.sent = 0
        self.again(TIMERS.T1, now)

    def again(self, interval: float, now: float) -> None:
        """Send it once more; the next time after ``interval`` seconds."""
        if not self.waits:
            return
        if now >= self._gives_up:
            self.waits = False
            if self._on_lost is not None:
                self._on_lost(now)
            return
        self.sent += 1
        self._desk.send(self._transaction, self.response, now)
        following = min(2 * interval, TIMERS.T2)
        at = min(now + interval, self._gives_up)
        self._desk.engine.queue.schedule(at, (_again, self, following))


def _again(repeat: AnswerRepeat, interval: float, now: float) -> None:
    repeat.again(interval, now)
