"""START HERE for transactions: one core that matches packets to transactions and runs their machines.

A driver calls six verbs (`receive`, `next_timer`, `handle_timers`, `packets_to_send`, `events_received`,
`transport_failed`); the owner, a user agent or a server, reads the events and acts with `send_request`,
`send_ack`, `send_response`, `cancel` and `drop`. No sockets, clocks or threads: ``now`` is handed in, in
seconds. The machines are `transaction_tables`; calls and dialogs lie above.

The owner answers everything but CANCEL: 100 Trying too (unless ``automatic_trying``), 482 to merged
requests, 400 to malformed ones.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from harness.sip.errors import ParseError
from harness.sip.hop import Hop, Packet
from harness.sip.message import Request, Response, parse_message
from harness.sip.timers import TimerQueue, TimerSettings
from harness.sip.transaction import ClientTransaction, ServerKey, ServerTransaction
from harness.sip.transaction_events import (
    AckReceived,
    CancelReceived,
    MalformedReceived,
    RequestReceived,
    ResponseReceived,
    StrayResponse,
    TransactionEvent,
    TransactionTimedOut,
    TransportFailed,
)
from harness.sip.transaction_requests import ack_for, cancel_for
from harness.sip.transaction_tables import (
    INVITE_CLIENT,
    INVITE_SERVER,
    NON_INVITE_CLIENT,
    NON_INVITE_SERVER,
    Action,
    Handler,
    Input,
    RunnableMachine,
    State,
)
from harness.sip.transport_rules import (
    client_via,
    is_own_via,
    miscellaneous_warning,
    read_way,
    receive_via,
    top_via,
    via_prefix,
)
from harness.sip.via import MAGIC_COOKIE

TRYING_AFTER = 0.2  # seconds; RFC 3261 section 17.2.1

KEEPALIVE = b"\r\n \t\0"
"""Packets of nothing but these keep a NAT binding; over UDP they are not answered (RFC 5626 section 4.4)."""
PING = b"\r\n\r\n"
PONG = b"\r\n"

CANCELLABLE = ("BYE", "INFO", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "REFER", "REGISTER", "UPDATE")
"""Other methods whose CANCEL is answered with 200 and has no effect (RFC 3261 section 9.2)."""
UNCANCELLED = "the CANCEL of a request that waits for its answer"
"""What a CANCEL without its request should have been, for the Warning of the 481."""

RECEIVED = (None, Input.RECEIVE_1XX, Input.RECEIVE_2XX, *(Input.RECEIVE_300_699,) * 4)
SENT = (Input.SEND_1XX, Input.SEND_1XX, Input.SEND_2XX, *(Input.SEND_300_699,) * 4)
"""Inputs by the first digit of the status."""

# Members bound once: attribute access on an enum class is slow in Python 3.11.
CALLING, PROCEEDING, TERMINATED = State.CALLING, State.PROCEEDING, State.TERMINATED
REQUEST, ACK = Input.REQUEST, Input.ACK

Transaction: TypeAlias = ClientTransaction | ServerTransaction


class TransactionLayer:
    """All transactions of one user agent or server."""

    def __init__(
        self,
        rng: random.Random,
        timers: TimerSettings = TimerSettings(),  # noqa: B008 - a frozen value
        *,
        automatic_trying: bool = False,
    ) -> None:
        """``automatic_trying`` sends 100 to an INVITE that the owner has not answered within 200 ms."""
        self.timers = timers
        self._rng = rng
        self._automatic_trying = automatic_trying
        self._queue: TimerQueue[tuple[Transaction, Input]] = TimerQueue()
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[ServerKey, ServerTransaction] = {}
        self._merges: dict[tuple[str, int, str], ServerTransaction] = {}
        self._packets: list[Packet] = []
        self._events: list[TransactionEvent] = []
        self.before_request: Callable[[str, str], None] | None = None
        """Called with branch and Call-ID of each request before its transaction is looked for."""
        self._request: Request | None = None  # this and the next two: what the running step is about
        self._response: Response | None = None
        self._packet: Packet | None = None
        handlers = self._handlers()
        self._invite_client = RunnableMachine(INVITE_CLIENT, handlers)
        self._non_invite_client = RunnableMachine(NON_INVITE_CLIENT, handlers)
        self._invite_server = RunnableMachine(INVITE_SERVER, handlers)
        self._non_invite_server = RunnableMachine(NON_INVITE_SERVER, handlers)

    # The six verbs of a driver

    def receive(self, packet: Packet, now: float) -> None:
        """Take one packet: a whole SIP message, a keepalive, or anything else a network may bring."""
        data = packet.data
        if not data or (data[0] <= 32 and not data.strip(KEEPALIVE)):
            if data == PING and packet.source.transport != "udp":
                self._packets.append(Packet(PONG, packet.destination, packet.source))
            return
        message = None
        try:
            message = parse_message(data)
            if isinstance(message, Request):
                self._receive_request(message, packet, now)
            else:
                self._receive_response(message, packet, now)
        except ParseError as error:
            self._events.append(MalformedReceived(packet, error, message))

    def next_timer(self) -> float | None:
        """Return when `handle_timers` wants to be called, in seconds, or None."""
        return self._queue.next_timer()

    def handle_timers(self, now: float) -> None:
        """Do what is due."""
        for transaction, stimulus in self._queue.due(now):
            self._step(transaction, stimulus, now)

    def packets_to_send(self) -> list[Packet]:
        """Hand over, once, the packets that wait to be sent, in order."""
        packets, self._packets = self._packets, []
        return packets

    def events_received(self) -> list[TransactionEvent]:
        """Hand over, once, what has happened, in order."""
        events, self._events = self._events, []
        return events

    def transport_failed(self, destination: Hop, now: float) -> None:
        """Learn that packets cannot reach ``destination``."""
        failed: list[Transaction] = [one for one in self._clients.values() if one.destination == destination]
        failed.extend(one for one in self._servers.values() if one.destination == destination)
        for transaction in failed:
            self._step(transaction, Input.TRANSPORT_ERROR, now)

    # What owners do

    def send_request(self, request: Request, source: Hop, destination: Hop, now: float) -> ClientTransaction:
        """Start a client transaction; the request gets our Via on top unless it brings one.

        A Via that it brings must have a branch of its own. ACK goes with `send_ack`, CANCEL with `cancel`.
        """
        if "Via" not in request.headers:
            request.headers.add_first("Via", client_via(source, self._new_branch()))
        return self._start_client(request, source, destination, now)

    def send_ack(self, request: Request, source: Hop, destination: Hop, now: float) -> None:
        """Send the ACK to a 2xx, once; the owner sends it again for each repeated 2xx (RFC 3261 13.2.2.4)."""
        if "Via" not in request.headers:
            request.headers.add_first("Via", client_via(source, self._new_branch()))
        self._packets.append(Packet(bytes(request), source, destination))

    def send_response(self, transaction: ServerTransaction, response: Response, now: float) -> None:
        """Answer a request. A transaction that has ended says nothing more.

        Raises UnexpectedInput for what its state does not allow: a second final response to an INVITE, say.
        """
        if transaction.state is TERMINATED:
            return
        self._response = response
        self._step(transaction, SENT[min(response.status // 100, 6)], now)

    def send_stateless_response(self, request: Request, response: Response, packet: Packet) -> None:
        """Answer a malformed request, where `receive_via` says; nothing is kept.

        Raises ParseError when its Via cannot be read: such a request cannot be answered.
        """
        destination = receive_via(request, packet)
        self._packets.append(Packet(bytes(response), packet.destination, destination))

    def cancel(
        self, transaction: ClientTransaction, now: float, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Cancel an INVITE: once a provisional response is there, not after the final one (RFC 3261 9.1).

        The INVITE still ends by its own response, 487 or a late 2xx; without any, 64*T1 after the CANCEL it
        times out. The answer to the CANCEL comes as `ResponseReceived` with ``transaction.cancels`` set.
        """
        if transaction.cancel_transaction is not None:
            return
        if transaction.state is CALLING:
            transaction.cancel_wanted = tuple(headers)
        elif transaction.state is PROCEEDING and transaction.method == "INVITE":
            transaction.cancel_wanted = tuple(headers)
            self._send_wanted_cancel(transaction, now)

    @contextmanager
    def replay(self) -> Iterator[None]:
        """Nothing of this block is sent or reported: it tells what another machine did, and when."""
        kept = self._packets, self._events, self.before_request
        self._packets, self._events, self.before_request = [], [], None
        try:
            yield
        finally:
            self._packets, self._events, self.before_request = kept

    def knows(self, branch: str, sent_by: str, method: str) -> bool:
        """Whether the transaction of a request with this branch is remembered."""
        return (branch, sent_by, method) in self._servers

    def knows_call(self, call_id: str, cseq: int) -> bool:
        """Whether another INVITE with this Call-ID and CSeq may be a merged one."""
        return (call_id, cseq, "INVITE") in self._merges

    def drop(self, transaction: Transaction) -> None:
        """Forget a transaction without a word; its messages become strays."""
        transaction.state = TERMINATED
        self._forget(transaction)

    @property
    def client_transactions(self) -> int:
        """How many requests of ours are remembered."""
        return len(self._clients)

    @property
    def server_transactions(self) -> int:
        """How many requests of others are remembered."""
        return len(self._servers)

    # Requests

    def _receive_request(self, request: Request, packet: Packet, now: float) -> None:
        method = request.method
        way = read_way(request, packet)
        if self.before_request is not None:
            self.before_request(way.branch, request.call_id)
        if way.branch.startswith(MAGIC_COOKIE) and way.branch != MAGIC_COOKIE:  # RFC 4475 section 3.2.1
            key: ServerKey = (way.branch, way.sent_by, "INVITE" if method == "ACK" else method)
        else:
            key = _key_of_rfc_2543(request)
        transaction = self._servers.get(key)
        if transaction is not None:
            self._request, self._packet = request, packet
            self._step(transaction, ACK if method == "ACK" else REQUEST, now)
            return
        if way.stamped is not None:
            request.headers.set_first("Via", way.stamped)
        if method == "ACK":
            self._events.append(AckReceived(request, packet))
            return
        merge_key = (request.call_id, request.cseq.number, method)
        if method == "CANCEL":
            self._receive_cancel(request, packet, key, way.back, now)
            return
        transaction = self._start_server(request, way.branch, packet, key, way.back, now)
        self._note_merge(transaction, merge_key)
        self._events.append(RequestReceived(transaction, request, packet))

    def _start_server(
        self, request: Request, branch: str, packet: Packet, key: ServerKey, destination: Hop, now: float
    ) -> ServerTransaction:
        machine = self._invite_server if request.method == "INVITE" else self._non_invite_server
        transaction = ServerTransaction(request, branch, key, packet, destination, machine)
        self._servers[key] = transaction
        for action in machine.start_actions:
            action(transaction, now)
        return transaction

    def _note_merge(self, transaction: ServerTransaction, merge_key: tuple[str, int, str]) -> None:
        """Find out whether this is an ongoing request that came another way (RFC 3261 section 8.2.2.2).

        One that has been refused is not ongoing: Kamailio's uac sends its credentials under the CSeq of the
        challenged request.
        """
        earlier = self._merges.get(merge_key)
        if earlier is not None and not _was_refused(earlier):
            request = transaction.request
            if request.to.tag is None and request.from_.tag == earlier.request.from_.tag:
                transaction.merged_with = earlier
                return
        self._merges[merge_key] = transaction
        transaction.merge_key = merge_key

    def _receive_cancel(
        self, request: Request, packet: Packet, key: ServerKey, destination: Hop, now: float
    ) -> None:
        """Answer a CANCEL, 200 or 481, and tell the owner of the INVITE (RFC 3261 section 9.2)."""
        stem = key[:-1]
        invite = self._servers.get((*stem, "INVITE"))
        matched = invite is not None or any((*stem, method) in self._servers for method in CANCELLABLE)
        tag = None if invite is None else invite.to_tag  # the same in all responses, as section 9.2 wants it
        if invite is not None and tag is None and invite.last_response is not None:
            tag = invite.last_response.to.tag
        headers = () if matched else (miscellaneous_warning(packet.destination, "CANCEL", UNCANCELLED),)
        to_tag = tag or f"{self._rng.getrandbits(64):016x}"
        response = request.response(200 if matched else 481, to_tag=to_tag, headers=headers)
        transaction = self._start_server(request, request.branch, packet, key, destination, now)
        self.send_response(transaction, response, now)
        if invite is not None and invite.state is PROCEEDING:
            self._events.append(CancelReceived(invite, request, packet))

    # Responses

    def _receive_response(self, response: Response, packet: Packet, now: float) -> None:
        transaction = self._clients.get((response.branch, response.cseq.method))
        stimulus = RECEIVED[response.status // 100] if 100 <= response.status <= 699 else None
        if transaction is None or stimulus is None or not is_own_via(response, transaction.via_prefix):
            self._events.append(StrayResponse(response, packet))
            return
        self._response, self._packet = response, packet
        self._step(transaction, stimulus, now)

    def _start_client(self, request: Request, source: Hop, destination: Hop, now: float) -> ClientTransaction:
        machine = self._invite_client if request.method == "INVITE" else self._non_invite_client
        prefix = via_prefix(top_via(request))
        transaction = ClientTransaction(request, request.branch, source, destination, machine, prefix)
        transaction.request_packet = Packet(bytes(request), source, destination)
        self._clients[transaction.key] = transaction
        for action in machine.start_actions:
            action(transaction, now)
        return transaction

    def _new_branch(self) -> str:
        return f"{MAGIC_COOKIE}{self._rng.getrandbits(64):016x}"

    # The runner

    def _step(self, transaction: Transaction, stimulus: Input, now: float) -> None:
        state, actions = transaction.machine.step(transaction.state, stimulus)
        transaction.state = state
        for action in actions:
            action(transaction, now)
        if state is TERMINATED:
            self._forget(transaction)

    def _forget(self, transaction: Transaction) -> None:
        self._stop_timers(transaction, 0.0)
        if isinstance(transaction, ClientTransaction):
            if self._clients.get(transaction.key) is transaction:
                del self._clients[transaction.key]
            return
        if self._servers.get(transaction.key) is transaction:
            del self._servers[transaction.key]
        merge_key = transaction.merge_key
        if merge_key is not None and self._merges.get(merge_key) is transaction:
            del self._merges[merge_key]

    # What the actions of the tables mean

    def _handlers(self) -> dict[Action, Handler]:
        timeout, t4 = self.timers.timeout, self.timers.T4
        t2 = self.timers.T2
        return {
            Action.SEND_REQUEST: self._send_request,
            Action.SEND_ACK: self._send_ack,
            Action.SEND_WANTED_CANCEL: self._send_wanted_cancel,
            Action.SEND_RESPONSE: self._send_response,
            Action.SEND_LAST_RESPONSE: self._send_last_response,
            Action.SEND_TRYING: self._send_trying,
            Action.REPORT_RESPONSE: self._report_response,
            Action.REPORT_STRAY: self._report_stray,
            Action.REPORT_ACK: self._report_ack,
            Action.REPORT_TIMEOUT: self._report_timeout,
            Action.REPORT_FAILURE: self._report_failure,
            Action.STOP_TIMERS: self._stop_timers,
            Action.START_TRYING: self._start_trying,
            Action.START_A: self._retransmission(Input.TIMER_A, first=self.timers.T1),
            Action.DOUBLE_A: self._retransmission(Input.TIMER_A, limit=timeout),
            Action.START_E: self._retransmission(Input.TIMER_E, first=self.timers.T1),
            Action.DOUBLE_E: self._retransmission(Input.TIMER_E, limit=t2),
            Action.START_E_AT_T2: self._retransmission(Input.TIMER_E, first=t2),
            Action.START_G: self._retransmission(Input.TIMER_G, first=self.timers.T1),
            Action.DOUBLE_G: self._retransmission(Input.TIMER_G, limit=t2),
            Action.START_B: self._timeout(Input.TIMER_B, timeout),
            Action.START_F: self._timeout(Input.TIMER_F, timeout),
            Action.START_H: self._timeout(Input.TIMER_H, timeout),
            Action.START_L: self._timeout(Input.TIMER_L, timeout),
            Action.START_M: self._timeout(Input.TIMER_M, timeout),
            # These wait for retransmissions, of which reliable transports have none (RFC 3261 section 17).
            Action.START_D: self._timeout(Input.TIMER_D, timeout, only_unreliable=True),
            Action.START_I: self._timeout(Input.TIMER_I, t4, only_unreliable=True),
            Action.START_J: self._timeout(Input.TIMER_J, timeout, only_unreliable=True),
            Action.START_K: self._timeout(Input.TIMER_K, t4, only_unreliable=True),
        }

    def _retransmission(self, stimulus: Input, *, first: float = 0.0, limit: float = 0.0) -> Handler:
        """Make the action that starts a retransmission timer or doubles its interval up to ``limit``."""

        def start(transaction: Transaction, now: float) -> None:
            if transaction.reliable:
                return
            interval = first or min(2 * transaction.interval, limit)
            transaction.interval = interval
            transaction.retransmit_timer = self._queue.schedule(now + interval, (transaction, stimulus))

        return start

    def _timeout(self, stimulus: Input, seconds: float, *, only_unreliable: bool = False) -> Handler:
        """Make the action that starts a timer which ends a state; zero seconds end it at once."""

        def start(transaction: Transaction, now: float) -> None:
            if only_unreliable and transaction.reliable:
                self._step(transaction, stimulus, now)
            else:
                transaction.timeout_timer = self._queue.schedule(now + seconds, (transaction, stimulus))

        return start

    def _stop_timers(self, transaction: Transaction, now: float) -> None:
        for handle in (transaction.retransmit_timer, transaction.timeout_timer):
            if handle is not None:
                self._queue.cancel(handle)
        transaction.retransmit_timer = transaction.timeout_timer = None

    def _start_trying(self, transaction: ServerTransaction, now: float) -> None:
        if self._automatic_trying:
            token = (transaction, Input.TIMER_TRYING)
            transaction.timeout_timer = self._queue.schedule(now + TRYING_AFTER, token)

    def _send_request(self, transaction: ClientTransaction, now: float) -> None:
        if transaction.request_packet is not None:
            self._packets.append(transaction.request_packet)

    def _send_ack(self, transaction: ClientTransaction, now: float) -> None:
        if transaction.ack_packet is None and self._response is not None:
            ack = ack_for(transaction.request, self._response)
            transaction.ack_packet = Packet(bytes(ack), transaction.source, transaction.destination)
        if transaction.ack_packet is not None:
            self._packets.append(transaction.ack_packet)

    def _send_wanted_cancel(self, transaction: ClientTransaction, now: float) -> None:
        if transaction.cancel_wanted is None or transaction.cancel_transaction is not None:
            return
        request = cancel_for(transaction.request, transaction.cancel_wanted)
        cancel = self._start_client(request, transaction.source, transaction.destination, now)
        cancel.cancels = transaction
        transaction.cancel_transaction = cancel
        token = (transaction, Input.TIMER_CANCEL)
        transaction.timeout_timer = self._queue.schedule(now + self.timers.timeout, token)

    def _send_response(self, transaction: ServerTransaction, now: float) -> None:
        response = self._response
        if response is not None:
            packet = Packet(bytes(response), transaction.source, transaction.destination)
            transaction.note_response(response, packet)
            self._packets.append(packet)

    def _send_last_response(self, transaction: ServerTransaction, now: float) -> None:
        if transaction.response_packet is not None:
            self._packets.append(transaction.response_packet)

    def _send_trying(self, transaction: ServerTransaction, now: float) -> None:
        self._response = transaction.request.response(100)
        self._send_response(transaction, now)

    def _report_response(self, transaction: ClientTransaction, now: float) -> None:
        if self._response is not None and self._packet is not None:
            transaction.last_response = self._response
            self._events.append(ResponseReceived(transaction, self._response, self._packet))

    def _report_stray(self, transaction: ClientTransaction, now: float) -> None:
        if self._response is not None and self._packet is not None:
            self._events.append(StrayResponse(self._response, self._packet))

    def _report_ack(self, transaction: ServerTransaction, now: float) -> None:
        if self._request is not None and self._packet is not None:
            self._events.append(AckReceived(self._request, self._packet))

    def _report_timeout(self, transaction: Transaction, now: float) -> None:
        if not (isinstance(transaction, ClientTransaction) and transaction.cancels is not None):
            # of a CANCEL nobody answered, the INVITE's own timer tells
            self._events.append(TransactionTimedOut(transaction))

    def _report_failure(self, transaction: Transaction, now: float) -> None:
        self._events.append(TransportFailed(transaction, transaction.destination))


def _key_of_rfc_2543(request: Request) -> ServerKey:
    """What identifies the transaction of a peer of RFC 2543 (RFC 3261 section 17.2.3, second half).

    The To tag is left out, because only the ACK has it; the other parts tell requests apart. As in the key of
    today the last item is the method.
    """
    method = "INVITE" if request.method == "ACK" else request.method
    tag = request.from_.tag
    return (top_via(request), request.uri, request.call_id, request.cseq.number, tag, method)


def _was_refused(transaction: ServerTransaction) -> bool:
    response = transaction.last_response
    return response is not None and response.status >= 300
