"""What a `transaction_layer.TransactionLayer` tells its owner.

Named tuples, because thousands are made every second: match them by class
(``case RequestReceived(transaction, request, packet)``). Deciding what to do is the owner's work.
"""

from typing import NamedTuple, TypeAlias

from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Message, Request, Response
from harness.sip.transaction import ClientTransaction, ServerTransaction


class RequestReceived(NamedTuple):
    """A new request, never a retransmission, ACK or CANCEL; the owner answers with ``send_response``.

    A merged request (RFC 3261 section 8.2.2.2) shows in ``transaction.merged_with``: answer it 482.
    """

    transaction: ServerTransaction
    request: Request
    packet: Packet


class AckReceived(NamedTuple):
    """An ACK that belongs to no failed INVITE: the one for a 2xx, or a stray. Nothing may be answered."""

    request: Request
    packet: Packet


class CancelReceived(NamedTuple):
    """A CANCEL for an INVITE without a final response; the CANCEL itself has been answered with 200.

    The owner answers the INVITE with 487 (RFC 3261 section 9.2).
    """

    transaction: ServerTransaction
    """The transaction of the INVITE."""
    request: Request
    """The CANCEL."""
    packet: Packet


class ResponseReceived(NamedTuple):
    """A provisional or final response; for an accepted INVITE each 2xx, repeated ones included.

    The answers to a CANCEL come here too: ``transaction.cancels`` is then the INVITE's transaction.
    """

    transaction: ClientTransaction
    response: Response
    packet: Packet


class StrayResponse(NamedTuple):
    """A response that matches no transaction (RFC 3261 section 17.1.3) or not its top Via (18.1.2)."""

    response: Response
    packet: Packet


class TransactionTimedOut(NamedTuple):
    """No final response within 64*T1 (timers B, F, or after a CANCEL), or no ACK (timer H)."""

    transaction: ClientTransaction | ServerTransaction


class TransportFailed(NamedTuple):
    """A packet of this transaction cannot reach ``destination``."""

    transaction: ClientTransaction | ServerTransaction
    destination: Hop


class MalformedReceived(NamedTuple):
    """A packet that cannot be matched; the owner may answer it with ``send_stateless_response``."""

    packet: Packet
    error: ParseError
    message: Message | None
    """What could be read, or None when not even the start line and the header fields could be told apart."""


TransactionEvent: TypeAlias = (
    RequestReceived
    | AckReceived
    | CancelReceived
    | ResponseReceived
    | StrayResponse
    | TransactionTimedOut
    | TransportFailed
    | MalformedReceived
)
