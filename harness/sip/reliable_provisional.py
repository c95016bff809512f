"""Reliable provisional responses (RFC 3262): RSeq and RAck bookkeeping for one INVITE, on both sides.

No messages are sent here: the sender of responses asks what to repeat and when, the receiver what to
acknowledge. The PRACK itself is a request within the early dialog and is made by its owner.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from harness.sip.errors import LocalError, ParseError
from harness.sip.grammar import is_digits
from harness.sip.message import Request, Response
from harness.sip.timers import TimerSettings

OPTION_TAG = "100rel"
"""In Supported and Require."""

DIGITS = 64  # longer numbers than this are refused unread

FIRST_RSEQ_LIMIT = 2**31 - 1
"""The first RSeq is drawn from 1 to this (RFC 3262 section 3)."""


@dataclass(frozen=True, slots=True)
class RAck:
    """The value of a RAck header field (RFC 3262 section 7.2)."""

    rseq: int
    cseq: int
    method: str

    @classmethod
    def parse(cls, text: str) -> "RAck":
        """Read ``776656 1 INVITE``. Raises ParseError ``rack.*``."""
        words = text.split()
        if len(words) != 3 or not all(is_digits(word) and len(word) <= DIGITS for word in words[:2]):
            raise ParseError("rack.shape", 0, text, "RSeq number, CSeq number and method", "RAck")
        return cls(int(words[0]), int(words[1]), words[2])

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq} {self.method}"


def is_reliable(response: Response) -> bool:
    """Tell whether a response asks for PRACK: 101-199 with Require: 100rel and RSeq (RFC 3262 section 4)."""
    if not 100 < response.status < 200 or "RSeq" not in response.headers:
        return False
    return has_option(response.require, OPTION_TAG)


def has_option(tags: Iterable[str], option: str) -> bool:
    """Tell whether an option tag, given in lower case, is among these (RFC 3261 section 7.3.1: no case)."""
    return any(tag.lower() == option for tag in tags)


def rseq_of(response: Response) -> int:
    """Return the RSeq number. Raises ParseError."""
    text = (response.headers.get("RSeq") or "").strip()
    if not (is_digits(text) and len(text) <= DIGITS and 0 < int(text) < 2**32):
        raise ParseError("rseq.number", 0, text, "a number from 1 to 4294967295", "RSeq")
    return int(text)


class UnacknowledgedResponse(LocalError):
    """A second reliable response was to be sent before the PRACK of the first (RFC 3262 section 3)."""

    def __init__(self, rseq: int) -> None:
        self.rseq = rseq
        super().__init__(rseq)

    def __str__(self) -> str:
        return f"the reliable response with RSeq {self.rseq} has no PRACK yet; send the next one after it"


class ReliableSender:
    """UAS side: numbers reliable responses of one INVITE, repeats them, matches PRACKs.

    ``due`` is to be called at `next_timer`; it returns the response to send again, over any transport, for
    64*T1 in intervals from T1 that double (RFC 3262 section 3: without T2). When `has_failed`, the INVITE is
    to be rejected with a 5xx.
    """

    __slots__ = ("_gives_up_at", "_interval", "_next_at", "_timers", "has_failed", "response", "rseq")

    def __init__(self, first_rseq: int, timers: TimerSettings = TimerSettings()) -> None:  # noqa: B008 - frozen
        if not 1 <= first_rseq <= FIRST_RSEQ_LIMIT:
            raise LocalError(f"the first RSeq is {first_rseq}; draw it from 1 to {FIRST_RSEQ_LIMIT}")
        self._timers = timers
        self.rseq = first_rseq
        """The number of the response that is waiting, or of the next one."""
        self.response: Response | None = None
        """The response whose PRACK has not come yet."""
        self.has_failed = False
        self._interval = 0.0
        self._next_at = 0.0
        self._gives_up_at = 0.0

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What the next reliable response carries."""
        return (("Require", OPTION_TAG), ("RSeq", str(self.rseq)))

    def sent(self, response: Response, now: float) -> None:
        """Note that a response with `headers` was sent. Raises UnacknowledgedResponse."""
        if self.response is not None:
            raise UnacknowledgedResponse(self.rseq)
        self.response = response
        self._interval = self._timers.T1
        self._next_at = now + self._interval
        self._gives_up_at = now + self._timers.timeout

    def next_timer(self) -> float | None:
        """Return when `due` wants to be called, or None."""
        return None if self.response is None else min(self._next_at, self._gives_up_at)

    def due(self, now: float) -> Response | None:
        """Return the response to send again now, if any; after 64*T1 sets `has_failed`."""
        response = self.response
        if response is None:
            return None
        if now >= self._gives_up_at:
            self.response = None
            self.has_failed = True
            return None
        if now < self._next_at:
            return None
        self._interval *= 2
        self._next_at = now + self._interval
        return response

    def acknowledge(self, prack: Request) -> bool:
        """Take a PRACK: True answers it 200 and ends the repetition, False answers it 481.

        Raises ParseError when its RAck cannot be read (400).
        """
        rack = RAck.parse(prack.headers.get("RAck") or "")
        response = self.response
        if response is None or rack != RAck(self.rseq, response.cseq.number, response.cseq.method):
            return False
        self.response = None
        self.rseq += 1
        return True

    def stop(self) -> None:
        """Stop repeating: a final response was sent (RFC 3262 section 3)."""
        self.response = None


class Arrival(Enum):
    """What a received provisional response is."""

    UNRELIABLE = "unreliable"
    """To be taken as in RFC 3261; no PRACK."""
    NEW = "new"
    """The next one in order: take it and send PRACK."""
    REPEATED = "repeated"
    """Seen before: its PRACK is on the way already, drop it."""
    OUT_OF_ORDER = "out of order"
    """One is missing before it: neither take nor acknowledge it, it will be repeated."""


class ReliableReceiver:
    """UAC side: order of the reliable responses of one INVITE, per early dialog (RFC 3262 section 4)."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[str | None, int] = {}

    def receive(self, response: Response) -> Arrival:
        """Classify a provisional response. Raises ParseError when its RSeq cannot be read."""
        if not is_reliable(response):
            return Arrival.UNRELIABLE
        rseq = rseq_of(response)
        tag = response.to.tag
        last = self._last.get(tag)
        if last is not None and rseq <= last:
            return Arrival.REPEATED
        if last is not None and rseq != last + 1:
            return Arrival.OUT_OF_ORDER
        self._last[tag] = rseq
        return Arrival.NEW

    @staticmethod
    def prack_headers(response: Response) -> tuple[tuple[str, str], ...]:
        """Return the header fields of the PRACK for a response. Raises ParseError."""
        rack = RAck(rseq_of(response), response.cseq.number, response.cseq.method)
        return (("RAck", str(rack)),)
