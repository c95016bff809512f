"""Requests and the responses to them, found in a trace by the branch of their top Via.

Takes a trace (a live run's or a capture's) apart so that `response` can judge each pair; judges nothing.
A response whose CSeq is wrong is still found here: it is paired by branch alone.
"""

from dataclasses import dataclass, field

from harness.capture.trace import Trace
from harness.sip.errors import ParseError
from harness.sip.message import Request, Response, parse_message


@dataclass(slots=True)
class TransactionPair:
    """One request and what came back for it."""

    request: Request
    responses: list[tuple[Response, bytes]] = field(default_factory=list)
    """Each response with the bytes of its packet, retransmissions too."""

    @property
    def messages(self) -> list[Response]:
        """The responses without their bytes."""
        return [response for response, _ in self.responses]


def transaction_pairs(trace: Trace) -> list[TransactionPair]:
    """Every transaction of the trace, by its first request; ACK has no responses and is left out."""
    pairs: dict[tuple[str, str], TransactionPair] = {}
    for traced in trace:
        if traced.kind != "sip":
            continue
        try:
            message = parse_message(traced.packet.data)
        except ParseError:
            continue
        if isinstance(message, Request):
            if message.method != "ACK":
                pairs.setdefault((message.branch, message.method), TransactionPair(message))
        elif (pair := _pair_of(pairs, message)) is not None:
            pair.responses.append((message, traced.packet.data))
    return list(pairs.values())


def _pair_of(pairs: dict[tuple[str, str], TransactionPair], response: Response) -> TransactionPair | None:
    """The transaction of a response: its branch may stand in any Via when their order is broken."""
    branches = {via.branch for via in response.vias}
    method = response.cseq.method
    for (branch, own_method), pair in pairs.items():
        if branch in branches and own_method == method:
            return pair
    return next((pair for (branch, _), pair in pairs.items() if branch in branches), None)
