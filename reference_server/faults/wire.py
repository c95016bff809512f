"""Mutators: what faults do to packets on their way out of or into the trunk.

Each `..._maker` makes a mutator with a memory of its own. Which fault uses which stands in the topics' lists.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Container

from harness.sip.hop import Packet
from harness.sip.message import Request, Response, parse_message
from reference_server.parts import Mutator

ANY_STATUS = range(100, 700)
FINAL = range(200, 700)
SUCCESS = range(200, 300)
REMEMBERED = 10_000
"""Packets that a mutator remembers."""

ResponseChange = Callable[[Response], Response | None]
"""Changes a response in place and returns it, returns another, or None to lose it."""


def responses(
    change: ResponseChange, *, method: str | None = None, statuses: Container[int] = ANY_STATUS
) -> Callable[[], Mutator]:
    """Changes the responses to `method` (any when None) that have one of `statuses`."""

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        if not packet.data.startswith(b"SIP/2.0 "):
            return [packet]
        message = parse_message(packet.data)
        if not isinstance(message, Response) or message.status not in statuses:
            return [packet]
        if method is not None and message.cseq.method != method:
            return [packet]
        changed = change(message)
        return [] if changed is None else [packet._replace(data=bytes(changed))]

    return lambda: mutate


def without(*names: str) -> ResponseChange:
    """Takes header fields away."""

    def change(response: Response) -> Response:
        for name in names:
            response.headers.remove(name)
        return response

    return change


def with_status(status: int, reason: str) -> ResponseChange:
    """Says something else in the status line."""

    def change(response: Response) -> Response:
        response.status, response.reason = status, reason
        return response

    return change


def with_body(replace: Callable[[bytes], bytes]) -> ResponseChange:
    """Changes the body; Content-Length follows."""

    def change(response: Response) -> Response:
        if response.body:
            response.body = replace(response.body)
        return response

    return change


def lost(_response: Response) -> None:
    """Loses the response."""


def drop_requests(method: str) -> Callable[[], Mutator]:
    """Loses all requests of a method."""
    start = method.encode() + b" "
    return lambda: lambda packet, _now: [] if packet.data.startswith(start) else [packet]


def drop_repeated(is_meant: Callable[[bytes], bool]) -> Callable[[], Mutator]:
    """Loses packets that are byte for byte an earlier one, among those that are meant."""

    def maker() -> Mutator:
        seen: OrderedDict[bytes, None] = OrderedDict()

        def mutate(packet: Packet, _now: float) -> list[Packet]:
            if not is_meant(packet.data):
                return [packet]
            if packet.data in seen:
                return []
            seen[packet.data] = None
            if len(seen) > REMEMBERED:
                seen.popitem(last=False)
            return [packet]

        return mutate

    return maker


def delayed(seconds: float) -> Callable[[], Mutator]:
    """Holds packets back; those that are due leave together with the next one."""

    def maker() -> Mutator:
        waiting: deque[tuple[float, Packet]] = deque()

        def mutate(packet: Packet, now: float) -> list[Packet]:
            waiting.append((now + seconds, packet))
            due: list[Packet] = []
            while waiting and waiting[0][0] <= now:
                due.append(waiting.popleft()[1])
            return due

        return mutate

    return maker


def drop_payload_types(is_meant: Callable[[int], bool]) -> Callable[[], Mutator]:
    """Loses RTP packets by payload type."""
    return lambda: lambda packet, _now: [] if is_meant(packet.data[1] & 0x7F) else [packet]


def is_response_to_invite(data: bytes, statuses: Container[int]) -> bool:
    """Whether `data` is a response to an INVITE with one of `statuses`."""
    if not data.startswith(b"SIP/2.0 "):
        return False
    message = parse_message(data)
    return isinstance(message, Response) and message.status in statuses and message.cseq.method == "INVITE"


def is_request(data: bytes, *, invite: bool) -> bool:
    """Whether `data` is an INVITE, or another request that is answered."""
    if data.startswith((b"SIP/2.0 ", b"ACK ")) or not data.strip():
        return False
    return data.startswith(b"INVITE ") == invite and isinstance(parse_message(data), Request)
