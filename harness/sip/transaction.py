"""What a transaction remembers, client side and server side.

Only memory: the states and what follows from them are `transaction_tables`, the acting is done by
`transaction_layer`. Transactions are compared by identity and may be keys of a dict.
"""

from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response, parse_message
from harness.sip.timers import TimerHandle
from harness.sip.transaction_tables import RunnableMachine
from harness.sip.transport_rules import receive_via

ClientKey = tuple[str, str]
"""Branch and method of the CSeq (RFC 3261 section 17.1.3)."""
ServerKey = tuple[object, ...]
"""Branch, sent-by and method, ACK counted as INVITE (RFC 3261 section 17.2.3), or what RFC 2543 compares."""


class ClientTransaction:
    """A request that was sent, until nothing more can come for it."""

    __slots__ = (
        "ack_packet",
        "branch",
        "cancel_transaction",
        "cancel_wanted",
        "cancels",
        "destination",
        "interval",
        "key",
        "last_response",
        "machine",
        "method",
        "owner",
        "reliable",
        "request",
        "request_packet",
        "retransmit_timer",
        "source",
        "state",
        "timeout_timer",
        "via_prefix",
    )

    def __init__(
        self,
        request: Request,
        branch: str,
        source: Hop,
        destination: Hop,
        machine: RunnableMachine,
        via_prefix: str,
    ) -> None:
        self.request = request
        self.method = request.method
        self.branch = branch
        self.key: ClientKey = (branch, request.method)
        self.source = source
        """The local hop."""
        self.destination = destination
        self.reliable = destination.transport != "udp"
        self.machine = machine
        self.state = machine.start_state
        self.via_prefix = via_prefix
        """Top Via up to its parameters; responses must bring it back (RFC 3261 section 18.1.2)."""
        self.request_packet: Packet | None = None
        self.ack_packet: Packet | None = None
        self.last_response: Response | None = None
        self.interval = 0.0
        """Seconds between the last two transmissions."""
        self.retransmit_timer: TimerHandle | None = None
        self.timeout_timer: TimerHandle | None = None
        self.cancel_wanted: tuple[tuple[str, str], ...] | None = None
        """Header fields of a CANCEL that waits for the first provisional response."""
        self.cancel_transaction: ClientTransaction | None = None
        self.cancels: ClientTransaction | None = None
        """Set on the transaction of a CANCEL: the INVITE that it cancels."""
        self.owner: object = None
        """Free for whoever started the transaction; nothing here reads it."""

    def __repr__(self) -> str:
        return f"<client {self.method} {self.branch} {self.state.value} to {self.destination}>"


class ServerTransaction:
    """A request that was received, until it can no longer be repeated."""

    __slots__ = (
        "_last_response",
        "_request",
        "branch",
        "destination",
        "interval",
        "key",
        "machine",
        "merge_key",
        "merged_with",
        "method",
        "owner",
        "reliable",
        "request_packet",
        "response_packet",
        "retransmit_timer",
        "source",
        "state",
        "timeout_timer",
        "to_tag",
    )

    def __init__(
        self,
        request: Request,
        branch: str,
        key: ServerKey,
        packet: Packet,
        destination: Hop,
        machine: RunnableMachine,
    ) -> None:
        self._request: Request | None = request
        self.request_packet = packet
        self.method = request.method
        self.branch = branch
        self.key = key
        self.source = packet.destination
        """The local hop where the request came in, from which responses are sent."""
        self.destination = destination
        """Where responses go (RFC 3261 section 18.2.2, RFC 3581 section 4)."""
        self.reliable = self.source.transport != "udp"
        self.machine = machine
        self.state = machine.start_state
        self._last_response: Response | None = None
        self.response_packet: Packet | None = None
        self.interval = 0.0
        """Seconds between the last two transmissions."""
        self.retransmit_timer: TimerHandle | None = None
        self.timeout_timer: TimerHandle | None = None
        self.to_tag: str | None = None
        """The tag of all responses, where the owner knows it beforehand: the one to a CANCEL has it too."""
        self.merge_key: tuple[str, int, str] | None = None
        self.merged_with: ServerTransaction | None = None
        """The ongoing transaction of the same request that came another way (RFC 3261 section 8.2.2.2)."""
        self.owner: object = None
        """Free for whoever answers the request; nothing here reads it."""

    @property
    def request(self) -> Request:
        """The request, with what the transport notes in its Via; read again once it was finally answered."""
        if self._request is not None:
            return self._request
        request = parse_message(self.request_packet.data)
        assert isinstance(request, Request)
        receive_via(request, self.request_packet)
        return request

    @property
    def last_response(self) -> Response | None:
        """The response sent last."""
        if self._last_response is not None or self.response_packet is None:
            return self._last_response
        response = parse_message(self.response_packet.data)
        assert isinstance(response, Response)
        return response

    def note_response(self, response: Response, packet: Packet) -> None:
        """Remember what was sent. After a final response only bytes are kept, 32 s long and thousands of
        times: the messages as objects take ten times the memory, and fresh memory costs CPU."""
        self.response_packet = packet
        if response.status < 200:
            self._last_response = response
        else:
            self._request = self._last_response = None

    def __repr__(self) -> str:
        return f"<server {self.method} {self.branch} {self.state.value} for {self.destination}>"
