"""Mutators that lose packets or hold them back, and what they tell packets by; none of them changes one.

Each function makes the maker of a mutator with a memory of its own. Which fault uses which stands in the
topics' lists.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Container

from harness.faults.mutator import Mutator, MutatorMaker
from harness.sip.hop import Packet
from harness.sip.message import Request, Response, parse_message

REMEMBERED = 10_000
"""Packets that a mutator remembers."""
STATUS_LINE = b"SIP/2.0 "


def drop(is_meant: Callable[[bytes], bool]) -> MutatorMaker:
    """Loses packets that are meant."""
    return lambda: lambda packet, _now: [] if is_meant(packet.data) else [packet]


def drop_requests(*methods: str) -> MutatorMaker:
    """Loses all requests with these methods."""
    return drop(lambda data: is_request(data, *methods))


def drop_repeated(is_meant: Callable[[bytes], bool]) -> MutatorMaker:
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


def drop_acks(*, of_success: bool) -> MutatorMaker:
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


def drop_payload_types(is_meant: Callable[[int], bool]) -> MutatorMaker:
    """Loses RTP packets by payload type."""
    return drop(lambda data: is_meant(data[1] & 0x7F))


def delayed(seconds: float) -> MutatorMaker:
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


def is_request(data: bytes, *methods: str) -> bool:
    """Whether `data` is a request with one of these methods."""
    return data.startswith(tuple(f"{method} ".encode() for method in methods))


def is_any_request(data: bytes) -> bool:
    """Whether `data` is a request, and no keep-alive."""
    return bool(data.strip()) and not is_response(data)


def is_response(data: bytes) -> bool:
    """Whether `data` is a response."""
    return data.startswith(STATUS_LINE)


def is_response_to_invite(data: bytes, statuses: Container[int]) -> bool:
    """Whether `data` is a response to an INVITE with one of `statuses`."""
    if not is_response(data):
        return False
    message = parse_message(data)
    return isinstance(message, Response) and message.status in statuses and message.cseq.method == "INVITE"
