"""One registration: REGISTER with its challenges and its 423, what was granted, and refreshing it in time.

What all requests outside dialogs share lies in `outside_requests`; what each REGISTER of an agent
continues (Call-ID and CSeq, RFC 3261 section 10.2) is `RegistrationSequence`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.sip.errors import ParseError
from harness.sip.grammar import is_digits
from harness.sip.message import Response
from harness.sip.name_addr import NameAddr
from harness.sip.timers import TimerHandle
from harness.ua.endpoint import Endpoint
from harness.ua.exchange import Exchange, Received
from harness.ua.outside_requests import OutsideRequest, OutsideRequests

REFRESH_SHARE = 0.8
"""Share of the granted time after which an automatic registration is refreshed."""
MOST_423 = 2
"""How often a longer time is asked for after a 423."""
MOST_DIGITS = 10
"""Of a number of seconds, RFC 3261 section 20.19."""


@dataclass(slots=True)
class RegistrationSequence:
    """Call-ID and CSeq that the REGISTERs of one agent share."""

    call_id: str
    cseq: int


class Registration:
    """One REGISTER and what came of it; with ``automatic`` it goes on refreshing."""

    def __init__(
        self,
        endpoint: Endpoint,
        requests: OutsideRequests,
        sequence: RegistrationSequence,
        *,
        contacts: Sequence[str],
        expires: int | None,
        obey_min_expires: bool = False,
        automatic: bool = False,
    ) -> None:
        self._endpoint = endpoint
        self._requests = requests
        self._sequence = sequence
        self._contacts = contacts
        self._asked = expires
        self._obey_min_expires = obey_min_expires
        self._automatic = automatic
        self._too_brief = 0
        self._pending: OutsideRequest | None = None
        self._handle: TimerHandle | None = None
        self.expires: int | None = None
        """Seconds granted to our (first) contact; None when it is not registered."""
        self.expires_at: float | None = None
        """When the binding lapses, in seconds since the epoch."""
        self.bindings: list[NameAddr] = []
        """All Contacts of the last 200."""

    @property
    def exchange(self) -> Exchange:
        """The requests and responses."""
        assert self._pending is not None
        return self._pending.exchange

    @property
    def done(self) -> bool:
        return self.exchange.done

    @property
    def responses(self) -> list[Received]:
        return self.exchange.responses

    @property
    def first(self) -> Response:
        """The first response, a challenge as a rule. Raises `NoResponse`."""
        return self.exchange.first

    @property
    def final(self) -> Response:
        """The last final response. Raises `NoResponse`."""
        return self.exchange.final

    @property
    def status(self) -> int:
        """Status of `final`. Raises `NoResponse`."""
        return self.exchange.status

    @property
    def statuses(self) -> list[int]:
        return self.exchange.statuses

    def is_registered(self, now: float) -> bool:
        """Whether our contact was granted and has not lapsed."""
        return self.expires_at is not None and self.expires_at > now

    def attach(self, pending: OutsideRequest) -> None:
        """Take the request that was sent for this registration."""
        self._pending = pending

    def refresh(self, now: float, expires: int | None = None) -> None:
        """Send REGISTER again, without credentials as most PBXs do; 0 removes the binding."""
        pending = self._pending
        assert pending is not None
        if expires is not None:
            self._asked = expires
        pending.exchange.done = False
        pending.tries = 0
        for name in ("Authorization", "Proxy-Authorization"):
            pending.request.headers.remove(name)
        fields = [] if self._asked is None else [("Expires", str(self._asked))]
        self._requests.send_again(pending, fields, now)

    def unregister(self, now: float) -> None:
        """Remove our binding."""
        self.refresh(now, expires=0)

    def stop(self) -> None:
        """Refresh no more."""
        self._automatic = False
        if self._handle is not None:
            self._endpoint.timers.cancel(self._handle)
            self._handle = None

    def take_final(self, response: Response | None, now: float) -> bool:
        """Read the final response; True when REGISTER was sent again with a longer time."""
        assert self._pending is not None
        self._sequence.cseq = max(self._sequence.cseq, self._pending.request.cseq.number)
        if response is None:
            return False
        if response.status == 423 and self._obey_min_expires and self._asked_longer(response, now):
            return True
        if 200 <= response.status < 300:
            self._take_bindings(response, now)
        return False

    def _asked_longer(self, response: Response, now: float) -> bool:
        """RFC 3261 section 10.2.8."""
        minimum = (response.headers.get("Min-Expires") or "").strip()
        if not is_seconds(minimum) or self._too_brief >= MOST_423 or self._pending is None:
            return False
        self._too_brief += 1
        self._asked = int(minimum)
        self._requests.send_again(self._pending, [("Expires", minimum)], now)
        return True

    def _take_bindings(self, response: Response, now: float) -> None:
        self.expires = self.expires_at = None
        try:
            self.bindings = response.contacts
            ours = NameAddr.parse(self._contacts[0]) if self._contacts and self._contacts[0] != "*" else None
        except ParseError:
            self.bindings = []
            return
        for binding in self.bindings:
            if ours is not None and binding.uri.equivalent(ours.uri):
                granted = binding.params.get("expires") or response.headers.get("Expires") or ""
                if is_seconds(granted) and int(granted) > 0:
                    self.expires = int(granted)
                    self.expires_at = now + self.expires
        if self._automatic and self.expires is not None:
            self._handle = self._endpoint.schedule(now + self.expires * REFRESH_SHARE, self.refresh)


def is_seconds(text: str) -> bool:
    """Whether `text` is delta-seconds of a length that can be meant."""
    return is_digits(text) and len(text) <= MOST_DIGITS
