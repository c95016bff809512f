"""The 2xx to an INVITE, repeated until its ACK comes (RFC 3261 section 13.3.1.4).

One for the first INVITE of a call and one for each re-INVITE. The transaction below has no part in it:
it ended with the 2xx. What follows when no ACK comes is `call`'s business.
"""

from collections.abc import Callable

from harness.sip.message import Request, Response
from harness.sip.timers import TimerHandle
from harness.sip.transaction import ServerTransaction
from harness.ua.endpoint import Endpoint


class AnswerRetransmission:
    """A 2xx that was sent and waits for its ACK."""

    def __init__(
        self,
        endpoint: Endpoint,
        transaction: ServerTransaction,
        response: Response,
        now: float,
        *,
        on_failure: Callable[[float], None],
    ) -> None:
        """Send the response now and again at T1, 2*T1 ... up to T2; ``on_failure`` is called after 64*T1."""
        self._endpoint = endpoint
        self._transaction = transaction
        self._response = response
        self._on_failure = on_failure
        timers = endpoint.layer.timers
        self._interval = timers.T1
        self._handle: TimerHandle | None = None
        self.acknowledged = False
        self._deadline = now + timers.timeout
        endpoint.layer.send_response(transaction, response, now)
        self._schedule(now)

    @property
    def waiting(self) -> bool:
        """Whether the 2xx is still being repeated."""
        return self._handle is not None

    def acknowledge(self, ack: Request) -> bool:
        """Take an ACK; True when it is the first one for this 2xx."""
        if ack.cseq.number != self._response.cseq.number or self.acknowledged:
            return False
        self.acknowledged = True
        self.stop()
        return True

    def stop(self) -> None:
        """Repeat no more."""
        if self._handle is not None:
            self._endpoint.timers.cancel(self._handle)
            self._handle = None

    def _schedule(self, now: float) -> None:
        at = min(now + self._interval, self._deadline)
        self._handle = self._endpoint.schedule(at, self._due)

    def _due(self, now: float) -> None:
        self._handle = None
        if now >= self._deadline:
            self._on_failure(now)
            return
        self._endpoint.layer.send_response(self._transaction, self._response, now)
        self._interval = min(2 * self._interval, self._endpoint.layer.timers.T2)
        self._schedule(now)
