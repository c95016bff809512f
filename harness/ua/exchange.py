"""What went over the wire, as records: messages with their time, direction and packet.

A call keeps its history as `Exchanged` items, a request outside a dialog is an `Exchange` with
all its legs, and `Received` is a message that came in, parsed when somebody looks at it.
"""

from dataclasses import dataclass, field

from harness.sip.errors import LocalError, ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Message, Request, Response, parse_message


class NoResponse(LocalError):
    """A response was asked for that has not come."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One message of a call."""

    time: float
    """Seconds since the epoch."""
    way: str
    """``sent`` or ``received``."""
    message: Request | Response
    packet: Packet | None
    """As it was on the wire; None for what we sent through a transaction."""

    def __str__(self) -> str:
        return f"{self.way} {summary(self.message)}"


class Received:
    """A message that came in. It is parsed when first looked at."""

    def __init__(self, time: float, packet: Packet, message: Request | Response | None = None) -> None:
        self.time = time
        """Seconds since the epoch."""
        self.packet = packet
        self._message: Request | Response | None = message
        self._error: ParseError | None = None

    @property
    def message(self) -> Request | Response | None:
        """The message; None when the bytes cannot be read as one (see `error`)."""
        if self._message is None and self._error is None:
            try:
                self._message = parse_message(self.packet.data)
            except ParseError as error:
                self._error = error
        return self._message

    @property
    def error(self) -> ParseError | None:
        """Why the bytes are no message."""
        return None if self.message is not None else self._error

    def __str__(self) -> str:
        message = self.message
        return f"{len(self.packet.data)} bytes" if message is None else summary(message)

    def __repr__(self) -> str:
        return f"<Received {self}>"


@dataclass(slots=True)
class Exchange:
    """A request outside a dialog and its answers, legs with credentials included."""

    requests: list[Request] = field(default_factory=list)
    """As built, oldest first; the transaction layer adds the Via."""
    responses: list[Received] = field(default_factory=list)
    """All responses, provisional ones and challenges too."""
    done: bool = False
    """No further response is expected."""
    timed_out: bool = False
    unreachable: Hop | None = None
    """The hop that the network refused."""

    @property
    def first(self) -> Response:
        """The first response, a challenge perhaps. Raises `NoResponse`."""
        for received in self.responses:
            if isinstance(received.message, Response):
                return received.message
        raise NoResponse(f"no response to {self.method}")

    @property
    def final(self) -> Response:
        """The last final response. Raises `NoResponse`."""
        for received in reversed(self.responses):
            if isinstance(received.message, Response) and received.message.status >= 200:
                return received.message
        raise NoResponse(f"no final response to {self.method}")

    @property
    def status(self) -> int:
        """Status of `final`. Raises `NoResponse`."""
        return self.final.status

    @property
    def statuses(self) -> list[int]:
        """Status codes in the order in which they came."""
        messages = [received.message for received in self.responses]
        return [message.status for message in messages if isinstance(message, Response)]

    @property
    def method(self) -> str:
        return self.requests[0].method if self.requests else "request"


def summary(message: Message) -> str:
    """One line: ``INVITE sip:...`` or ``407 Proxy Authentication Required to INVITE``."""
    if isinstance(message, Request):
        return f"{message.method} {message.uri}"
    if isinstance(message, Response):
        return f"{message.status} {message.reason} to {message.cseq.method}"
    return "message"
