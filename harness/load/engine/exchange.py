"""A request outside calls, or the BYE of an incoming one, and its answer (RFC 3261 section 17.1.2).

REGISTER and OPTIONS go through it, challenges included. What a final response means is the owner's business:
`registration`, `line` and `incoming_call`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.load.engine.call_repair import TIMERS, Resend
from harness.load.engine.digest_answers import DigestAnswers
from harness.sip.hop import Hop
from harness.sip.response_glance import Fields

if TYPE_CHECKING:
    from harness.load.engine.engine import Engine

FIRST_STEP = ord("g")
MOST_ROUNDS = 6
"""Challenges that are answered for one request."""

Build = Callable[[bytes, bytes, int, bytes], bytes]
"""Makes the request from serial, step, how often it was made before, and the credentials."""
OnFinal = Callable[["Exchange", bytes, bytes, float], None]
"""Called with the status (b"" for Timer F), the message and ``now``."""


class Exchange:
    """One request that waits for its final response."""

    __slots__ = (
        "_build",
        "_digest",
        "_engine",
        "_hop",
        "_method",
        "_on_final",
        "_unanswered",
        "_uri",
        "credentials",
        "retransmissions",
        "rounds",
        "serial",
        "waited",
    )

    def __init__(
        self,
        engine: "Engine",
        digest: DigestAnswers,
        method: bytes,
        uri: bytes,
        build: Build,
        on_final: OnFinal,
        *,
        hop: Hop | None = None,
    ) -> None:
        """``uri`` is the Request-URI, for the digest; ``hop`` where it goes, None for the target."""
        self._engine = engine
        self._digest = digest
        self._method = method
        self._uri = uri
        self._build = build
        self._on_final = on_final
        self._hop = hop
        self._unanswered: bytes | None = None
        self.serial = engine.new_serial()
        self.rounds = 0
        """Challenges answered so far."""
        self.credentials = b""
        self.retransmissions = 0
        self.waited = 0.0
        """Seconds for which challenges lay unread."""

    def start(self, now: float) -> None:
        """Send the request."""
        self._engine.adopt_exchange(self)
        self._send(now)

    def receive(self, fields: Fields, data: bytes, now: float) -> None:
        """Take a response."""
        status, _, step, _, _, method = fields
        if self._unanswered is None or step != self._step or method != self._method:
            return  # a repeated response of an earlier round (Completed, Timer K)
        if status < b"200":
            self._slow_down(now)
            return
        if status in (b"401", b"407") and self.rounds < MOST_ROUNDS:
            answer = self._digest.answer(data, method, self._uri, refused=self.credentials)
            if answer is not None:
                self.credentials = answer
                self.rounds += 1
                self.waited += self._engine.now - now
                self._send(now)
                return
        self._finish(status, data, now)

    def first_wait_is_over(self, request: bytes, now: float) -> None:
        """T1 has passed since ``request`` was sent."""
        again = Resend(request, TIMERS.T1, now - TIMERS.T1 + TIMERS.timeout)
        resend(self, again, now)

    def resend(self, again: Resend, now: float) -> None:
        """Send the request again, or give it up: Timers E and F."""
        if self._unanswered is not again.request:
            return
        if now >= again.gives_up:
            self._finish(b"", b"", now)
            return
        self.retransmissions += 1
        self._engine.retransmissions += 1
        self._transmit(again.request)
        interval = min(2 * again.interval, TIMERS.T2)
        next_time = min(now + interval, again.gives_up)
        self._engine.queue.schedule(next_time, (resend, self, again._replace(interval=interval)))

    def release(self) -> None:
        """It ends by itself."""

    @property
    def _step(self) -> bytes:
        return b"%c" % (FIRST_STEP + self.rounds)

    def _send(self, now: float) -> None:
        request = self._build(self.serial, self._step, self.rounds, self.credentials)
        self._unanswered = request
        self._transmit(request)
        self._engine.first_retransmission.newest.append((self, request))

    def _transmit(self, request: bytes) -> None:
        if self._hop is None:
            self._engine.send(request)
        else:
            self._engine.send_to(request, self._hop)

    def _slow_down(self, now: float) -> None:
        """A 1xx: Timer E is T2 from here on (RFC 3261 section 17.1.2.2)."""
        if self._unanswered is not None:
            self._unanswered = bytes(bytearray(self._unanswered))  # nobody else's timer knows this one
            slow = Resend(self._unanswered, TIMERS.T2, now + TIMERS.timeout)
            self._engine.queue.schedule(now + TIMERS.T2, (resend, self, slow))

    def _finish(self, status: bytes, data: bytes, now: float) -> None:
        self._unanswered = None
        self._engine.settle_exchange(self)
        self._on_final(self, status, data, now)


def resend(exchange: Exchange, again: Resend, now: float) -> None:
    """`Exchange.resend` for the engine's heap."""
    exchange.resend(again, now)
