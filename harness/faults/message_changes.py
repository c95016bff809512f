"""Mutators that read SIP messages and change them; those that lose or delay packets are `packet_loss`.

Each function makes the maker of a mutator. Which fault uses which stands in the topics' lists.
"""

from collections.abc import Callable, Container
from typing import TypeVar

from harness.faults.mutator import Mutator, MutatorMaker
from harness.faults.packet_loss import is_request, is_response
from harness.sip.hop import Hop, Packet
from harness.sip.message import Message, Request, Response, parse_message

ANY_STATUS = range(100, 700)
PROVISIONAL = range(101, 200)
"""Without 100, which has no To-tag and no dialog."""
NOT_TRYING = range(101, 700)
SUCCESS = range(200, 300)
FINAL = range(200, 700)

RequestChange = Callable[[Request], Request | None]
"""Changes a request in place and returns it, or None to lose it."""
ResponseChange = Callable[[Response], Response | None]
"""Changes a response in place and returns it, returns another, or None to lose it."""

AnyMessage = TypeVar("AnyMessage", bound=Message)


def requests(change: RequestChange, *methods: str) -> MutatorMaker:
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
) -> MutatorMaker:
    """Changes the responses to `method` (any when None) that have one of `statuses`."""

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        if not is_response(packet.data):
            return [packet]
        message = parse_message(packet.data)
        if not isinstance(message, Response) or message.status not in statuses:
            return [packet]
        if method is not None and message.cseq.method != method:
            return [packet]
        changed = change(message)
        return [] if changed is None else [packet._replace(data=bytes(changed))]

    return lambda: mutate


def bodies(change: Callable[[bytes], bytes]) -> MutatorMaker:
    """Changes the bodies of all messages; Content-Length follows."""
    changed = with_body(change)

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        if not packet.data.strip():
            return [packet]
        message = parse_message(packet.data)
        return [packet._replace(data=bytes(changed(message)))] if message.body else [packet]

    return lambda: mutate


def redirected(place: Callable[[Request, Hop], Hop | None], *methods: str) -> MutatorMaker:
    """Sends requests elsewhere; None: they leave for nowhere."""

    def mutate(packet: Packet, _now: float) -> list[Packet]:
        if not is_request(packet.data, *methods):
            return [packet]
        message = parse_message(packet.data)
        assert isinstance(message, Request)
        hop = place(message, packet.destination)
        return [] if hop is None else [packet._replace(destination=hop)]

    return lambda: mutate


def arriving_over(transport: str, maker: MutatorMaker) -> MutatorMaker:
    """A mutator for what comes in over one transport alone."""

    def made() -> Mutator:
        change = maker()
        return lambda packet, now: (
            change(packet, now) if packet.destination.transport == transport else [packet]
        )

    return made


def without(*names: str) -> Callable[[AnyMessage], AnyMessage]:
    """Takes header fields away."""

    def change(message: AnyMessage) -> AnyMessage:
        for name in names:
            message.headers.remove(name)
        return message

    return change


def with_body(replace: Callable[[bytes], bytes]) -> Callable[[AnyMessage], AnyMessage]:
    """Changes the body of a message that has one; Content-Length follows."""

    def change(message: AnyMessage) -> AnyMessage:
        if message.body:
            message.body = replace(message.body)
        return message

    return change


def with_status(status: int, reason: str) -> ResponseChange:
    """Says something else in the status line."""

    def change(response: Response) -> Response:
        response.status, response.reason = status, reason
        return response

    return change


def with_other_to_tag(response: Response) -> Response:
    """A To-tag that differs from status to status."""
    response.headers.set("To", str(response.to.with_tag(f"{response.to.tag}-{response.status}")))
    return response


def lost(_message: Message) -> None:
    """Loses the message."""
