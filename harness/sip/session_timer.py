"""Session timers (RFC 4028): who refreshes a session, when, and when it is dead.

Pure rules: header values in, `SessionTimer` out. Sending the refresh (re-INVITE or UPDATE) and the BYE of an
expired session is the call's work.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.sip.errors import LocalError, ParseError
from harness.sip.message import Message, Request, Response
from harness.sip.params import NO_PARAMS, Params

OPTION_TAG = "timer"
"""In Supported and Require."""

SMALLEST_MIN_SE = 90  # seconds; RFC 4028 section 5

Role: TypeAlias = Literal["uac", "uas"]
"""Who sent the request, or who answered it, in the transaction that set the timer."""


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """The value of a Session-Expires header field (RFC 4028 section 4)."""

    seconds: int
    refresher: Role | None = None
    params: Params = NO_PARAMS
    """Parameters other than refresher."""

    @classmethod
    def parse(cls, text: str) -> "SessionExpires":
        """Read ``1800;refresher=uac``. Raises ParseError ``session-expires.*``."""
        digits, semicolon, rest = text.partition(";")
        seconds = _delta_seconds(digits, "session-expires.seconds", "Session-Expires")
        params = Params.parse(semicolon + rest)
        refresher = (params.get("refresher") or "").lower()
        role: Role | None = None
        if refresher == "uac":
            role = "uac"
        elif refresher == "uas":
            role = "uas"
        elif refresher:
            raise ParseError("session-expires.refresher", 0, refresher, "uac or uas", "Session-Expires")
        return cls(seconds, role, params.without("refresher"))

    def __str__(self) -> str:
        refresher = f";refresher={self.refresher}" if self.refresher else ""
        return f"{self.seconds}{refresher}{self.params}"


@dataclass(frozen=True, slots=True)
class SessionTimer:
    """The timer of one session from the last successful refresh on."""

    interval: int
    """Seconds."""
    we_refresh: bool
    started: float
    """When the 2xx that set it was sent or received, in seconds."""

    @property
    def refresh_at(self) -> float | None:
        """When we have to refresh: half the interval (RFC 4028 section 7.2); None if the peer does it."""
        return self.started + self.interval / 2 if self.we_refresh else None

    @property
    def expires_at(self) -> float:
        """When to send BYE: min(32 s, a third) before the end (RFC 4028 section 10)."""
        return self.started + self.interval - min(32.0, self.interval / 3)

    @property
    def next_timer(self) -> float:
        """The earlier of both."""
        refresh_at = self.refresh_at
        return self.expires_at if refresh_at is None else refresh_at


class IntervalTooSmall(LocalError):
    """A request asks for a shorter session than we take: answer 422 with Min-SE (RFC 4028 section 9)."""

    def __init__(self, seconds: int, minimum: int) -> None:
        self.seconds = seconds
        self.minimum = minimum
        super().__init__(seconds, minimum)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What the 422 carries."""
        return (("Min-SE", str(self.minimum)),)

    def __str__(self) -> str:
        return f"Session-Expires {self.seconds} s is below the minimum of {self.minimum} s; answer 422"


def session_expires_of(message: Message) -> SessionExpires | None:
    """Return the Session-Expires of a message (also its compact form x). Raises ParseError."""
    text = message.headers.get("Session-Expires")
    return None if text is None else SessionExpires.parse(text)


def min_se_of(message: Message) -> int | None:
    """Return the Min-SE of a message in seconds, or None. Raises ParseError."""
    text = message.headers.get("Min-SE")
    return None if text is None else _delta_seconds(text.partition(";")[0], "min-se.seconds", "Min-SE")


def request_headers(
    interval: int, *, min_se: int | None = None, refresher: Role | None = None
) -> tuple[tuple[str, str], ...]:
    """Return the header fields that ask for a session timer; Supported: timer is the caller's."""
    headers = [("Session-Expires", str(SessionExpires(interval, refresher)))]
    if min_se is not None:
        headers.append(("Min-SE", str(min_se)))
    return tuple(headers)


def answer_request(
    request: Request,
    now: float,
    *,
    preferred: int | None = None,
    min_se: int = SMALLEST_MIN_SE,
    refresher: Role | None = None,
) -> tuple[SessionTimer | None, tuple[tuple[str, str], ...]]:
    """Decide as UAS: the timer of the session and the header fields of the 2xx (RFC 4028 section 9).

    ``preferred`` is the interval in seconds that we want, None to take what comes; ``refresher`` our choice
    where the request leaves one. Without any timer asked for and without a preference there is none.
    Raises IntervalTooSmall (422), ParseError.
    """
    asked = session_expires_of(request)
    supported = _has_timer(request.supported) or _has_timer(request.require)
    if asked is None:
        if preferred is None:
            return None, ()
        interval = max(preferred, min_se, min_se_of(request) or 0)
        role: Role = "uas" if not supported else (refresher or "uac")
    else:
        # A UAC without support cannot read a 422: a proxy has put Session-Expires there (section 9).
        if asked.seconds < min_se and supported:
            raise IntervalTooSmall(asked.seconds, min_se)
        floor = max(min_se_of(request) or 0, min(min_se, asked.seconds))
        interval = asked.seconds if preferred is None else max(min(preferred, asked.seconds), floor)
        # Section 9, table 2: what the request names stands; without support the UAS must do it.
        role = "uas" if not supported else (asked.refresher or refresher or "uac")
    headers = [("Session-Expires", str(SessionExpires(interval, role)))]
    if role == "uac":
        headers.append(("Require", OPTION_TAG))
    return SessionTimer(interval, role == "uas", now), tuple(headers)


def read_response(response: Response, now: float, *, requested: int | None = None) -> SessionTimer | None:
    """Read as UAC what the 2xx says (RFC 4028 section 7.2).

    Without Session-Expires in it the UAS knows no timers: we refresh alone if we asked for it with
    ``requested`` seconds, else the session has no timer. Raises ParseError.
    """
    answered = session_expires_of(response)
    if answered is None:
        return None if requested is None else SessionTimer(requested, True, now)
    return SessionTimer(answered.seconds, answered.refresher != "uas", now)


def after_422(response: Response, asked: int) -> tuple[int, int]:
    """Return the interval and Min-SE in seconds for the repeated request (RFC 4028 section 7.3).

    Raises ParseError when the 422 lacks Min-SE.
    """
    minimum = min_se_of(response)
    if minimum is None:
        raise ParseError("min-se.missing", 0, "", "Min-SE in a 422", "Min-SE")
    return max(asked, minimum), minimum


def _has_timer(tags: Iterable[str]) -> bool:
    return any(tag.lower() == OPTION_TAG for tag in tags)


def _delta_seconds(text: str, rule: str, part: str) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 11):
        raise ParseError(rule, 0, digits, "a number of seconds", part)
    return int(digits)
