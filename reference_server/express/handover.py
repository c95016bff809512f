"""Makes transactions and sessions of the general way out of what the lane remembers.

What was received and sent is played again to the transaction layer, with the times of then and without a
packet leaving; timers that have passed meanwhile are due at once. What the lane forgets is `lane`'s affair.
"""

from typing import TYPE_CHECKING

from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response, parse_message
from harness.sip.transaction_events import AckReceived, RequestReceived
from harness.sip.transaction_layer import TransactionLayer
from harness.sip.transaction_requests import ack_for
from harness.ua.call import Call, incoming_call
from harness.ua.continued_call import ContinuedCall
from reference_server.calls import Calls
from reference_server.endpoints import Endpoints
from reference_server.far_end import FarEnds

if TYPE_CHECKING:
    from reference_server.express.lean_call import Address, ChallengedInvite, LeanCall


class Handover:
    """The way out of the lane."""

    def __init__(
        self, layer: TransactionLayer, endpoints: Endpoints, calls: Calls, far_ends: FarEnds
    ) -> None:
        self._layer = layer
        self._endpoints = endpoints
        self._calls = calls
        self._far_ends = far_ends

    def challenge(self, challenged: "ChallengedInvite") -> None:
        """An INVITE with its 407, and the ACK if it came."""
        with self._layer.replay():
            event = self._receive(challenged.invite, challenged.address, challenged.local, challenged.at)
            response = _response(challenged.response)
            self._layer.send_response(event.transaction, response, challenged.at)
            if challenged.until is not None:
                acked = challenged.until - self._layer.timers.T4
                packet = event.packet._replace(data=bytes(ack_for(event.request, response)))
                self._layer.receive(packet, acked)

    def call(self, lean: "LeanCall") -> Call:
        """A call that rings or stands."""
        plan, live = lean.plan, lean.live
        names = ContinuedCall(lean.tag.decode(), lean.session_id, lean.hop, lean.media)
        endpoint = self._endpoints.at(lean.local)
        with self._layer.replay():
            event = self._receive(lean.invite, lean.address, lean.local, lean.started)
            session = incoming_call(endpoint, event, plan.options, lean.started, continued=names)
            self._calls.attach(live, session, lean.started)
            self._far_ends.go_on(live, session, plan.far_end, lean.started, lean.answered_at)
            if lean.acked:
                ack = Request.build("ACK", event.request.uri, [("CSeq", f"{lean.cseq} ACK")])
                session.receive_event(AckReceived(ack, event.packet), lean.started)
        return session

    def ended(self, lean: "LeanCall", now: float) -> None:
        """The transactions of a call that is over, as far as they still last."""
        assert lean.answered_at is not None
        assert lean.ended_at is not None
        lasts = self._layer.timers.timeout
        with self._layer.replay():
            if now < lean.answered_at + lasts:
                event = self._receive(lean.invite, lean.address, lean.local, lean.started)
                response = event.request.response(200, to_tag=lean.tag.decode())
                self._layer.send_response(event.transaction, response, lean.answered_at)
            if now < lean.ended_at + lasts:
                event = self._receive(lean.bye, lean.address, lean.local, lean.ended_at)
                self._layer.send_response(event.transaction, _response(lean.bye_response), lean.ended_at)

    def _receive(self, data: bytes, address: "Address", local: Hop, at: float) -> RequestReceived:
        self._layer.receive(Packet(data, Hop("udp", *address), local), at)
        event = self._layer.events_received()[-1]
        assert isinstance(event, RequestReceived), event  # the lane took it, so the layer takes it too
        return event


def _response(data: bytes) -> Response:
    response = parse_message(data)
    assert isinstance(response, Response)
    return response
