"""One SIP message between PBX and trunk, with its packet and its direction, and one request with its answers.

Values that `trunk_leg` makes; nothing here judges.
"""

from dataclasses import dataclass, field

from harness.capture.trace import TracedPacket
from harness.sip.message import Message, Request, Response


@dataclass(frozen=True, slots=True, eq=False)
class LegMessage:
    """A message and where it passed."""

    traced: TracedPacket
    """The packet."""
    message: Message
    """The message in it: a `Request` or a `Response`."""
    from_pbx: bool
    """Whether the PBX sent it."""

    @property
    def time(self) -> float:
        """Seconds since the epoch."""
        return self.traced.time

    @property
    def status(self) -> int:
        """The status of a response; 0 for a request."""
        return self.message.status if isinstance(self.message, Response) else 0

    @property
    def method(self) -> str:
        """The method of a request, or of the request that a response answers."""
        return self.message.method if isinstance(self.message, Request) else self.message.cseq.method


@dataclass(slots=True, eq=False)
class Exchange:
    """A request and its responses: one transaction as the trace shows it."""

    first: LegMessage
    """The request as it passed first."""
    request: Request
    """The message of `first`."""
    again: list[LegMessage] = field(default_factory=list)
    """The same request once more."""
    responses: list[LegMessage] = field(default_factory=list)
    """Every response, repeated ones too."""
    acks: list[LegMessage] = field(default_factory=list)
    """The ACKs to its final response; only for INVITE."""

    @property
    def final(self) -> LegMessage | None:
        """The first final response."""
        return next((each for each in self.responses if each.status >= 200), None)

    @property
    def status(self) -> int:
        """The status of the first final response; 0 when none was seen."""
        return self.final.status if self.final is not None else 0

    @property
    def is_challenged(self) -> bool:
        """Whether it was answered 401 or 407."""
        return self.status in (401, 407)

    @property
    def time(self) -> float:
        """When the request passed first."""
        return self.first.time
