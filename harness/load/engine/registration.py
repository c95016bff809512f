"""REGISTER and OPTIONS of one line: messages, and attempts out of their answers.

Registering again is the user's decision; the attempt is then a refresh. A 423 is obeyed at once (RFC 3261
section 10.2.8).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.load.engine.call_messages import NO_BODY, USER_AGENT
from harness.load.engine.exchange import Exchange
from harness.load.engine.outgoing_call import reason_of
from harness.load.figures.attempt import Attempt

if TYPE_CHECKING:
    from harness.load.engine.line import Line

MIN_EXPIRES = re.compile(rb"\r\nMin-Expires[ \t]*+:[ \t]*+([0-9]{1,9})", re.IGNORECASE)
INTERVAL_TOO_BRIEF = b"423"


@dataclass(slots=True)
class _Asked:
    """What one attempt is about."""

    kind: str
    method: bytes
    expires: int
    intended: float
    started: float
    done: Callable[[Attempt], None] | None
    number: int = 0
    """The CSeq number of its first request."""
    retransmissions: int = 0
    challenged: bool = False
    waited: float = 0.0


class Registration:
    """The binding of one line, and its OPTIONS."""

    def __init__(self, line: "Line") -> None:
        self._line = line
        self._tag = line.engine.new_token().encode("ascii")
        self._call_id = line.engine.new_token().encode("ascii")
        self._cseq = 0
        self.until: float | None = None
        """When the binding lapses; None: there is none."""

    def register(self, expires: int, intended: float | None, done: Callable[[Attempt], None] | None) -> None:
        """Make, refresh or (0) remove the binding."""
        now = self._line.engine.clock()
        if expires == 0:
            kind = "unregister"
        else:
            kind = "register" if self.until is None or self.until <= now else "refresh"
        self._ask(kind, b"REGISTER", expires, intended, done, now)

    def options(self, intended: float | None, done: Callable[[Attempt], None] | None) -> None:
        """Ask the target whether it is there."""
        self._ask("options", b"OPTIONS", 0, intended, done, self._line.engine.clock())

    def _ask(
        self,
        kind: str,
        method: bytes,
        expires: int,
        intended: float | None,
        done: Callable[[Attempt], None] | None,
        now: float,
    ) -> None:
        self._line.engine.turn(now)
        self._start(_Asked(kind, method, expires, now if intended is None else intended, now, done), now)

    def _start(self, asked: _Asked, now: float) -> None:
        line = self._line
        asked.number = self._cseq + 1

        def build(serial: bytes, step: bytes, _: int, credentials: bytes) -> bytes:
            self._cseq += 1
            return self._request(asked, serial, step, credentials)

        def finish(exchange: Exchange, status: bytes, data: bytes, at: float) -> None:
            self._finish(asked, exchange, status, data, at)

        uri = b"sip:" + line.wording.domain
        Exchange(line.engine, line.digest, asked.method, uri, build, finish).start(now)

    def _request(self, asked: _Asked, serial: bytes, step: bytes, credentials: bytes) -> bytes:
        wording = self._line.wording
        if asked.method == b"REGISTER":
            to = b"<sip:%b@%b>" % (wording.user, wording.domain)
            last = b"Expires: %d\r\n" % asked.expires
        else:
            to = b"<sip:%b>" % wording.domain
            last = b"Accept: application/sdp\r\n"
        return (
            b"%b sip:%b SIP/2.0\r\nVia: %b%b%b;rport\r\nMax-Forwards: 70\r\n"
            b"From: %b%b\r\nTo: %b\r\nCall-ID: %b%b\r\nCSeq: %d %b\r\nContact: %b\r\n%b%b%b%b"
        ) % (
            asked.method,
            wording.domain,
            wording.via,
            serial,
            step,
            wording.from_,
            self._tag,
            to,
            self._call_id,
            wording.call_id,
            self._cseq,
            asked.method,
            wording.contact,
            last,
            credentials,
            USER_AGENT,
            NO_BODY,
        )

    def _finish(self, asked: _Asked, exchange: Exchange, status: bytes, data: bytes, now: float) -> None:
        asked.retransmissions += exchange.retransmissions
        asked.challenged |= exchange.rounds > 0
        asked.waited += exchange.waited
        if status == INTERVAL_TOO_BRIEF and (found := MIN_EXPIRES.search(data)) is not None:
            longer = int(found[1])
            if asked.expires < longer:
                asked.expires = longer
                self._start(asked, now)
                return
        success = status[:1] == b"2"
        if asked.kind == "unregister" and success:
            self.until = None
        elif asked.method == b"REGISTER" and success:
            self.until = now + asked.expires
        attempt = Attempt(
            kind=asked.kind,
            profile=self._line.name,
            intended=asked.intended,
            started=asked.started,
            first_response=now if status else None,
            answered=now if success else None,
            status=int(status) if status else None,
            cause="" if success else reason_of(status) if status else "timer F",
            challenged=asked.challenged,
            bye_sent=None,
            bye_answered=None,
            ended=now,
            completed=success,
            retransmissions=asked.retransmissions,
            source=self._line.source,
            retry_after=b"\nRetry-After:" in data,
            waited=asked.waited,
        )
        self._line.engine.report(attempt, asked.done)
