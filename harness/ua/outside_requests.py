"""Requests outside dialogs other than INVITE: sending them, answering challenges, collecting what comes back.

REGISTER with its expiry is `registration`'s, requests inside a dialog are `in_dialog_requests`'.
"""

from collections.abc import Callable
from dataclasses import dataclass

from harness.sip.credential_store import CredentialStore
from harness.sip.hop import Hop
from harness.sip.message import Request, Response
from harness.sip.transaction import ClientTransaction
from harness.sip.transaction_events import ResponseReceived, TransactionTimedOut, TransportFailed
from harness.ua.authentication import authenticated_copy, next_copy
from harness.ua.endpoint import Endpoint
from harness.ua.exchange import Exchange, Received

FinalAction = Callable[[Response | None, float], bool]
"""Given the final response (None: none came) and the time; True when the request was sent again."""


@dataclass(slots=True)
class OutsideRequest:
    """One request with all its legs."""

    request: Request
    destination: Hop
    credentials: CredentialStore | None
    on_final: FinalAction | None
    exchange: Exchange
    tries: int = 0


class OutsideRequests:
    """All requests outside dialogs that one endpoint has on their way."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._pending: dict[ClientTransaction, OutsideRequest] = {}

    def send(
        self,
        request: Request,
        destination: Hop,
        now: float,
        *,
        credentials: CredentialStore | None = None,
        on_final: FinalAction | None = None,
    ) -> OutsideRequest:
        """Send a request; without credentials challenges are final."""
        pending = OutsideRequest(request, destination, credentials, on_final, Exchange())
        self.transmit(pending, request, now)
        return pending

    def transmit(self, pending: OutsideRequest, request: Request, now: float) -> None:
        """Send a leg of a request."""
        pending.request = request
        pending.exchange.requests.append(request)
        transaction = self._endpoint.layer.send_request(
            request, self._endpoint.local, pending.destination, now
        )
        transaction.owner = self
        self._pending[transaction] = pending

    def send_again(self, pending: OutsideRequest, headers: list[tuple[str, str]], now: float) -> None:
        """Send a request once more with the next CSeq and some header fields replaced."""
        again = next_copy(pending.request)
        for name, value in headers:
            again.headers.set(name, value)
        self.transmit(pending, again, now)

    def receive_response(self, event: ResponseReceived, now: float) -> None:
        """Take a response to one of these requests; others are ignored."""
        pending = self._pending.get(event.transaction)
        if pending is None:
            return
        response = event.response
        pending.exchange.responses.append(Received(now, event.packet, response))
        if response.status < 200:
            return
        del self._pending[event.transaction]
        again = authenticated_copy(pending.request, response, pending.credentials, pending.tries)
        if again is not None:
            pending.tries += 1
            self.transmit(pending, again, now)
        elif pending.on_final is None or not pending.on_final(response, now):
            pending.exchange.done = True

    def lose(self, event: TransactionTimedOut | TransportFailed, now: float) -> None:
        """Learn that a request got no final response."""
        if not isinstance(event.transaction, ClientTransaction):
            return
        pending = self._pending.pop(event.transaction, None)
        if pending is None:
            return
        if isinstance(event, TransportFailed):
            pending.exchange.unreachable = event.destination
        else:
            pending.exchange.timed_out = True
        pending.exchange.done = True
        if pending.on_final is not None:
            pending.on_final(None, now)
