"""Requests that we send inside a dialog: BYE, PRACK, UPDATE, re-INVITE, INFO and any other.

Answers challenges and tells its asker of the final response; what that means is `modification`'s, `call`'s or
`outgoing`'s business. Requests of the other side are `in_dialog_answers`'.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.sip.dialog import Dialog
from harness.sip.errors import LocalError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response
from harness.sip.transaction import ClientTransaction
from harness.ua.authentication import authenticated_copy
from harness.ua.exchange import Exchange, Received
from harness.ua.request_fields import Fields

if TYPE_CHECKING:
    from harness.ua.call import Call

FinalAction = Callable[[Response | None, float], None]
"""Given the final response, or None when none came, and the time."""

TARGET_REFRESH = ("INVITE", "UPDATE")


@dataclass(slots=True)
class DialogRequest:
    """One request and its legs."""

    request: Request
    dialog: Dialog
    on_final: FinalAction | None
    exchange: Exchange = field(default_factory=Exchange)
    tries: int = 0


class InDialogRequests:
    """All requests of ours that are on their way inside one call's dialogs."""

    def __init__(self, call: "Call") -> None:
        self._call = call
        self.pending: dict[ClientTransaction, DialogRequest] = {}
        """By transaction; empty when everything is answered."""
        self._acks: dict[int, tuple[Dialog, Request]] = {}

    def send(
        self,
        method: str,
        now: float,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        dialog: Dialog | None = None,
        on_final: FinalAction | None = None,
    ) -> DialogRequest:
        """Send a request; a body without Content-Type is SDP. Raises LocalError without a dialog."""
        call = self._call
        dialog = dialog or call.dialog
        if dialog is None:
            raise LocalError(f"{method} needs a dialog; wait until the call rings or is answered")
        fields: Fields = [("User-Agent", call.endpoint.user_agent)] if call.endpoint.user_agent else []
        fields.extend(headers)
        if body and not any(name.lower() == "content-type" for name, _ in fields):
            fields.append(("Content-Type", "application/sdp"))
        contact = (call.options.contact or call.endpoint.contact) if method in TARGET_REFRESH else None
        request = dialog.build_request(method, headers=fields, body=body, contact=contact)
        pending = DialogRequest(request, dialog, on_final)
        self._transmit(pending, now)
        return pending

    def receive_response(
        self, transaction: ClientTransaction, response: Response, packet: Packet, now: float
    ) -> bool:
        """Take a response; False when it belongs to no request sent here."""
        pending = self.pending.get(transaction)
        if pending is None:
            return self._repeat_ack(transaction, response, now)
        pending.exchange.responses.append(Received(now, packet, response))
        if response.status < 200:
            return True
        del self.pending[transaction]
        again = None
        if self._call.options.authenticate:
            again = authenticated_copy(pending.request, response, self._call.credentials, pending.tries)
        if again is not None:
            pending.tries += 1
            pending.request = again
            pending.dialog.local_cseq = again.cseq.number
            self._transmit(pending, now)
            return True
        self._finish(pending, response, now)
        return True

    def lose(self, transaction: object, now: float, hop: Hop | None) -> bool:
        """A request got no final response; False when it was not sent here."""
        if not isinstance(transaction, ClientTransaction) or transaction not in self.pending:
            return False
        pending = self.pending.pop(transaction)
        pending.exchange.timed_out = hop is None
        pending.exchange.unreachable = hop
        self._finish(pending, None, now)
        return True

    def acknowledge(self, dialog: Dialog, invite: Request, now: float, body: bytes = b"") -> None:
        """Send the ACK to the 2xx of a re-INVITE, and again when the 2xx is repeated."""
        headers = [("Content-Type", "application/sdp")] if body else []
        ack = dialog.build_ack(invite, headers=headers, body=body)
        self._acks[invite.cseq.number] = (dialog, ack)
        self._send_ack(dialog, ack, now)

    def _repeat_ack(self, transaction: ClientTransaction, response: Response, now: float) -> bool:
        if transaction.method != "INVITE" or response.cseq.number not in self._acks:
            return False
        dialog, ack = self._acks[response.cseq.number]
        self._send_ack(dialog, ack, now)  # the very same, branch and all
        return True

    def _send_ack(self, dialog: Dialog, ack: Request, now: float) -> None:
        call = self._call
        call.endpoint.layer.send_ack(ack, call.endpoint.local, call.next_hop(dialog), now)
        call.note("sent", ack, None, now)

    def _transmit(self, pending: DialogRequest, now: float) -> None:
        call = self._call
        hop = call.next_hop(pending.dialog)
        pending.exchange.requests.append(pending.request)
        transaction = call.endpoint.layer.send_request(pending.request, call.endpoint.local, hop, now)
        transaction.owner = call
        self.pending[transaction] = pending
        call.note("sent", pending.request, transaction.request_packet, now)

    def _finish(self, pending: DialogRequest, response: Response | None, now: float) -> None:
        pending.exchange.done = True
        if pending.on_final is not None:
            pending.on_final(response, now)
