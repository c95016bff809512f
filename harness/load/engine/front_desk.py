"""Where requests of the target arrive: incoming calls, and what is asked within calls of both directions.

Server transactions are `harness.sip.transaction_layer`'s, with all their timers; this desk finds the call
that a request is for. Responses never come here: those are the lean path's, in `engine`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.load.engine.answer_repeat import AnswerRepeat
from harness.load.engine.call_dialog import hop_of
from harness.load.engine.in_dialog import ALLOW, KNOWN, AnsweredCall, answer_request
from harness.load.engine.incoming_call import IncomingCall
from harness.sip.dialog import Dialog
from harness.sip.errors import ParseError, SipError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response
from harness.sip.transaction import ServerTransaction
from harness.sip.transaction_events import (
    AckReceived,
    CancelReceived,
    MalformedReceived,
    RequestReceived,
    TransactionEvent,
)
from harness.sip.transaction_layer import TransactionLayer

if TYPE_CHECKING:
    from harness.load.engine.engine import Engine
    from harness.load.engine.line import Line


class FrontDesk:
    """All server transactions and incoming calls of one engine."""

    def __init__(self, engine: "Engine", layer: TransactionLayer) -> None:
        self.engine = engine
        self._layer = layer
        self._calls: dict[str, IncomingCall] = {}
        self._awaited: dict[tuple[str, int], tuple[AnswerRepeat, IncomingCall | None]] = {}
        self._calls_of: dict[int, int] = {}
        """By line: incoming calls that are not over."""

    # What the engine does

    def receive(self, data: bytes, source: Hop, now: float) -> None:
        """Take a packet that is no response."""
        self._layer.receive(Packet(data, source, self.engine.local), now)
        self._work(now)

    def handle_timers(self, now: float) -> None:
        """Do what is due in the transactions."""
        self._layer.handle_timers(now)
        self._work(now)

    def next_timer(self) -> float | None:
        """When `handle_timers` has something to do, in seconds; None: never."""
        return self._layer.next_timer()

    @property
    def calls(self) -> list[IncomingCall]:
        """Incoming calls that are not over."""
        return list(self._calls.values())

    # What calls do

    def calls_of(self, line: "Line") -> int:
        """How many incoming calls of a line are not over."""
        return self._calls_of.get(id(line), 0)

    def remove(self, call: IncomingCall) -> None:
        """A call is over."""
        if self._calls.pop(call.call_id, None) is not None:
            self.engine.in_progress -= 1
            self._calls_of[id(call.line)] -= 1

    def respond(
        self,
        transaction: ServerTransaction,
        status: int,
        now: float,
        *,
        to_tag: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> None:
        """Answer a request."""
        tag = to_tag or self.engine.new_token()
        response = transaction.request.response(status, to_tag=tag, headers=headers, body=body)
        self.send(transaction, response, now)

    def send(self, transaction: ServerTransaction, response: Response, now: float) -> None:
        """Send a response through its transaction."""
        self._layer.send_response(transaction, response, now)
        self._flush()

    def await_ack(self, answer: AnswerRepeat, call: IncomingCall | None = None) -> None:
        """Look out for the ACK of a 2xx."""
        self._awaited[answer.key] = (answer, call)

    def hop_of(self, dialog: Dialog) -> Hop | None:
        """Where requests of a dialog go; None for the target."""
        try:
            hop = hop_of(dialog)
        except SipError:
            return None
        return None if hop == self.engine.target else hop

    # Below

    def _work(self, now: float) -> None:
        for event in self._layer.events_received():
            try:
                self._take(event, now)
            except ParseError:
                self.engine.malformed += 1
        self._flush()

    def _flush(self) -> None:
        for packet in self._layer.packets_to_send():
            if packet.destination == self.engine.target:
                self.engine.send(packet.data)
            else:
                self.engine.send_to(packet.data, packet.destination)

    def _take(self, event: TransactionEvent, now: float) -> None:
        match event:
            case RequestReceived(transaction=transaction, request=request):
                self._take_request(transaction, request, now)
            case AckReceived(request=request):
                answer, call = self._awaited.pop((request.call_id, request.cseq.number), (None, None))
                if answer is not None:
                    answer.waits = False
                if call is not None:
                    call.acknowledged(now)
            case CancelReceived(transaction=transaction):
                if isinstance(transaction.owner, IncomingCall):
                    transaction.owner.cancelled(now)
            case MalformedReceived(packet=packet, message=message):
                self.engine.malformed += 1
                if isinstance(message, Request) and message.method != "ACK":
                    answer_400 = message.response(400, to_tag=self.engine.new_token())
                    self._layer.send_stateless_response(message, answer_400, packet)
            case _:
                pass  # timer H: nobody acknowledged a refusal; there is nothing left to do

    def _take_request(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        if transaction.merged_with is not None:
            self.respond(transaction, 482, now)
        elif request.to.tag is not None:
            call = self._call_of(request)
            if call is None:
                self.respond(transaction, 481, now)
            else:
                answer_request(self, call, transaction, request, now)
        elif request.method == "INVITE":
            self._take_invite(transaction, request, now)
        elif request.method == "OPTIONS":
            self.respond(transaction, 200, now, headers=[ALLOW, ("Accept", "application/sdp")])
        elif request.method == "BYE":
            self.respond(transaction, 481, now)
        else:
            self.respond(transaction, 405 if request.method in KNOWN else 501, now, headers=[ALLOW])

    def _take_invite(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        line = self._line_of(request)
        if line is None:
            self.respond(transaction, 404, now)
            return
        call = IncomingCall(self, line, transaction, request, now)
        transaction.owner = call
        self._calls[call.call_id] = call
        self._calls_of[id(line)] = self.calls_of(line) + 1
        self.engine.in_progress += 1
        if line.on_incoming is not None:
            line.on_incoming(call)
        call.arrive(now)

    def _call_of(self, request: Request) -> AnsweredCall | None:
        """The standing call whose dialog a request is in."""
        call: AnsweredCall | None = self._calls.get(request.call_id) or self.engine.call_of(request.call_id)
        if call is None or not call.stands:
            return None
        same = request.to.tag == call.local_tag and (request.from_.tag or "") == call.remote_tag
        return call if same else None

    def _line_of(self, request: Request) -> "Line | None":
        """By the Request-URI, which repeats the Contact that we registered, else by To; else the only one."""
        lines = self.engine.lines
        for uri in (request.parsed_uri, request.to.uri):
            text = str(uri).encode("utf-8", "surrogateescape")
            user = text.partition(b":")[2].partition(b"@")[0]
            named = [line for line in lines if line.wording.user == user]
            for line in named:
                if line.wording.mark and line.wording.mark in text:
                    return line
            if named:
                return named[0]
        return lines[0] if len({line.wording.user for line in lines}) == 1 else None
