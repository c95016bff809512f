"""Mutators: what faults do to SIP packets between the PBX and the trunk.

Each function makes the maker of a mutator with a memory of its own. Which fault uses which stands in the
topics' lists.
"""

from collections.abc import Callable, Container

from harness.pbx_simulator.blueprint import Mutator
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response, parse_message

ANY_STATUS = range(100, 700)
SUCCESS = range(200, 300)
NOT_TRYING = range(101, 700)

RequestChange = Callable[[Request], Request | None]
"""Changes a request in place and returns it, or None to lose it."""
ResponseChange = Callable[[Response], Response | None]


def requests(change: RequestChange, *methods: str) -> Callable[[], Mutator]:
    """Changes requests with these methods, retransmissions too."""

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        if not is_request(packet.data, *methods):
            return [packet]
        message = parse_message(packet.data)
        changed = change(message) if isinstance(message, Request) else None
        return [] if changed is None else [packet._replace(data=bytes(changed))]

    return lambda: mutate


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


def bodies(change: Callable[[bytes], bytes]) -> Callable[[], Mutator]:
    """Changes the bodies of all messages; Content-Length follows."""

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        if not packet.data.strip():
            return [packet]
        message = parse_message(packet.data)
        if not message.body:
            return [packet]
        message.body = change(message.body)
        return [packet._replace(data=bytes(message))]

    return lambda: mutate


def lost(_message: object) -> None:
    """Loses the message."""


def without(name: str) -> Callable[[Request], Request]:
    """Takes a header field away."""

    def change(request: Request) -> Request:
        request.headers.remove(name)
        return request

    return change


def drop_repeated(is_meant: Callable[[bytes], bool]) -> Callable[[], Mutator]:
    """Loses packets that are byte for byte an earlier one, among those that are meant."""

    def maker() -> Mutator:
        seen: set[bytes] = set()

        def mutate(packet: Packet, _now: float) -> list[Packet]:
            if not is_meant(packet.data):
                return [packet]
            if packet.data in seen:
                return []
            seen.add(packet.data)
            return [packet]

        return mutate

    return maker


def drop(is_meant: Callable[[bytes], bool]) -> Callable[[], Mutator]:
    """Loses packets that are meant."""
    return lambda: lambda packet, _now: [] if is_meant(packet.data) else [packet]


def is_answer_to_invite(data: bytes) -> bool:
    """Whether data is a 2xx to INVITE."""
    if not data.startswith(b"SIP/2.0 2"):
        return False
    return parse_message(data).cseq.method == "INVITE"


def is_any_request(data: bytes) -> bool:
    """Whether data is a request."""
    return bool(data.strip()) and not data.startswith(b"SIP/2.0 ")


def drop_acks(*, of_success: bool) -> Callable[[], Mutator]:
    """Loses ACKs to 2xx, or those to refusals, which have the branch of their INVITE (RFC 3261 17.1.1.3)."""

    def maker() -> Mutator:
        branches: set[str] = set()

        def mutate(packet: Packet, _now: float) -> list[Packet]:
            if not is_request(packet.data, "INVITE", "ACK"):
                return [packet]
            message = parse_message(packet.data)
            if not isinstance(message, Request):
                return [packet]
            if message.method == "INVITE":
                branches.add(message.branch)
                return [packet]
            return [packet] if (message.branch in branches) == of_success else []

        return mutate

    return maker


def redirected(place: Callable[[Request, Hop], Hop | None], *methods: str) -> Callable[[], Mutator]:
    """Sends requests elsewhere; None: they leave for nowhere."""

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        if not is_request(packet.data, *methods):
            return [packet]
        message = parse_message(packet.data)
        assert isinstance(message, Request)
        hop = place(message, packet.destination)
        return [] if hop is None else [packet._replace(destination=hop)]

    return lambda: mutate


def is_request(data: bytes, *methods: str) -> bool:
    """Whether data is a request with one of these methods."""
    return data.startswith(tuple(f"{method} ".encode() for method in methods))
